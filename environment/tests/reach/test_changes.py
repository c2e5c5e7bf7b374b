"""What differs between two trees, and how far it spreads."""

from __future__ import annotations

import ast
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environment.reach.changes import Changes, changes
from environment.reach.imports import Closures
from environment.reach.prints import difference, from_lines, patched, print_of, prints_of, to_lines
from environment.tests.fake_platform import FILES

RULES = '''"""Rules."""

from __future__ import annotations

import math
from dataclasses import dataclass
from shared.other import helper

LIMIT = 3
TABLE = {"a": LIMIT}
COUNT = len([])


def below(number: int, most: int = LIMIT) -> bool:
    """Whether a number is below the limit."""
    return number < most


def entry(name: str) -> int:
    return TABLE[name]


def rounded(number: float) -> int:
    return math.floor(number)


class Counter:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, number: int = 1) -> None:
        self.count += number


@dataclass
class Point:
    x: int = 0

    def far(self) -> bool:
        return self.x > 9
'''
TREE = {
    "shared/__init__.py": b"",
    "shared/other.py": b"X = 1\n\n\ndef helper():\n    return X\n",
    "shared/rules.py": RULES.encode(),
    "services/a/__init__.py": b"",
    "services/a/uses.py": (
        b"from shared.rules import LIMIT, Counter\nfrom shared.other import helper\n\n\n"
        b"def most():\n    return LIMIT\n\n\ndef counted():\n    c = Counter()\n    c.add()\n    return c\n"
    ),
    "services/a/settings.py": b"DEBUG = False\n",
    "services/b/uses.py": b"LIMIT = 5\n\n\ndef own():\n    return LIMIT\n",
    "services/b/route.py": b"from shared.rules import rounded\n\n\n@route(rounded)\ndef answer():\n    return 1\n",
    "tests/unit/a/test_rules.py": b"from shared.rules import LIMIT\n\n\ndef test_limit():\n    assert LIMIT == 3\n",
    "tests/unit/a/test_other.py": b"LIMIT = 3\n",
    "docker-compose.yml": b"services: {}\n",
}


def edited(path: str, old: str, new: str) -> Changes:
    content = TREE[path].decode()
    assert content.count(old) == 1
    after = {**TREE, path: content.replace(old, new).encode()}
    found = changes(TREE, after)
    # Prints of the tree before are as good as the tree.
    assert changes(prints_of(TREE), after) == found
    return found


def rules(*names: str) -> frozenset[str]:
    return frozenset(f"shared/rules.py::{name}" for name in names)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # Bodies.
        ("number < most", "number <= most", Changes(rules("below"))),
        ("number < most", "number < most  # strictly", Changes()),
        ("self.count += number", "self.count -= number", Changes(rules("Counter.add"))),
        ("self.x > 9", "self.x > 8", Changes(rules("Point.far"))),
        # A constant: whoever mentions it, by way of other constants and signatures, too.
        (
            "LIMIT = 3",
            "LIMIT = 4",
            Changes(
                rules("below", "entry") | {"services/a/uses.py::most"},
                files=frozenset({"tests/unit/a/test_rules.py"}),
            ),
        ),
        ('{"a": LIMIT}', '{"a": 1}', Changes(rules("entry"))),
        # Signatures: the function and its callers.
        ("number: int = 1", "number: int = 2", Changes(rules("Counter.add") | {"services/a/uses.py::counted"})),
        # A decorator that does nobody knows what.
        (
            "def rounded(number: float)",
            "def rounded(number: int)",
            Changes(rules("rounded"), frozenset({"services/b/route.py"})),
        ),
        # What can't be followed: calls, fields of a dataclass, methods that the language calls, names nobody mentions.
        ("COUNT = len([])", "COUNT = len([1])", Changes(modules=frozenset({"shared/rules.py"}))),
        ("x: int = 0", "x: int = 1", Changes(modules=frozenset({"shared/rules.py"}))),
        ("__init__(self)", "__init__(self, count=0)", Changes(modules=frozenset({"shared/rules.py"}))),
        ("COUNT = len([])\n", "COUNT = len([])\nNOBODY = 1\n", Changes(modules=frozenset({"shared/rules.py"}))),
        ("LIMIT = 3", "LIMIT = undefined", Changes(modules=frozenset({"shared/rules.py"}))),
        ("@dataclass\n", "@dataclass(frozen=True)\n", Changes(modules=frozenset({"shared/rules.py"}))),
        # Imports: of the standard library, of what others import, and of what nobody does.
        ("import math\n", "import math\nfrom math import floor\n", Changes(rules("rounded"))),
        ("import math\n", "import math\nfrom math import ceil\n", Changes(modules=frozenset({"shared/rules.py"}))),
        ("math.floor(number)", "floor(number)", Changes(rules("rounded"))),
        ("from shared.other import helper", "from shared import new", Changes(modules=frozenset({"shared/rules.py"}))),
        ("LIMIT = 3", "LIMIT = (", Changes(modules=frozenset({"shared/rules.py"}))),
    ],
)  # fmt: skip
def test_a_change_of_a_shared_file(old: str, new: str, expected: Changes) -> None:
    assert edited("shared/rules.py", old, new) == expected


