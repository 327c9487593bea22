"""How results look as JSON, for a script that said `--json` and for an editor.

The fields are a promise: a change of one is a new `SCHEMA`. No value of a secret passes
through here; a value shows as four hex digits, equal where values are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from envlsp.domain.secret import is_secret_name
from envlsp.service.verbs.desk import Json

if TYPE_CHECKING:
    from envlsp.domain.environment import Triple
    from envlsp.domain.ids import DevicePk
    from envlsp.domain.secret import SecretName
    from envlsp.domain.working import Difference
    from envlsp.service.ci.applying import Applied
    from envlsp.service.cloning import Cloned
    from envlsp.service.forking import Forked
    from envlsp.service.pushing import Made
    from envlsp.service.replicas.allowed import AllowedReplica
    from envlsp.service.results import (
        AlarmInfo,
        DiffLine,
        DiffResult,
        EnvironmentInfo,
        InitResult,
        JoinResult,
        PeerInfo,
        PullResult,
        ReleaseInfo,
        StatusResult,
        SyncResult,
        Voided,
    )
    from envlsp.service.verbs.outcomes import Handed
    from envlsp.service.whole_log import Logged

SCHEMA = 1


def difference_fields(change: Difference) -> dict[str, list[str]]:
    """Return the names that differ, by how."""
    return {"added": [*change.added], "changed": [*change.changed], "removed": [*change.removed]}


def release_fields(release: ReleaseInfo) -> Json:
    """Return one row of `log`."""
    return {
        "release": release.label,
        "id": release.id,
        "author": release.author,
        "ts": release.ts,
        "kind": release.kind,
        "message": release.message,
        **difference_fields(release.changed),
        "void": release.void,
    }


def log_fields(releases: Iterable[ReleaseInfo]) -> Json:
    """Return what `log` shows."""
    return {"releases": [release_fields(release) for release in releases]}


def whole_log_fields(found: Iterable[Logged]) -> Json:
    """Return what `log --all` shows: what each release stands as, and why."""
    return {
        "releases": [
            {**release_fields(one.release), "standing": one.standing.value, "why": one.why} for one in found
        ]
    }


def made_fields(made: Made, reached: int) -> Json:
    """Return what `push`, `set`, `resolve` and `rollback` did."""
    nothing: Mapping[str, list[str]] = {"added": [], "changed": [], "removed": []}
    return {
        "release": made.release.label,
        "id": made.release.id,
        "made": made.made,
        "changed": difference_fields(made.release.changed) if made.made else nothing,
        "reached": reached,
    }


def pull_fields(result: PullResult) -> Json:
    """Return what `pull` did to the file."""
    return {
        "release": result.release.label,
        "id": result.release.id,
        "file": str(result.path),
        "written": result.written,
        "changed": difference_fields(result.change),
        "kept": difference_fields(result.kept_edits),
    }


def status_fields(result: StatusResult) -> Json:
    """Return where an environment and its file stand."""
    release, freshness = result.release, result.freshness
    return {
        "team": result.team,
        "project": result.triple.project,
        "app": result.triple.app,
        "env": result.triple.env,
        "file": str(result.path),
        "exists": result.exists,
        "release": release.label if release else None,
        "id": release.id if release else None,
        "based_on": result.based_on,
        "behind": result.behind,
        **difference_fields(result.change),
        "conflicts": [*result.conflicts],
        "role": result.role,
        "member": not result.removed,
        "rolled_back": result.rolled_back,
        "scope": result.scope or None,
        "shadowed": result.shadowed,
        "suspects": [*result.suspects],
        "void": [voided_fields(one) for one in result.voided],
        "unopened": [*result.unopened],
        "confirmed_by": freshness.confirmed_by,
        "devices": freshness.devices,
        "held_by": freshness.held_by,
        "as_of": freshness.as_of,
        "newer": [
            {"id": one.id, "name": one.name, "records": one.records, "ts": one.ts} for one in result.newer
        ],
        "alarms": alarms_fields(result.alarms),
    }


def alarms_fields(found: Iterable[AlarmInfo]) -> list[Json]:
    """Return what looks like a copied key, a flood or a leaked link."""
    return [
        {
            "kind": one.kind,
            "subject": one.subject,
            "what": one.what,
            "advice": one.advice,
            "records": [*one.records],
            "count": one.count,
        }
        for one in found
    ]


def diff_fields(result: DiffResult) -> Json:
    """Return the names on which two sides differ, with marks where the values would be."""
    return {"old": result.old, "new": result.new, "changes": [change_fields(line) for line in result.lines]}


def change_fields(line: DiffLine) -> Json:
    """Return one name of a diff."""
    change = "added" if line.old is None else "removed" if line.new is None else "changed"
    return {
        "name": line.name,
        "change": change,
        "old_mark": line.old_mark or None,
        "new_mark": line.new_mark or None,
    }


def list_fields(release: str, marks: Mapping[SecretName, str], conflicts: Iterable[SecretName]) -> Json:
    """Return the names of an environment, each with its mark."""
    secrets = [{"name": name, "mark": mark} for name, mark in marks.items()]
    return {"release": release, "secrets": secrets, "conflicts": [*conflicts]}


def project_fields(name: str, reached: int) -> Json:
    """Return a private project that was made."""
    return {"project": name, "private": True, "reached": reached}


def cloned_fields(made: Cloned, file: str, reached: int) -> Json:
    """Return an environment that was made of another one."""
    return {
        "project": made.target.project,
        "app": made.target.app,
        "env": made.target.env,
        "file": file,
        "from": str(made.source),
        "release": made.release.label,
        "id": made.release.id,
        "names": made.names,
        "known": made.narrower,
        "reached": reached,
    }


def created_fields(triple: Triple, file: str, reached: int) -> Json:
    """Return an environment that was created."""
    return {
        "project": triple.project,
        "app": triple.app,
        "env": triple.env,
        "file": file,
        "reached": reached,
    }


def environments_fields(found: Iterable[EnvironmentInfo]) -> Json:
    """Return the environments of a project."""
    return {"environments": [_environment_fields(info) for info in found]}


def _environment_fields(info: EnvironmentInfo) -> Json:
    return {
        "project": info.triple.project,
        "app": info.triple.app,
        "env": info.triple.env,
        "file": str(info.path) if info.path else None,
        "release": info.release.label if info.release else None,
        "names": info.names,
        "archived": info.archived,
        "scope": info.scope or None,
        "role": info.role,
    }


def peers_fields(peers: Iterable[PeerInfo]) -> Json:
    """Return the other devices of a team."""
    return {"peers": [_peer_fields(peer) for peer in peers]}


def _peer_fields(peer: PeerInfo) -> Json:
    return {
        "id": peer.id,
        "name": peer.name,
        "state": peer.state,
        "path": peer.path,
        "last_seen": peer.last_seen,
        "in_sync": peer.in_sync,
        "via": peer.via,
        "since": peer.since,
        "connected_ms": peer.connected_ms,
        "newer": peer.newer,
        "withheld": peer.withheld,
        "lost_data": peer.lost_data,
    }


def sync_fields(result: SyncResult) -> Json:
    """Return what a sync did."""
    return {
        "reached": result.reached,
        "in_sync": result.in_sync,
        "received": result.received,
        "devices": result.devices,
        "held_by": result.held_by,
        "void": [voided_fields(one) for one in result.voided],
        "alarms": alarms_fields(result.alarms),
    }


def voided_fields(one: Voided) -> Json:
    """Return something that does not count, since its author was removed at the same time."""
    project, app, env = one.triple or (None, None, None)
    return {
        "id": one.id,
        "project": project,
        "app": app,
        "env": env,
        "release" if one.triple else "name": one.label,
        "author": one.author,
        "removed_by": one.by,
    }


def init_fields(result: InitResult) -> Json:
    """Return a project that was put under the care of a team."""
    return {
        "team": result.team,
        "project": result.project,
        "new_team": result.new_team,
        "config": str(result.config),
        "env_file": str(result.env_file),
        "secrets": result.secrets_found,
    }


def forked_fields(made: Forked) -> Json:
    """Return a new team that was made of an old one."""
    return {
        "team": made.team,
        "before": made.before,
        "environments": [str(triple) for triple in made.environments],
        "left_out": [str(triple) for triple in made.left_out],
        "config": str(made.config),
    }


def join_fields(result: JoinResult) -> Json:
    """Return the team that was joined."""
    return {
        "team": result.team,
        "inviter": result.inviter,
        "words": result.words,
        "members": result.members,
        "already": result.already,
        "own_device": result.is_own_device,
    }


def exported_fields(handed: Handed) -> Json:
    """Return a bundle and what it is; the bundle is sealed."""
    made = handed.exported
    return {
        "bundle": made.text,
        "project": made.triple.project,
        "app": made.triple.app,
        "env": made.triple.env,
        "release": made.release,
        "id": made.id,
        "names": made.names,
        "key": made.key,
        "signer": made.signer,
        "not_after": made.not_after,
        "reached": handed.reached,
    }


def applied_fields(applied: Applied, file: str | None) -> Json:
    """Return what a bundle was, without what it holds."""
    return {
        "project": applied.triple.project,
        "app": applied.triple.app,
        "env": applied.triple.env,
        "release": f"v{applied.n}",
        "id": applied.id,
        "names": len(applied.snapshot.entries),
        "signer": applied.signer,
        "not_after": applied.not_after,
        "file": file,
    }


def refreshed_fields(records: int, before: int) -> Json:
    """Return how many records there are, and how many of them are news."""
    return {"records": records, "received": records - before}


def parsed_fields(report: Mapping[str, Any]) -> Json:
    """Return what a loader reads in a file: names and problems, without the values."""
    # What stands before a `=` and is no name may be half of a value.
    names = [name for name in report["values"] if is_secret_name(name)]
    return {"names": names, "problems": report["problems"]}


def ignored_fields(file: str, *, added: bool) -> Json:
    """Return a file that git is told to leave alone; `added` is false where it was so before."""
    return {"file": file, "added": added}


def shown_fields(uri: str, release: str, text: str) -> Json:
    """Return an environment as a masked document."""
    return {"uri": uri, "release": release, "text": text}


def counts(change: Difference) -> str:
    """Return `+1 ~2 -0`: names added, changed, removed."""
    return f"+{len(change.added)} ~{len(change.changed)} -{len(change.removed)}"


def file_words(made: Made, file: str) -> str:
    """Return what became of the file when a release was made without it; empty: nothing to say."""
    from envlsp.service.pulling import FileState

    match made.file:
        case FileState.UPDATED:
            return f"brought {file} along"
        case FileState.DIFFERS:
            return f"{file} has edits of its own and was left as it is; merge them: envlsp pull"
        case _:
            return ""


def replica_fields(replica: AllowedReplica) -> Json:
    """Return a blind replica that this device gives records to."""
    return {"id": replica.id, "label": replica.label, "added": replica.added}


def replicas_fields(replicas: Iterable[AllowedReplica], met: Mapping[DevicePk, int]) -> Json:
    """Return all of them, and when each was last talked to, if ever."""
    return {
        "replicas": [
            {**replica_fields(replica), "last_met": met.get(replica.pairing.dpk)} for replica in replicas
        ]
    }
