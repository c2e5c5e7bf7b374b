"""What differs between two trees: functions, module-level parts, and other files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from environment.reach.functions import Source, take_apart
from environment.reach.instrument import is_instrumented
from environment.reach.prints import Print, Tree, print_of, same
from environment.reach.spread import spread


@dataclass(frozen=True)
class Changes:
    """The differences. A file is named once: by its functions, by its module-level part (both are possible), or as a
    whole."""

    functions: frozenset[str] = frozenset()
    """`path::name` of functions whose body differs, or that mention a name whose meaning differs."""
    modules: frozenset[str] = frozenset()
    """Files of the platform whose module-level part differs in a way that can't be followed by names; also those that
    only one of the trees has."""
    files: frozenset[str] = frozenset()
    """All other files that differ: tests, the compose file, migrations, schemas. Also tests that mention and import a
    name whose meaning differs."""

    def __bool__(self) -> bool:
        return bool(self.functions or self.modules or self.files)


def changes(before: Tree, after: Mapping[str, bytes]) -> Changes:
    """What differs between two trees; nothing for files with the same bytes, or with comments changed only. Of the tree
    before, prints are enough.

    A module-level part is followed by the names that it binds, as far as that is certain.
    """
    functions: set[str] = set()
    modules: set[str] = set()
    files: set[str] = set()
    loaded: set[str] = set()
    for path in before.keys() | after.keys():
        old, new = before.get(path), after.get(path)
        if same(old, new):
            continue
        if not is_instrumented(path):
            files.add(path)
            continue
        one, other = functions_of(path, old), functions_of(path, new)
        if one is None or other is None:
            modules.add(path)
            continue
        if print_of(path, before[path]).module != print_of(path, after[path]).module:
            loaded.add(path)
        # A function that only one has stands in the module-level part, too.
        functions |= {f"{path}::{name}" for name in one.keys() & other.keys() if one[name] != other[name]}
    wide = spread(before, after, sorted(loaded))
    return Changes(wide.functions | functions, wide.modules | modules, wide.others | files)


def functions_of(path: str, file: bytes | Print | None) -> Mapping[str, str] | None:
    """The digests of a file's functions; None when there is no file or it is no Python."""
    return None if file is None else print_of(path, file).functions


def read_source(content: bytes | None) -> Source | None:
    """A file taken apart; None when there is none or it is no Python."""
    if content is None:
        return None
    try:
        return take_apart(content)
    except (SyntaxError, ValueError):
        return None
