"""Which files of a tree a file imports, by reading them: nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

PLUGINS = "pytest_plugins"
"""A variable whose value names modules that pytest imports."""


@lru_cache(maxsize=8192)
def imported_names(content: bytes, package: str) -> frozenset[str]:
    """Dotted names that a file of a package imports, wherever in it; of `from a import b` both `a` and `a.b`.

    A file that can't be read as Python imports nothing.
    """
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return frozenset()
    return frozenset(name for node in ast.walk(tree) for name in _names(node, package))


def _names(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, base] if base else above)
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Assign) and any(getattr(target, "id", "") == PLUGINS for target in node.targets):
        named = (part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant))
        yield from (name for name in named if isinstance(name, str))


def package_of(path: str) -> str:
    """The dotted name of the folder that a file lies in."""
    return path.rpartition("/")[0].replace("/", ".")


def imported_files(path: str, files: Mapping[str, bytes]) -> frozenset[str]:
    """The files of the tree that a file imports, the `__init__.py` of every package on the way included."""
    found: set[str] = set()
    for name in imported_names(files[path], package_of(path)):
        found |= set(_files_of(name, files))
    return frozenset(found - {path})


def _files_of(name: str, files: Collection[str]) -> Iterator[str]:
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        place = "/".join(parts[:length])
        yield from (candidate for candidate in (f"{place}.py", f"{place}/__init__.py") if candidate in files)


class Closures:
    """For every file of a tree: all files that are read when it is imported, itself included."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._direct: dict[str, frozenset[str]] = {}

    def of(self, paths: Iterable[str]) -> frozenset[str]:
        """Everything that importing these files reads; paths that aren't Python files of the tree are left out."""
        found: set[str] = set()
        pending = [path for path in paths if path in self._files and path.endswith(".py")]
        # A file can only be imported with the packages that it lies in.
        while pending:
            path = pending.pop()
            if path not in found:
                found.add(path)
                pending += self._imports(path)
        return frozenset(found)

    def _imports(self, path: str) -> frozenset[str]:
        if path not in self._direct:
            own = _files_of(path.removesuffix(".py").replace("/", "."), self._files)
            self._direct[path] = imported_files(path, self._files) | frozenset(own)
        return self._direct[path]
