"""Pure values and rules: no clock, no randomness, no files, no third party."""
