"""A hint of which machine this is: stable across reboots, empty where nobody can say.

Only ever compared under a key: it does not leave the machine and does not identify it.
"""

from __future__ import annotations

from typing import Final

_FILES: Final = ("/etc/machine-id", "/var/lib/dbus/machine-id")
_MULTICAST_BIT: Final = 1 << 40
_MAX_CHARS: Final = 200


def machine_hint() -> str:
    """Return the machine id of systemd or D-Bus, else the address of a network card, else nothing."""
    for path in _FILES:
        if text := _first_line(path):
            return text
    import uuid

    card = uuid.getnode()
    # With this bit set Python found no card and made the number up for this process.
    return "" if card & _MULTICAST_BIT else f"card {card:012x}"


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.readline(_MAX_CHARS).strip()
    except OSError:
        return ""
