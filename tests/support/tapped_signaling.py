"""The signaling server, with a microphone: `tapped_signaling.py FRAMES OPTION...`.

Appends every frame it gets or gives to the file FRAMES, and logs at DEBUG. It sees
what an operator who changed the program could see.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from envlsp_signaling import command
from envlsp_signaling.desk import Desk
from envlsp_signaling.effects import Effect, Send
from envlsp_signaling.rooms import ConnectionId


def main() -> int:
    """Run the server with its desk listened to."""
    frames = Path(sys.argv[1])
    receive = Desk.receive

    def listened(self: Desk, who: ConnectionId, frame: bytes, now: float) -> list[Effect]:
        effects = receive(self, who, frame, now)
        with frames.open("ab") as file:
            file.write(frame)
            for effect in effects:
                if isinstance(effect, Send):
                    file.write(effect.frame)
        return effects

    Desk.receive = listened  # type: ignore[method-assign]
    logging.getLogger().setLevel(logging.DEBUG)
    return command.main(sys.argv[2:])


if __name__ == "__main__":
    raise SystemExit(main())
