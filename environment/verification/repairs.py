"""Plays the audit patches: which wrong repairs the tests accept, and which right ones they refuse.

A repair is judged as a grading would judge it, by the tests that can tell: the bug's triggers, whatever else the change
can touch, and then the bug's held-out tests. What fails is run once more before it counts. The first that refuses the
repair decides, so tests without a fleet come before those with one, and of a wrong repair a few triggers before all.

Results are kept in `audit.json` beside the patches after each repair, with digests of the patch, of the reference and
of the held-out tests: the same command goes on where it stopped, and plays again what has changed.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from environment.bugs.audits import AuditPatch, Kind
from environment.bugs.catalogue import PATCHES, Catalogue
from environment.bugs.errors import ManifestError
from environment.bugs.held_out import HeldOut
from environment.bugs.manifest import Manifest, Measurement
from environment.grading.measure import run_confirmed
from environment.grading.runner import Options
from environment.reach.changes import changes
from environment.reach.reach_map import ReachMap
from environment.reach.recording import is_unit
from environment.workspace.reference import Reference

FORMAT = 1
NAME = "audit.json"
FIRST = 12
"""So many triggers with a fleet, and so many without, decide on a wrong repair before all others run."""
NAMED = 3
"""So many of the tests that refuse a repair are kept by name."""


class Verdict(StrEnum):
    """What the tests say of a repair."""

    VISIBLE = "refused by visible tests"
    HELD_OUT = "refused by held-out tests only"
    ACCEPTED = "accepted"


@dataclass(frozen=True)
class Result:
    """What playing one patch gave, and on what."""

    patch: str
    reference: str
    held_out: str
    """Digest of the bug's held-out tests; nothing when none was asked."""
    verdict: Verdict
    by: tuple[str, ...]
    """Tests that refuse it, the first of them."""
    ran: int

    def error(self, kind: Kind) -> str:
        """What is wrong with the tests, if anything: a false positive or a false negative."""
        if kind is Kind.WRONG and self.verdict is Verdict.ACCEPTED:
            return "a wrong repair is accepted"
        if kind is Kind.RIGHT and self.verdict is not Verdict.ACCEPTED:
            return f"a right repair is {self.verdict}"
        return ""


def load_results(folder: Path = PATCHES) -> dict[str, Result]:
    """The results that are kept, by the names of the patches; raises `ManifestError` when they can't be read."""
    try:
        document = json.loads((folder / NAME).read_text())
        if document["format"] != FORMAT:
            raise ManifestError(f"{NAME} has format {document['format']}, this version reads {FORMAT}.")
        return {
            name: Result(**{**item, "verdict": Verdict(item["verdict"]), "by": tuple(item["by"])})
            for name, item in document["played"].items()
        }
    except FileNotFoundError:
        return {}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ManifestError(f"{NAME} can't be read. Remove it, and `omnicloud bugs audit` makes it anew.") from error


def save_results(results: Mapping[str, Result], folder: Path = PATCHES) -> None:
    """Write the results in one step."""
    document = {"format": FORMAT, "played": {name: asdict(results[name]) for name in sorted(results)}}
    scratch = (folder / NAME).with_suffix(".new")
    scratch.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    os.replace(scratch, folder / NAME)


