"""Feature flags with a percentage rollout that is sticky: a subject that is in stays in while the percentage grows.

The place of a subject comes from SHA-256, so that every process, today and tomorrow, computes the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from shared.errors import ValidationFailed

BUCKETS = 10_000
FULL = 100


class InvalidPercentage(ValidationFailed):
    """A percentage is a whole number from 0 to 100."""

    code = "invalid_percentage"


@dataclass(frozen=True)
class Flag:
    """A switch, and for what share of the subjects it is on."""

    name: str
    enabled: bool
    percentage: int


def bucket(flag: str, subject: str) -> int:
    """The subject's place among 10,000, for this flag: the subjects that come first differ from flag to flag."""
    digest = hashlib.sha256(f"{flag}\x00{subject}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % BUCKETS


def is_on(flag: Flag, subject: str) -> bool:
    """Whether the flag is on for the subject."""
    return flag.enabled and bucket(flag.name, subject) < flag.percentage * BUCKETS // FULL


def checked_percentage(percentage: int) -> int:
    """The percentage. Raises InvalidPercentage."""
    if not 0 <= percentage <= FULL:
        raise InvalidPercentage("percentage is 0 to 100")
    return percentage
