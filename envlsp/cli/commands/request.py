"""`envlsp request`: ask to be let in from a machine without a network."""

from __future__ import annotations

import click

from envlsp.cli.main import Frame
from envlsp.cli.people import person_option, who


@click.command()
@person_option
@click.pass_obj
def command(frame: Frame, person: str | None) -> None:
    """Print a request to be let into a team, for a machine without a network.

    Carry it to an admin, who types `envlsp access grant rq1... --role ROLE`, and read the
    five words to them by another way. They give you a file; `envlsp join FILE` on this
    machine does the rest. A request is good for one answer; each run makes a fresh one.
    """
    from envlsp.service.joining.by_hand import ask
    from envlsp.service.verbs.carrying import READ_ALOUD, requested_fields

    with frame.service() as service:
        asked = ask(service, who(frame, person, None), frame.talk)
    if frame.json:
        frame.output.document(requested_fields(asked))
        return
    frame.output.line(asked.text)
    frame.output.say(f"its words: {asked.words}")
    frame.output.say(READ_ALOUD)
