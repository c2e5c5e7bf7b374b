"""Versions of an object and delete markers (Amazon S3 User Guide, "How S3 Versioning works")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import MethodNotAllowed, NotFound

NULL_VERSION = "null"


class Versioning(StrEnum):
    """A bucket starts without versioning; once enabled it can only be suspended, never be unset again."""

    DISABLED = "disabled"
    ENABLED = "enabled"
    SUSPENDED = "suspended"


class NoSuchKey(NotFound):
    """The object doesn't exist, or its latest version is a delete marker."""

    code = "no_such_key"


class NoSuchVersion(NotFound):
    """The object has no such version."""

    code = "no_such_version"


class IsDeleteMarker(MethodNotAllowed):
    """A delete marker was asked for by its version: it has no content."""

    code = "is_delete_marker"


@dataclass(frozen=True)
class Version:
    """One version of one key. A delete marker has no content and hides what is below it."""

    id: str
    delete_marker: bool = False


@dataclass(frozen=True)
class Deletion:
    """What a delete does: the versions that go for good, and the id of the marker that comes on top."""

    removed: list[str]
    marker: str | None


def current(stack: Sequence[Version]) -> Version:
    """The version a plain GET answers with; `stack` is ordered oldest first. Raises NoSuchKey."""
    if not stack or stack[-1].delete_marker:
        raise NoSuchKey("there is no such object")
    return stack[-1]


def exactly(stack: Sequence[Version], version_id: str) -> Version:
    """The version with this id. Raises NoSuchVersion, or IsDeleteMarker."""
    found = next((version for version in stack if version.id == version_id), None)
    if found is None:
        raise NoSuchVersion(f"the object has no version {version_id}")
    if found.delete_marker:
        raise IsDeleteMarker(f"version {version_id} is a delete marker")
    return found


def new_version_id(versioning: Versioning, fresh_id: str) -> str:
    """The id that a write gets: a fresh one when versioning is enabled, else the null version."""
    return fresh_id if versioning is Versioning.ENABLED else NULL_VERSION


def overwritten(stack: Sequence[Version], new_id: str) -> list[str]:
    """The versions that a write replaces: the null version replaces its like, every other id adds."""
    return [version.id for version in stack if version.id == new_id]


def delete(stack: Sequence[Version], versioning: Versioning, version_id: str | None, fresh_id: str) -> Deletion:
    """What deleting does. By version: that version goes for good. Else: it depends on the bucket's versioning.

    Without versioning the object goes. With it a delete marker comes on top and nothing is lost; when suspended the
    marker is the null version and replaces the null version. Raises NoSuchVersion.
    """
    if version_id is not None:
        if all(version.id != version_id for version in stack):
            raise NoSuchVersion(f"the object has no version {version_id}")
        return Deletion([version_id], None)
    if versioning is Versioning.DISABLED:
        return Deletion([version.id for version in stack], None)
    marker = new_version_id(versioning, fresh_id)
    return Deletion(overwritten(stack, marker), marker)
