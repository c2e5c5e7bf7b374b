"""How far a change of module-level parts spreads: by the names that it binds, where they can be followed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import PurePosixPath

from environment.reach.imports import Closures, imported_files
from environment.reach.instrument import is_instrumented
from environment.reach.outline import Outline, Statement, outline
from environment.reach.prints import Print, Tree, print_of

READ_BY_NAME = ("*settings*.py", "urls.py", "models.py", "apps.py", "__main__.py", "tables.py")
"""Files whose names frameworks look for without anybody mentioning them."""
WORD = re.compile(rb"[0-9A-Za-z_\x80-\xff]+")


@dataclass(frozen=True)
class Spread:
    """What mentions a changed name, directly or by way of other names."""

    functions: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    """Module-level parts that do more with it than to bind another name."""
    others: frozenset[str] = frozenset()
    """Files of tests, and others that nothing is recorded of, that mention it."""


@dataclass
class _Walk:
    """Follows names from file to file."""

    files: Mapping[str, bytes]
    functions: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    seen: set[tuple[str, str]] = field(default_factory=set)
    _imports: dict[str, frozenset[str]] = field(default_factory=dict)

    def follow(self, path: str, name: str) -> bool:
        """Note what mentions a name of a file; whether anything does."""
        pending, mentioned = [(path, name)], False
        while pending:
            place = pending.pop()
            if place not in self.seen:
                self.seen.add(place)
                for reader in self._readers(*place):
                    mentioned |= self._mentions(reader, place, pending)
        return mentioned

    def _readers(self, path: str, name: str) -> Iterator[str]:
        """The file itself and those with the word in them that import it; for a member of a class all with the word."""
        member = name.startswith(".")
        for other in self._with_word.get(name.lstrip(".").encode(), ()):
            if member or other == path or path in self._imported(other):
                yield other

    def _imported(self, path: str) -> frozenset[str]:
        if path not in self._imports:
            self._imports[path] = imported_files(path, self.files)
        return self._imports[path]

    @cached_property
    def _with_word(self) -> Mapping[bytes, list[str]]:
        """Word -> the Python files that it stands in, be it in a text or a comment."""
        found: dict[bytes, list[str]] = {}
        for path, content in self.files.items():
            if path.endswith(".py"):
                for word in words(content):
                    found.setdefault(word, []).append(path)
        return found

    def _mentions(self, path: str, place: tuple[str, str], pending: list[tuple[str, str]]) -> bool:
        origin, name = place[0], place[1].lstrip(".")
        if not is_instrumented(path):
            self.others.add(path)
            return True
        known = outline_of(self.files[path])
        if known is None:
            self.modules.add(path)
            return True
        found = {f"{path}::{function}" for function, words in known.functions.items() if name in words}
        statements = [
            statement
            for statement in known.statements
            if name in statement.mentions and not (path == origin and place[1] in statement.binds)
        ]
        self.functions |= found
        for statement in statements:
            if statement.plain or statement.imports:
                pending += [(path, bound) for bound in statement.binds]
                self.functions |= called(path, statement.binds, known)
            else:
                self.modules.add(path)
        return bool(found or statements)


@lru_cache(maxsize=8192)
def words(content: bytes) -> frozenset[bytes]:
    """All that may be a name in a file, wherever it stands."""
    return frozenset(WORD.findall(content))


def spread(before: Tree, after: Mapping[str, bytes], paths: Iterable[str]) -> Spread:
    """What a change of the module-level parts of these files touches.

    A file comes back in `modules` when its change can't be followed: it isn't a plain statement, or nobody mentions the
    name, so that somebody must find it in another way.
    """
    walk = _Walk(after)
    for path in paths:
        names = changed_names(before, after, path)
        if names is None or not all([walk.follow(path, name) for name in sorted(names)]):
            walk.modules.add(path)
        else:
            known = outline_of(after[path])
            walk.functions |= called(path, names, known) if known is not None else set()
    return Spread(frozenset(walk.functions), frozenset(walk.modules), frozenset(walk.others))


def called(path: str, names: Collection[str], known: Outline) -> set[str]:
    """The functions of a file that go by these names: a signature belongs to its function, too."""
    plain = {name.lstrip(".") for name in names}
    return {f"{path}::{name}" for name in known.functions if name.partition("#")[0].rpartition(".")[2] in plain}


def changed_names(before: Tree, after: Mapping[str, bytes], path: str) -> frozenset[str] | None:
    """The names that differ in a file; None when that can't be said."""
    old, new = statements_of(path, before.get(path)), statements_of(path, after.get(path))
    if old is None or new is None or any(PurePosixPath(path).match(pattern) for pattern in READ_BY_NAME):
        return None
    one, other = Counter(old), Counter(new)
    gone, come = one - other, other - one
    names = frozenset(name for statement in (gone | come) for name in statement.binds)
    if any(_bound_twice(name, known) for name in names for known in (old, new)):
        return None
    followed = all(statement.plain or _leaves_others(statement, path, after) for statement in gone) and all(
        statement.plain or _joins_others(statement, path, before, after) for statement in come
    )
    return names if followed else None


def _bound_twice(name: str, statements: Iterable[Statement]) -> bool:
    return sum(name in statement.binds for statement in statements) > 1 and not name.startswith(".")


def _leaves_others(statement: Statement, path: str, after: Mapping[str, bytes]) -> bool:
    """An import that is gone, of what other files of the same service still import."""
    return bool(statement.imports) and _imported_elsewhere(statement, path, after)


def _joins_others(statement: Statement, path: str, before: Tree, after: Mapping[str, bytes]) -> bool:
    """An import that has come, of what other files of the same service import, and that closes no circle."""
    if not statement.imports or not _imported_elsewhere(statement, path, before):
        return False
    module = statement.imports.partition(":")[0].replace(".", "/")
    found = [place for place in (f"{module}.py", f"{module}/__init__.py") if place in after]
    return path not in Closures(after).of(found)


def _imported_elsewhere(statement: Statement, path: str, files: Tree) -> bool:
    room = "/".join(path.split("/")[:2]) if path.startswith("services/") else "shared"
    word = statement.imports.rpartition(":")[2].rpartition(".")[2].encode()
    for other, file in files.items():
        if other == path or not other.startswith(f"{room}/") or not is_instrumented(other):
            continue
        if isinstance(file, Print) or word in file:
            known = statements_of(other, file) or ()
            if any(item.imports == statement.imports for item in known):
                return True
    return False


def statements_of(path: str, file: bytes | Print | None) -> tuple[Statement, ...] | None:
    """The statements of a file's module-level part; None when there is no file or it is no Python."""
    known = None if file is None else print_of(path, file)
    return None if known is None or known.functions is None else known.statements


def outline_of(content: bytes | None) -> Outline | None:
    """The outline of a file; None when there is none or it is no Python."""
    if content is None:
        return None
    try:
        return outline(content)
    except (SyntaxError, ValueError):
        return None
