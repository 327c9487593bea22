"""The demo: two teammates on one machine, played by the programs that users run."""
