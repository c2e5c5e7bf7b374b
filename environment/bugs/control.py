"""Controls: healthy platforms that look like buggy ones, to see whether an agent leaves them alone.

A control has the reports of the bugs that were chosen in its README, and none of the bugs in its files. Its kinds:

- `none`: nothing else.
- `decoy`: an edit that looks suspicious and changes nothing (`controls/decoys/*.patch`, each proven by `neutral`).
- `impossible`: a visible test that contradicts a rule which another test states (`controls/impossible/*.test`). It
  fails, can't be met without breaking the other one, and doesn't count.

Files are headers that `email.parser` reads, an empty line, and a diff from the reference or the test's source.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from environment.bugs.catalogue import PATCHES
from environment.bugs.diff import FileDiff, compose, parse_diff
from environment.bugs.errors import CatalogueError, SelectionError
from environment.bugs.neutral import require_neutral

CONTROLS = PATCHES / "controls"
NONE, DECOY, IMPOSSIBLE = KINDS = ("none", "decoy", "impossible")
SUFFIXES = {DECOY: "decoys/{}.patch", IMPOSSIBLE: "impossible/{}.test"}
TEST = re.compile(rb"^def (test_\w+)\(", re.MULTILINE)


@dataclass(frozen=True)
class Decoy:
    """An edit that changes nothing."""

    title: str
    why: str
    diff: tuple[FileDiff, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it edits."""
        return tuple(item.path for item in self.diff)


@dataclass(frozen=True)
class Impossible:
    """A test module with one test that can't be met."""

    title: str
    why: str
    path: str
    contradicts: str
    """The visible test that states the rule."""
    content: bytes

    @property
    def test(self) -> str:
        """Its id."""
        (name,) = TEST.findall(self.content)
        return f"{self.path}::{name.decode()}"


@dataclass(frozen=True)
class Control:
    """A healthy platform, and what was put into it."""

    kind: str
    name: str = ""
    """Of the decoy's or test's file, without its suffix."""
    decoy: Decoy | None = None
    impossible: Impossible | None = None

    def files(self, reference: Mapping[str, bytes]) -> dict[str, bytes]:
        """The healthy platform as it is judged: the reference with the decoy.

        Raises `CatalogueError` when the decoy isn't neutral, `DiffError` when it doesn't fit any more.
        """
        result = dict(reference)
        if self.decoy is not None:
            for path, content in compose(reference, [(self.name, self.decoy.diff)]).items():
                if content is None or path not in reference:
                    raise CatalogueError(f"{self.name}: a decoy makes or removes no file ({path})")
                require_neutral(path, reference[path], content)
                result[path] = content
        return result

    def shown(self, reference: Mapping[str, bytes]) -> dict[str, bytes]:
        """What lies in the workspace: the same with the impossible test."""
        result = self.files(reference)
        if self.impossible is not None:
            result[self.impossible.path] = self.impossible.content
        return result


def draw_control(kind: str, seed: int, folder: Path = CONTROLS) -> Control:
    """A control of a kind; a seed gives one decoy or test. Raises `SelectionError` for an unknown kind."""
    if kind not in KINDS:
        raise SelectionError(f"There is no control {kind!r}. There are {', '.join(KINDS)}.")
    if kind == NONE:
        return Control(NONE)
    names = sorted(path.stem for path in folder.glob(SUFFIXES[kind].format("*")))
    if not names:
        raise CatalogueError(f"{folder} has nothing for a control of the kind {kind}.")
    return load_control(kind, random.Random(f"omnicloud-control-{seed}").choice(names), folder)


def load_control(kind: str, name: str, folder: Path = CONTROLS) -> Control:
    """The control of a kind and a name; raises `CatalogueError` when its file can't be read."""
    if kind == NONE:
        return Control(NONE)
    path = folder / SUFFIXES[kind].format(name)
    try:
        head, _, body = path.read_bytes().partition(b"\n\n")
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}") from error
    message = HeaderParser().parsestr(head.decode() + "\n\n")

    def header(key: str) -> str:
        words = " ".join(str(message.get(key, "")).split())
        if not words:
            raise CatalogueError(f"{path}: missing in the header: {key}")
        return words

    if kind == DECOY:
        return Control(kind, name, decoy=Decoy(header("Title"), header("Why"), parse_diff(body)))
    test = Impossible(header("Title"), header("Why"), header("Path"), header("Contradicts"), body)
    if len(TEST.findall(body)) != 1:
        raise CatalogueError(f"{path}: has one test, which says one impossible thing")
    return Control(kind, name, impossible=test)
