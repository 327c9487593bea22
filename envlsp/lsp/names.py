"""The names of commands, as they are told to the editor before anything of the service is loaded."""

from __future__ import annotations

PREFIX = "envlsp."

OWN = ("reveal", "copy", "show")
"""What the server answers by itself, besides the verbs of the service."""
