"""An exported trail, verified without the platform."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from services.audit.domain.chain import EMPTY, Entry, Head, Verification, append
from services.audit.domain.checkpoints import FIRST, BrokenCheckpoints, as_document, sign, signing_key
from services.audit.domain.exports import UnreadableExport, signed_heads, tenant_of, verify_export

KEY = signing_key("a secret")
PUBLIC = KEY.public_key().public_bytes_raw().hex()
TIME = "2020-01-01T00:00:00.000000Z"

Documents = list[dict[str, Any]]


@pytest.fixture
def trail() -> tuple[Documents, Documents]:
    """Four records and their checkpoints, signed after two and after four, as they are exported."""
    head, previous = EMPTY, FIRST
    records: Documents = []
    checkpoints: Documents = []
    for number in range(1, 5):
        entry = Entry(f"e-{number}", "dns.zone.created", f"z-{number}", "user:1", TIME, "c-1", {"ttl": 300.5})
        made = append("t-1", head, entry)
        head = Head(made.sequence, made.hash)
        place = {"tenant_id": "t-1", "sequence": made.sequence, "previous_hash": made.previous_hash, "hash": made.hash}
        records.append({**place, **asdict(entry)})
        if number in (2, 4):
            checkpoint = sign("t-1", head, TIME, previous, KEY)
            checkpoints.append(as_document(checkpoint))
            previous = checkpoint.signature
    return records, checkpoints


def lines(documents: Documents) -> list[str]:
    return [json.dumps(document) + "\n" for document in documents]


def verified(records: Documents, checkpoints: Documents, tenant: str = "t-1", key: str = PUBLIC) -> Verification:
    return verify_export(lines(records), tenant, signed_heads(lines(checkpoints), tenant, key))


def test_a_trail_as_it_was_exported_is_valid(trail: tuple[Documents, Documents]) -> None:
    result = verified(*trail)
    assert (result.valid, result.records) == (True, 4)
    assert tenant_of(lines(trail[0])) == "t-1"
    assert verify_export(lines(trail[0])).valid


def test_an_edited_record_is_named(trail: tuple[Documents, Documents]) -> None:
    trail[0][2]["actor"] = "user:2"
    result = verified(*trail)
    assert (result.first_invalid, result.reason) == (3, "the content doesn't match its hash")


def test_a_cut_off_tail_shows_by_what_was_signed_alone(trail: tuple[Documents, Documents]) -> None:
    del trail[0][3]
    result = verified(*trail)
    assert (result.first_invalid, result.reason) == (4, "4 records were signed for, the chain has 3")
    assert verify_export(lines(trail[0])).valid


def test_a_checkpoint_that_is_gone_shows(trail: tuple[Documents, Documents]) -> None:
    with pytest.raises(BrokenCheckpoints, match="a checkpoint before that of record 4 is missing"):
        verified(trail[0], trail[1][1:])


def test_another_key_or_tenant_verifies_nothing(trail: tuple[Documents, Documents]) -> None:
    with pytest.raises(BrokenCheckpoints):
        verified(*trail, key=signing_key("another secret").public_key().public_bytes_raw().hex())
    with pytest.raises(BrokenCheckpoints):
        verified(*trail, tenant="t-2")
    assert verify_export(lines(trail[0]), "t-2").first_invalid == 1


@pytest.mark.parametrize("line", ["{", "[]", "{}", "null", "", pytest.param("[" * 100_000, id="deep")])
def test_what_is_no_export_is_unreadable(line: str) -> None:
    with pytest.raises(UnreadableExport):
        verify_export([line])


def test_nothing_is_no_trail_of_anybody_and_a_whole_one_of_somebody() -> None:
    for read in (verify_export, tenant_of):
        with pytest.raises(UnreadableExport):
            read([])
    assert verify_export([], "t-1").valid


def test_a_key_that_is_none_is_unreadable(trail: tuple[Documents, Documents]) -> None:
    with pytest.raises(UnreadableExport):
        verified(*trail, key="00")
