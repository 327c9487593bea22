"""The language server: LSP in, a snapshot asked, LSP out. Nothing here decides what to show."""
