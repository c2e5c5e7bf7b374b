"""Versions of a secret: check-and-set as KV version 2 has it, and rotation with an overlap window."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from shared.errors import Conflict, Forbidden, NotFound, SecretVersionConflict, ValidationFailed
from shared.kernel.preconditions import EntityTags, ensure_version

MAX_OVERLAP = timedelta(days=30)
MAX_VALUE_BYTES = 64 * 1024
"""What one secret may hold as JSON: a certificate chain fits, a file doesn't belong here."""


class CasMismatch(SecretVersionConflict):
    """The secret has another version than the writer expected."""


class InvalidOverlap(ValidationFailed):
    """An overlap is between nothing and 30 days."""

    code = "invalid_overlap"


class SecretTooLarge(ValidationFailed):
    """The value is larger than a secret may be."""

    code = "secret_too_large"


class TooManyValidVersions(Conflict):
    """One more version would push out one that is still in its overlap."""

    code = "too_many_valid_versions"


class VersionRetired(NotFound):
    """The version was rotated out and its overlap is over."""

    code = "secret_version_retired"


class PathForbidden(Forbidden):
    """A path policy keeps the caller out."""

    code = "path_forbidden"


def check_cas(current: int, cas: int | None) -> int:
    """The number of the next version. With `cas`, only on top of that version; 0 means "only if there is none".

    Raises CasMismatch.
    """
    if cas is not None and cas != current:
        raise CasMismatch(f"the present version is {current}, not {cas}", current_version=current)
    return current + 1


def check_tag(current: int, expected: EntityTags | None) -> None:
    """Raise VersionConflict when the caller read another version of the secret than the present one.

    The entity tag of a secret is the number of its newest version, as its answers show it; 0: nothing was written yet.
    """
    ensure_version(current or None, expected)


def check_size(encoded: bytes) -> None:
    """Raise SecretTooLarge, without a word of the content."""
    if len(encoded) > MAX_VALUE_BYTES:
        raise SecretTooLarge(f"a secret holds at most {MAX_VALUE_BYTES} bytes, this has {len(encoded)}")


def overlap_end(rotated_at: datetime, overlap_seconds: int) -> datetime:
    """Until when the version before a rotation is still good. Raises InvalidOverlap."""
    longest = int(MAX_OVERLAP.total_seconds())
    if not 0 <= overlap_seconds <= longest:
        raise InvalidOverlap(f"overlap_seconds is 0 to {longest}")
    return rotated_at + timedelta(seconds=overlap_seconds)


def retire(retirements: Mapping[str, str], version: int, until: datetime) -> dict[str, str]:
    """The retirements with one more: `version` is good until then. An earlier end stays."""
    present = retirements.get(str(version))
    end = min(datetime.fromisoformat(present), until) if present else until
    return {**retirements, str(version): end.isoformat()}


def is_retired(retirements: Mapping[str, str], version: int, now: datetime) -> bool:
    """Whether the version was rotated out and its overlap has ended; the window is half-open."""
    until = retirements.get(str(version))
    return until is not None and now >= datetime.fromisoformat(until)


def make_room(
    retirements: Mapping[str, str], there: Collection[int], following: int, kept: int, now: datetime
) -> dict[str, str]:
    """The retirements of what is left of the versions that are there when the following one is written: so many are
    kept, and the oldest go. Raises TooManyValidVersions where one that would go is still in its overlap.
    """
    going = {version for version in retirements if int(version) <= following - kept}
    if any(int(version) in there and not is_retired(retirements, int(version), now) for version in going):
        raise TooManyValidVersions(f"{kept} versions are kept, and the oldest of them is still valid", limit=kept)
    return {version: until for version, until in retirements.items() if version not in going}


def valid_versions(retirements: Mapping[str, str], current: int, readable: Collection[int], now: datetime) -> list[int]:
    """The versions a verifier should accept now: the current one and those still in their overlap, newest first.

    Only `readable` ones, neither deleted nor destroyed, are among them.
    """
    overlapping = {int(version) for version in retirements if not is_retired(retirements, int(version), now)}
    return sorted(({current} | overlapping) & set(readable), reverse=True)
