"""Proves that an edit of Python source changes nothing that a program does: it compiles to the same instructions.

What is left out of the comparison has no effect on what runs: line numbers, comments, layout, and the names of locals
that are no arguments and that no inner function sees.
"""

from __future__ import annotations

from types import CodeType

from environment.bugs.errors import CatalogueError

LOOKS_AT_NAMES = frozenset({"locals", "vars", "eval", "exec", "_getframe", "currentframe"})
"""What could tell the name of a local."""


def require_neutral(path: str, old: bytes, new: bytes) -> None:
    """Raise `CatalogueError` unless both versions of a file do the same."""
    if not path.endswith(".py"):
        raise CatalogueError(f"{path}: only of Python source it can be proven that an edit changes nothing")
    before, after = (compile(text, path, "exec", dont_inherit=True, optimize=0) for text in (old, new))
    _compare(path, before, after)


def _compare(path: str, before: CodeType, after: CodeType) -> None:
    where = f"{path}, {before.co_qualname}"
    for name in (
        *(
            "co_code",
            "co_exceptiontable",
            "co_flags",
            "co_name",
            "co_qualname",
            "co_names",
            "co_cellvars",
            "co_freevars",
        ),
        *("co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_nlocals", "co_stacksize"),
    ):
        if getattr(before, name) != getattr(after, name):
            raise CatalogueError(f"{where}: {name.removeprefix('co_')} differs, so the edit may change something")
    if _arguments(before) != _arguments(after):
        raise CatalogueError(f"{where}: callers may name its arguments")
    if before.co_varnames != after.co_varnames and LOOKS_AT_NAMES & set(before.co_names):
        raise CatalogueError(f"{where}: it looks at names of its locals")
    if len(before.co_consts) != len(after.co_consts):
        raise CatalogueError(f"{where}: constants differ")
    for one, other in zip(before.co_consts, after.co_consts, strict=True):
        if isinstance(one, CodeType) and isinstance(other, CodeType):
            _compare(path, one, other)
        elif (type(one), repr(one)) != (type(other), repr(other)):
            # By their text: 0.0 and -0.0, or 1 and True, are equal without being the same.
            raise CatalogueError(f"{where}: constants differ")


def _arguments(code: CodeType) -> tuple[str, ...]:
    stars = bool(code.co_flags & 4) + bool(code.co_flags & 8)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + stars]
