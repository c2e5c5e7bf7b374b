"""Lease arithmetic, and what a revocation reaches."""

from datetime import UTC, datetime, timedelta

import pytest

from services.secrets.domain.leases import InvalidTtl, LeaseEnded, issue, remaining_seconds, renew, with_descendants

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_a_lease_lives_for_its_ttl() -> None:
    lease = issue(NOON, 60, 300)
    assert (lease.is_live(after(59.9)), lease.is_live(after(60))) == (True, False)
    assert remaining_seconds(lease, after(10)) == 50


@pytest.mark.parametrize(("ttl", "longest"), [(0, 60), (-1, 60), (61, 60), (60, 86401)])
def test_a_ttl_is_positive_and_within_its_maximum(ttl: int, longest: int) -> None:
    with pytest.raises(InvalidTtl):
        issue(NOON, ttl, longest)


@pytest.mark.parametrize(("increment", "end"), [(10, 60), (100, 150), (250, 300), (251, 300), (100_000_000, 300)])
def test_a_renewal_counts_from_now_and_is_cut_by_the_maximum(increment: int, end: int) -> None:
    assert renew(issue(NOON, 60, 300), after(50), increment).expires_at == after(end)


def test_renewals_never_add_up_beyond_the_maximum() -> None:
    lease = issue(NOON, 60, 90)
    for second in (50, 80, 85):
        lease = renew(lease, after(second), 60)
    assert lease.expires_at == after(90)


def test_a_lease_that_has_ended_is_not_renewed() -> None:
    with pytest.raises(LeaseEnded):
        renew(issue(NOON, 60, 300), after(60), 10)


def test_an_increment_is_positive() -> None:
    with pytest.raises(InvalidTtl):
        renew(issue(NOON, 60, 300), NOON, 0)


def test_nothing_is_left_of_a_lease_that_has_ended() -> None:
    assert remaining_seconds(issue(NOON, 60, 300), after(61)) == 0


PARENTS = {"root": None, "left": "root", "right": "root", "leaf": "left", "deep": "leaf", "other": None}


@pytest.mark.parametrize(
    ("token", "reached"),
    [
        ("root", {"root", "left", "right", "leaf", "deep"}),
        ("left", {"left", "leaf", "deep"}),
        ("deep", {"deep"}),
        ("other", {"other"}),
    ],
)
def test_a_revocation_reaches_every_token_below(token: str, reached: set[str]) -> None:
    assert with_descendants(PARENTS, token) == reached
