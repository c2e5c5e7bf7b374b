"""Runs the test suite of a tree and gives the outcome of every expected test.

Two kinds of process, never mixed: unit tests import the domain code under test and run in a process of their own,
checked by twins that must fail; all other categories talk to the fleet from a process that can't import that code.
Both run on a private copy of the tree, so that nothing that a test or the code under test writes reaches another run.
"""

from __future__ import annotations

import random
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from environment.bugs.manifest import CATEGORIES
from environment.grading.errors import InfrastructureError
from environment.grading.process import Job, Limits, OnDecided, private_folder, run_pytest
from environment.grading.results import Outcome, SuiteRun, merged
from environment.grading.twins import draw, with_twins
from environment.workspace.reference import write_tree

BARRED = ("services", "shared")
"""What the process that judges through the fleet must never import."""

LEAST_DISK_BYTES = 2**30
"""A fleet's data and two copies of the tree take a third of this."""


@dataclass(frozen=True)
class Options:
    """How to run: with twins or without, limits, further pytest arguments and environment variables."""

    twins: bool = True
    limits: Limits = field(default_factory=Limits)
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stop: threading.Event | None = None
    """Set by another thread, it ends the run with `Stopped`."""
    first: tuple[str, ...] = ()
    """Ids that run before all others of their process, in this order. It changes no verdict."""
    collect: Callable[[Path], None] | None = None
    """Called with each copy of the tree after the last process on it has ended and before it is removed."""

    def job(self, tree: Path, paths: list[str], ids: Collection[str] | None, barred: Sequence[str] = ()) -> Job:
        """These ids of these files, run as the options say."""
        return Job(tree, paths, ids, barred, self.arguments, self.environment, self.limits, self.stop, self.first)


def run_suite(
    files: Mapping[str, bytes],
    expected: Collection[str] | None,
    options: Options = Options(),
    on_decided: OnDecided | None = None,
) -> SuiteRun:
    """Run the expected tests (None: all that there are) on a tree of files.

    Raises `InfrastructureError` when the host can't run them, `Stopped` when it was told to stop. Everything else is in
    the answer.
    """
    require_resources()
    with private_folder() as folder:
        tree = folder / "tree"
        write_tree(files, tree)
        runs = [_run_unit(files, tree, expected, options, on_decided)]
        runs.append(_run_live(tree, files, expected, options, on_decided))
        if options.collect is not None:
            options.collect(tree)
    return merged([run for run in runs if run is not None])


def require_resources() -> None:
    """Raise `InfrastructureError` when the host lacks the disk space for a run."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < LEAST_DISK_BYTES:
        raise InfrastructureError(
            f"{tempfile.gettempdir()} has {free >> 20} MiB left; a grading needs {LEAST_DISK_BYTES >> 20} MiB."
        )


def _is_unit(test_id: str) -> bool:
    return test_id.startswith("tests/unit/")


def _paths(tree_files: Iterable[str], categories: Iterable[str], expected: Collection[str] | None) -> list[str]:
    """Files that hold the expected tests, or the categories' folders when all tests are meant."""
    if expected is None:
        folders = [f"tests/{category}" for category in categories]
        return [folder for folder in folders if any(path.startswith(folder + "/") for path in tree_files)]
    present = set(tree_files)
    return sorted({test_id.partition("::")[0] for test_id in expected} & present)


def _run_unit(
    files: Mapping[str, bytes],
    tree: Path,
    expected: Collection[str] | None,
    options: Options,
    on_decided: OnDecided | None,
) -> SuiteRun | None:
    wanted = None if expected is None else [test_id for test_id in expected if _is_unit(test_id)]
    paths = _paths(files, ("unit",), wanted)
    if not paths:
        return _nothing(wanted)
    job = options.job(tree, paths, wanted)
    if not options.twins or not wanted:
        return run_pytest(job, on_decided)
    dice = random.SystemRandom()
    first = dice.random() < 0.5  # Which of the two comes first must not be foreseeable.
    void = _twins_void(files, wanted, options, dice) if first else ""
    run = run_pytest(job, on_decided)
    void = void or ("" if first else _twins_void(files, wanted, options, dice))
    return merged([run, SuiteRun({}, void=void)])


def _twins_void(
    files: Mapping[str, bytes], wanted: Collection[str], options: Options, dice: random.SystemRandom
) -> str:
    """Run the twins; an explanation when one of them was reported as passed, else nothing."""
    run = _run_twins(files, draw(wanted, dice), options)
    if run.void:
        return f"twins: {run.void}"
    passed = [test_id for test_id, outcome in run.outcomes.items() if outcome is Outcome.PASSED]
    return f"{len(passed)} tests that must fail were reported as passed" if passed else ""


def passing_twins(files: Mapping[str, bytes], expected: Collection[str], options: Options) -> list[str]:
    """Twins that pass on a tree that is right. There must be none: such a test's twin would void honest gradings."""
    return sorted(_run_twins(files, [test_id for test_id in expected if _is_unit(test_id)], options).passed)


def _run_twins(files: Mapping[str, bytes], ids: Collection[str], options: Options) -> SuiteRun:
    seeded = random.Random(secrets.token_bytes(16))
    twin_files, twin_ids = with_twins(files, ids, seeded)
    if not twin_ids:
        return SuiteRun({})
    with private_folder() as folder:
        tree = folder / "tree"
        write_tree(twin_files, tree)
        paths = _paths(files, ("unit",), twin_ids)
        job = options.job(tree, paths, twin_ids)
        return run_pytest(job)


def _run_live(
    tree: Path,
    files: Mapping[str, bytes],
    expected: Collection[str] | None,
    options: Options,
    on_decided: OnDecided | None,
) -> SuiteRun | None:
    wanted = None if expected is None else [test_id for test_id in expected if not _is_unit(test_id)]
    paths = _paths(files, (category for category in CATEGORIES if category != "unit"), wanted)
    if not paths:
        return _nothing(wanted)
    job = options.job(tree, paths, wanted, BARRED)
    return run_pytest(job, on_decided)


def _nothing(wanted: Collection[str] | None) -> SuiteRun | None:
    return SuiteRun(dict.fromkeys(wanted, Outcome.MISSING)) if wanted else None
