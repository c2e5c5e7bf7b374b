"""What has ended since tokens were issued, and how long that is remembered."""

from datetime import UTC, datetime, timedelta

import pytest

from services.gateway.domain.standing import AccessRevoked, Origin, Standing
from shared.kernel.standing import TenantClosed, TenantSuspended
from shared.utils.clock import FixedClock

LIFE = 900.0


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def standing(clock: FixedClock) -> Standing:
    return Standing(clock, LIFE)


def in_force(standing: Standing, *names: str) -> bool:
    try:
        standing.ensure_in_force(Origin(names))
    except AccessRevoked:
        return False
    return True


def test_a_token_bears_its_account_and_its_login() -> None:
    assert Origin.of({"sub": "u-1", "sid": "s-1"}, ["g-1"]) == Origin(("u-1", "s-1"), ("g-1",))
    assert Origin.of({"sub": "u-1"}, []) == Origin(("u-1",))


def test_what_ended_is_remembered_for_as_long_as_a_token_can_live(standing: Standing, clock: FixedClock) -> None:
    standing.ended("s-1")
    assert (in_force(standing, "u-1", "s-1"), in_force(standing, "u-1", "s-2")) == (False, True)
    clock.advance(timedelta(seconds=LIFE + 60))
    standing.ended("s-9")
    assert not in_force(standing, "u-1", "s-1")
    clock.advance(timedelta(seconds=600))
    standing.ended("s-9")
    assert in_force(standing, "u-1", "s-1")


def test_an_account_that_ended_is_remembered_for_as_long_as_a_signed_url_can_live(
    standing: Standing, clock: FixedClock
) -> None:
    standing.account_ended("u-1")
    clock.advance(timedelta(days=7))
    standing.ended("s-9")
    assert not in_force(standing, "u-1")
    clock.advance(timedelta(hours=1))
    standing.ended("s-9")
    assert in_force(standing, "u-1")


def test_a_tenant_never_heard_of_may_act(standing: Standing) -> None:
    standing.ensure_active("t-1")


def test_a_tenant_is_what_was_said_of_it_last_whatever_comes_late_or_again(standing: Standing) -> None:
    standing.tenant_is("t-1", "suspended", 2)
    with pytest.raises(TenantSuspended):
        standing.ensure_active("t-1")
    standing.tenant_is("t-1", "active", 3)
    standing.tenant_is("t-1", "suspended", 2)
    standing.ensure_active("t-1")
    standing.tenant_is("t-1", "closed", 4)
    standing.tenant_is("t-1", "active", 3)
    with pytest.raises(TenantClosed):
        standing.ensure_active("t-1")
