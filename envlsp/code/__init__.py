"""Environment variables in source code: text in, reads out.

Knows no files, no editor and no team. One folder per language in `languages`.
"""
