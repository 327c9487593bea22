"""How answers about people and their rights look as JSON: members, grants, removals, reasons, exposure.

The same promise as `shapes`, whose `SCHEMA` counts for these too: no value of a secret.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from envlsp.service.verbs.desk import Json

if TYPE_CHECKING:
    from envlsp.service.results import (
        ExportInfo,
        ExposedComments,
        ExposedValue,
        Exposure,
        MemberInfo,
        Reasons,
        ReasonStep,
        ScopeInfo,
    )
    from envlsp.service.verbs.outcomes import Granted, LetIn, NewKeys, Removed, TakenOut


def member_fields(member: MemberInfo) -> Json:
    """Return one member."""
    return {
        "id": member.id,
        "name": member.name,
        "address": member.address,
        "role": member.role,
        "devices": [{"id": identity, "label": label} for identity, label in member.devices],
        "you": member.is_self,
        "trusted": member.trusted,
    }


def members_fields(members: Iterable[MemberInfo], scopes: Iterable[ScopeInfo] = ()) -> Json:
    """Return the members of a team, and who reads its private projects and restricted environments."""
    return {
        "members": [member_fields(member) for member in members],
        "scopes": [_scope_fields(scope) for scope in scopes],
    }


def _scope_fields(scope: ScopeInfo) -> Json:
    return {
        "id": scope.id,
        "project": scope.project or None,
        "app": scope.app or None,
        "env": scope.env or None,
        "role": scope.role,
        "overruled": scope.overruled,
        "members": [
            {"id": one.id, "name": one.name, "address": one.address, "role": one.role, "guest": one.is_guest}
            for one in scope.members
        ],
        "admins": [*scope.admins],
    }


def let_in_fields(granted: LetIn, role: str) -> Json:
    """Return a role that was given in a scope."""
    return {
        "name": granted.name,
        "role": role,
        "scope": granted.scope,
        "changed": granted.is_new,
        "reached": granted.reached,
    }


def taken_out_fields(gone: TakenOut) -> Json:
    """Return a member from whom a scope was taken; they are in the team as before."""
    return {
        "name": gone.name,
        "removed": False,
        "scope": gone.scope,
        "reached": gone.reached,
        **exposed_values_fields(gone.exposure),
    }


def granted_fields(granted: Granted, role: str) -> Json:
    """Return a role that was given."""
    return {
        "name": granted.name,
        "role": role,
        "scope": None,
        "changed": granted.is_new,
        "reached": granted.reached,
    }


def removed_fields(removed: Removed) -> Json:
    """Return a member who was removed."""
    return {
        "name": removed.name,
        "removed": True,
        "scope": None,
        "reached": removed.reached,
        **exposed_values_fields(removed.exposure),
    }


def exposure_fields(found: Exposure) -> Json:
    """Return what somebody could read and nobody has changed since."""
    return {
        "id": found.id,
        "name": found.who,
        "member": found.is_member,
        **exposed_values_fields(found),
    }


def exposed_values_fields(found: Exposure) -> Json:
    """Return the values that somebody, or a device, could read, and whether that is all."""
    return {
        "values": [_exposed_fields(value) for value in found.values],
        "comments": [_comments_fields(one) for one in found.comments],
        "exports": [_export_fields(one) for one in found.exports],
        "complete": found.complete,
    }


def _comments_fields(one: ExposedComments) -> Json:
    return {
        "project": one.triple.project,
        "app": one.triple.app,
        "env": one.triple.env,
        "release": one.release,
        "id": one.id,
    }


def _export_fields(one: ExportInfo) -> Json:
    return {
        "key": one.key,
        "until": one.until,
        "project": one.triple.project,
        "app": one.triple.app,
        "env": one.triple.env,
        "by": one.by,
        "ts": one.ts,
    }


def _exposed_fields(value: ExposedValue) -> Json:
    return {
        "project": value.triple.project,
        "app": value.triple.app,
        "env": value.triple.env,
        "name": value.name,
        "release": value.release,
        "id": value.id,
        "author": value.author,
        "ts": value.ts,
    }


def reasons_fields(found: Reasons) -> Json:
    """Return the records that decide what somebody is."""
    return {
        "id": found.id,
        "name": found.who,
        "role": found.role or None,
        "removed": found.was_removed,
        "trusted": found.trusted,
        "records": [_step_fields(step) for step in found.steps],
    }


def _step_fields(step: ReasonStep) -> Json:
    return {
        "id": step.id,
        "act": step.act,
        "role": step.role or None,
        "scope": step.scope or None,
        "scope_name": step.scope_name or None,
        "by": step.by,
        "ts": step.ts,
        "outcome": step.outcome,
        "because": [
            {"id": one.id, "by": one.by, "act": one.act, "ground": one.ground, "over": one.over}
            for one in step.because
        ],
    }


def new_keys_fields(made: NewKeys) -> Json:
    """Return new keys, and what they are of; `left` scopes kept theirs."""
    return {
        "scopes": [*made.scopes],
        "left": made.left,
        "encrypted_again": made.again,
        "reached": made.reached,
    }
