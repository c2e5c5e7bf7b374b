"""Conditional requests (RFC 9110 §13): entity tags and dates that say for which content a request is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from shared.errors import VersionConflict

_TAG = re.compile(r'\s*(W/)?(?:"([^"]*)"|([^",\s]+))\s*(?:,|$)')
"""One member of a list of tags; S3 takes a tag without its quotes, too."""


class PreconditionFailed(VersionConflict):
    """The object isn't what the request's conditions say it must be."""

    code = "precondition_failed"


@dataclass(frozen=True)
class Conditions:
    """The headers of a conditional request, as they came."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_unmodified_since: str | None = None


def ensure_writable(conditions: Conditions, etag: str | None) -> None:
    """Raise PreconditionFailed unless the present content, by its tag (None: there is none), may be replaced."""
    if conditions.if_match is not None and not matches(conditions.if_match, etag):
        raise PreconditionFailed("the object is not the one that If-Match names")
    if conditions.if_none_match is not None and matches(conditions.if_none_match, etag, weakly=True):
        raise PreconditionFailed("the object is the one that If-None-Match excludes")


def is_modified(conditions: Conditions, etag: str, last_modified: datetime) -> bool:
    """Whether a read gets the content; False: the client has it (304). Raises PreconditionFailed.

    In the order of RFC 9110 §13.2.2: a condition on tags makes the one on dates beside it void.
    """
    if conditions.if_match is not None:
        if not matches(conditions.if_match, etag):
            raise PreconditionFailed("the object is not the one that If-Match names")
    elif (limit := _date(conditions.if_unmodified_since)) is not None and _seconds(last_modified) > limit:
        raise PreconditionFailed("the object was changed after the time that If-Unmodified-Since names")
    if conditions.if_none_match is not None:
        return not matches(conditions.if_none_match, etag, weakly=True)
    since = _date(conditions.if_modified_since)
    return since is None or _seconds(last_modified) > since


def range_applies(if_range: str | None, etag: str, last_modified: datetime) -> bool:
    """Whether a range is one of the content that the client has a part of (If-Range, RFC 9110 §13.1.5).

    Both kinds of validators are compared exactly: a range of other content would be a mixture of two.
    """
    if if_range is None:
        return True
    date = _date(if_range)
    return _seconds(last_modified) == date if date is not None else matches(if_range, etag)


def matches(header: str, etag: str | None, *, weakly: bool = False) -> bool:
    """Whether a list of tags, or `*`, names the content; `etag` is None where there is none.

    Compared strongly a weak tag is never the same (§8.8.3.2); reads of If-None-Match compare weakly.
    """
    if etag is None:
        return False
    if header.strip() == "*":
        return True
    return any((weakly or not weak) and etag == (quoted or bare) for weak, quoted, bare in _TAG.findall(header))


def _date(text: str | None) -> datetime | None:
    """An HTTP date; None for what isn't one, which is to be ignored (§13.1.3)."""
    if text is None:
        return None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


def _seconds(moment: datetime) -> datetime:
    """As an HTTP date says it: without fractions."""
    return moment.replace(microsecond=0)
