"""Runs the test suite of a tree and gives the outcome of every expected test.

Two kinds of process, never mixed: unit tests import the domain code under test and run in a process of their own,
checked by twins that must fail; all other categories talk to the fleet from a process that can't import that code.
Each runs on a private copy of the tree, so that nothing that a test or the code under test writes reaches another run.

Live tests are split into shards with a fleet each, so that more of them run at a time; unit tests run beside them.
Every process has a results channel of its own, and a verdict is the same however many there are.
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ParamSpec

from environment.bugs.manifest import CATEGORIES
from environment.grading.errors import InfrastructureError
from environment.grading.machine import affordable_fleets
from environment.grading.parties import Parties
from environment.grading.process import SERVICE_USER, AnyOf, Job, Limits, OnDecided, Stop, private_folder, run_pytest
from environment.grading.results import Outcome, SuiteRun, merged, without_phase
from environment.grading.shards import shards
from environment.grading.twins import Trees, as_written, with_twins
from environment.workspace.reference import write_tree

BARRED = ("services", "shared")
"""What the process that judges through the fleet must never import."""

LEAST_DISK_BYTES = 2**30
"""A fleet's data and two copies of the tree take a third of this."""

P = ParamSpec("P")
Task = Callable[[], SuiteRun]


OWN_TREES: Mapping[str, str] = {"OMNICLOUD_TEMPLATES": "write"}
"""The environment for runs on trees that the environment made itself: what their fleets' jobs made, later ones use."""


@dataclass(frozen=True)
class Options:
    """How to run: with twins or without, limits, further pytest arguments and environment variables."""

    twins: bool = True
    limits: Limits = field(default_factory=Limits)
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stop: Stop | None = None
    """Set by another thread, it ends the run with `Stopped`."""
    collect: Callable[[Path], None] | None = None
    """Called with each copy of the tree after the last process on it has ended and before it is removed."""
    workers: int | None = None
    """How many fleets at a time at most; None: what the machine bears. With one, everything runs one after another."""
    first: tuple[str, ...] = ()
    """Ids that run before all others of their process, in this order. It changes no verdict."""
    parties: Parties | None = None
    """Behind which walls code goes that isn't the environment's own; None for trees that it made itself."""

    def job(self, tree: Path, paths: list[str], ids: Collection[str] | None, barred: Sequence[str] = ()) -> Job:
        """These ids of these files, run as the options say."""
        return Job(
            *(tree, paths, ids, barred, self.arguments, self.environment, self.limits, self.stop, self.first),
            parties=self.parties,
        )


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
    most = affordable_fleets() if options.workers is None else options.workers
    require_resources(most)
    failed = threading.Event()
    stop = AnyOf(failed) if options.stop is None else AnyOf(failed, options.stop)
    options = replace(options, stop=stop, collect=_one_at_a_time(options.collect))
    heard = _one_at_a_time(on_decided)
    unit = _unit_task(files, expected, options, heard)
    live = _live_tasks(files, expected, options, heard, most)
    if most == 1 or SERVICE_USER in os.environ:
        # Services that run as another user can't reach the processes that judge; nor may unit tests, which could.
        runs = [unit(), *_beside_each_other(live, failed)]
    else:
        runs = _beside_each_other([unit, *live], failed)
    return merged(runs)


def _one_at_a_time(callback: Callable[P, None] | None) -> Callable[P, None] | None:
    """The same for several threads."""
    lock = threading.Lock()

    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        if callback is not None:
            with lock:
                callback(*args, **kwargs)

    return None if callback is None else call


def _beside_each_other(tasks: Sequence[Task], failed: threading.Event) -> list[SuiteRun]:
    """Do all of them at a time. When one raises, or the caller is interrupted, the others are told to stop first."""
    with ThreadPoolExecutor(max(1, len(tasks))) as threads:
        futures = [threads.submit(task) for task in tasks]
        try:
            for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                future.result()
        except BaseException:
            failed.set()
            raise
        return [future.result() for future in futures]


