"""Lifecycle rules (Amazon S3 User Guide, "Lifecycle configuration elements")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from shared.errors import ValidationFailed


class InvalidLifecycle(ValidationFailed):
    """A rule that does nothing, or counts in less than a day."""

    code = "invalid_lifecycle"


@dataclass(frozen=True)
class Rule:
    """Applies to keys that begin with `prefix`. Days that are None aren't ruled."""

    id: str
    prefix: str = ""
    expiration_days: int | None = None
    noncurrent_days: int | None = None
    abort_multipart_days: int | None = None

    def __post_init__(self) -> None:
        days = (self.expiration_days, self.noncurrent_days, self.abort_multipart_days)
        if all(each is None for each in days):
            raise InvalidLifecycle(f"rule {self.id!r} has no action")
        if any(each is not None and each < 1 for each in days):
            raise InvalidLifecycle(f"rule {self.id!r}: days are counted from 1")


def due_at(since: datetime, days: int) -> datetime:
    """When an action is due: the days are added and the result is rounded up to the next midnight UTC.

    An object made on January 15 at 10:30 with one day is due on January 17 at 00:00 (the guide's example).
    """
    end = since + timedelta(days=days)
    midnight = datetime.combine(end.date(), time.min, tzinfo=end.tzinfo)
    return midnight if midnight == end else midnight + timedelta(days=1)


def expires_at(rules: Iterable[Rule], key: str, created_at: datetime) -> datetime | None:
    """When the current version of an object expires: by the shortest rule that applies; None when none does."""
    days = [rule.expiration_days for rule in rules if key.startswith(rule.prefix) and rule.expiration_days]
    return due_at(created_at, min(days)) if days else None


def noncurrent_expires_at(rules: Iterable[Rule], key: str, superseded_at: datetime) -> datetime | None:
    """When a version that is no longer current is removed for good, counted from when it was superseded."""
    days = [rule.noncurrent_days for rule in rules if key.startswith(rule.prefix) and rule.noncurrent_days]
    return due_at(superseded_at, min(days)) if days else None


def abort_at(rules: Iterable[Rule], key: str, started_at: datetime) -> datetime | None:
    """When an unfinished multi-part upload is aborted."""
    days = [rule.abort_multipart_days for rule in rules if key.startswith(rule.prefix) and rule.abort_multipart_days]
    return due_at(started_at, min(days)) if days else None
