"""Compose files that were written to crash or to exhaust whoever reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from environment.fleet.compose import read_compose
from environment.fleet.compose.document import LONGEST_NUMBER, MOST_BYTES, UnreadableDocument, load_document
from environment.fleet.errors import ComposeError
from environment.grading.compose_rules import COMPOSE, keep_rules
from environment.workspace.reference import default_reference

NINE = "{" + ", ".join(f"k{number}: 1" for number in range(9)) + "}"
VALUE = "services: {x: {image: x, y: %s}}\n"


def powers(first: str, level: str, levels: int = 12) -> str:
    """A file in which each anchor holds the one before nine times."""
    lines = [f"a0: &a0 {first}"]
    for number in range(1, levels):
        aliases = ", ".join([f"*a{number - 1}"] * 9)
        lines.append(f"a{number}: &a{number} {level % aliases}")
    return "\n".join(lines) + f"\nservices: {{x: {{image: x, y: *a{levels - 1}}}}}\n"


HOSTILE = {
    "a truth value that is none": VALUE % "!!bool maybe",
    "an integer of no digits": VALUE % '!!int ""',
    "a float of no digits": VALUE % '!!float ""',
    "a date that is none": VALUE % "!!timestamp soon",
    "an hour that is none": VALUE % "2001-01-01 99:99:99",
    "a float beyond all floats": VALUE % ("1" + ":59" * 200 + ".5"),
    "an integer without a text": VALUE % ("0x" + "F" * 5000),
    "an integer to the base of sixty": VALUE % ("1" + ":59" * 50_000),
    "a zero character": VALUE % r'"a\0b"',
    "half a surrogate pair": VALUE % r'"\ud800"',
    "merges without end": powers(NINE, "{<<: [%s]}"),
    "lists without end": powers("[x, x, x]", "[%s]"),
    "a list that holds itself": "services: {x: {image: x, y: &a [*a]}}\n",
    "many levels": "services: " + "[" * 200_000,
    "many levels of mappings": "services: " + "{a: " * 50_000,
    "many values": "services: {x: {image: x, y: [" + "1," * 70_000 + "]}}\n",
    "too many bytes": VALUE % ("x" * MOST_BYTES),
}
hostile = pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HOSTILE.items()])


@hostile
def test_what_cannot_be_read_is_told_as_that(text: str) -> None:
    with pytest.raises(UnreadableDocument, match=r"."):
        load_document(text.encode())


@hostile
def test_the_fleet_refuses_it_with_a_message(tmp_path: Path, text: str) -> None:
    path = tmp_path / COMPOSE
    path.write_text(text)
    with pytest.raises(ComposeError, match=COMPOSE):
        read_compose(path, {})


@hostile
def test_the_grader_hands_it_on_to_the_fleet(text: str) -> None:
    good = (VALUE % 1).encode()
    files, ignored = keep_rules({COMPOSE: text.encode()}, {COMPOSE: good}, {COMPOSE: good})
    assert (files, ignored) == ({COMPOSE: text.encode()}, ())


def test_the_repositorys_own_file_is_read_as_any_reader_reads_it() -> None:
    content = default_reference().files[COMPOSE]
    assert load_document(content) == yaml.safe_load(content)


def test_numbers_that_somebody_may_mean_are_read() -> None:
    longest = "9" * LONGEST_NUMBER
    assert load_document(f"[0x1F, 1:30, -2.5, .inf, {longest}]".encode()) == [31, 90, -2.5, float("inf"), int(longest)]
