"""Conditional requests (RFC 9110 §13): entity tags and dates that say for which content a request is meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from shared.errors import BadRequest, VersionConflict
from shared.kernel.preconditions import EntityTags, parse_entity_tags


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
    """Raise PreconditionFailed unless the present content, by its tag (None: there is none), may be replaced.

    Raises BadRequest for a condition that can't be read.
    """
    if conditions.if_match is not None and not _tags(conditions.if_match, "If-Match").match(etag):
        raise PreconditionFailed("the object is not the one that If-Match names")
    if conditions.if_none_match is not None and _tags(conditions.if_none_match, "If-None-Match").match_weakly(etag):
        raise PreconditionFailed("the object is the one that If-None-Match excludes")


def is_modified(conditions: Conditions, etag: str, last_modified: datetime) -> bool:
    """Whether a read gets the content; False: the client has it (304). Raises PreconditionFailed, or
    BadRequest for a condition on tags that can't be read.

    In the order of RFC 9110 §13.2.2: a condition on tags makes the one on dates beside it void.
    """
    if conditions.if_match is not None:
        if not _tags(conditions.if_match, "If-Match").match(etag):
            raise PreconditionFailed("the object is not the one that If-Match names")
    elif (limit := _date(conditions.if_unmodified_since)) is not None and _seconds(last_modified) > limit:
        raise PreconditionFailed("the object was changed after the time that If-Unmodified-Since names")
    if conditions.if_none_match is not None:
        return not _tags(conditions.if_none_match, "If-None-Match").match_weakly(etag)
    since = _date(conditions.if_modified_since)
    return since is None or _seconds(last_modified) > since


def range_applies(if_range: str | None, etag: str, last_modified: datetime) -> bool:
    """Whether a range is one of the content that the client has a part of (If-Range, RFC 9110 §13.1.5).

    Both kinds of validators are compared exactly: a range of other content would be a mixture of two.
    """
    if if_range is None:
        return True
    date = _date(if_range)
    if date is not None:
        return _seconds(last_modified) == date
    try:
        return _tags(if_range, "If-Range").match(etag)
    except BadRequest:
        return False  # Of what it can't read a server sends everything.


def _tags(header: str, name: str) -> EntityTags:
    """The tags of a condition; S3 takes them without their quotes, too. Raises BadRequest."""
    return parse_entity_tags(header, name, bare=True)


def _date(text: str | None) -> datetime | None:
    """An HTTP date; None for what isn't one, which is to be ignored (§13.1.3).

    It is of GMT and says so, or has the form of C's `asctime`, which ends with the year (§5.6.7): mail, which the
    parser is for, has other zones, too.
    """
    if text is None or not (text.endswith(" GMT") or (text[3:4] == " " and text[-5:-4] == " ")):
        return None
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


def _seconds(moment: datetime) -> datetime:
    """As an HTTP date says it: without fractions."""
    return moment.replace(microsecond=0)
