"""The last act: Bob is removed, and what his laptop can open from then on."""

from __future__ import annotations

import re
import secrets
import sys
from dataclasses import dataclass

from envlsp.cli.demo.children import Stopped, run
from envlsp.cli.demo.stage import Actor

EXIT_NO_ACCESS = 5


@dataclass(frozen=True, slots=True)
class Leaving:
    """Alice and Bob part."""

    alice: Actor
    bob: Actor

    def play(self) -> tuple[str, ...]:
        """Play the scene.

        Returns:
            The values that are new since, and that nobody may see.

        Raises:
            Stopped: something was not as promised.
        """
        stage = self.alice.stage
        stage.title("Bob leaves the team: Alice removes him, and is told what to change")
        self.alice.type("envlsp pull")
        self.alice.type("envlsp access revoke bob --yes")
        session = secrets.token_urlsafe(24)
        env = self.alice.shop / ".env"
        env.write_text(re.sub(r"(?m)^SESSION_SECRET=.*$", f"SESSION_SECRET={session}", env.read_text()))
        stage.tell("She changes SESSION_SECRET in her .env, and pushes.")
        self.alice.type("envlsp push -m 'A session secret that Bob has never seen'")
        self.alice.type("envlsp access exposure bob")
        self.bob.type("envlsp pull", ends_with=EXIT_NO_ACCESS)
        self._steal()
        return (session,)

    def _steal(self) -> None:
        stage = self.alice.stage
        stage.title("Bob's laptop is stolen, and every record of Alice's machine with it")
        stage.tell("All keys it holds, or can reach through others, are tried on every record there is.")
        words = [sys.executable, "-m", "envlsp.cli.demo.thief", str(self.bob.home), str(self.alice.home)]
        self.bob.act("tries every key on every record", "laptop")
        code, text = run(words, self.bob.home, self.bob.environ())
        for line in text.splitlines():
            stage.show(f"    {line}")
        if code:
            raise Stopped("somebody who was removed can read on")
