"""`envlsp pull`: bring the file in step with the newest release."""

from __future__ import annotations

import click

from envlsp.cli.delivery import courier
from envlsp.cli.environment import environment_words, offline_option, opened
from envlsp.cli.freshness import demand_fresh, max_age_option, say_fresh
from envlsp.cli.main import Frame
from envlsp.cli.shapes import near
from envlsp.service.verbs.shapes import counts, pull_fields


@click.command()
@environment_words
@click.option("-f", "--force", is_flag=True, help="Take the release as it is; local edits are lost.")
@max_age_option
@offline_option
@click.pass_obj
def command(
    frame: Frame,
    target: str | None,
    env: str | None,
    force: bool,
    max_age: str,
    offline: bool,
) -> None:
    """Bring the file in step with the newest release.

    Local edits are kept: they merge name by name, and a name that both sides
    changed stops the pull with nothing written. With --max-age, so does a store
    that no other device has confirmed for so long: exit code 8.
    """
    from envlsp.service.as_of import Policy
    from envlsp.service.freshness import freshness
    from envlsp.service.pulling import pull

    policy = Policy(max_age)
    with opened(frame, target, env) as here:
        if not courier(frame, here.service, here.opened, offline=offline).fetch():
            frame.output.say("nobody reachable now: this is the newest that is known here")
        known = freshness(here.team.replica)
        demand_fresh(frame, policy, known)
        result = pull(here.team, here.context, force=force)
    file = near(result.path, frame.cwd)
    if result.layout_dropped:
        frame.output.warn(f"the layout of {result.release.label} does not fit its values; wrote sorted lines")
    if frame.json:
        frame.output.document(pull_fields(result))
    elif result.written:
        author = result.release.author
        frame.output.line(f"{file}  {result.release.label} by {author}  {counts(result.change)}")
    else:
        frame.output.line(f"{file} is in step with {result.release.label}")
    if result.kept_edits:
        frame.output.say(f"kept your edits ({counts(result.kept_edits)}); share them: envlsp push")
    say_fresh(frame, known)
