"""What a tenant's state means for those who log in to it."""

from __future__ import annotations

from shared.kernel.standing import ACTIVE, CLOSED, SUSPENDED, TenantClosed, TenantSuspended, check_may_enter

__all__ = ["ACTIVE", "CLOSED", "SUSPENDED", "TenantClosed", "TenantSuspended", "check_may_enter"]
