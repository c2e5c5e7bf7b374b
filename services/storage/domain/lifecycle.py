"""Lifecycle rules (Amazon S3 User Guide, "Lifecycle configuration elements" and "Expiring objects")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from services.storage.domain.versions import Version
from shared.errors import ValidationFailed
from shared.utils.sequences import first_repeated

MAX_RULES = 1000
MAX_DAYS = 36_500
"""A hundred years: what is kept longer needs no rule."""
MAX_NEWER_VERSIONS = 100


class InvalidLifecycle(ValidationFailed):
    """A rule that does nothing, counts in less than a day, or contradicts itself or another one."""

    code = "invalid_lifecycle"


@dataclass(frozen=True)
class Rule:
    """Applies to keys that begin with `prefix`. Days that are None aren't ruled."""

    id: str
    prefix: str = ""
    expiration_days: int | None = None
    noncurrent_days: int | None = None
    abort_multipart_days: int | None = None
    newer_noncurrent_versions: int = 0
    """So many of the newest noncurrent versions are kept, however old (NewerNoncurrentVersions)."""
    expired_delete_markers: bool = False
    """Delete markers with nothing below them go at once (ExpiredObjectDeleteMarker)."""
    enabled: bool = True

    def __post_init__(self) -> None:
        days = (self.expiration_days, self.noncurrent_days, self.abort_multipart_days)
        if all(each is None for each in days) and not self.expired_delete_markers:
            raise InvalidLifecycle(f"rule {self.id!r} has no action")
        if any(each is not None and not 1 <= each <= MAX_DAYS for each in days):
            raise InvalidLifecycle(f"rule {self.id!r}: days are counted from 1, up to {MAX_DAYS}")
        if not 0 <= self.newer_noncurrent_versions <= MAX_NEWER_VERSIONS:
            raise InvalidLifecycle(f"rule {self.id!r} keeps 0 to {MAX_NEWER_VERSIONS} newer versions")
        if self.newer_noncurrent_versions and self.noncurrent_days is None:
            raise InvalidLifecycle(f"rule {self.id!r} keeps newer versions and removes none: give noncurrent_days")
        if self.expired_delete_markers and self.expiration_days is not None:
            raise InvalidLifecycle(f"rule {self.id!r}: expiration_days removes expired delete markers, too; give one")

    def covers(self, key: str) -> bool:
        """Whether the rule is in force for a key."""
        return self.enabled and key.startswith(self.prefix)


@dataclass(frozen=True)
class Aged:
    """A version with its times: when it was made, and when another one came on top (None for the current one)."""

    version: Version
    created_at: datetime
    superseded_at: datetime | None = None


@dataclass(frozen=True)
class Expiry:
    """What is due for one key: versions that go for good, and whether the current one is to be deleted after them.

    `delete` is an ordinary delete: it hides the object in a versioned bucket and removes it in any other.
    """

    delete: bool = False
    removed: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether nothing is due."""
        return not (self.delete or self.removed)


def ensure_rules_fit(rules: Sequence[Rule]) -> None:
    """Raise InvalidLifecycle for more than 1,000 rules, or two of one name."""
    if len(rules) > MAX_RULES:
        raise InvalidLifecycle(f"a bucket has at most {MAX_RULES} rules, not {len(rules)}")
    twice = first_repeated(rule.id for rule in rules)
    if twice is not None:
        raise InvalidLifecycle(f"two rules are called {twice!r}")


def due_at(since: datetime, days: int) -> datetime:
    """When an action is due: the days are added and the result is rounded up to the next midnight UTC.

    An object made on January 15 at 10:30 with one day is due on January 17 at 00:00 (the guide's example).
    """
    end = since + timedelta(days=days)
    midnight = datetime.combine(end.date(), time.min, tzinfo=end.tzinfo)
    return midnight if midnight == end else midnight + timedelta(days=1)


def due_until(now: datetime, days: int) -> datetime:
    """The other way round: what began up to this time is due now, what began later isn't."""
    return datetime.combine(now.date(), time.min, tzinfo=now.tzinfo) - timedelta(days=days)


def expires_at(rules: Iterable[Rule], key: str, created_at: datetime) -> datetime | None:
    """When the current version of an object expires: by the shortest rule that applies; None when none does."""
    days = [rule.expiration_days for rule in rules if rule.covers(key) and rule.expiration_days]
    return due_at(created_at, min(days)) if days else None


def noncurrent_expires_at(rules: Iterable[Rule], key: str, superseded_at: datetime, newer: int = 0) -> datetime | None:
    """When a version that is no longer current is removed for good, counted from when it was superseded.

    `newer` is how many noncurrent versions of the key are newer than it: rules that keep that many don't apply.
    """
    days = [
        rule.noncurrent_days
        for rule in rules
        if rule.covers(key) and rule.noncurrent_days and newer >= rule.newer_noncurrent_versions
    ]
    return due_at(superseded_at, min(days)) if days else None


def abort_at(rules: Iterable[Rule], key: str, started_at: datetime) -> datetime | None:
    """When an unfinished multi-part upload is aborted."""
    days = [rule.abort_multipart_days for rule in rules if rule.covers(key) and rule.abort_multipart_days]
    return due_at(started_at, min(days)) if days else None


def due(rules: Sequence[Rule], key: str, stack: Sequence[Aged], now: datetime) -> Expiry:
    """What is due now for a key with these versions, oldest first.

    The current version expires by its age; a delete marker that hides nothing any more is removed by the same rule, or
    at once where a rule says so. Noncurrent versions go by how long they have been that.
    """
    if not stack:
        return Expiry()
    removed = _noncurrent_due(rules, key, stack[:-1], now)
    latest = stack[-1]
    expires = expires_at(rules, key, latest.created_at)
    aged = expires is not None and expires <= now
    if not latest.version.delete_marker:
        return Expiry(aged, tuple(removed))
    alone = len(removed) == len(stack) - 1
    if alone and (aged or any(rule.expired_delete_markers and rule.covers(key) for rule in rules)):
        removed.append(latest.version.id)
    return Expiry(False, tuple(removed))


def _noncurrent_due(rules: Sequence[Rule], key: str, noncurrent: Sequence[Aged], now: datetime) -> list[str]:
    """The noncurrent versions, given oldest first, whose time is over."""
    found: list[str] = []
    for newer, aged in enumerate(reversed(noncurrent)):
        if aged.superseded_at is None:
            continue
        due_from = noncurrent_expires_at(rules, key, aged.superseded_at, newer)
        if due_from is not None and due_from <= now:
            found.append(aged.version.id)
    return found[::-1]


def day_of(now: datetime) -> date:
    """The day, in UTC, that rules are looked at for: what is due changes at midnight and with the rules alone."""
    return now.date()
