"""Paths of secrets, and policies over them with the wildcards and precedence of Vault.

`+` stands for exactly one segment, anywhere; `*` only as the last character, for any rest (a prefix). Of several
patterns that match, one decides: the most specific by Vault's rules ("Policies", section "Priority matching").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.errors import ValidationFailed

CAPABILITIES = ("read", "write", "delete", "list")
MAX_PATH_LENGTH = 400
MAX_POLICIES = 200
"""Of a tenant: all are looked at with every read."""
SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
RESERVED = frozenset({"versions", "rotate"})
"""Segments that are operations of the API."""


class InvalidPath(ValidationFailed):
    """Not the path of a secret."""

    code = "invalid_secret_path"


class InvalidPattern(ValidationFailed):
    """Not a pattern that paths can be matched with."""

    code = "invalid_path_pattern"


class PolicyLimitReached(ValidationFailed):
    """The tenant has as many path policies as it may have."""

    code = "policy_limit_reached"


@dataclass(frozen=True)
class PathPolicy:
    """Who may do what with the paths that match a pattern."""

    pattern: str
    subjects: frozenset[str]
    capabilities: frozenset[str]


def secret_path(text: str) -> str:
    """A path as it is kept: no slash at either end. Raises InvalidPath."""
    path = text.strip("/")
    segments = path.split("/")
    if len(path) > MAX_PATH_LENGTH or not all(SEGMENT.fullmatch(segment) for segment in segments):
        raise InvalidPath("a path is segments of letters, digits, '_', '-' and '.', separated by single slashes")
    if RESERVED & set(segments):
        raise InvalidPath(f"{' and '.join(sorted(RESERVED))} can't be segments of a path")
    return path


def checked_pattern(pattern: str) -> str:
    """The pattern. Raises InvalidPattern for a `*` that isn't last or a `+` that isn't a whole segment."""
    body = pattern[:-1] if pattern.endswith("*") else pattern
    if not pattern or pattern.startswith("/") or "*" in body or len(pattern) > MAX_PATH_LENGTH:
        raise InvalidPattern("'*' stands for any rest, so it is the last character; patterns begin without a slash")
    if pattern.endswith("+*") or any("+" in segment and segment != "+" for segment in body.split("/")):
        raise InvalidPattern("'+' stands for one whole segment")
    return pattern


def matches(pattern: str, path: str) -> bool:
    """Whether the path is covered by the pattern."""
    if pattern.endswith("*"):
        *whole, rest = pattern[:-1].split("/")
        segments = path.split("/", len(whole))
        if len(segments) <= len(whole):
            return False
        return _segments_match(whole, segments[:-1]) and segments[-1].startswith(rest)
    return _segments_match(pattern.split("/"), path.split("/"))


def _segments_match(wanted: Sequence[str], found: Sequence[str]) -> bool:
    if len(wanted) != len(found):
        return False
    return all(name in ("+", segment) for name, segment in zip(wanted, found, strict=True))


def specificity(pattern: str) -> tuple[int, bool, int, int, str]:
    """A key by which the more specific of two patterns is the greater one, in the order of Vault's five rules.

    A later first wildcard, no `*` at the end, fewer `+`, more characters, the greater text.
    """
    wildcards = [place for place in (pattern.find("+"), pattern.find("*")) if place >= 0]
    first = min(wildcards, default=len(pattern) + MAX_PATH_LENGTH)
    return first, not pattern.endswith("*"), -pattern.count("+"), len(pattern), pattern


def deciding(policies: Iterable[PathPolicy], path: str) -> list[PathPolicy]:
    """The policies of the one pattern that decides about a path; none when no pattern matches."""
    found = [policy for policy in policies if matches(policy.pattern, path)]
    if not found:
        return []
    strongest = max((policy.pattern for policy in found), key=specificity)
    return [policy for policy in found if policy.pattern == strongest]


def permitted(policies: Iterable[PathPolicy], path: str, subject: str, capability: str) -> bool:
    """Whether the subject may do this with the path.

    A path that no pattern covers is open to whoever's role allows the call; a covered one only to the subjects that
    the deciding pattern names.
    """
    rules = deciding(policies, path)
    if not rules:
        return True
    return any(subject in rule.subjects and capability in rule.capabilities for rule in rules)
