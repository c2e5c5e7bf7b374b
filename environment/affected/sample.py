"""A sample of edits as people make them by mistake, drawn from a seed: one function each, and every one compiles.

Five kinds: a comparison is flipped, a bound is off by one, the branches of a condition are swapped, a call is dropped,
a constant is another one.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from environment.reach.changes import Changes, changes
from environment.reach.functions import Definition, docstring_of, named_definitions
from environment.reach.instrument import is_instrumented

KINDS = ("flipped comparison", "off by one", "swapped branches", "dropped call", "changed constant")
FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
SHIFTED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}


@dataclass(frozen=True)
class Edit:
    """One edit: the file, the function, what is done, and the file's content afterwards."""

    path: str
    function: str
    kind: str
    line: int
    content: bytes

    @property
    def key(self) -> str:
        """Tells it from every other edit of the sample."""
        return f"{self.function} {self.kind} {self.line}"


@dataclass(frozen=True)
class Site:
    """A place in a file's text, as offsets in bytes, and what to put there."""

    kind: str
    start: int
    end: int
    text: str
    line: int


def draw(files: Mapping[str, bytes], count: int, seed: int = 0) -> list[Edit]:
    """So many edits of different functions, or as many as there are functions to edit. One seed gives one sample.

    Every function with a place for an edit is as likely as every other; then each kind that it has a place for is.
    """
    dice = random.Random(seed)
    functions = [(path, name) for path in sorted(files) if is_instrumented(path) for name in _names(files[path])]
    dice.shuffle(functions)
    found: list[Edit] = []
    for path, name in functions:
        if len(found) == count:
            break
        edit = _edit(files[path], path, name, dice)
        if edit is not None:
            found.append(edit)
    return found


@cache
def definitions(content: bytes) -> Mapping[str, Definition]:
    """The functions of a file by name, as the reach map names them."""
    return dict(named_definitions(ast.parse(content)))


def _names(content: bytes) -> Sequence[str]:
    return sorted(definitions(content))


def _edit(content: bytes, path: str, name: str, dice: random.Random) -> Edit | None:
    """An edit of one function; None when it has no place for one."""
    by_kind: dict[str, list[Site]] = {}
    for site in sites(content, definitions(content)[name]):
        by_kind.setdefault(site.kind, []).append(site)
    for kind in dice.sample(sorted(by_kind), len(by_kind)):
        for site in dice.sample(by_kind[kind], len(by_kind[kind])):
            edited = content[: site.start] + site.text.encode() + content[site.end :]
            if is_edit_of(content, edited, path, name):
                return Edit(path, f"{path}::{name}", kind, site.line, edited)
    return None


def is_edit_of(content: bytes, edited: bytes, path: str, name: str) -> bool:
    """Whether the edited file can be compiled and differs in this function and in nothing else."""
    try:
        compile(edited, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return changes({path: content}, {path: edited}) == Changes(functions=frozenset({f"{path}::{name}"}))


def sites(content: bytes, function: Definition) -> Iterator[Site]:
    """Every place for an edit in a function's own body, those of functions inside of it left out."""
    starts = line_starts(content)
    for statement in function.body[len(docstring_of(function)) :]:
        for node in own_nodes(statement):
            for kind, text in _variants(node):
                place: ast.stmt | ast.expr = node  # type: ignore[assignment]  # only these have variants
                assert place.end_lineno is not None
                assert place.end_col_offset is not None
                start = starts[place.lineno - 1] + place.col_offset
                yield Site(kind, start, starts[place.end_lineno - 1] + place.end_col_offset, text, place.lineno)


def line_starts(content: bytes) -> list[int]:
    """Where each line of a text begins, in bytes."""
    starts = [0]
    for line in content.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def own_nodes(node: ast.AST, left_out: Callable[[ast.AST], bool] = lambda node: False) -> Iterator[ast.AST]:
    """A node and what is inside of it, without inner definitions, texts in braces and annotations; nor what is
    `left_out`, with all that is inside of that."""
    if isinstance(node, Definition | ast.ClassDef | ast.JoinedStr) or left_out(node):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.AnnAssign) and child is node.annotation):
            yield from own_nodes(child, left_out)


def _variants(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The kinds of edit that a node has a place for, and its text afterwards."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        (operator,) = node.ops
        for kind, table in (("flipped comparison", FLIPPED), ("off by one", SHIFTED)):
            if other := table.get(type(operator)):
                yield kind, f"({ast.unparse(ast.Compare(node.left, [other()], node.comparators))})"
    elif isinstance(node, ast.IfExp):
        yield "swapped branches", f"({ast.unparse(ast.IfExp(node.test, node.orelse, node.body))})"
    elif isinstance(node, ast.If) and node.orelse:
        yield "swapped branches", _swapped(node)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Await):
        yield "dropped call", "pass"
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node.value)


def _swapped(node: ast.If) -> str:
    """The condition negated, which is the same as its branches swapped. Lines after the first keep their column."""
    swapped = ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
    indent = " " * node.col_offset
    return ast.unparse(ast.fix_missing_locations(swapped)).replace("\n", f"\n{indent}")


def _other_constants(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, bool):
        yield "changed constant", repr(not value)
    elif isinstance(value, int):
        yield "off by one", f"({value + 1})"
        yield "changed constant", f"({value * 2 + 10})"
    elif isinstance(value, str) and value:
        yield "changed constant", repr(value + "_other")
