"""A chain whose first records went by the rules is verified like any other; one that somebody else shortened isn't."""

from dataclasses import replace

import pytest

from services.audit.domain.chain import EMPTY, Entry, Head, Record, append, verify
from services.audit.domain.checkpoints import FIRST, as_document, from_document, is_authentic, sign, signing_key
from services.audit.domain.gaps import Coverage, Gap
from services.audit.domain.removals import Removal

REMOVED = Removal(5, {"omnicloud/dns": [[1, 5]]})


def chain(length: int = 12) -> list[Record]:
    head, records = EMPTY, list[Record]()
    for number in range(1, length + 1):
        entry = Entry(f"e-{number}", "dns.zone.created", "z", "u", "t", "c", {}, "omnicloud/dns", number)
        records.append(append("t-1", head, entry))
        head = Head(records[-1].sequence, records[-1].hash)
    return records


def heads(*places: int) -> list[Head]:
    records = chain()
    return [Head(place, records[place - 1].hash) for place in places]


@pytest.mark.parametrize("left_from", [1, 2, 5, 6])
def test_what_is_left_may_begin_anywhere_up_to_where_it_was_signed(left_from: int) -> None:
    result = verify("t-1", chain()[left_from - 1 :], heads(2, 5, 9), removal=REMOVED)
    assert (result.valid, result.complete, result.head.sequence) == (True, True, 12)


@pytest.mark.parametrize("left_from", [7, 8, 12])
def test_more_than_what_was_signed_is_missing(left_from: int) -> None:
    result = verify("t-1", chain()[left_from - 1 :], heads(2, 5, 9), removal=REMOVED)
    assert (result.valid, result.reason) == (False, "record 1 is missing")


def test_without_a_signed_removal_nothing_may_be_missing() -> None:
    assert verify("t-1", chain()[1:], heads(5)).valid is False


@pytest.mark.parametrize("left_from", [3, 6])
def test_another_chain_does_not_go_on_from_what_was_signed(left_from: int) -> None:
    forged, head = list[Record](), EMPTY
    for record in chain():
        forged.append(append("t-1", head, replace(record.entry, actor="somebody else")))
        head = Head(forged[-1].sequence, forged[-1].hash)
    assert verify("t-1", forged[left_from - 1 :], heads(2, 5), removal=REMOVED).valid is False


def test_numbers_of_what_is_gone_are_no_gaps_and_others_are() -> None:
    known = Removal(5, {"omnicloud/dns": [[1, 3], [5, 5]]})
    assert verify("t-1", chain()[5:], heads(5), removal=known).gaps == (Gap("omnicloud/dns", 4, 4),)
    assert Coverage(known.covered).ranges() == known.covered


def test_a_removal_is_under_the_signature() -> None:
    key = signing_key("a secret")
    signed = sign("t-1", heads(9)[0], "t", FIRST, key, REMOVED)
    assert is_authentic(signed, key.public_key())
    assert from_document(as_document(signed)) == signed
    for removal in (Removal(), Removal(6, REMOVED.covered), Removal(5, {})):
        assert not is_authentic(replace(signed, removal=removal), key.public_key())
    # Without one the signature is what it was before there were removals
    assert "begins_after" not in as_document(sign("t-1", heads(9)[0], "t", FIRST, key))
