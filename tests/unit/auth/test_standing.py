"""Who may enter a tenant, by its state."""

import pytest

from services.auth.domain.standing import TenantClosed, TenantSuspended, check_may_enter


def test_an_active_tenant_lets_its_people_in() -> None:
    check_may_enter("active")


@pytest.mark.parametrize(
    ("status", "refusal"), [("suspended", TenantSuspended), ("closed", TenantClosed), ("unheard-of", TenantClosed)]
)
def test_every_other_state_keeps_them_out(status: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        check_may_enter(status)
