"""Looks over everything a device needs, and says of each thing whether it works and what would mend it."""
