"""Conditional requests, by RFC 9110 §13."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.storage.domain.conditions import (
    Conditions,
    PreconditionFailed,
    ensure_writable,
    is_modified,
    range_applies,
)
from shared.errors import BadRequest

CHANGED = datetime(2026, 2, 1, 12, 0, 0, 700_000, tzinfo=UTC)
THEN = "Sun, 01 Feb 2026 12:00:00 GMT"
BEFORE = "Sun, 01 Feb 2026 11:59:59 GMT"
AFTER = "Sun, 01 Feb 2026 12:00:01 GMT"


@pytest.mark.parametrize("header", ['"a"', "a", '"x", "a"', '"x","a"', ' "x" , "a" ', "*"])
def test_a_list_of_tags_names_the_content_by_any_of_them(header: str) -> None:
    ensure_writable(Conditions(if_match=header), "a")
    with pytest.raises(PreconditionFailed):
        ensure_writable(Conditions(if_none_match=header), "a")


@pytest.mark.parametrize("header", ['"b"', '"x,a"', '"A"', '""'])
def test_any_other_tag_does_not(header: str) -> None:
    ensure_writable(Conditions(if_none_match=header), "a")
    with pytest.raises(PreconditionFailed):
        ensure_writable(Conditions(if_match=header), "a")


@pytest.mark.parametrize("header", ["", '"', '"a', 'W/"a', '"x, a"'])
def test_a_condition_that_cannot_be_read_is_no_licence_to_write(header: str) -> None:
    for conditions in (Conditions(if_match=header), Conditions(if_none_match=header)):
        with pytest.raises(BadRequest):
            ensure_writable(conditions, "a")


@pytest.mark.parametrize(
    ("conditions", "etag"),
    [
        (Conditions(if_match="*"), None),
        (Conditions(if_match='"b"'), "a"),
        (Conditions(if_match='W/"a"'), "a"),
        (Conditions(if_none_match="*"), "a"),
        (Conditions(if_none_match='"a"'), "a"),
        (Conditions(if_none_match='W/"a"'), "a"),
    ],
)
def test_a_write_under_a_condition_that_does_not_hold_is_refused(conditions: Conditions, etag: str | None) -> None:
    with pytest.raises(PreconditionFailed):
        ensure_writable(conditions, etag)


@pytest.mark.parametrize(
    ("conditions", "etag"),
    [(Conditions(), None), (Conditions(if_match='"a"'), "a"), (Conditions(if_none_match="*"), None)],
)
def test_a_write_under_one_that_holds_goes_on(conditions: Conditions, etag: str | None) -> None:
    ensure_writable(conditions, etag)


@pytest.mark.parametrize(
    ("conditions", "modified"),
    [
        (Conditions(), True),
        (Conditions(if_none_match='"a"'), False),
        (Conditions(if_none_match='W/"a"'), False),
        (Conditions(if_none_match='"b"'), True),
        (Conditions(if_modified_since=BEFORE), True),
        (Conditions(if_modified_since=THEN), False),
        (Conditions(if_modified_since=AFTER), False),
        (Conditions(if_modified_since="yesterday"), True),
        (Conditions(if_modified_since="Sun, 01 Feb 99999 12:00:00 GMT"), True),
        # A condition on tags makes the one on dates void.
        (Conditions(if_none_match='"b"', if_modified_since=AFTER), True),
        (Conditions(if_match='"a"', if_unmodified_since=BEFORE), True),
        (Conditions(if_unmodified_since=THEN), True),
    ],
)
def test_a_reader_gets_what_it_has_not_got(conditions: Conditions, modified: bool) -> None:
    assert is_modified(conditions, "a", CHANGED) is modified


@pytest.mark.parametrize("conditions", [Conditions(if_match='"b"'), Conditions(if_unmodified_since=BEFORE)])
def test_a_reader_of_other_content_is_refused(conditions: Conditions) -> None:
    with pytest.raises(PreconditionFailed):
        is_modified(conditions, "a", CHANGED)


@pytest.mark.parametrize(
    ("if_range", "applies"),
    [
        (None, True),
        ('"', False),
        ('"a"', True),
        ('"b"', False),
        ('W/"a"', False),
        (THEN, True),
        (BEFORE, False),
        (AFTER, False),
    ],
)
def test_a_range_is_one_of_the_content_that_the_client_has_a_part_of(if_range: str | None, applies: bool) -> None:
    assert range_applies(if_range, "a", CHANGED) is applies


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ("Sun, 01 Feb 2026 11:59:59 GMT", "Sun, 01 Feb 2026 12:00:00 GMT"),
        ("Sunday, 01-Feb-26 11:59:59 GMT", "Sunday, 01-Feb-26 12:00:00 GMT"),
        ("Sun Feb  1 11:59:59 2026", "Sun Feb  1 12:00:00 2026"),
    ],
)
def test_a_date_is_understood_in_each_of_the_three_formats_of_http(before: str, then: str) -> None:
    # Given content that was changed at the later one of two dates (RFC 9110 §5.6.7; the last format has no zone)
    # When a reader has it as of that date, then it isn't sent again, and as of the earlier one it is
    assert not is_modified(Conditions(if_modified_since=then), "a", CHANGED)
    assert is_modified(Conditions(if_modified_since=before), "a", CHANGED)
    # And whoever wants what there was at the earlier one is refused
    assert is_modified(Conditions(if_unmodified_since=then), "a", CHANGED)
    with pytest.raises(PreconditionFailed):
        is_modified(Conditions(if_unmodified_since=before), "a", CHANGED)
    # And a range is one of the content of exactly that date
    assert range_applies(then, "a", CHANGED)
    assert not range_applies(before, "a", CHANGED)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "0",
        "2026-02-01T12:00:00Z",
        "Sun, 30 Feb 2026 12:00:00 GMT",
        "Sun, 01 Feb 2026 24:00:00 GMT",
        "Sun, 01 Feb 99999 12:00:00 GMT",
        # Dates of mail (RFC 5322), which HTTP hasn't got
        "Sun, 01 Feb 2026 12:00:00",
        "Sun, 01 Feb 2026 12:00:00 -0000",
        "Sun, 01 Feb 2026 13:00:00 +0100",
        "Sun, 01 Feb 2026 07:00:00 EST",
    ],
)
def test_a_condition_on_what_is_no_date_is_ignored(header: str) -> None:
    # Given content from before any date that this could mean, and from after it
    for changed in (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)):
        # When it is read under a condition on it, then it is sent (RFC 9110 §13.1.3 and §13.1.4), and whole
        assert is_modified(Conditions(if_modified_since=header), "a", changed)
        assert is_modified(Conditions(if_unmodified_since=header), "a", changed)
        assert not range_applies(header, "a", changed)
