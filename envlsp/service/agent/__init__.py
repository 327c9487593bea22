"""`envlsp agent` as a service of its user: what the system needs to start it."""
