"""`If-Match` by RFC 9110: lists of entity tags (§8.8.3, §5.6.1), compared strongly (§8.8.3.2, §13.1.1)."""

from __future__ import annotations

import pytest

from shared.errors import BadRequest, VersionConflict
from shared.kernel.preconditions import EntityTag, EntityTags, ensure_version, parse_entity_tags, parse_if_match
from shared.web.input import InvalidHeader, check_headers, combined

MATCHING = [
    '"3"',
    ' "3" ',
    "*",
    " * ",
    '"1", "3"',
    '"1","2",\t"3"',
    '"3", "1"',
    'W/"3", "3"',
    '"of-another-kind", "3"',
    '"a,b", "3"',
    ', "3",',
    '"1",, ,"3"',
    '"\xfc", "3"',
    '"3", "' + "9" * 5_000 + '"',
]
OTHERS = [
    'W/"3"', '"x"', '""', '"03"', '"3 '[:2] + '0"', '"1", "2"', '"3,1"', '"' + "9" * 5_000 + '"', 'W/"3", "2"', '"-3"',
    '"*"', '"٣"',
]  # fmt: skip
MALFORMED = [
    "3",
    "",
    " ",
    ",",
    '"3',
    '3"',
    '"3";',
    "*, *",
    '*, "3"',
    '"3", *',
    '"3" "4"',
    'w/"3"',
    'W/ "3"',
    '"a b"',
    '"\x00"',
]


@pytest.mark.parametrize("header", MATCHING)
def test_the_present_version_is_named_by_a_list_that_holds_its_tag(header: str) -> None:
    ensure_version(3, parse_if_match(header))
    with pytest.raises(VersionConflict):
        ensure_version(None, parse_if_match(header))


@pytest.mark.parametrize("header", OTHERS)
def test_any_other_tag_and_every_weak_one_is_a_conflict(header: str) -> None:
    with pytest.raises(VersionConflict) as refusal:
        ensure_version(3, parse_if_match(header))
    assert refusal.value.status == 412
    assert refusal.value.extra == {"current_version": 3}


@pytest.mark.parametrize("header", MALFORMED)
def test_what_is_no_list_of_entity_tags_is_refused(header: str) -> None:
    with pytest.raises(BadRequest):
        parse_if_match(header)


def test_no_header_is_no_condition() -> None:
    assert parse_if_match(None) is None
    ensure_version(3, None)
    ensure_version(None, None)


def test_weak_tags_count_where_weakness_does_no_harm() -> None:
    tags = EntityTags((EntityTag("a", weak=True),))
    assert tags.match_weakly("a")
    assert not tags.match("a")
    assert not tags.match_weakly(None)


def test_tags_without_quotes_are_taken_only_where_that_is_said() -> None:
    assert parse_entity_tags('x, W/"a", b', "If-Match", bare=True).tags == (
        EntityTag("x"),
        EntityTag("a", weak=True),
        EntityTag("b"),
    )
    for broken in ("", '"', 'W/"a'):
        with pytest.raises(BadRequest):
            parse_entity_tags(broken, "If-Match", bare=True)


def test_several_lines_of_one_list_are_one_list() -> None:
    lines = [("if-match", '"1"'), ("accept", "a"), ("if-match", '"3"'), ("accept", "b"), ("if-none-match", "*")]
    assert combined(lines) == [("if-match", '"1", "3"'), ("accept", "a"), ("accept", "b"), ("if-none-match", "*")]


@pytest.mark.parametrize("name", ["Idempotency-Key", "X-Tenant-Id", "Authorization", "X-Omnicloud-Identity", "host"])
def test_what_has_one_value_comes_once(name: str) -> None:
    check_headers([(name, "a"), ("Accept", "a"), ("Accept", "b")])
    with pytest.raises(InvalidHeader):
        check_headers([(name, "a"), (name.lower(), "a")])
