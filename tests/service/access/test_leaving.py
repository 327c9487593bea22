"""Who may say that a member leaves: one of their own devices, while it counts."""

from __future__ import annotations

import pytest

from envlsp.domain.ledger.records import DeviceRevoke
from envlsp.errors import NoAccess
from envlsp.service.access import roles
from envlsp.service.history import Releases
from envlsp.service.people import People
from tests.support.ledger_builder import a_device
from tests.support.wire_book import Book, alice, bob, second_device


def test_a_device_that_was_removed_does_not_leave_for_its_member() -> None:
    """Every peer would refuse the record; the person is told what is the matter instead."""
    book = Book()
    book.grant(alice, bob)
    book.write(bob, a_device(second_device(bob, "phone")))
    book.write(alice, DeviceRevoke((bob.dpk,), ()))
    lost = book.seen_by(bob)
    with pytest.raises(NoAccess, match="removed"):
        roles.revoke(lost, Releases(lost, People(lost)), [bob.user])
    phone = book.seen_by(second_device(bob, "phone"))
    roles.revoke(phone, Releases(phone, People(phone)), [bob.user])
    assert bob.user not in phone.state.members
