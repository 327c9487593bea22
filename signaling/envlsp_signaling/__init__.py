"""The blind signaling server: opaque rooms, opaque payloads, memory only."""
