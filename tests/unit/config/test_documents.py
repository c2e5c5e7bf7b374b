"""Documents as they are kept in Consul."""

import pytest

from services.config.domain.documents import Document, DocumentUnreadable, InvalidName, checked_name, decoded, encoded


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
