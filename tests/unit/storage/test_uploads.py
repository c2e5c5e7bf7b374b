"""Multi-part uploads at S3's limits."""

from __future__ import annotations

import base64
import hashlib

import pytest

from services.storage.domain.uploads import (
    MAX_OBJECT_BYTES,
    MAX_PART_BYTES,
    MIN_PART_BYTES,
    EntityTooLarge,
    EntityTooSmall,
    InvalidPart,
    InvalidPartNumber,
    InvalidPartOrder,
    Part,
    completed_parts,
    composite_sha256,
    multipart_etag,
    valid_part_number,
)

A, B, C = (hashlib.md5(text, usedforsecurity=False).hexdigest() for text in (b"a", b"b", b"c"))


def uploaded(*parts: Part) -> dict[int, Part]:
    return {part.number: part for part in parts}


def test_the_smallest_part_is_five_mebibytes() -> None:
    assert MIN_PART_BYTES == 5_242_880


@pytest.mark.parametrize("number", [1, 10_000])
def test_part_numbers_go_from_one_to_ten_thousand(number: int) -> None:
    assert valid_part_number(number) == number


@pytest.mark.parametrize("number", [0, -1, 10_001])
def test_a_part_number_outside_is_refused(number: int) -> None:
    with pytest.raises(InvalidPartNumber):
        valid_part_number(number)


def test_only_the_last_part_may_be_small() -> None:
    parts = uploaded(Part(1, A, MIN_PART_BYTES), Part(2, B, 1))
    assert completed_parts(parts, [(1, A), (2, B)]) == [Part(1, A, MIN_PART_BYTES), Part(2, B, 1)]


def test_an_object_of_parts_has_at_most_five_tebibytes() -> None:
    assert MAX_OBJECT_BYTES == 5 * 1024**4
    parts = [Part(number, A, MAX_PART_BYTES) for number in range(1, 1_025)]
    listed = [(part.number, part.etag) for part in parts]
    assert completed_parts(uploaded(*parts), listed) == parts
    with pytest.raises(EntityTooLarge):
        completed_parts(uploaded(*parts, Part(1_025, B, 1)), [*listed, (1_025, B)])


def test_a_part_one_byte_below_the_minimum_is_refused_unless_last() -> None:
    small = Part(1, A, MIN_PART_BYTES - 1)
    with pytest.raises(EntityTooSmall):
        completed_parts(uploaded(small, Part(2, B, 1)), [(1, A), (2, B)])
    assert completed_parts(uploaded(small), [(1, A)]) == [small]


@pytest.mark.parametrize("listed", [[(2, B), (1, A)], [(1, A), (1, A)]])
def test_parts_must_be_listed_in_ascending_order(listed: list[tuple[int, str]]) -> None:
    with pytest.raises(InvalidPartOrder):
        completed_parts(uploaded(Part(1, A, MIN_PART_BYTES), Part(2, B, 1)), listed)


def test_part_numbers_may_have_gaps() -> None:
    parts = uploaded(Part(3, A, MIN_PART_BYTES), Part(9_999, B, 7))
    assert [part.number for part in completed_parts(parts, [(3, A), (9_999, B)])] == [3, 9_999]


@pytest.mark.parametrize("listed", [[], [(2, A)], [(1, B)]])
def test_a_part_that_was_not_uploaded_with_this_tag_is_refused(listed: list[tuple[int, str]]) -> None:
    with pytest.raises(InvalidPart):
        completed_parts(uploaded(Part(1, A, 1)), listed)


def test_the_entity_tag_is_the_digest_of_digests_and_the_number_of_parts() -> None:
    whole = hashlib.md5(bytes.fromhex(A) + bytes.fromhex(B) + bytes.fromhex(C), usedforsecurity=False).hexdigest()
    parts = [Part(1, A, 1), Part(2, B, 1), Part(3, C, 1)]
    assert multipart_etag(parts) == f"{whole}-3"


def test_the_checksum_of_parts_is_the_digest_of_their_digests_and_their_number() -> None:
    digests = [hashlib.sha256(text).hexdigest() for text in (b"a", b"b")]
    whole = hashlib.sha256(hashlib.sha256(b"a").digest() + hashlib.sha256(b"b").digest()).digest()
    assert composite_sha256(digests) == base64.b64encode(whole).decode() + "-2"
