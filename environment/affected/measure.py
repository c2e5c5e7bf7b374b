"""Measures `omnicloud test DIR --affected` on a sample of edits, and holds its results against full runs.

`python -m environment.affected.measure --edits 200 --full 20 --json FILE` draws the sample from a seed and goes through
it on a copy of the reference. For each edit:

1. As many fleets stand as the edit's tests are shared among; they run the unedited code (not timed).
2. The edit is written; the command runs as a person would call it. Timed: from the edit to the command's end.
3. Edits that the map lets touch unit tests only are checked by a run of all unit tests; a part of the sample (`--full`,
   drawn from the same seed) by a run of the whole suite. A test that fails in one and not in the other is a
   contradiction. It is run once more in either way before it counts: `confirmed` are those that stay.

The file is written after each edit; the same command goes on where it was interrupted. Its form (format 1)::

    {"format": 1, "seed": 0,
     "edits": {"<key>": {"function": "…", "kind": "…", "line": 7,
                         "tests": 41, "unit": 38, "live": 3, "everything": false,
                         "seconds": 5.2, "quick_seconds": 5.2, "first_failure": 1.3, "failed": ["tests/…"], "long": [],
                         "check": {"against": "suite" | "unit", "seconds": 140.0, "failed": 3, "full_only": [],
                                   "affected_only": [], "confirmed_full_only": [], "confirmed_affected_only": []}}}}

`quick_seconds` is when all tests but the long ones were decided. An edit that isn't checked has no `check`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from environment.affected.order import choose, is_unit
from environment.affected.sample import Edit, draw
from environment.affected.standing import MOST, Standing, worthwhile
from environment.affected.summary import lines, summary
from environment.grading.process import private_folder
from environment.grading.results import SuiteRun
from environment.grading.runner import OWN_TREES, Options, run_suite
from environment.reach.map_file import load_map
from environment.reach.reach_map import ReachMap
from environment.workspace.reference import Reference, default_reference, git, write_tree

FORMAT = 1
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "OmniCloud"), ("EMAIL", "platform@omnicloud.example"))
}


@dataclass(frozen=True)
class Check:
    """A result held against a full one."""

    against: str
    seconds: float
    failed: int
    full_only: tuple[str, ...]
    affected_only: tuple[str, ...]
    confirmed_full_only: tuple[str, ...]
    confirmed_affected_only: tuple[str, ...]


class Measuring:
    """Goes through a sample of edits on one copy of the reference."""

    def __init__(self, reference: Reference, reach_map: ReachMap, folder: Path, options: Options) -> None:
        self._reference = reference
        self._map = reach_map
        self._options = options
        self.tree = folder / "tree"
        self._out = folder / "result.json"
        write_tree(reference.files, self.tree)
        for step in (("init", "-q"), ("add", "-A", "-f"), ("commit", "-q", "--no-gpg-sign", "-m", "OmniCloud")):
            git(self.tree, *step, environment=IDENTITY)

    def close(self) -> None:
        """Take the fleets down."""
        for number in range(1, MOST + 1):
            Standing(self.tree, number).end()

    def measure(self, edit: Edit, whole_suite: bool) -> dict[str, Any]:
        """One edit's record, in the documented form."""
        files = self._reference.files
        choice = choose(self._map, files, {**files, edit.path: edit.content})
        seconds_live = sum(choice.durations[test_id] for test_id in choice.live)
        for number in range(worthwhile(seconds_live) if choice.live else 0):
            Standing(self.tree, number + 1).ready()
        file = self.tree / edit.path
        command = [sys.executable, "-m", "environment.cli", "test", str(self.tree), "--affected", "--keep-fleet"]
        self._out.unlink(missing_ok=True)
        began = time.monotonic()
        file.write_bytes(edit.content)
        try:
            done = subprocess.run(
                [*command, "--json", str(self._out)],
                cwd=self._reference.root,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            seconds = time.monotonic() - began
        finally:
            file.write_bytes(self._reference.files[edit.path])
        if not self._out.is_file():
            raise RuntimeError(f"{edit.key}: no result:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        result = json.loads(self._out.read_text())
        failed = {name for name, outcome in result["outcomes"].items() if outcome == "failed"} | set(result["missing"])
        record: dict[str, Any] = {
            "function": edit.function,
            "kind": edit.kind,
            "line": edit.line,
            "tests": len(result["tests"]),
            "unit": result["unit"],
            "live": result["live"],
            "everything": result["everything"],
            "seconds": round(seconds, 3),
            # The command's own start and end belong to either.
            "quick_seconds": round(seconds - (result["seconds"] - result["quick_seconds"]), 3),
            "long": result["long"],
            "first_failure": result["first_failure"],
            "failed": sorted(failed),
        }
        if whole_suite:
            record["check"] = asdict(self._check(edit, "suite", self._map.tests_known, failed))
        elif not choice.live:
            unit = frozenset(filter(is_unit, self._map.tests_known))
            record["check"] = asdict(self._check(edit, "unit", unit, failed))
        return record

    def _check(self, edit: Edit, against: str, ids: Collection[str], failed: Collection[str]) -> Check:
        """Run all of `ids` with the edit and compare; what contradicts runs once more, alone."""
        began = time.monotonic()
        full = self._run(edit, ids).failed
        seconds = time.monotonic() - began
        full_only, affected_only = full - frozenset(failed), frozenset(failed) - full
        again = self._run(edit, full_only | affected_only).failed if full_only or affected_only else frozenset()
        return Check(
            against,
            round(seconds, 3),
            len(full),
            tuple(sorted(full_only)),
            tuple(sorted(affected_only)),
            tuple(sorted(full_only & again)),
            tuple(sorted(affected_only - again)),
        )

    def _run(self, edit: Edit, ids: Collection[str]) -> SuiteRun:
        return run_suite({**self._reference.files, edit.path: edit.content}, ids, self._options)


def measure(count: int, full: int, file: Path, seed: int = 0) -> dict[str, Any]:
    """Measure the sample and keep every record in `file`; what stands there already isn't measured again."""
    reference, reach_map = default_reference(), load_map()
    sample = draw(reference.files, count, seed)
    chosen = set(random.Random(f"full {seed}").sample([edit.key for edit in sample], min(full, len(sample))))
    document = _load(file, seed)
    with private_folder("oc-affected-") as folder:
        measuring = Measuring(reference, reach_map, folder, Options(twins=False, environment=OWN_TREES))
        try:
            for number, edit in enumerate(sample, 1):
                if edit.key in document["edits"]:
                    continue
                record = measuring.measure(edit, edit.key in chosen)
                document["edits"][edit.key] = record
                _save(file, document)
                print(_line(number, len(sample), record), flush=True)
        finally:
            measuring.close()
    return document


def _load(file: Path, seed: int) -> dict[str, Any]:
    if not file.is_file():
        return {"format": FORMAT, "seed": seed, "edits": {}}
    document: dict[str, Any] = json.loads(file.read_text())
    if (document.get("format"), document.get("seed")) != (FORMAT, seed):
        raise ValueError(f"{file} holds a measurement of another form or another seed; name another file")
    return document


def _save(file: Path, document: Mapping[str, Any]) -> None:
    scratch = file.with_suffix(".new")
    scratch.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    os.replace(scratch, file)


def _line(number: int, count: int, record: Mapping[str, Any]) -> str:
    check = record.get("check")
    checked = ""
    if check:
        checked = (
            f"  {check['against']}: {len(check['full_only'])} full only, {len(check['affected_only'])} affected only"
        )
    return (
        f"{number:>4}/{count}  {record['seconds']:6.1f} s  {record['tests']:>5} tests  {len(record['failed']):>4} fail"
        f"  {record['kind']}: {record['function']}{checked}"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m environment.affected.measure", description=__doc__.split("\n")[0])
    parser.add_argument("--edits", type=int, default=200, help="how many edits the sample has")
    parser.add_argument("--full", type=int, default=20, help="how many of them are held against the whole suite")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True, help="where the records are kept")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that the fleets are taken down, as after Ctrl-C.
    print("\n".join(lines(summary(measure(given.edits, given.full, given.json, given.seed)))))


if __name__ == "__main__":
    main()
