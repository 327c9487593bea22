"""The peer protocol as pure machines: bytes in, events and effects out."""
