vim9script
# Written by `make docs` from envlsp/ide/masks.py: edit that, not this file.
export const SEEN_AT_MOST = '\v\C^%(export )?[A-Z][A-Z0-9_]{0,63}\=%(\=|$)@!'
export const MASK = '••••••'
