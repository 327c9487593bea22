"""Who may read what, as tests say it: environments by one word, scopes by what they cover."""

from __future__ import annotations

import contextlib

from envlsp.crypto import envelope
from envlsp.domain.environment import Triple
from envlsp.domain.ids import RecordId, ScopeId
from envlsp.domain.ledger.records import CheckedRecord, Release, Role
from envlsp.domain.secret import SecretText
from envlsp.errors import CannotOpen
from envlsp.service.access import roles
from envlsp.service.access.scope_members import set_scope_role
from envlsp.service.context import Context
from envlsp.service.deriving import read_environment
from envlsp.service.environments import create_environment
from envlsp.service.pushing import Made, set_value
from envlsp.wire.records import decode_record_untrusted
from tests.support.cast import Actor, Cast

PROD = Triple("shop", "shop", "prod")


def at(actor: Actor, env: str) -> Context:
    """Return an environment of the actor's project."""
    return actor.service.open(actor.root, f":{env}").context


def restrict(admin: Actor, env: str = "prod") -> ScopeId:
    """Make a restricted environment."""
    triple = at(admin, env).triple
    create_environment(admin.team, triple, restricted=True)
    return admin.team.releases.scope_of(triple)


def let_in(admin: Actor, scope: ScopeId, who: Actor, role: Role = Role.DEVELOPER) -> None:
    """Give somebody a role in a scope."""
    set_scope_role(admin.replica, admin.team.releases, scope, who.user, role)


def take_out(admin: Actor, scope: ScopeId, who: Actor) -> None:
    """Take a scope from somebody."""
    set_scope_role(admin.replica, admin.team.releases, scope, who.user, Role.NONE)


def give_value(actor: Actor, name: str, value: str, env: str = "prod") -> Made:
    """Give a name a value, in a release of its own."""
    return set_value(actor.team, at(actor, env), name, SecretText(value.encode()))


def values(actor: Actor, env: str = "prod") -> dict[str, bytes]:
    """Return what a program would see."""
    context = at(actor, env)
    reading = read_environment(actor.team, context.triple, context.dialect)
    return {name: value.reveal() for name, value in reading.values.items()}


def guest(cast: Cast, admin: Actor, name: str, *lines: tuple[ScopeId, Role]) -> Actor:
    """Let somebody in as a guest of these scopes."""
    return cast.join(admin, cast.actor(name), Role.NONE, *lines)


def opened_by(actor: Actor, record: CheckedRecord) -> bytes | None:
    """Return the body of a record in clear, and its values, by any key at all that the actor holds."""
    body, place = decode_record_untrusted(actor.replica.raw(record.id)).body, envelope.place_of(record.header)
    for key in actor.replica.ring.all_keys().values():
        with contextlib.suppress(CannotOpen):
            plain = envelope.open_plain(body, key, place)
            if not isinstance(record.header.pub, Release):
                return plain
            entries = envelope.open_names(body, key, place).content().snapshot.entries
            return b"\n".join((plain, *(literal.reveal() for literal in entries.values())))
    return None


def all_that_opens(actor: Actor) -> bytes:
    """Return all that the actor can read of what they hold, every key tried on every record."""
    records = [record for record in actor.replica.ledger.records() if record.body_size]
    return b"\n".join(plain for record in records if (plain := opened_by(actor, record)) is not None)


def revoke(admin: Actor, *gone: Actor) -> None:
    """Remove people from the team."""
    roles.revoke(admin.replica, admin.team.releases, [actor.user for actor in gone])


def release_ids(actor: Actor, env: str = "prod") -> set[RecordId]:
    """Return the releases that an environment is made of here."""
    return set(actor.team.releases.of(at(actor, env).triple).history.nodes)
