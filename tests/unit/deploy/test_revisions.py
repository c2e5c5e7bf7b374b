"""Revision history."""

import pytest

from services.deploy.domain.revisions import NothingToRollBackTo, Outcome, Revision, next_number, rollback_target

HISTORY = [
    Revision(1, Outcome.SUCCEEDED),
    Revision(2, Outcome.SUCCEEDED),
    Revision(3, Outcome.FAILED),
    Revision(4, Outcome.ROLLED_BACK),
    Revision(5, Outcome.UNFINISHED),
]


def test_a_rollback_goes_to_the_last_successful_revision_not_to_the_one_before() -> None:
    assert rollback_target(HISTORY, 5) == Revision(2, Outcome.SUCCEEDED)


def test_the_order_of_the_history_does_not_matter() -> None:
    assert rollback_target(reversed(HISTORY), 5) == Revision(2, Outcome.SUCCEEDED)


def test_a_later_success_is_not_a_way_back() -> None:
    assert rollback_target([*HISTORY, Revision(6, Outcome.SUCCEEDED)], 5).number == 2


def test_without_an_earlier_success_there_is_nothing_to_return_to() -> None:
    with pytest.raises(NothingToRollBackTo):
        rollback_target([Revision(1, Outcome.FAILED), Revision(2, Outcome.UNFINISHED)], 2)


def test_revision_numbers_go_on_from_the_highest() -> None:
    assert next_number([]) == 1
    assert next_number([Revision(10, Outcome.FAILED), Revision(9, Outcome.SUCCEEDED)]) == 11
