"""An instrumented file does what its original does, and tells which functions it entered."""

from __future__ import annotations

import ast
import os
import signal
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environment.reach import recorder
from environment.reach.functions import take_apart
from environment.reach.instrument import function_names, instrument, instrument_source, is_instrumented
from environment.workspace.reference import default_reference

TRICKY = '''\
"""Docstring."""; FIRST = 1
from functools import lru_cache, wraps
import asyncio


def one_line(x): return x + 1
def one_line_with_docstring(x): "doc"; return x + 2


def twice(function):
    @wraps(function)
    def inner(*arguments):
        return function(*arguments) * 2
    return inner


@twice
def decorated(x, y=(lambda: 3)()):
    """Doc."""
    if (z := x + y) > 3:
        return z
    return [n for n in (lambda: [z])()][0]


def only_a_docstring():
    """Nothing else."""


def only_dots(): ...


def nested(x):
    @twice
    def inside(y):
        class Local:
            def value(self): return y
        return Local().value()
    return inside(x)


def generator(n):
    for number in range(n):
        yield number


async def awaited(x):
    await asyncio.sleep(0)
    return x


async def stream(n):
    for number in range(n):
        yield number


class Shape:
    size: int = 3

    def __init__(self, size): self._size = size

    @property
    def side(self):
        """The side."""
        return self._size

    @side.setter
    def side(self, value):
        self._size = value

    @staticmethod
    @lru_cache(maxsize=None)
    def cached(x):
        return object()

    @lru_cache
    def cached_method(self, x):
        return x

    @classmethod
    def make(cls): \\
        return cls(9)


def with_comment(x):
    # A comment first.
    return x


def global_first():
    global FIRST
    FIRST += 1
    return FIRST


def semicolons(x):
    """Doc."""; y = x; return y


def tabbed(x):
\treturn x


if FIRST:
    def conditional(): return "then"
else:
    def conditional(): return "else"


def raises():
    raise ValueError("no")


def nonlocal_first():
    x = 1
    def change():
        nonlocal x
        x = 2
    change()
    return x
'''

CALLS: list[tuple[str, Any, set[str]]] = [
    ("one_line(1)", 2, {"one_line"}),
    ("one_line_with_docstring(1)", 3, {"one_line_with_docstring"}),
    ("decorated(1)", 8, {"decorated", "twice.<locals>.inner"}),
    ("only_a_docstring()", None, set()),
    ("only_dots()", None, set()),
    ("nested(2)", 4, {"nested", "twice", "twice.<locals>.inner", "nested.<locals>.inside",
                      "nested.<locals>.inside.<locals>.Local.value"}),
    ("list(generator(3))", [0, 1, 2], {"generator"}),
    ("generator(3) and None", None, set()),
    ("asyncio.run(awaited(4))", 4, {"awaited"}),
    ("asyncio.run(drain(stream(2)))", [0, 1], {"stream"}),
    ("Shape(4).side", 4, {"Shape.__init__", "Shape.side"}),
    ("setattr(Shape(4), 'side', 5)", None, {"Shape.__init__", "Shape.side#2"}),
    ("Shape.cached(1) is Shape.cached(1)", True, {"Shape.cached"}),
    ("Shape.cached(1) is Shape.cached(1) ", True, {"Shape.cached"}),
    ("Shape(1).cached_method(7)", 7, {"Shape.__init__", "Shape.cached_method"}),
    ("Shape.cached.cache_info().maxsize", None, set()),
    ("Shape.cached.cache_clear()", None, set()),
    ("Shape.make()._size", 9, {"Shape.make", "Shape.__init__"}),
    ("with_comment(1)", 1, {"with_comment"}),
    ("global_first()", 2, {"global_first"}),
    ("semicolons(5)", 5, {"semicolons"}),
    ("tabbed(5)", 5, {"tabbed"}),
    ("conditional()", "then", {"conditional"}),
    ("nonlocal_first()", 2, {"nonlocal_first", "nonlocal_first.<locals>.change"}),
    ("one_line.__name__ + str(one_line.__doc__)", "one_lineNone", set()),
    ("one_line_with_docstring.__doc__ + Shape.side.__doc__", "docThe side.", set()),
]  # fmt: skip


async def drain(stream: Any) -> list[Any]:
    return [item async for item in stream]


