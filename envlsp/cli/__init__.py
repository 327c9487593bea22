"""The command line: words in, one service call, lines out."""
