"""Prints of files: as much of a file as is needed to say later what a change of it touches, and none of its content.

A print stands for a file of which nothing else is left. It holds a digest of the content, and for a file of the
platform the digests of its functions and of the statements of its module-level part, with the names that these bind.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from environment.reach.functions import take_apart
from environment.reach.instrument import is_instrumented
from environment.reach.outline import Statement, outline


@dataclass(frozen=True)
class Print:
    """What is known of a file. Two files with equal prints are the same for every test."""

    content: str
    functions: Mapping[str, str] | None = field(default=None, hash=False)
    """A digest of each function's body by its name; None for what isn't taken apart: it is no file of the platform, or
    can't be read as Python."""
    module: str = ""
    """A digest of the module-level part."""
    statements: tuple[Statement, ...] = ()
    """The statements of the module-level part, without what they mention: their digests cover it."""


Tree = Mapping[str, bytes | Print]
"""A tree of files, some of which may only be left as prints."""


def print_of(path: str, file: bytes | Print) -> Print:
    """The print of a file, which may already be one."""
    return file if isinstance(file, Print) else _printed(file, is_instrumented(path))


def same(one: bytes | Print | None, other: bytes | Print | None) -> bool:
    """Whether two files, either of which may be missing, have the same content."""
    if isinstance(one, Print) == isinstance(other, Print) or one is None or other is None:
        return one == other
    return _content_digest(one) == _content_digest(other)


def prints_of(files: Tree) -> dict[str, Print]:
    """The prints of a tree, in the order of their paths."""
    return {path: print_of(path, files[path]) for path in sorted(files)}


def _content_digest(file: bytes | Print) -> str:
    return file.content if isinstance(file, Print) else _digest(file)


@lru_cache(maxsize=8192)
def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


@lru_cache(maxsize=8192)
def _printed(content: bytes, take_it_apart: bool) -> Print:
    if take_it_apart:
        try:
            source, known = take_apart(content), outline(content)
        except (SyntaxError, ValueError):
            return Print(_digest(content))
        statements = tuple(replace(statement, mentions=frozenset()) for statement in known.statements)
        return Print(_digest(content), source.functions, source.module_digest, statements)
    return Print(_digest(content))


def to_lines(known: Print | None) -> list[str]:
    """A print as lines in alphabetical order; none for a file that isn't there."""
    if known is None:
        return []
    lines = [f"= {known.content}"]
    if known.functions is not None:
        lines.append(f"m {known.module}")
        lines += [f"f {name} {digest}" for name, digest in known.functions.items()]
        lines += map(_line, known.statements)
    return sorted(lines)


def _line(statement: Statement) -> str:
    plain, binds = "p" if statement.plain else "-", ",".join(sorted(statement.binds)) or "-"
    return f"s {statement.digest} {plain} {binds} {statement.imports}".rstrip()


def from_lines(lines: Iterable[str]) -> Print | None:
    """The print of such lines. The order of functions and statements isn't kept: nothing depends on it.

    Raises ValueError when they are none.
    """
    content, module, functions, statements = "", None, {}, []
    for line in lines:
        kind, *words = line.split(" ")
        if kind == "=":
            (content,) = words
        elif kind == "m":
            (module,) = words
        elif kind == "f":
            functions[words[0]] = words[1]
        elif kind == "s":
            digest, plain, binds, *imports = words
            names = frozenset() if binds == "-" else frozenset(binds.split(","))
            statements.append(Statement(digest, names, frozenset(), plain == "p", " ".join(imports)))
        else:
            raise ValueError(f"no line of a print: {line!r}")
    if not content:
        return None
    return Print(content) if module is None else Print(content, functions, module, tuple(statements))


def difference(before: Print | None, after: Print | None) -> dict[str, list[str]]:
    """The lines that are gone and those that have come, from one print to another of the same file."""
    one, other = Counter(to_lines(before)), Counter(to_lines(after))
    return {"gone": sorted((one - other).elements()), "come": sorted((other - one).elements())}


def patched(before: Print | None, lines: Mapping[str, Iterable[str]]) -> Print | None:
    """The print that a difference leads to; raises ValueError when it doesn't fit."""
    known, gone = Counter(to_lines(before)), Counter(lines["gone"])
    if gone - known:
        raise ValueError("a difference of prints doesn't fit")
    return from_lines((known - gone + Counter(lines["come"])).elements())
