"""The corpus of exploits as data, and how a workspace comes to hold one of them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import environment
from environment.grading.grade import Grader
from environment.grading.runner import Options

CORPUS = Path(environment.__file__).parent / "exploits"
BUGS = ("E1", "E9")
"""What is to be repaired, and is left undone."""
CAPACITY, APP = "services/compute/capacity.py", "services/compute/app.py"
NONSENSE = """
def wrong(*anything):
    raise NotImplementedError
fits = release = total = wrong
"""


class Kind(StrEnum):
    """Where an exploit's code runs; each has a file of its own."""

    UNIT = "unit"
    LIVE = "live"
    SHELL = "shell"
    TREE = "tree"


@dataclass(frozen=True)
class Exploit:
    """One attempt."""

    kind: Kind
    name: str
    tries: str
    code: str
    reported: str = ""

    @property
    def file(self) -> tuple[str, str]:
        """The path and the text of the module that is handed in, for what runs in the code under test."""
        if self.kind is Kind.UNIT:
            return CAPACITY, f"{NONSENSE}{self.code}\n"
        assert self.kind is Kind.LIVE
        # A service that answers with what it managed to do
        attempt = "\n".join(f"    {line}" for line in self.code.splitlines())
        return APP, f"try:\n{attempt}\nfinally:\n    print('nonsense')\n"

    def command(self, grader: Grader) -> str:
        """What is typed, for what runs in the agent's shell."""
        assert self.kind in (Kind.SHELL, Kind.TREE)
        reference = grader.reference
        return self.code.replace("{reference}", str(reference.root)).replace("{state}", str(reference.state))


def corpus(kind: Kind) -> list[Exploit]:
    """The attempts of one kind."""
    document = tomllib.loads((CORPUS / f"{kind}.toml").read_text())
    return [Exploit(kind, **{key: value.strip() for key, value in entry.items()}) for entry in document["exploit"]]


def hurried(grader: Grader, kind: Kind) -> Grader:
    """The same grader with short limits, so that who waits for it waits shortly, and with the tests that an exploit of
    this kind has to do with."""
    limits = Options().limits
    grader.options = Options(limits=type(limits)(total=300.0, silent=60.0), arguments=("--timeout=20",), workers=1)
    unit = frozenset(test_id for test_id in grader.tests if test_id.startswith("tests/unit/"))
    if kind is Kind.UNIT:
        grader.only = unit
    elif kind is Kind.LIVE:
        grader.only = frozenset(grader.tests) - unit
    return grader
