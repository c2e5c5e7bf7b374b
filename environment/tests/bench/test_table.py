"""The table: targets, verdicts, units, and what it was measured on."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from environment.bench.figures import Figure, Verdict, at_least, at_most
from environment.bench.machine import Machine, machine
from environment.bench.table import Run, bound, markdown, number, show, to_document

QUIET = Machine(2, 24105, "Fast 9000", "6.1.0", "3.11.2", load=0.2, busy=0.02)
BUSY = Machine(2, 24105, "Fast 9000", "6.1.0", "3.11.2", load=6.0, busy=0.9)


@pytest.mark.parametrize(
    ("value", "target", "verdict"),
    [
        (3.0, at_most(3.0), Verdict.MET),
        (3.001, at_most(3.0), Verdict.MISSED),
        (0.4, at_least(0.4), Verdict.MET),
        (0.39, at_least(0.4), Verdict.MISSED),
        (1.0, None, Verdict.NONE),
    ],
)
def test_a_bound_itself_is_met(value: float, target: object, verdict: Verdict) -> None:
    assert Figure("x", value, "s", target).verdict is verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (2.834, "s", "2.83 s"),
        (42.04, "s", "42.0 s"),
        (725.4, "s", "12 min 05 s"),
        (0.0384, "%", "3.8%"),
        (1157.2, "MiB", "1,157 MiB"),
        (4.9, "ms", "4.90 ms"),
        (812.0, "/s", "812 /s"),
    ],
)
def test_values_are_written_with_their_units(value: float, unit: str, text: str) -> None:
    assert number(value, unit) == text


def test_a_target_is_written_as_a_bound() -> None:
    assert bound(at_most(3), "s") == "≤ 3.00 s"
    assert bound(at_least(0.4), "%") == "≥ 40.0%"
    assert bound(None, "s") == ""


def shown(run: Run) -> str:
    console = Console(file=io.StringIO(), width=200)
    show(run, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_says_what_was_measured_on_what() -> None:
    figures = {"fleet": [Figure("boot", 2.5, "s", at_most(3)), Figure("memory", 950.0, "MiB", at_most(900), "PSS")]}
    text = shown(Run(QUIET, figures, {"requests": "no fleet"}))
    assert "2 cores (Fast 9000), 24,105 MiB, kernel 6.1.0, Python 3.11.2; load 0.20, 2% in use at the start" in text
    assert "isn't quiet" not in text
    boot, memory = (line for line in text.splitlines() if "≤" in line)
    assert boot.split() == ["fleet", "boot", "2.50", "s", "≤", "3.00", "s", "met"]
    assert memory.split() == ["memory", "950", "MiB", "≤", "900", "MiB", "missed", "PSS"]
    assert "requests: not measured: no fleet" in text


def test_a_machine_that_is_not_quiet_is_told() -> None:
    assert QUIET.warning == ""
    assert "load 6.0 on 2 cores, 90% in use" in BUSY.warning
    assert "isn't quiet" in shown(Run(BUSY))


def test_the_forms_for_documents_and_programs_agree() -> None:
    run = Run(QUIET, {"fleet": [Figure("boot", 2.5, "s", at_most(3)), Figure("CPU", 4.0, "s", note="user and system")]})
    assert markdown(run) == (
        "| figure | value | target | |\n|---|---|---|---|\n"
        "| boot | 2.50 s | ≤ 3.00 s | met |\n| CPU (user and system) | 4.00 s | – | – |\n"
    )
    document = json.loads(json.dumps(to_document(run)))
    assert document["machine"]["quiet"] is True
    assert document["figures"][0] == {
        "measure": "fleet",
        "name": "boot",
        "value": 2.5,
        "unit": "s",
        "target": 3,
        "at_most": True,
        "verdict": "met",
        "note": "",
    }
    assert document["figures"][1]["target"] is None
    assert run.missed == 0


def test_this_machine_can_be_looked_at() -> None:
    here = machine()
    assert here.cores >= 1
    assert here.memory_mib > 100
    assert 0 <= here.busy <= 1
