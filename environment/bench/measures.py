"""What is measured, by name, and the targets that it is held against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from environment.affected.measure import measure as measure_affected
from environment.affected.summary import Summary, summary
from environment.bench import fleet, requests, suites, verification
from environment.bench.figures import Figure, at_least, at_most
from environment.bench.standing import standing

MS, S, MIB, SHARE = "ms", "s", "MiB", "%"


@dataclass(frozen=True)
class Context:
    """Where to measure. `arguments` are handed to `bugs verify`; `edits` is the size of the sample of edits."""

    root: Path
    scratch: Path
    edits: int = 40
    arguments: Sequence[str] = ()


@dataclass(frozen=True)
class Measure:
    """One part of the benchmarks. `long`: takes minutes, so it runs only when it is asked for."""

    name: str
    about: str
    run: Callable[[Context], list[Figure]]
    long: bool = False


def boot_figures(found: fleet.FleetBench) -> list[Figure]:
    """What a fleet costs to start and to have."""
    trouble = f"; not shared: {found.warm.nursery_trouble}" if found.warm.nursery_trouble else ""
    return [
        Figure("boot without a template", found.cold.seconds, S, note=f"{found.cold.cpu_seconds:.1f} s of CPU"),
        Figure("boot", found.warm.seconds, S, at_most(3.0), "" if found.warm.from_template else "no template was used"),
        Figure("CPU of a boot", found.warm.cpu_seconds, S),
        Figure("memory of a fleet", found.warm.mib, MIB, at_most(900), f"PSS, infrastructure included{trouble}"),
        Figure("idle fleet, of one core", found.idle.share, SHARE, at_most(0.04)),
    ]


def request_figures(found: requests.RequestCosts) -> list[Figure]:
    """What a request costs, as CPU in both processes and as a rate beside a bare end point's."""
    figures = [Figure("bare end point", found.bare_rate, "/s", note=f"{found.bare_ms:.2f} ms of CPU a request")]
    for kind in found.kinds:
        parts = f"gateway {kind.gateway_ms:.2f}, {kind.service} {kind.service_ms:.2f}"
        figures += [
            Figure(f"{kind.name}: CPU of a request", kind.total_ms, MS, at_most(5.0), parts),
            Figure(f"{kind.name}: rate beside the bare one", found.share(kind), SHARE, at_least(0.40)),
        ]
    return figures


def suite_figures(platform: suites.SuiteTime, environment: suites.SuiteTime) -> list[Figure]:
    """What the tests take."""
    return [
        Figure("the platform's tests", platform.seconds, S, at_most(120), f"{platform.passed:,} passed"),
        Figure("the environment's tests", environment.seconds, S, note=f"{environment.passed:,} passed"),
        Figure("both, as `make test` runs them", platform.seconds + environment.seconds, S, at_most(300)),
    ]


def verification_figures(found: verification.VerifyTimes) -> list[Figure]:
    """What verifying the catalogue takes."""
    return [
        Figure(f"verify {found.bugs} bugs from nothing", found.from_nothing, S, at_most(720)),
        Figure("… after a change inside one service", found.after_change, S, at_most(180)),
        Figure("… after a new test", found.after_test, S, at_most(60)),
    ]


def affected_figures(found: Summary) -> list[Figure]:
    """From an edit to the result of the tests that reach it."""
    sample = f"{found.edits} edits, a fleet standing"
    return [
        Figure("edit to affected result, median", found.median, S, at_most(10), sample),
        Figure("… without the long tests, which run last", found.quick_median, S),
        Figure("edit to affected result, 90th percentile", found.ninetieth, S),
    ]


def _fleet(context: Context) -> list[Figure]:
    return boot_figures(fleet.measure(context.root))


def _requests(context: Context) -> list[Figure]:
    with standing(context.root) as paths:
        return request_figures(requests.measure(paths))


def _suites(context: Context) -> list[Figure]:
    platform = suites.measure(context.root)
    return suite_figures(platform, suites.measure(context.root, suites.ENVIRONMENT))


def _verification(context: Context) -> list[Figure]:
    return verification_figures(verification.measure(context.root, context.arguments))


def _affected(context: Context) -> list[Figure]:
    document = measure_affected(context.edits, 0, context.scratch / "affected.json")
    return affected_figures(summary(document))


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("fleet", "start, memory and idle load of a fleet", _fleet),
        Measure("requests", "CPU and rate of requests through gateway and service", _requests),
        Measure("affected", "from an edit to the result of the tests that reach it", _affected, long=True),
        Measure("suites", "the platform's and the environment's tests", _suites, long=True),
        Measure(
            "verification", "the catalogue from nothing, after a change, after a new test", _verification, long=True
        ),
    )
}


def chosen(names: Sequence[str], long: bool) -> list[Measure]:
    """The measures of these names, in the order of the table; without names the short ones, with `long` all.

    Raises ValueError for a name that there isn't.
    """
    if unknown := [name for name in names if name not in MEASURES]:
        raise ValueError(f"there is no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    if names:
        return [measure for name, measure in MEASURES.items() if name in names]
    return [measure for measure in MEASURES.values() if long or not measure.long]
