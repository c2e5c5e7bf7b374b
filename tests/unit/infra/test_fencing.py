"""What a fenced resource lets through."""

import pytest

from shared.infra.fencing import FencingGuard, StaleFencingToken, check_token


def test_a_token_older_than_the_newest_seen_is_refused() -> None:
    with pytest.raises(StaleFencingToken) as refused:
        check_token(highest=34, token=33)
    assert (refused.value.status, refused.value.code) == (409, "stale_fencing_token")
    assert refused.value.extra == {"token": 33, "highest": 34}


def test_the_same_holder_writes_as_often_as_it_likes() -> None:
    guard = FencingGuard()
    assert [guard.admit(33), guard.admit(33), guard.admit(34), guard.admit(34)] == [33, 33, 34, 34]


def test_a_paused_holder_is_refused_after_its_successor_has_written() -> None:
    guard = FencingGuard(highest=33)
    guard.admit(34)
    with pytest.raises(StaleFencingToken):
        guard.admit(33)
    assert guard.highest == 34


def test_whoever_leads_nothing_has_token_zero_and_is_refused() -> None:
    with pytest.raises(StaleFencingToken):
        check_token(highest=1, token=0)
