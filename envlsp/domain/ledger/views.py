"""The state at a set of auth-class ancestors, computed once for all who share it.

Thousands of releases are written under the same few states. What is kept is bounded:
a stranger who picks odd parents costs time, not memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from envlsp.domain.ids import DevicePk, ScopeId
from envlsp.domain.ledger.dag import Dag, Node
from envlsp.domain.ledger.facts import Facts
from envlsp.domain.ledger.policy import Needs
from envlsp.domain.ledger.records import Admit, DeviceAdd, Genesis, Grant, RootReplace
from envlsp.domain.ledger.resolve import Resolution, Standing, resolve
from envlsp.domain.ledger.state import TeamState

VIEWS_MAX: Final = 128


@dataclass(eq=False)
class View:
    """A state, and what admission derives from it."""

    dag: Dag
    resolution: Resolution
    facts: dict[tuple[DevicePk, Needs, ScopeId], Facts] = field(default_factory=dict)
    """Shared by the records of one author and need under this state."""

    @property
    def people(self) -> TeamState:
        """Who may do what; no epochs."""
        return self.resolution.people

    @property
    def state(self) -> TeamState:
        """Everything."""
        return self.resolution.state

    @property
    def standing(self) -> Standing:
        """Which records count."""
        return self.resolution.verdict

    @cached_property
    def seen_keys(self) -> frozenset[bytes]:
        """Every key ever introduced in these records, by a void one too."""
        found: set[bytes] = set()
        for node in self.dag.auth_nodes(self.standing.mask):
            found.update(introduced_keys(node))
        return frozenset(found)


def introduced_keys(node: Node) -> tuple[bytes, ...]:
    """Return the keys that a record brings in."""
    match node.record.header.pub:
        case Genesis(root_sign=root_sign, root_box=root_box, xpk=xpk):
            return root_sign, root_box, node.record.header.author, xpk
        case RootReplace(root_sign=root_sign, root_box=root_box):
            return root_sign, root_box
        case Grant(dpk=dpk, xpk=xpk) | Admit(dpk=dpk, xpk=xpk) | DeviceAdd(dpk=dpk, xpk=xpk):
            return dpk, xpk
        case _:
            return ()


class Views:
    """A bounded memo, the least recently used state first to go."""

    def __init__(self, dag: Dag) -> None:
        self._dag = dag
        self._views: dict[int, View] = {}

    def at(self, mask: int) -> View:
        """Return the view of a set of auth-class records, closed under ancestry."""
        view = self._views.pop(mask, None)
        if view is None:
            before = self._views.get(mask ^ 1 << mask.bit_length() - 1)
            view = View(self._dag, resolve(self._dag, mask, before.resolution if before else None))
            if len(self._views) >= VIEWS_MAX:
                del self._views[next(iter(self._views))]
        self._views[mask] = view
        return view

    def forget(self, mask: int) -> None:
        """Drop the view of a set whose newest record was not kept."""
        self._views.pop(mask, None)
