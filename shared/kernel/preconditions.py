"""Entity tags and the conditions that name them, for everything that has a version.

An entity tag is opaque text in quotes (RFC 9110 §8.8.3); that of a resource is its version, `"3"`. `If-Match` (§13.1.1)
takes `*` or a list of tags, compared strongly: a weak tag is never the same as another. No `If-Match`, no condition:
it is the client's to send, and no operation insists on it (428, RFC 6585, is never answered).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.errors import BadRequest, VersionConflict

_QUOTED = re.compile(r'(W/)?"([^"\x00-\x20\x7f]*)"[ \t]*(?=,|$)')
_BARE = re.compile(r'(?!W/")()([^",\s]+)[ \t]*(?=,|$)')
_BETWEEN = re.compile(r"[ \t,]*")


@dataclass(frozen=True)
class EntityTag:
    """A tag without its quotes; a weak one says "about the same" only."""

    opaque: str
    weak: bool = False


@dataclass(frozen=True)
class EntityTags:
    """What a condition lists. `anything` is `*`: whatever is there, as long as something is."""

    tags: tuple[EntityTag, ...] = ()
    anything: bool = False

    @classmethod
    def of(cls, *versions: int) -> EntityTags:
        """The tags of versions."""
        return cls(tuple(EntityTag(str(version)) for version in versions))

    def match(self, present: str | None) -> bool:
        """Whether one of them is the present content's tag, compared strongly (§8.8.3.2); None: there is no content."""
        return self._names(present, weakly=False)

    def match_weakly(self, present: str | None) -> bool:
        """The same where weak tags count, as `If-None-Match` compares (§13.1.2)."""
        return self._names(present, weakly=True)

    def _names(self, present: str | None, *, weakly: bool) -> bool:
        if present is None:
            return False
        return self.anything or any(tag.opaque == present and (weakly or not tag.weak) for tag in self.tags)

    def __str__(self) -> str:
        """For people."""
        if self.anything:
            return "any"
        return " or ".join(f"{'W/' if tag.weak else ''}{tag.opaque}" for tag in self.tags)


def parse_entity_tags(value: str, header: str, *, bare: bool = False) -> EntityTags:
    """The tags in a header. Empty members of the list mean nothing (RFC 9110 §5.6.1.2).

    With `bare` a tag may come without its quotes, as S3 takes it. Raises BadRequest for what is neither `*` nor a list
    of entity tags.
    """
    text = value.strip()
    if text == "*":
        return EntityTags(anything=True)
    found: list[EntityTag] = []
    place = _end(_BETWEEN.match(text))
    while place < len(text):
        member = _QUOTED.match(text, place) or (_BARE.match(text, place) if bare else None)
        if member is None:
            break
        found.append(EntityTag(member[2], weak=bool(member[1])))
        place = _end(_BETWEEN.match(text, member.end()))
    if not found or place < len(text):
        raise BadRequest(f"{header} takes entity tags in quotes, or *", header=header)
    return EntityTags(tuple(found))


def parse_if_match(value: str | None) -> EntityTags | None:
    """What an `If-Match` header asks for; None without one. Raises BadRequest."""
    return None if value is None else parse_entity_tags(value, "If-Match")


def ensure_version(present: int | None, expected: EntityTags | None) -> None:
    """Raise VersionConflict unless the present version is one that the caller names.

    `present` is None where there is nothing yet: then every condition fails, `*` too.
    """
    if expected is None or expected.match(None if present is None else str(present)):
        return
    if present is None:
        raise VersionConflict(f"there is nothing yet, and so no version {expected}", current_version=0)
    raise VersionConflict(f"the present version is {present}, not {str(expected)[:80]}", current_version=present)


def _end(match: re.Match[str] | None) -> int:
    assert match is not None  # It matches nothing, too.
    return match.end()
