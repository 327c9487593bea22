"""The recovery words, backup files, and coming back with them when every admin is lost (PROTOCOL D.7)."""
