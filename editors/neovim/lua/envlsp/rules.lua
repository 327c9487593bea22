-- Written by `make docs` from envlsp/ide/masks.py: edit that, not this file.
return {
  seen_at_most = [[\v\C^%(export )?[A-Z][A-Z0-9_]{0,63}\=%(\=|$)@!]],
  mask = '••••••',
}