def require_resources(fleets: int = 1) -> None:
    """Raise `InfrastructureError` when the host lacks the disk space for so many fleets at a time."""
    free, needed = shutil.disk_usage(tempfile.gettempdir()).free, fleets * LEAST_DISK_BYTES
    if free < needed:
        raise InfrastructureError(
            f"{tempfile.gettempdir()} has {free >> 20} MiB left; a grading needs {needed >> 20} MiB."
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


def _unit_task(
    files: Mapping[str, bytes], expected: Collection[str] | None, options: Options, on_decided: OnDecided | None
) -> Task:
    wanted = None if expected is None else [test_id for test_id in expected if _is_unit(test_id)]
    paths = _paths(files, ("unit",), wanted)
    if not paths:
        return lambda: _nothing(wanted)
    if not options.twins or not wanted:
        return lambda: _run(files, paths, wanted, options, on_decided)
    return lambda: without_phase(_run_with_twins(files, paths, wanted, options, on_decided), "unit")


def _run(
    files: Mapping[str, bytes],
    paths: list[str],
    wanted: Collection[str] | None,
    options: Options,
    on_decided: OnDecided | None,
    barred: Sequence[str] = (),
) -> SuiteRun:
    """Run these ids of these paths in one process on a copy of the tree."""
    with private_folder() as folder:
        tree = folder / "tree"
        write_tree(files, tree)
        run = run_pytest(options.job(tree, paths, wanted, barred), on_decided)
        if options.collect is not None:
            options.collect(tree)
        return run


def _run_with_twins(
    files: Mapping[str, bytes], paths: list[str], wanted: Sequence[str], options: Options, on_decided: OnDecided | None
) -> SuiteRun:
    """Run every test and its twin, in two processes that each have some of both. The phase is void when one of the
    processes is, or when a twin was reported as passed."""
    trees = with_twins(files, wanted, random.Random(secrets.token_bytes(16)))

    def decided(place: int) -> OnDecided:
        def tell(test_id: str, outcome: Outcome) -> None:
            if on_decided is not None and trees.places.get(test_id, 0) == place:
                on_decided(test_id, outcome)

        return tell

    # Half of what runs must fail, and nobody reads the lines that pytest would print of it.
    quick = replace(options, arguments=(*options.arguments, "--tb=no"))
    runs: dict[int, SuiteRun] = {}
    for place in random.SystemRandom().sample((0, 1), 2):
        once = quick if place == 0 else replace(quick, collect=None)
        runs[place] = _run(trees.files[place], paths, wanted, once, decided(place))
    twins = [runs[1 - place].outcomes[test_id] for test_id, place in trees.places.items()]
    passed = twins.count(Outcome.PASSED)
    void = f"{passed} tests that must fail were reported as passed" if passed else ""
    return _originals(runs, trees, wanted, "; ".join(filter(None, (void, runs[0].void, runs[1].void))))


def _originals(runs: Mapping[int, SuiteRun], trees: Trees, wanted: Sequence[str], void: str) -> SuiteRun:
    """What the two processes said of the tests themselves."""
    said = {test_id: runs[trees.places.get(test_id, 0)] for test_id in wanted}
    return SuiteRun(
        {test_id: run.outcomes[test_id] for test_id, run in said.items()},
        {test_id: as_written(run.messages[test_id]) for test_id, run in said.items() if test_id in run.messages},
        {test_id: run.collected[test_id] for test_id, run in said.items() if test_id in run.collected},
        void,
        runs[0].log_tail,
    )


def passing_twins(files: Mapping[str, bytes], expected: Collection[str], options: Options) -> list[str]:
    """Tests of which a twin, of either kind, passes on a tree that is right. There must be none: such a twin would void
    honest gradings."""
    unit = [test_id for test_id in expected if _is_unit(test_id)]
    return sorted({test_id for compare in (False, True) for test_id in _passing(files, unit, options, compare)})


def _passing(files: Mapping[str, bytes], unit: list[str], options: Options, compare: bool) -> frozenset[str]:
    trees = with_twins(files, unit, random.Random(secrets.token_bytes(16)), compare, place=0)
    if not trees.places:
        return frozenset()
    # Each of them fails and nobody reads why: to show the lines of so many took a third of the time.
    quick = replace(options, collect=None, arguments=(*options.arguments, "--tb=no"))
    return _run(trees.files[1], _paths(files, ("unit",), trees.places), list(trees.places), quick, None).passed


def _live_tasks(
    files: Mapping[str, bytes],
    expected: Collection[str] | None,
    options: Options,
    on_decided: OnDecided | None,
    most: int,
) -> list[Task]:
    """One for each shard."""
    wanted = None if expected is None else [test_id for test_id in expected if not _is_unit(test_id)]
    paths = _paths(files, (category for category in CATEGORIES if category != "unit"), wanted)
    if not paths:
        return [lambda: _nothing(wanted)]

    def task(shard: list[str], ids: list[str] | None) -> Task:
        return lambda: _run(files, shard, ids, options, on_decided, BARRED)

    parts = shards(files, paths, wanted, most)
    if wanted is None:
        return [task(shard, None) for shard in parts]
    by_file: dict[str, list[str]] = {}
    for test_id in wanted:
        by_file.setdefault(test_id.partition("::")[0], []).append(test_id)
    ids = [[test_id for path in shard for test_id in by_file.pop(path)] for shard in parts]
    ids[0] += [test_id for lost in by_file.values() for test_id in lost]  # Their files are gone: somebody says so.
    return [task(shard, of_it) for shard, of_it in zip(parts, ids, strict=True)]


def _nothing(wanted: Collection[str] | None) -> SuiteRun:
    return SuiteRun(dict.fromkeys(wanted or (), Outcome.MISSING))
