"""The operators: what each makes of a line, what none touches, and that other lines keep their number."""

from __future__ import annotations

import ast

import pytest

from environment.mutants.operators import OPERATORS
from environment.mutants.sample import possible

PATH = "services/x/rules.py"


def function(*lines: str) -> bytes:
    body = "\n".join(f"    {line}" for line in lines)
    return f'async def rule(a, b, c):\n    """Texts stay: 1 < 2 and not 3."""\n{body}\n'.encode()


def made(*lines: str) -> set[tuple[str, str]]:
    """Operator and changed line of everything that can be made of a function with these lines."""
    files = {PATH: function(*lines)}
    return {(site.kind, change.after) for change, site in possible(files, f"{PATH}::rule")}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = a < b", {("boundary", "x = a <= b"), ("negation", "x = a >= b")}),
        ("x = (a) >= (b)", {("boundary", "x = (a) > (b)"), ("negation", "x = (a) < (b)")}),
        ("x = a == b", {("negation", "x = a != b")}),
        ("x = a not  in b", {("negation", "x = a in b")}),
        ("x = a is b", {("negation", "x = a is not b")}),
        (
            "x = a < b <= c",
            {
                ("boundary", "x = a <= b <= c"),
                ("negation", "x = a >= b <= c"),
                ("boundary", "x = a < b < c"),
                ("negation", "x = a < b > c"),
            },
        ),
        ("x = a + b", {("arithmetic", "x = a - b")}),
        ("x = a // b", {("arithmetic", "x = a * b")}),
        ("a -= b", {("arithmetic", "a += b")}),
        ("x = a and b", {("connective", "x = a or b")}),
        ("x = a and b and c", {("connective", "x = a or b or c")}),
        ("x = (a or b) and c", {("connective", "x = (a or b) or c"), ("connective", "x = (a and b) and c")}),
        ("x = 7", {("constant", "x = 8"), ("constant", "x = 6")}),
        ("x = 0", {("constant", "x = 1"), ("constant", "x = (-1)")}),
        ("x = 0.5", {("constant", "x = 1.5")}),
        ("x = True", {("constant", "x = False")}),
        ("return a", {("return", "return None")}),
        ("return await a", {("return", "return None")}),
        ("x = not a", {("not", "x = a")}),
        ("x = not(a)", {("not", "x = (a)")}),
        ("raise a", {("raise", "pass")}),
        ("a(b)", {("call", "pass")}),
        ("await a(b)", {("call", "pass")}),
        ("while a: c = b", {("negation", "while not (a): c = b")}),
        ("x = [a for a in b if a]", {("negation", "x = [a for a in b if not (a)]")}),
        ("x = a if b else c", {("negation", "x = a if not (b) else c")}),
    ],
)
def test_each_operator_makes_one_change_of_one_place(line: str, expected: set[tuple[str, str]]) -> None:
    assert made(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "return",
        "return None",
        'x = f"{a + 1:>3} of {b}"',
        'x = a + "s"',
        "x = a + [b]",
        'log.info("retrying", attempt=a + 1)',
        'log.bind(attempt=1).info("retrying")',
        "assert a == 1",
        "x: Literal[1] = a",
        'x = "text"',
        "x = lambda: a",
    ],
)
def test_what_is_for_people_or_for_types_stays(line: str) -> None:
    assert made(line) == set()


def test_a_sign_that_may_be_in_a_comment_stays() -> None:
    assert made("x = (a  # and", "    and b)") == set()


def test_inner_functions_are_mutated_by_their_own_name() -> None:
    files = {PATH: b"def outer(a):\n    def inner(b=1):\n        return b\n    return inner\n"}
    assert {change.after for change, _ in possible(files, f"{PATH}::outer")} == {"return None"}
    inner = f"{PATH}::outer.<locals>.inner"
    assert {change.after for change, _ in possible(files, inner)} == {"return None"}


def test_every_change_can_be_parsed_and_leaves_other_lines_where_they_are() -> None:
    content = function(
        "if (a",
        "        and b):",
        "    raise ValueError(",
        "        a,",
        "    )",
        "c(",
        "    a,",
        ")",
        "x = (a",
        "     < b)",
        "return {",
        "    a: not (",
        "        b",
        "    ),",
        "}",
    )
    kinds = set()
    for _, site in possible({PATH: content}, f"{PATH}::rule"):
        edited = content[: site.start] + site.text.encode() + content[site.end :]
        ast.parse(edited)
        assert len(edited.splitlines()) == len(content.splitlines()), site
        assert edited.splitlines()[: site.line - 1] == content.splitlines()[: site.line - 1]
        kinds.add(site.kind)
    assert kinds == set(OPERATORS) - {"arithmetic", "constant"}


def test_a_change_that_can_be_made_twice_is_told_by_its_place() -> None:
    found = [change for change, _ in possible({PATH: function("a(b)", "a(b)")}, f"{PATH}::rule")]
    assert [(change.before, change.place) for change in found] == [("a(b)", 1), ("a(b)", 2)]
