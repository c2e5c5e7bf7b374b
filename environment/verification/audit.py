"""Whether verification by reach finds what a run of everything finds: some bugs are run in full and compared."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from environment.bugs.catalogue import Bug
from environment.bugs.errors import SelectionError
from environment.bugs.manifest import Manifest, to_json
from environment.grading.measure import run_confirmed
from environment.grading.runner import Options
from environment.workspace.reference import Reference

ALL = "all"


@dataclass(frozen=True)
class Difference:
    """What a run of everything says of a bug, and the manifest doesn't; true when there is any difference."""

    bug: str
    missed: tuple[str, ...]
    """Tests that fail and aren't triggers: the map is wrong about them, or they don't always end alike."""
    unseen: tuple[str, ...]
    """Triggers that don't fail."""
    of: int
    void: str = ""

    def __bool__(self) -> bool:
        return bool(self.missed or self.unseen or self.void)

    def text(self) -> str:
        """What is to be told."""
        lines = [f"audit {self.bug:<4} {self.of} tests: {'differs' if self else 'no difference'}"]
        lines += [f"  ! can't be believed: {self.void}"] if self.void else []
        lines += [f"  ! fails in full, is no trigger: {test_id}" for test_id in self.missed]
        lines += [f"  ! is a trigger, passes in full: {test_id}" for test_id in self.unseen]
        return "\n".join(lines)


@dataclass
class Auditor:
    """Runs bugs in full, on the tree as it is: nothing is recorded, so the recorder is audited, too."""

    reference: Reference
    options: Options

    def audit(self, bug: Bug, manifest: Manifest) -> Difference:
        """Run every test with one bug and compare what fails, twice, with its measured triggers."""
        run = run_confirmed(self.reference.with_bugs([bug]), frozenset(manifest.tests), self.options)
        triggers = frozenset(manifest.bugs[bug.id].triggers)
        return Difference(
            bug.id,
            tuple(sorted(run.failed - triggers)),
            tuple(sorted(triggers - run.failed)),
            len(run.outcomes),
            run.void,
        )


def sample(manifest: Manifest, bugs: Sequence[str], count: str, seed: int = 0) -> list[str]:
    """`count` of the bugs (a number, or "all"), drawn by what the manifest says and the seed: another one every time
    that anything changes. Raises `SelectionError` for another word."""
    if count == ALL:
        return list(bugs)
    if not count.isdecimal():
        raise SelectionError(f"--audit takes a number or '{ALL}', not {count!r}.")
    salt = hashlib.sha256(f"{seed}\n{to_json(manifest)}".encode()).hexdigest()
    drawn = sorted(bugs, key=lambda bug_id: hashlib.sha256(f"{salt}{bug_id}".encode()).digest())[: int(count)]
    return [bug_id for bug_id in bugs if bug_id in drawn]
