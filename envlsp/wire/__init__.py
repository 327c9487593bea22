"""One byte form per value, and the limits strangers meet first."""
