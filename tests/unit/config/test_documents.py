"""Documents as they are kept in Consul."""

import pytest

from services.config.domain.documents import (
    Document,
    DocumentTooLarge,
    DocumentUnreadable,
    InvalidDocument,
    InvalidName,
    Publication,
    check_document,
    checked_name,
    decoded,
    encoded,
    request_digest,
)


def test_equal_documents_are_equal_bytes() -> None:
    one = Document("prod", 3, {"a": 1, "b": [0, None, False]})
    other = Document("prod", 3, {"b": [0, None, False], "a": 1})
    assert encoded(one) == encoded(other) == b'{"environment":"prod","revision":3,"values":{"a":1,"b":[0,null,false]}}'
    assert decoded(encoded(one)) == one


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"environment":"p","revision":"x","values":{}}'])
def test_what_is_no_document_is_refused(content: bytes) -> None:
    with pytest.raises(DocumentUnreadable):
        decoded(content)


@pytest.mark.parametrize("name", ["", "..", "../other", "a/b", "Prod", "-a", "a" * 65])
def test_a_name_is_one_harmless_segment(name: str) -> None:
    with pytest.raises(InvalidName):
        checked_name(name)


def test_a_good_name_is_kept() -> None:
    assert checked_name("prod-eu.1") == "prod-eu.1"


def nested(levels: int) -> dict[str, object]:
    document: dict[str, object] = {}
    for _ in range(levels - 1):
        document = {"a": document}
    return document


@pytest.mark.parametrize(
    "wrong",
    [
        {"a": "b\0"},
        {"b\0": 1},
        {"a": ["\ud800"]},
        {"a": [{"\udfff": 1}]},
        {"a": float("inf")},
        {"a": float("nan")},
        nested(33),
        nested(3_000),
    ],
)
def test_what_can_not_be_kept_as_it_is_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidDocument):
        check_document(wrong, 1_000_000)


@pytest.mark.parametrize("right", [{}, nested(32), {"é": [1, 0.5, None, True, "\t\U0001f600"]}], ids=str)
def test_everything_else_is_kept(right: dict[str, object]) -> None:
    check_document(right, 1_000)


def test_the_limit_counts_bytes() -> None:
    check_document({"a": "é" * 10}, 28)
    with pytest.raises(DocumentTooLarge):
        check_document({"a": "é" * 10}, 27)


def test_a_document_says_all_that_its_record_needs() -> None:
    told = Publication("rev-1", "user:1", rolled_back_to=2, schema={"type": "object"}, request="ab")
    document = Document("prod", 3, {"é": 1}, told)
    assert decoded(encoded(document)) == document


def test_a_repeated_request_is_recognised_without_its_key_being_told() -> None:
    digest = request_digest("t-1", "key")
    assert digest == request_digest("t-1", "key")
    assert digest not in {request_digest("t-2", "key"), request_digest("t-1", "kez"), None}
    assert "key" not in str(digest)
    assert request_digest("t-1", None) is None
