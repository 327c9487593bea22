"""A machine that is in no team: a key of its own, bundles for it, and using them (PROTOCOL A4)."""
