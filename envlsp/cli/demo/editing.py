"""The second half of the play: Bob works in an editor, and in Neovim.

What stands behind `bob's editor>` is what a person does there; what is shown below it is
what the language server answered, its Markdown and its titles as they came.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

from envlsp.cli.demo.children import Stopped
from envlsp.cli.demo.editor import Editor
from envlsp.cli.demo.shop import NEW_API, OLD_API, move_api
from envlsp.cli.demo.stage import Actor, is_in_step


@dataclass(slots=True)
class Editing:
    """Bob at his editor, Alice at her terminal."""

    alice: Actor
    bob: Actor
    editor: Editor

    def run(self) -> None:
        """Play the scenes.

        Raises:
            Stopped: the language server did not show what it promised.
        """
        self._open()
        self._reveal()
        self._complete()
        self._diagnose()
        self._arrive()
        self._push()
        self._roll_back()

    def _open(self) -> None:
        self.editor.begin()
        for name, language in ((".env", "dotenv"), ("shop.py", "python"), ("web.ts", "typescript")):
            self.editor.open(name, language)
        self._do("opens .env")
        self._wait_for_lens("v3")
        self._do("hovers over API_URL in shop.py")
        masked = self._hover("shop.py", (2, 18))
        if OLD_API in masked or "API_URL" not in masked:
            raise Stopped("the hover was not masked")
        self._show(masked)

    def _reveal(self) -> None:
        self._do("hovers over the value of API_URL in .env: that reveals it")
        revealed = self._hover(".env", (1, 12))
        if OLD_API not in revealed:
            raise Stopped("the value was not revealed")
        self._show(revealed)

    def _complete(self) -> None:
        typed = 'os.environ["DA"]'
        self._do(f"types {typed[:-2]} in shop.py")
        self.editor.type("shop.py", (5, 0), typed, 2)
        self._offered("shop.py", (5, len(typed) - 2), "DATABASE_URL")
        typed = "process.env.S"
        self._do(f"types {typed} in web.ts")
        self.editor.type("web.ts", (2, 0), typed, 2)
        self._offered("web.ts", (2, len(typed)), "SESSION_SECRET")

    def _offered(self, name: str, place: tuple[int, int], wanted: str) -> None:
        found = self.editor.about("completion", name, place)
        labels = [item["label"] for item in (found["items"] if isinstance(found, dict) else found)]
        if wanted not in labels:
            raise Stopped(f"{wanted} was not offered, but: {labels}")
        self._show("  ".join(labels))
        self.editor.reload(name, 3)

    def _diagnose(self) -> None:
        self._do("looks at the problems of web.ts")
        problems = self.editor.about("diagnostic", "web.ts")["items"]
        for problem in problems:
            line = problem["range"]["start"]["line"] + 1
            self._show(f"web.ts:{line}  {problem['message']}  [{problem['code']}]")
        if not any("SESION_SECRET" in problem["message"] for problem in problems):
            raise Stopped("the mistake in web.ts was not found")

    def _arrive(self) -> None:
        self.bob.stage.title("Alice pushes, and it shows in Bob's open editor")
        self.alice.wait_until("envlsp peers --json", is_in_step)
        move_api(self.alice.shop / ".env")
        self.alice.type("envlsp push -m 'Now to Europe'")
        self._do("sees, untouched")
        self._wait_for_lens("v4")
        self._do("clicks Pull")
        self.editor.command("pull")
        if f"={NEW_API}\n" not in self.editor.reload(".env", 2):
            raise Stopped("the pull did not write the file")
        self._wait_for_lens("v4", without="behind")

    def _push(self) -> None:
        self.bob.stage.title("Bob adds a name in the editor, and clicks Push")
        path = self.bob.shop / ".env"
        path.write_text(path.read_text() + "\n# For the newsletter\nMAIL_FROM=shop@shop.example\n")
        self.editor.reload(".env", 3)
        self._do("adds MAIL_FROM, saves, clicks Push")
        self.editor.command("push", message="A sender for mails")
        self._wait_for_lens("v5")
        self._arrived("v5")
        self.alice.type("envlsp diff v4..v5")

    def _roll_back(self) -> None:
        self.bob.stage.title("Bob asks for the actions on .env, and goes back to v1")
        self._do("opens the menu of code actions in .env")
        place = {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 0}}
        actions = self.editor.about("codeAction", ".env", range=place, context={"diagnostics": []})
        for action in actions:
            self._show(action["title"])
        chosen = next((a for a in actions if a["title"].startswith("Roll back to v1")), None)
        if chosen is None:
            raise Stopped("no way back to v1 was offered")
        self._do(f"chooses {chosen['title']}")
        self.editor.ask("workspace/executeCommand", _command(chosen))
        self.editor.reload(".env", 4)
        self._wait_for_lens("v6")
        self._arrived("v6")
        self.alice.type("envlsp log")
        self.alice.type("envlsp pull")

    # --- what is shown ---------------------------------------------------------------------------

    def _do(self, what: str) -> None:
        self.bob.act(what, "editor")

    def _show(self, text: str) -> None:
        for line in text.splitlines():
            self.bob.stage.show(textwrap.indent(line, "    "))

    def _hover(self, name: str, place: tuple[int, int]) -> str:
        found = self.editor.about("hover", name, place)
        return str(found["contents"]["value"]) if found else ""

    def _lenses(self) -> str:
        return " | ".join(lens["command"]["title"] for lens in self.editor.about("codeLens", ".env") or [])

    def _wait_for_lens(self, words: str, without: str = "\0") -> None:
        self.editor.wait_until(lambda: words in (seen := self._lenses()) and without not in seen)
        self._show(self._lenses())

    def _arrived(self, release: str) -> None:
        self.alice.wait_until("envlsp log --json", lambda text: f'"release": "{release}"' in text)


def _command(action: dict[str, Any]) -> dict[str, Any]:
    command = action["command"] if isinstance(action["command"], dict) else action
    return {"command": command["command"], "arguments": command.get("arguments", [])}
