"""Classic mutation operators: each site is one place in a function's text and what to write there instead.

Only the place itself is written anew, and what is left out of a text of several lines is made up for by empty ones, so
that every other line keeps its number. Texts for people, log lines, annotations and `assert` are no places: tests
aren't there to hold them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from environment.affected.sample import Site, line_starts, own_nodes
from environment.reach.functions import Definition, docstring_of

OPERATORS = ("boundary", "negation", "arithmetic", "connective", "constant", "return", "not", "raise", "call")

SYMBOLS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip
BOUNDARIES = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
NEGATIONS = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
    "in": "not in", "not in": "in", "is": "is not", "is not": "is",
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"), ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "//"),
}  # fmt: skip
LOGGERS = frozenset({"log", "_log", "logger", "_logger", "logging", "warnings"})
NO_NUMBERS = (ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp)
"""With one of these beside it a sign isn't arithmetic, and any other sign is an error at once."""


def sites(content: bytes, function: Definition) -> Iterator[Site]:
    """Every place for a mutation in a function's own body, in the order of its syntax tree."""
    text = _Text(content)
    for statement in function.body[len(docstring_of(function)) :]:
        for node in own_nodes(statement, _is_for_people):
            yield from _of_node(node, text)


class _Text:
    """A file's text and where nodes stand in it, as offsets in bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._starts = line_starts(content)

    def start(self, node: ast.stmt | ast.expr) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.stmt | ast.expr) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset

    def of(self, node: ast.stmt | ast.expr) -> str:
        return self._content[self.start(node) : self.end(node)].decode()

    def instead(self, operator: str, node: ast.stmt | ast.expr, text: str) -> Site:
        """The site where a whole node is replaced; as many lines stay as there were."""
        padding = "\n" * (self.of(node).count("\n") - text.count("\n"))
        return Site(operator, self.start(node), self.end(node), text + padding, node.lineno)

    def between(self, operator: str, nodes: tuple[ast.expr, ast.expr], sign: str, other: str) -> Iterator[Site]:
        """The site where the sign between two nodes is another one; nothing where a comment may hold such a sign."""
        begin = self.end(nodes[0])
        gap = self._content[begin : self.start(nodes[1])]
        found = re.search(_pattern(sign), gap.decode())
        if found is not None and b"#" not in gap:
            line = nodes[0].end_lineno or nodes[0].lineno
            yield Site(
                operator, begin + found.start(), begin + found.end(), other, line + gap[: found.start()].count(b"\n")
            )


def _pattern(sign: str) -> str:
    return r"\s+".join(map(re.escape, sign.split()))


def _of_node(node: ast.AST, text: _Text) -> Iterator[Site]:
    """The sites of one node, those of what is inside of it left out."""
    match node:
        case ast.Compare():
            yield from _comparison(node, text)
        case ast.BoolOp():
            yield from _connective(node, text)
        case ast.BinOp(left, operator, right) if _may_be_numbers(left, right) and type(operator) in ARITHMETIC:
            yield from text.between("arithmetic", (left, right), *ARITHMETIC[type(operator)])
        case ast.AugAssign(target, operator, value) if _may_be_numbers(value) and type(operator) in ARITHMETIC:
            sign, other = ARITHMETIC[type(operator)]
            yield from text.between("arithmetic", (target, value), f"{sign}=", f"{other}=")
        case ast.Constant(value):
            yield from (text.instead("constant", node, other) for other in _other_constants(value))
        case ast.Return(ast.expr() as value) if not _is_none(value):
            yield text.instead("return", value, "None")
        case ast.UnaryOp(ast.Not()):
            yield text.instead("not", node, re.sub(r"^not\s*", "", text.of(node)))
        case ast.Raise():
            yield text.instead("raise", node, "pass")
        case ast.Expr(ast.Call() | ast.Await()):
            yield text.instead("call", node, "pass")
    for test in _conditions(node):
        yield text.instead("negation", test, f"not ({text.of(test)})")


def _comparison(node: ast.Compare, text: _Text) -> Iterator[Site]:
    operands = [node.left, *node.comparators]
    for place, operator in enumerate(node.ops):
        sign, pair = SYMBOLS[type(operator)], (operands[place], operands[place + 1])
        if sign in BOUNDARIES:
            yield from text.between("boundary", pair, sign, BOUNDARIES[sign])
        yield from text.between("negation", pair, sign, NEGATIONS[sign])


def _connective(node: ast.BoolOp, text: _Text) -> Iterator[Site]:
    """All of one chain at once: to change one of three would change which of them belong together."""
    sign, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    begin, whole = text.start(node), text.of(node).encode()
    for pair in reversed(list(zip(node.values, node.values[1:], strict=False))):
        found = next(text.between("connective", pair, sign, other), None)
        if found is None:
            return
        whole = whole[: found.start - begin] + other.encode() + whole[found.end - begin :]
    yield text.instead("connective", node, whole.decode())


def _conditions(node: ast.AST) -> Iterator[ast.expr]:
    """Conditions of a node that no other operator negates."""
    found: list[ast.expr] = []
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        found = [node.test]
    elif isinstance(node, ast.comprehension):
        found = node.ifs
    for test in found:
        negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        if not negated and not isinstance(test, ast.Compare | ast.BoolOp | ast.Constant):
            yield test


def _may_be_numbers(*operands: ast.expr) -> bool:
    return not any(
        isinstance(operand, NO_NUMBERS)
        or (isinstance(operand, ast.Constant) and isinstance(operand.value, str | bytes))
        for operand in operands
    )


def _other_constants(value: object) -> Iterator[str]:
    if isinstance(value, bool):
        yield repr(not value)
    elif isinstance(value, int):
        yield str(value + 1)
        yield str(value - 1) if value > 0 else f"({value - 1})"
    elif isinstance(value, float):
        yield repr(value + 1)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _is_for_people(node: ast.AST) -> bool:
    """Whether a node is a log line, or an `assert`, which tells a type checker what is so."""
    if isinstance(node, ast.Expr):
        node = node.value
    if not isinstance(node, ast.Call):
        return isinstance(node, ast.Assert)
    owner: ast.expr = node
    while isinstance(owner, ast.Call | ast.Attribute):
        owner = owner.func if isinstance(owner, ast.Call) else owner.value
    return isinstance(owner, ast.Name) and owner.id in LOGGERS and isinstance(node.func, ast.Attribute)
