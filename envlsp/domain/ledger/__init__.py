"""PROTOCOL B and C: what a team did, and what that makes it."""
