"""How old what a verb shows may be: the argument `max_age`, and a word about what is older."""

from __future__ import annotations

from envlsp.service.as_of import Policy, old_line
from envlsp.service.results import Freshness
from envlsp.service.verbs.arguments import Arguments
from envlsp.service.verbs.desk import Desk


def policy_of(desk: Desk, arguments: Arguments) -> Policy:
    """Return what the argument says, else the variable, else to warn after a day.

    Raises:
        UsageError: it is no length of time.
    """
    return Policy(arguments.text("max_age"), desk.service.environ)


def demand_fresh(desk: Desk, policy: Policy, freshness: Freshness) -> None:
    """Say that a view is old, or refuse it.

    Raises:
        TooOld: it is older than the person allows.
    """
    now = desk.service.clock()
    if policy.demand(freshness.as_of, freshness.devices, now) and freshness.as_of is not None:
        desk.talk.say(old_line(freshness.as_of, now))
