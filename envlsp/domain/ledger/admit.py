"""Whether a record may be stored at all.

Knows the record, its ancestors and nothing else, so every replica decides alike and
for ever. That a record is admitted says its author had the right as far as he knew;
whether it counts is decided by `resolve`.

The rules, in the order they are tried:
    the record alone    team, known type, parents in order
    its place           height, seq
    its author          active, and in the needed role (`settle`)
    its content         one function per type (`content`)
    its body            sealed under an epoch that is current for its author (`sealing`)
    its keys            epochs, seals, links; who may read them after the record (`sealing`)
    a removal           leaves an admin with a device behind

Left to others: signatures and key forms (`crypto.signing`), sizes (`wire`), bodies.

Spec: docs/protocol.md, "C.2 Admission", as amended by A2 and A7.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from envlsp.domain.ids import NO_EPOCH, NO_TEAM, TEAM_SCOPE, TeamId
from envlsp.domain.ledger.admission import Inadmissible, Reason, demand
from envlsp.domain.ledger.content import check_content
from envlsp.domain.ledger.dag import Dag, Node
from envlsp.domain.ledger.facts import ROOT
from envlsp.domain.ledger.policy import PARENTS_MAX
from envlsp.domain.ledger.ports import Verify
from envlsp.domain.ledger.records import (
    FIRST_IGNORABLE_TYPE,
    CheckedRecord,
    Genesis,
    RecordType,
    Role,
    carried_epochs,
    carried_seals,
)
from envlsp.domain.ledger.sealing import check_body, check_keys_after, check_keys_before
from envlsp.domain.ledger.seniority import mark_breakers
from envlsp.domain.ledger.settle import settle, settle_genesis
from envlsp.domain.ledger.state import TeamState
from envlsp.domain.ledger.views import View, Views

_KNOWN_TYPES: Final = frozenset(RecordType)
_TAKES_ADMINS: Final = frozenset({RecordType.ROLE, RecordType.REVOKE, RecordType.DEVICE_REVOKE})


class Gate:
    """Admission into one ledger. Adds what it accepts, leaves no trace of what it refuses."""

    def __init__(self, team: TeamId, verify: Verify, dag: Dag, views: Views) -> None:
        self._team = team
        self._verify = verify
        self._dag = dag
        self._views = views

    def check_alone(self, record: CheckedRecord) -> None:
        """Try the rules that need no other record.

        Raises:
            Inadmissible: one of them is broken.
        """
        header = record.header
        if header.type == RecordType.GENESIS:
            demand(TeamId(record.id) == self._team, Reason.WRONG_TEAM)
            _check_genesis(record)
            return
        demand(header.team == self._team, Reason.WRONG_TEAM)
        known = header.type in _KNOWN_TYPES or header.type >= FIRST_IGNORABLE_TYPE
        demand(known, Reason.UPGRADE_NEEDED)
        parents = header.parents
        in_order = all(one < other for one, other in pairwise(parents))
        demand(0 < len(parents) <= PARENTS_MAX and in_order, Reason.BAD_PARENTS)

    def enter(self, record: CheckedRecord) -> None:
        """Add a record whose parents are all here, if the other rules hold.

        Raises:
            Inadmissible: one of them is broken; nothing has changed.
        """
        node = self._dag.node_of(record)
        if isinstance(record.header.pub, Genesis):
            self._enter_genesis(node)
            return
        self._check_place(node)
        view = self._views.at(node.auth_ancestors)
        settle(self._dag, view, node)
        check_content(node, view, self._team, self._verify)
        if node.auth_bit:
            self._enter_auth(node, view)
        else:
            check_body(node, view.state)
            self._dag.keep(node)

    def reenter(self, record: CheckedRecord) -> None:
        """Add a record that was admitted before, its rules untried.

        Raises:
            Inadmissible: it cannot have been.
        """
        node = self._dag.node_of(record)
        if isinstance(record.header.pub, Genesis):
            self._enter_genesis(node)
            return
        if node.auth_bit:  # the facts of the others are found when somebody asks
            settle(self._dag, self._views.at(node.auth_ancestors), node)
            self._dag.stage(node)
            mark_breakers(self._dag, node)
        self._dag.keep(node)

    def _enter_genesis(self, node: Node) -> None:
        settle_genesis(node)
        self._dag.stage(node)
        self._dag.keep(node)

    def _enter_auth(self, node: Node, view: View) -> None:
        """Try the rules about the state after the record: with it in the graph, on approval."""
        check_body(node, view.state)
        self._dag.stage(node)
        mark_breakers(self._dag, node)
        after = node.auth_ancestors | node.auth_bit
        try:
            self._check_after(node, view.state, after)
        except Inadmissible:
            self._dag.unstage(node)
            self._views.forget(after)
            raise
        self._dag.keep(node)

    def _check_place(self, node: Node) -> None:
        header = node.record.header
        by_id = self._dag.by_id
        height = 1 + max(by_id[parent].record.header.height for parent in header.parents)
        demand(header.height == height, Reason.BAD_HEIGHT)
        demand(self._dag.has_right_seq(node), Reason.BAD_SEQ)

    def _check_after(self, node: Node, before: TeamState, after: int) -> None:
        pub = node.record.header.pub
        removes = node.is_kill and node.record.header.type in _TAKES_ADMINS
        check_keys_before(node, before)
        if not removes and not carried_epochs(pub) and not carried_seals(pub):
            return
        state = self._views.at(after).state
        check_keys_after(node, state)
        if removes and node.settled.user != ROOT:
            demand(not _has_admin(before) or _has_admin(state), Reason.LAST_ADMIN)


def _check_genesis(record: CheckedRecord) -> None:
    header, pub = record.header, record.header.pub
    demand(isinstance(pub, Genesis) and record.introduces is not None, Reason.BAD_GENESIS)
    assert isinstance(pub, Genesis)
    place = (header.team, header.height, header.seq, header.parents, header.epoch)
    demand(place == (NO_TEAM, 1, 1, (), NO_EPOCH), Reason.BAD_GENESIS)
    demand(len(pub.epochs) == len(record.epoch_ids) == 1, Reason.BAD_GENESIS)
    epoch = pub.epochs[0]
    demand((epoch.scope, epoch.n, epoch.links) == (TEAM_SCOPE, 1, ()), Reason.BAD_GENESIS)
    recipients = [dpk for dpk, _ in epoch.seals]
    demand(sorted(recipients) == sorted({header.author, pub.root_sign}), Reason.BAD_GENESIS)


def _has_admin(state: TeamState) -> bool:
    return any(member.role == Role.ADMIN and member.devices for member in state.members.values())
