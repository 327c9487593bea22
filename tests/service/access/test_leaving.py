"""Who may say that a member leaves: one of their own devices, while it counts."""

from __future__ import annotations

import pytest

from envlsp.domain.ledger.records import DeviceRevoke, Role
from envlsp.errors import Misuse, NoAccess
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


def test_the_last_admin_with_a_device_stays() -> None:
    """Bob is an admin too, and his only device was removed: he could not take over."""
    book = Book()
    book.grant(alice, bob, Role.ADMIN)
    book.write(alice, DeviceRevoke((bob.dpk,), ()))
    last = book.seen_by(alice)
    with pytest.raises(Misuse, match="nobody would be left"):
        roles.revoke(last, Releases(last, People(last)), [alice.user])
