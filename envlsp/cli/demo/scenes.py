"""The play: a team from a real `.env`, an invitation, two releases, a step back.

Every command is run as typed. What is decided here is only which command comes next,
and whether what came out of it is what was promised.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from envlsp.cli.demo.children import Child, Stopped
from envlsp.cli.demo.editing import Editing
from envlsp.cli.demo.editor import Editor
from envlsp.cli.demo.leaving import Leaving
from envlsp.cli.demo.neovim import push_from_neovim
from envlsp.cli.demo.shop import files_with, move_api, write_shop
from envlsp.cli.demo.stage import CONTINUED, Actor, Stage, is_in_step

_CODE = re.compile(r"\b\d+(?:-[a-z]+){2,}\b")
_WORDS = re.compile(r"both screens must show: (.+)")
_SHOW_API = """envlsp run -- sh -c 'echo "the shop talks to $API_URL"'"""


@dataclass(frozen=True, slots=True)
class Play:
    """Who takes part."""

    stage: Stage
    server: Actor
    alice: Actor
    bob: Actor

    def run(self) -> None:
        """Play all scenes.

        Raises:
            Stopped: a command failed, or did not do what it promised.
        """
        self.stage.tell(
            f"Alice and Bob each have a home folder in {self.stage.root}. What follows $ is run as it "
            "stands there, and what comes out is shown as it came."
        )
        for actor in (self.server, self.alice, self.bob):
            actor.home.mkdir(mode=0o700)
        hidden = write_shop(self.alice.shop)
        url = self._server()
        self._team(url)
        self._clone()
        self._invitation()
        agents = self._online()
        self._first_release()
        self._change()
        self._back()
        self._editor(agents[self.bob.name])
        hidden += Leaving(self.alice, self.bob).play()
        self._proof(hidden)

    def _server(self) -> str:
        self.stage.title("A signaling server: teammates find each other there, it cannot read a thing")
        _, line = self.server.start("envlsp-signaling --port 0 --json", until=lambda line: "url" in line)
        url = json.loads(line)["url"]
        assert isinstance(url, str)
        return url

    def _team(self, url: str) -> None:
        self.stage.title("Alice has a repository with a .env, and makes a team of it")
        alice = self.alice
        alice.type("sed 's/=.*/=.../' .env")
        alice.type("git init -q -b main")
        alice.type(
            f"envlsp init --as 'Alice <alice@example.com>' --device laptop {CONTINUED}"
            f"--signaling {url} --key-file ~/envlsp.key --no-recovery"
        )
        alice.type("git add --all")
        alice.type("git commit -q -m 'Share secrets with envlsp'")
        alice.type("git show --stat --format=%s")

    def _clone(self) -> None:
        self.stage.title("Bob clones the repository: there is no .env in it")
        self.bob.type(f"git clone -q {self.alice.shop} shop", at=self.bob.home)
        self.bob.type("ls -A")

    def _invitation(self) -> None:
        self.stage.title("Alice invites Bob, and reads the code to him over the phone")
        invite = "envlsp invite --role developer --yes"
        child, line = self.alice.start(invite, until=lambda line: bool(_CODE.search(line)))
        code = _CODE.search(line)
        assert code is not None
        joined = self.bob.type(
            f"envlsp join {code[0]} {CONTINUED}"
            "--as 'Bob <bob@example.com>' --device desktop --key-file ~/envlsp.key"
        )
        invited = self.alice.go_on(child, invite)
        if not _words(joined) or _words(joined) != _words(invited):
            raise Stopped("the two screens show different words")
        self.stage.tell(
            "Both screens show the same words, so nobody stands between the two. Without --yes, "
            "Alice is asked whether Bob reads the same words to her."
        )
        self.alice.type("envlsp members")

    def _online(self) -> dict[str, Child]:
        self.stage.title("Both stay online with an agent; an open editor will do as well")
        agents = {}
        for actor in (self.alice, self.bob):
            agents[actor.name], _ = actor.start("envlsp agent", until=lambda line: line == "ready")
        for actor in (self.alice, self.bob):
            actor.wait_until("envlsp peers --json", is_in_step)
        self.alice.type("envlsp peers")
        return agents

    def _first_release(self) -> None:
        self.stage.title("Alice pushes, and Bob pulls the same bytes")
        self.alice.type("envlsp push -m 'The shop as it runs'")
        self._arrived(self.bob, "v1")
        self.bob.type("envlsp pull")
        self._same_bytes()
        self.bob.type("envlsp list")

    def _change(self) -> None:
        self.stage.title("Bob edits API_URL in his .env, and pushes")
        move_api(self.bob.shop / ".env")
        self.bob.type("envlsp status")
        self.bob.type("envlsp push -m 'The API moved to Europe'")
        self._arrived(self.alice, "v2")
        self.stage.title("Alice sees what changed, and takes it")
        self.alice.type("envlsp diff v1..v2")
        self.alice.type("envlsp pull")
        self.alice.type(_SHOW_API)

    def _back(self) -> None:
        self.stage.title("The move was too early: Alice rolls back to v1")
        self.alice.type("envlsp rollback v1")
        self.alice.type(_SHOW_API)
        self.alice.type("envlsp log")
        self._arrived(self.bob, "v3")
        self.bob.type("envlsp pull")
        self._same_bytes()

    def _editor(self, agent: Child) -> None:
        self.stage.title("Bob opens the project in an editor: its language server is all it takes")
        self.stage.tell("Bob's agent ends. From here on the language server in his editor is the peer.")
        agent.end()
        bob = self.bob
        with Editor(bob.words("envlsp lsp"), bob.shop, bob.environ()) as editor:
            Editing(self.alice, bob, editor).run()
            self.stage.title("Another window: Bob pushes from Neovim, and the editor above is the peer")
            push_from_neovim(self.alice, bob)

    def _proof(self, hidden: tuple[str, ...]) -> None:
        stage = self.stage
        stage.title("What was real")
        places = files_with(hidden, stage.root)
        if places != ["alice/shop/.env", "bob/shop/.env"]:
            raise Stopped(f"the secrets can be read in other files than the two .env: {', '.join(places)}")
        if any(value in line for value in hidden for line in stage.shown):
            raise Stopped("a secret was printed")
        stage.tell(
            "All of it: the processes, the WebSocket server, the WebRTC connection between Alice and Bob, "
            "the signatures, the SQLite files. It ran on one machine, and runs the same way between two."
        )
        stage.tell(
            "The secrets were looked for in every file of the folder and in every line above: they stand "
            "in Alice's .env and in Bob's .env, and nowhere else."
        )

    def _same_bytes(self) -> None:
        alice = self.alice.shop / ".env"
        self.bob.type(f"cmp .env {alice} && echo 'the same bytes'")
        if (self.bob.shop / ".env").read_bytes() != alice.read_bytes():
            raise Stopped("Bob's .env has other bytes than Alice's")

    @staticmethod
    def _arrived(actor: Actor, release: str) -> None:
        """Wait until the agent has it: how fast that goes is not what is shown here."""
        actor.wait_until("envlsp log --json", lambda text: f'"release": "{release}"' in text)


def _words(text: str) -> str:
    found = _WORDS.search(text)
    return found[1] if found else ""
