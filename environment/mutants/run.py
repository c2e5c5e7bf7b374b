"""Decides a sample of mutants: unit tests first, several mutants at a time; then the live tests of what is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from enum import StrEnum

from environment.mutants.sample import Change, Mutant
from environment.mutants.trial import Trial, Undecided, touched, within
from environment.reach.reach_map import ReachMap


class End(StrEnum):
    """What is known of a mutant in the end."""

    UNIT = "killed by a unit test"
    LIVE = "killed live"
    SURVIVED = "survived"
    """Every test that it can touch ran and passed."""
    UNDECIDED = "undecided"
    """None that ran failed, and not all of them ran."""
    EQUIVALENT = "equivalent by reason"


@dataclass(frozen=True)
class Result:
    """How one mutant ended."""

    mutant: Mutant
    end: End
    unit: tuple[str, ...]
    """The unit tests that it can touch."""
    live: tuple[str, ...]
    """The live tests that it can touch, in the order in which they run."""
    ran: int = 0
    """How many of all these were asked, the last of them the one that failed, if one did."""
    by: str = ""
    """The test that killed it."""
    says: str = ""
    """What that test said, why nothing is known, or the reason."""
    seconds: float = 0.0


@dataclass
class Runner:
    """Goes through mutants. `stop` is the event of the trial's options."""

    reach: ReachMap
    trial: Trial
    reasons: Mapping[Change, str] = field(default_factory=dict)
    jobs: int = 1
    """How many mutants are tried by unit tests at a time. Live tests run on one fleet at a time."""
    live_seconds: float = 60.0
    """How long the live tests of one mutant may take together, by the map; 0: none runs."""
    stop: threading.Event = field(default_factory=threading.Event)
    on_result: Callable[[Result], None] = field(default=lambda result: None)
    results: list[Result] = field(default_factory=list, init=False)
    """What is decided so far, also after an interruption."""

    def run(self, mutants: Sequence[Mutant]) -> list[Result]:
        """Decide all of them. When it is interrupted, everything that it started has ended before it raises."""
        left: list[Result] = []
        with ThreadPoolExecutor(max_workers=max(1, self.jobs)) as pool:
            futures = [pool.submit(self._unit_stage, mutant) for mutant in mutants]
            try:
                for future in as_completed(futures):
                    result = future.result()
                    if result.end is End.UNDECIDED and self._has_live_share(result):
                        left.append(result)
                    else:
                        self._keep(result)
            except BaseException:
                self.stop.set()
                pool.shutdown(cancel_futures=True, wait=True)
                raise
        place = {mutant.change: place for place, mutant in enumerate(mutants)}
        for result in sorted(left, key=lambda result: place[result.mutant.change]):
            self._keep(self._live_stage(result))
        return self.results

    def _keep(self, result: Result) -> None:
        self.results.append(result)
        self.on_result(result)

    def _has_live_share(self, result: Result) -> bool:
        return not result.says and self.live_seconds > 0 and bool(within(self.reach, result.live, self.live_seconds))

    def _unit_stage(self, mutant: Mutant) -> Result:
        began = time.monotonic()
        unit, live = touched(self.trial.files, self.reach, mutant)
        end, ran, by, says = End.UNDECIDED if live else End.SURVIVED, len(unit), "", ""
        try:
            if failure := self.trial.first_failure(mutant, unit):
                end, ran, by, says = End.UNIT, unit.index(failure.test) + 1, failure.test, failure.says
        except Undecided as trouble:
            end, ran, says = End.UNDECIDED, 0, str(trouble)
        if not by and mutant.change in self.reasons:
            end, says = End.EQUIVALENT, self.reasons[mutant.change]
        return Result(mutant, end, unit, live, ran, by, says, time.monotonic() - began)

    def _live_stage(self, result: Result) -> Result:
        """What the live tests say that the limit leaves."""
        began, mutant, unit = time.monotonic(), result.mutant, len(result.unit)
        tests = within(self.reach, result.live, self.live_seconds)
        end = End.SURVIVED if len(tests) == len(result.live) else End.UNDECIDED
        ran, by, says = unit + len(tests), "", ""
        try:
            # A machine that is slow for a moment kills no mutant.
            if failure := self.trial.first_failure(mutant, tests, confirm=True):
                end, ran, by, says = End.LIVE, unit + tests.index(failure.test) + 1, failure.test, failure.says
        except Undecided as trouble:
            end, ran, says = End.UNDECIDED, unit, str(trouble)
        seconds = result.seconds + time.monotonic() - began
        return Result(mutant, end, result.unit, result.live, ran, by, says, seconds)