class Heard:
    """Stands in for the recorder and keeps the numbers."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.entered: set[str] = set()

    def module(self) -> ModuleType:
        def of(path: str) -> tuple[Any, Any]:
            assert path == "shared/tricky.py"
            return self.hit, lambda number: lambda function: recorder.Each(function, self.hit, number)

        module = ModuleType(recorder.MODULE)
        vars(module)["of"] = of
        return module

    def hit(self, number: int) -> None:
        self.entered.add(self.names[number])


@pytest.fixture
def tricky(monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], Heard]:
    """The tricky file, executed, and what it told."""
    content, names = instrument_source(TRICKY.encode(), "shared/tricky.py")
    heard = Heard(names)
    monkeypatch.setitem(sys.modules, recorder.MODULE, heard.module())
    namespace: dict[str, Any] = {"__name__": "tricky", "drain": drain}
    exec(compile(content, "tricky.py", "exec"), namespace)
    return namespace, heard


@pytest.mark.parametrize(("call", "result", "entered"), CALLS, ids=[call for call, _, _ in CALLS])
def test_a_tricky_source_does_the_same_and_tells(
    tricky: tuple[dict[str, Any], Heard], call: str, result: Any, entered: set[str]
) -> None:
    namespace, heard = tricky
    # Loading decorates, and nothing else.
    assert heard.entered == {"twice"}
    heard.entered.clear()
    assert eval(call, namespace) == result
    assert heard.entered == entered


def test_the_second_call_of_a_cached_function_is_told_again(tricky: tuple[dict[str, Any], Heard]) -> None:
    namespace, heard = tricky
    first = namespace["Shape"].cached(3)
    heard.entered.clear()
    assert namespace["Shape"].cached(3) is first
    assert heard.entered == {"Shape.cached"}


def test_names_are_the_same_whether_a_tree_is_instrumented_or_only_read() -> None:
    files = {"shared/tricky.py": TRICKY.encode(), "shared/broken.py": b"def f(:\n", "shared/empty.py": b"X = 1\n"}
    copy = instrument(files)
    assert copy.names == function_names(files)
    assert copy.files["shared/broken.py"] == files["shared/broken.py"]
    assert copy.files["shared/empty.py"] == files["shared/empty.py"]


@pytest.mark.parametrize(
    "head",
    [
        "",
        '"""Doc."""\n',
        "from __future__ import annotations\n",
        '"""Doc."""\nfrom __future__ import annotations\n',
        '"""Doc."""\n\nfrom __future__ import (\n    annotations,\n)\n',
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n",
        "\N{BYTE ORDER MARK}",
    ],
)
@pytest.mark.parametrize(
    "body", ["def f(): return 1\n", "@(\n  staticmethod\n)\ndef f():\n    @property\n    def g(): return 1\n"]
)
def test_what_must_come_first_stays_first(head: str, body: str) -> None:
    content, _ = instrument_source((head + body).encode(), "shared/x.py")
    compile(content, "x.py", "exec")
    assert stripped(content) == ast.dump(ast.parse((head + body).encode()))


class Strip(ast.NodeTransformer):
    """Takes out again what was put in."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        called = getattr(getattr(node.value, "func", None), "id", "")
        return None if called == "__reach_hit__" else self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = [item for item in node.decorator_list if "__reach_each__" not in ast.dump(item)]
        return self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        return None if node.names[0].name == recorder.MODULE else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        return None if "__reach_hit__" in ast.dump(node.targets[0]) else self.generic_visit(node)


def stripped(content: bytes) -> str:
    return ast.dump(Strip().visit(ast.parse(content)))


def test_every_file_of_the_platform_keeps_its_meaning() -> None:
    files = default_reference().files
    copy = instrument(files).files
    different = [
        path for path in files if is_instrumented(path) and stripped(copy[path]) != ast.dump(ast.parse(files[path]))
    ]
    assert different == []
    assert not any(b"reach_recorder" in content for content in files.values())


BODIES = ("return {0}", "x = {0}; return x", '"""Doc {0}."""\n    return {0}', "# {0}\n    return {0}", "yield {0}")


@given(st.lists(st.tuples(st.sampled_from(BODIES), st.integers(0, 9)), min_size=1, max_size=6))
def test_a_changed_body_changes_its_digest_and_no_other(bodies: list[tuple[str, int]]) -> None:
    def source(offset: int, at: int) -> bytes:
        parts = [
            f"def f{place}(a={place}):\n    {body.format(number + (offset if place == at else 0))}\n"
            for place, (body, number) in enumerate(bodies)
        ]
        return "\n".join(parts).encode()

    before = take_apart(source(0, 0))
    for place, (body, _) in enumerate(bodies):
        after = take_apart(source(1, place))
        differing = {name for name in before.functions if before.functions[name] != after.functions[name]}
        assert differing == {f"f{place}"}
        assert (before.module != after.module) == ("Doc" in body)  # A docstring is read by whoever loads the file.


def test_the_recorder_survives_a_kill_and_a_fork(tmp_path: Path) -> None:
    (tmp_path / recorder.LAYOUT).write_text('{"rows": 4, "columns": 3, "bases": {"a.py": 0, "b.py": 2}}')
    notes = recorder.Notes(tmp_path, create=True)
    notes.enter(2)
    pid = os.fork()
    if pid == 0:
        vars(recorder)["_hit"](recorder.Notes(tmp_path), "b.py")(0)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    vars(recorder)["_hit"](notes, "a.py")(1)
    content = (tmp_path / recorder.NOTES).read_bytes()[recorder.HEADER :]
    assert content == bytes([0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0])
    with pytest.raises(IndexError):
        notes.enter(4)
