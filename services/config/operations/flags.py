"""Feature flags. They are read far more often than changed, so they come from the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from services.config import published
from services.config.domain.flags import Flag, checked_percentage, is_on
from services.config.domain.limits import check_flags
from services.config.models import FlagRow
from services.config.ports import Ports
from services.config.repository import check_version, count_alone, flags
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags

NAMESPACE = "flags"


def set_flag(ports: Ports, name: str, enabled: bool, percentage: int, expected_version: EntityTags | None) -> FlagRow:
    """Set a flag. Raises InvalidPercentage, FlagLimitReached, VersionConflict."""
    row = flags.named_or_new(name)
    check_version(row, expected_version)
    if not row.version:
        check_flags(count_alone(flags))
    row.enabled, row.percentage = enabled, checked_percentage(percentage)
    flags.save(row)
    published.flag_changed(row)
    ports.cache.invalidate_after_commit(_after_commit, row.tenant_id, NAMESPACE, name)
    return row


def evaluate_flag(ports: Ports, name: str, subject: str) -> bool:
    """Whether the flag is on for the subject. Raises NotFound."""
    found = ports.cache.get_or_load(current_tenant(), NAMESPACE, name, lambda: _load(name))
    return is_on(Flag(name, found["enabled"], found["percentage"]), subject)


def remove_flags() -> None:
    """Remove all flags of the tenant."""
    flags.delete_all()


def _load(name: str) -> dict[str, Any]:
    row = flags.named(name)
    return {"enabled": row.enabled, "percentage": row.percentage}


def _after_commit(work: Callable[[], None]) -> None:
    """What is committed stays committed: when Redis can't be told, the old flag expires by itself."""
    transaction.on_commit(work, robust=True)
