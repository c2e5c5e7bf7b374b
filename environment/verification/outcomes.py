"""What the measured outcomes of bugs say: triggers, held-out tests, problems, edges."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from environment.bugs.catalogue import Bug
from environment.bugs.held_out import HeldOut
from environment.bugs.manifest import HeldOutMeasurement, Manifest, Measurement
from environment.verification.checks import LEAST_TRIGGERS


def measurement(
    bug: Bug, reference: str, failed: Collection[str], held_out: HeldOut | None, sound: Collection[str]
) -> Measurement:
    """The measurement of a bug with which these tests fail. `sound` are the tests that pass on the reference: of
    held-out tests no others count."""
    if held_out is None:
        return Measurement(bug.digest, reference, tuple(sorted(failed)))
    triggers = tuple(sorted(test_id for test_id in failed if test_id not in held_out))
    tests = {test_id: test_id in failed for test_id in sorted(sound) if test_id in held_out}
    return Measurement(bug.digest, reference, triggers, HeldOutMeasurement(held_out.digest, tests))


def problems(measured: Measurement, held_out: HeldOut | None, unsound: Collection[str]) -> tuple[str, ...]:
    """What is wrong with a bug. `unsound` are tests that fail on the reference, or that can't fail."""
    found: list[str] = []
    if len(measured.triggers) < LEAST_TRIGGERS:
        found.append(f"fails {len(measured.triggers)} visible tests; there must be at least {LEAST_TRIGGERS}")
    if held_out is not None:
        found += [
            f"held-out, but fails on the reference or can't fail: {test_id}"
            for test_id in sorted(unsound)
            if test_id in held_out
        ]
        if measured.held_out is None or not any(measured.held_out.tests.values()):
            found.append("fails none of its held-out tests")
    return tuple(found)


def measured_edges(
    catalogue: Mapping[str, Bug], measured: Mapping[str, Measurement]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """For every declared edge whose two ends are measured on one reference: the bug's triggers that the other alone
    fails too. What was measured on different ones can't be compared: one may have tests that the other hasn't."""
    return {
        (bug.id, other): tuple(sorted(set(measured[bug.id].triggers) & set(measured[other].triggers)))
        for bug in catalogue.values()
        for other in bug.depends_on
        if bug.id in measured and other in measured and measured[bug.id].reference == measured[other].reference
    }


def unmeasured_edges(catalogue: Mapping[str, Bug], manifest: Manifest) -> list[tuple[str, str]]:
    """Declared edges that the measurements contradict: no trigger of the bug fails with only the other injected."""
    return [edge for edge, masked in measured_edges(catalogue, manifest.bugs).items() if not masked]
