"""SQLite and key files: everything at rest, sealed."""
