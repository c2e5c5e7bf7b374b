"""Legal holds: records that are kept whatever their age, until the hold is released."""

from __future__ import annotations

from services.audit import published, repository
from services.audit.models import LegalHold
from services.audit.repository import legal_holds
from shared.errors import ValidationFailed
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id

MAX_HOLDS = 100
"""Of one tenant: each of them is looked for in every round that removes records."""


class LegalHoldLimitReached(ValidationFailed):
    """The tenant has as many legal holds as it may have."""

    code = "legal_hold_limit_reached"


def place_hold(reason: str, subject: str | None, actor: str | None, begins: str | None, ends: str | None) -> LegalHold:
    """Hold the records of a subject, an actor, a time, of all that is given; or all. Raises LegalHoldLimitReached.

    The chain's head is held meanwhile: what is there when the hold is placed stays.
    """
    repository.locked_head(current_tenant())
    if legal_holds.count() >= MAX_HOLDS:
        raise LegalHoldLimitReached(f"there are {MAX_HOLDS} legal holds, as many as there may be", limit=MAX_HOLDS)
    hold = legal_holds.add(
        LegalHold(
            id=new_id("hold"),
            tenant_id=current_tenant(),
            reason=reason,
            subject=subject,
            actor=actor,
            begins_at=begins,
            ends_at=ends,
        )
    )
    published.legal_hold_placed(hold)
    return hold


def release_hold(hold_id: str, expected_version: EntityTags | None) -> None:
    """Hold its records no longer. Raises NotFound, VersionConflict."""
    hold = legal_holds.get(hold_id, lock=True)
    check_version(hold, expected_version)
    hold.version += 1
    published.legal_hold_released(hold)
    legal_holds.delete(hold)
