"""The list of error codes against the source, and what error classes take from it."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from shared import error_codes
from shared.clients.errors import error_class
from shared.error_codes import ALL, BY_CODE, RETIRED, of_status
from shared.errors import Conflict, NotFound, OmniCloudError

ROOT = Path(__file__).parents[3]


@cache
def declared_codes() -> Counter[str]:
    """How many class bodies of the source declare each code: `code = "…"` in a class that has a base."""
    sources = [path for folder in ("services", "shared") for path in (ROOT / folder).rglob("*.py")]
    classes = [
        node
        for path in sources
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.bases
    ]
    lines = [line for node in classes for line in node.body if isinstance(line, ast.Assign | ast.AnnAssign)]
    return Counter(
        str(line.value.value)
        for line in lines
        if ast.unparse(line).startswith(("code = ", "code: ")) and isinstance(line.value, ast.Constant)
    )


def test_every_code_of_the_source_is_in_the_list() -> None:
    assert declared_codes().keys() - BY_CODE.keys() == set()


def test_every_code_of_the_list_is_used_by_a_class_or_stands_for_a_status() -> None:
    generic = {of_status(status).code for status in range(400, 600)}
    assert BY_CODE.keys() - declared_codes().keys() - generic == set()


def test_one_class_declares_a_code() -> None:
    assert [code for code, count in declared_codes().items() if count > 1] == []


def test_the_list_is_sorted_and_has_no_code_twice_nor_one_that_is_gone() -> None:
    codes = [entry.code for entry in ALL]
    assert codes == sorted(set(codes))
    assert RETIRED.isdisjoint(codes)


def test_entries_are_complete_and_written_alike() -> None:
    for entry in ALL:
        assert re.fullmatch("[a-z]+(_[a-z]+)*", entry.code), entry
        assert 400 <= entry.status <= 599, entry
        assert re.fullmatch(r"[A-Z].*[^.]", entry.title), entry
        assert re.fullmatch(r"[^|\n]+[.…]", entry.explanation), entry


def test_titles_are_as_different_as_codes() -> None:
    titles = Counter(entry.title for entry in ALL)
    assert [title for title, count in titles.items() if count > 1] == []


def test_a_class_takes_status_and_title_from_the_list() -> None:
    class Taken(Conflict):
        code = "name_taken"

    assert (Taken.status, Taken.title) == (409, "Name taken")
    assert Taken().detail == "Name taken"


def test_a_class_without_a_code_of_its_own_is_its_parent_in_everything() -> None:
    class Gone(NotFound):
        pass

    assert (Gone.status, Gone.code, Gone.title) == (404, "not_found", "Not found")


def test_a_code_that_is_not_listed_is_refused_at_its_definition() -> None:
    with pytest.raises(TypeError, match=r"Odd: add 'odd' to shared/error_codes\.py"):

        class Odd(Conflict):
            code = "odd"


def test_a_status_that_contradicts_the_parents_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Taken: 'name_taken' has status 409 .* and NotFound has 404"):

        class Taken(NotFound):
            code = "name_taken"


@pytest.mark.parametrize("member", [{"status": 410}, {"title": "Gone"}, {"code": "conflict", "status": 409}])
def test_status_and_title_are_not_repeated_in_a_class(member: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"Gone: status and title stand in shared/error_codes\.py"):
        type("Gone", (OmniCloudError,), member)


def test_another_services_code_is_kept_as_it_came() -> None:
    newer = error_class(409, "from_a_newer_release")
    other = error_class(410, "name_taken")

    assert (newer.status, newer.code, newer.title) == (409, "from_a_newer_release", "Conflict")
    assert (other.status, other.code, other.title) == (410, "name_taken", "Internal error")
    assert error_class(409, "cidr_overlap").title == "Address ranges overlap"


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "not_found"), (415, "unsupported_media_type"), (418, "bad_request"), (500, "internal_error"),
     (507, "internal_error")],
)  # fmt: skip
def test_a_status_alone_has_a_code(status: int, code: str) -> None:
    assert of_status(status).code == code


def test_the_page_has_a_row_for_every_code() -> None:
    page = error_codes.as_markdown().splitlines()
    assert (
        page.count("| `zone_exists` | 409 | DNS zone exists | The tenant has a DNS zone of that name: use it. |") == 1
    )
    assert len([line for line in page if line.startswith("| `")]) == len(ALL)
