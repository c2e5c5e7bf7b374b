"""What a tenant's state means for whoever acts in its name."""

from __future__ import annotations

from shared.errors import Forbidden

ACTIVE, SUSPENDED, CLOSED = "active", "suspended", "closed"


class TenantSuspended(Forbidden):
    """The tenant is suspended: nobody gets a token for it, or acts by an earlier one, until it is resumed."""

    code = "tenant_suspended"


class TenantClosed(Forbidden):
    """The tenant is closed for good."""

    code = "tenant_closed"


def check_may_enter(status: str) -> None:
    """Raise TenantSuspended or TenantClosed unless the tenant is active. An unknown state doesn't let in."""
    if status == ACTIVE:
        return
    if status == SUSPENDED:
        raise TenantSuspended("the tenant is suspended")
    raise TenantClosed("the tenant is closed")
