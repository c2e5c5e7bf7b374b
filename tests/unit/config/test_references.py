"""Secret references stay references until somebody resolves them."""

from typing import Any

import pytest

from services.config.domain.references import InvalidReference, Reference, check_references, parse, resolved

DOCUMENT: dict[str, Any] = {
    "db": {"password": {"$secret": "app/db#password"}, "port": 5432},
    "keys": [{"$secret": "app/key#a"}, 7],
}


def test_references_are_checked_in_maps_and_lists() -> None:
    check_references(DOCUMENT)
    for wrong in ({"db": {"password": {"$secret": "app/db"}}}, {"keys": [7, {"$secret": "app/key"}]}):
        with pytest.raises(InvalidReference):
            check_references({**DOCUMENT, **wrong})


def test_resolving_gives_a_copy_and_leaves_the_document() -> None:
    answer = resolved(DOCUMENT, lambda reference: f"<{reference.path}:{reference.field}>")
    assert answer == {"db": {"password": "<app/db:password>", "port": 5432}, "keys": ["<app/key:a>", 7]}
    assert DOCUMENT["db"]["password"] == {"$secret": "app/db#password"}


@pytest.mark.parametrize(
    "value",
    [
        {"$secret": "app/db"},
        {"$secret": "#field"},
        {"$secret": "app/db#"},
        {"$secret": 5},
        {"$secret": None},
        {"$secret": "app/db#password", "default": "x"},
    ],
)
def test_what_is_no_reference_is_refused(value: Any) -> None:
    with pytest.raises(InvalidReference):
        parse(value)


def test_only_the_first_hash_separates() -> None:
    assert parse({"$secret": "/app/db#pass#word"}) == Reference("app/db", "pass#word")