@dataclass
class Player:
    """Plays audit patches and keeps what came out."""

    reference: Reference
    catalogue: Catalogue
    manifest: Manifest
    reach: ReachMap
    held_out: Mapping[str, HeldOut] = field(default_factory=dict)
    options: Options = field(default_factory=lambda: Options(twins=False))
    folder: Path = PATCHES
    jobs: int = 1
    limit_seconds: float = math.inf
    """After so long no further patch is begun."""
    fresh: bool = False
    on_result: Callable[[AuditPatch, Result], None] = field(default=lambda audit, result: None)
    stop: threading.Event = field(default_factory=threading.Event)
    """The one of the options: set when something fails or Ctrl-C is pressed, so that no run goes on."""
    left: list[AuditPatch] = field(default_factory=list, init=False)
    """The patches that the limit left."""

    def play(self, audits: Sequence[AuditPatch]) -> dict[str, Result]:
        """Play what isn't known yet: what was never played before what has changed since, and of each kind those first
        that can touch the fewest tests. Gives all results that are kept.

        Raises `ManifestError` when a patch's bug isn't measured.
        """
        end, results = time.monotonic() + self.limit_seconds, load_results(self.folder)
        unmeasured = sorted({audit.bug for audit in audits if self._measured(audit) is None})
        if unmeasured:
            raise ManifestError(f"Not measured: {', '.join(unmeasured)}. Measure them with `omnicloud bugs verify`.")
        pending = [audit for audit in audits if self.fresh or not self.current(audit, results.get(audit.name))]
        touched = {audit.name: self._touched(audit) for audit in pending}
        pending.sort(key=lambda audit: (audit.name in results, len(touched[audit.name])))

        def played(audit: AuditPatch) -> Result | None:
            return self._played(audit, touched[audit.name]) if time.monotonic() < end else None

        with ThreadPoolExecutor(max_workers=max(1, self.jobs)) as pool:
            futures = {pool.submit(played, audit): audit for audit in pending}
            try:
                for future in as_completed(futures):
                    audit, result = futures[future], future.result()
                    if result is None:
                        self.left.append(audit)
                        continue
                    results[audit.name] = result
                    save_results(results, self.folder)
                    self.on_result(audit, result)
            except BaseException:
                self.stop.set()
                pool.shutdown(cancel_futures=True, wait=True)
                raise
        return results

    def current(self, audit: AuditPatch, result: Result | None) -> bool:
        """Whether a result is of today's patch, reference and held-out tests."""
        today = (audit.digest, self.reference.digest, self._held_out_digest(audit))
        return result is not None and (result.patch, result.reference, result.held_out) == today

    def _measured(self, audit: AuditPatch) -> Measurement | None:
        return self.manifest.of(self.catalogue[audit.bug])

    def _held_out(self, audit: AuditPatch) -> HeldOut | None:
        """The held-out tests that can be asked: those that were measured as they are now."""
        item, measured = self.held_out.get(audit.bug), self._measured(audit)
        known = None if measured is None else measured.held_out
        return item if item is not None and known is not None and known.files == item.digest else None

    def _held_out_digest(self, audit: AuditPatch) -> str:
        item = self._held_out(audit)
        return "" if item is None else item.digest

    def _touched(self, audit: AuditPatch) -> frozenset[str]:
        """The tests that judge a repair: the bug's triggers, and whatever else the change can touch."""
        measured = self._measured(audit)
        assert measured is not None
        files = audit.applied(self.reference.files)
        return self.reach.selection(changes(self.reference.files, files)).tests | frozenset(measured.triggers)

    def _played(self, audit: AuditPatch, tests: frozenset[str]) -> Result:
        files, ran = audit.applied(self.reference.files), 0
        for verdict, laid, stage in self._stages(audit, tests):
            run = run_confirmed({**files, **laid}, stage, self.options)
            ran += len(stage)
            if run.void or run.failed:
                by = (run.void,) if run.void else tuple(sorted(run.failed)[:NAMED])
                return self._result(audit, verdict, by, ran)
        return self._result(audit, Verdict.ACCEPTED, (), ran)

    def _result(self, audit: AuditPatch, verdict: Verdict, by: tuple[str, ...], ran: int) -> Result:
        return Result(audit.digest, self.reference.digest, self._held_out_digest(audit), verdict, by, ran)

    def _stages(
        self, audit: AuditPatch, tests: frozenset[str]
    ) -> Iterator[tuple[Verdict, Mapping[str, bytes], frozenset[str]]]:
        """What runs one after the other: what its failure means, the files laid for it, and the tests."""
        measured = self._measured(audit)
        assert measured is not None
        done: frozenset[str] = frozenset()
        triggers = sorted(measured.triggers, key=lambda test_id: (self.reach.seconds(test_id), test_id))
        wanted = [*_parts(triggers, FIRST), *_parts(triggers)] if audit.kind is Kind.WRONG else []
        for part in [*wanted, *_parts(sorted(tests))]:
            if stage := part - done:
                done |= stage
                yield Verdict.VISIBLE, {}, stage
        item = self._held_out(audit)
        if item is not None and measured.held_out is not None:
            yield Verdict.HELD_OUT, item.files, frozenset(measured.held_out.tests)


def _parts(tests: Sequence[str], most: int | None = None) -> list[frozenset[str]]:
    """Those without a fleet and those with one, the first so many of each."""
    return [frozenset([test_id for test_id in tests if is_unit(test_id) is unit][:most]) for unit in (True, False)]
