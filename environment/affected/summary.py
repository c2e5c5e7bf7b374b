"""What the measured edits of a sample say together."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Summary:
    """What the measured edits say together. Times are seconds."""

    edits: int
    median: float
    ninetieth: float
    quick_median: float
    """Until all tests but the long ones were decided."""
    quick_ninetieth: float
    first_failure_median: float | None
    failing: int
    """Edits with which at least one affected test fails."""
    only_long: int
    """Edits with which only long tests fail: the result without them says nothing of it."""
    unreached: int
    """Edits that no test reaches."""
    suites: int
    unit_runs: int
    full_only: int
    affected_only: int
    confirmed_full_only: int
    confirmed_affected_only: int


def summary(document: Mapping[str, Any]) -> Summary:
    """Sum up a file of measurements. Raises ValueError when it holds none."""
    edits = list(document["edits"].values())
    if not edits:
        raise ValueError("no edit has been measured")
    seconds = [edit["seconds"] for edit in edits]
    quick = [edit["quick_seconds"] for edit in edits]
    first = [edit["first_failure"] for edit in edits if edit["first_failure"] is not None]
    checks = [edit["check"] for edit in edits if edit.get("check")]

    def count(name: str) -> int:
        return sum(len(check[name]) for check in checks)

    return Summary(
        edits=len(edits),
        median=statistics.median(seconds),
        ninetieth=ninetieth(seconds),
        quick_median=statistics.median(quick),
        quick_ninetieth=ninetieth(quick),
        first_failure_median=statistics.median(first) if first else None,
        failing=sum(bool(edit["failed"]) for edit in edits),
        only_long=sum(bool(edit["failed"]) and set(edit["failed"]) <= set(edit["long"]) for edit in edits),
        unreached=sum(not edit["tests"] for edit in edits),
        suites=sum(check["against"] == "suite" for check in checks),
        unit_runs=sum(check["against"] == "unit" for check in checks),
        full_only=count("full_only"),
        affected_only=count("affected_only"),
        confirmed_full_only=count("confirmed_full_only"),
        confirmed_affected_only=count("confirmed_affected_only"),
    )


def ninetieth(values: Sequence[float]) -> float:
    """The smallest value that nine tenths of all don't exceed."""
    return sorted(values)[max(0, -(-9 * len(values) // 10) - 1)]


def lines(found: Summary) -> list[str]:
    """The summary for people."""
    first = f"{found.first_failure_median:.1f} s" if found.first_failure_median is not None else "–"
    return [
        f"{found.edits} edits; from the edit to its result: {found.median:.1f} s median, {found.ninetieth:.1f} s 90th "
        "percentile",
        f"without the long tests, which run last: {found.quick_median:.1f} s median, {found.quick_ninetieth:.1f} s "
        f"90th percentile; with {found.only_long} edits only long tests fail",
        f"{found.failing} make an affected test fail (the first after {first}, median); no test reaches "
        f"{found.unreached}",
        f"checked: {found.suites} by the whole suite, {found.unit_runs} by all unit tests",
        f"only the full run saw {found.full_only} failures ({found.confirmed_full_only} of them again), "
        f"only the affected run {found.affected_only} ({found.confirmed_affected_only} confirmed)",
    ]