def test_an_import_comes_with_the_function_that_uses_it() -> None:
    content = RULES.replace("import math\n", "import math\nfrom math import floor\n").replace("math.floor(", "floor(")
    assert changes(TREE, {**TREE, "shared/rules.py": content.encode()}) == Changes(rules("rounded"))


def test_an_import_that_would_close_a_circle_is_not_followed() -> None:
    content = b"from shared.rules import LIMIT\n" + TREE["shared/other.py"].replace(b"X\n", b"X + LIMIT\n", 2)
    changed = changes(TREE, {**TREE, "shared/other.py": content})
    assert changed.modules == {"shared/other.py"}


def test_settings_are_read_by_name() -> None:
    assert edited("services/a/settings.py", "False", "True") == Changes(modules=frozenset({"services/a/settings.py"}))


def test_other_files_and_files_that_come_and_go() -> None:
    assert edited("docker-compose.yml", "{}", "[]") == Changes(files=frozenset({"docker-compose.yml"}))
    less = {path: content for path, content in TREE.items() if path != "shared/other.py"}
    assert changes(TREE, less) == changes(less, TREE) == Changes(modules=frozenset({"shared/other.py"}))
    migration = {"services/a/migrations/0001_initial.py": b"def forwards():\n    return 1\n"}
    assert changes(TREE, {**TREE, **migration}) == Changes(files=frozenset(migration))


@given(st.lists(st.sampled_from(sorted(TREE)), unique=True))
def test_equal_trees_do_not_differ_and_differences_are_found_from_both_sides(paths: list[str]) -> None:
    other = {path: content for path, content in TREE.items() if path not in paths}
    one, two = changes(TREE, other), changes(other, TREE)
    assert one == two
    assert bool(one) == bool(paths)
    assert one.modules | one.files >= set(paths)


@given(st.sampled_from([path for path in TREE if path.endswith(".py")]), st.randoms(use_true_random=False))
def test_a_print_comes_back_from_its_lines_and_from_a_difference(path: str, dice: random.Random) -> None:
    # Given a file, and another one that lacks some of its statements and repeats others
    body = ast.parse(TREE[path]).body
    chosen = ast.Module([dice.choice(body) for _ in body], [])
    one, other = print_of(path, TREE[path]), print_of(path, ast.unparse(chosen).encode())
    lines = to_lines(one)
    dice.shuffle(lines)
    again = from_lines(lines)
    assert again is not None
    assert to_lines(again) == to_lines(one)
    assert changes({path: again}, {path: TREE[path]}) == Changes()
    for before, after in ((one, other), (None, one), (one, None)):
        found = patched(before, difference(before, after))
        assert to_lines(found) == to_lines(after)
    assert not set(difference(one, one)["gone"] + difference(one, one)["come"])


def test_a_difference_that_does_not_fit_is_refused() -> None:
    one, other = (print_of("shared/a.py", source) for source in (b"X = 1\n", b"X = 2\n"))
    with pytest.raises(ValueError, match="doesn't fit"):
        patched(other, difference(one, None))
    with pytest.raises(ValueError, match="no line of a print"):
        from_lines(["= 1", "x 2"])


def test_closures_follow_packages_and_plugins() -> None:
    files = {path: content.encode() for path, content in FILES.items()}
    files["tests/conftest.py"] = b'pytest_plugins = ("tests.support.fleet",)\n'
    closures = Closures(files)
    assert closures.of(["tests/unit/compute/test_capacity.py"]) == {
        "tests/unit/compute/test_capacity.py",
        "services/compute/__init__.py",
        "services/compute/capacity.py",
        "shared/__init__.py",
    }
    assert "tests/support/fleet.py" in closures.of(["tests/conftest.py"])
