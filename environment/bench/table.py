"""The figures for people, for the documentation, and for programs.

JSON (format 1), stable::

    {"format": 1,
     "machine": {"cores": 2, "memory_mib": 24105, "processor": "…", "kernel": "…", "python": "3.11.2",
                 "load": 0.1, "busy": 0.01, "quiet": true},
     "figures": [{"measure": "fleet", "name": "boot, warm", "value": 2.8, "unit": "s",
                  "target": 3.0, "at_most": true, "verdict": "met", "note": ""}],
     "failed": {"requests": "why it could not be measured"}}

`target` and `at_most` are null where there is none; `verdict` is "met", "missed" or "–".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from environment.bench.figures import Figure, Target, Verdict
from environment.bench.machine import Machine

FORMAT = 1
STYLES = {Verdict.MET: "green", Verdict.MISSED: "bold red", Verdict.NONE: "dim"}


@dataclass(frozen=True)
class Run:
    """What one run of the benchmarks found."""

    machine: Machine
    figures: Mapping[str, Sequence[Figure]] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def missed(self) -> int:
        """How many targets aren't met."""
        return sum(figure.verdict is Verdict.MISSED for found in self.figures.values() for figure in found)


def number(value: float, unit: str) -> str:
    """A value with its unit; minutes above 100 seconds, so that long figures can be compared."""
    if unit == "s" and abs(value) >= 100:
        minutes, seconds = divmod(round(value), 60)
        return f"{minutes} min {seconds:02} s"
    if unit == "%":
        return f"{100 * value:.1f}%"
    digits = 0 if abs(value) >= 100 or unit == "" else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


def bound(target: Target | None, unit: str) -> str:
    """A target as it is written: "≤ 3.00 s"."""
    return "" if target is None else f"{'≤' if target.at_most else '≥'} {number(target.bound, unit)}"


def show(run: Run, console: Console) -> None:
    """Print the table with what it was measured on."""
    facts = run.machine
    console.print(
        f"{facts.cores} cores ({facts.processor or 'unknown processor'}), {facts.memory_mib:,} MiB, kernel "
        f"{facts.kernel}, Python {facts.python}; load {facts.load:.2f}, {100 * facts.busy:.0f}% in use at the start",
        highlight=False,
    )
    if facts.warning:
        console.print(facts.warning, style="yellow")
    table = Table("", "figure", "value", "target", "", "note", box=None, pad_edge=False)
    for measure, figures in run.figures.items():
        for index, figure in enumerate(figures):
            verdict = Text(figure.verdict.value, style=STYLES[figure.verdict])
            cells = (number(figure.value, figure.unit), bound(figure.target, figure.unit))
            table.add_row("" if index else measure, figure.name, *cells, verdict, Text(figure.note, style="dim"))
    console.print(table)
    for measure, why in run.failed.items():
        console.print(f"{measure}: not measured: {why}", style="red", markup=False)


def markdown(run: Run) -> str:
    """The table as it stands in the documentation."""
    lines = ["| figure | value | target | |", "|---|---|---|---|"]
    for figures in run.figures.values():
        for figure in figures:
            value, target = number(figure.value, figure.unit), bound(figure.target, figure.unit)
            note = f" ({figure.note})" if figure.note else ""
            lines.append(f"| {figure.name}{note} | {value} | {target or '–'} | {figure.verdict.value} |")
    return "\n".join(lines) + "\n"


def to_document(run: Run) -> dict[str, Any]:
    """The run as JSON values, in the documented form."""
    return {
        "format": FORMAT,
        "machine": {**asdict(run.machine), "quiet": run.machine.quiet},
        "figures": [
            {
                "measure": measure,
                "name": figure.name,
                "value": figure.value,
                "unit": figure.unit,
                "target": figure.target.bound if figure.target else None,
                "at_most": figure.target.at_most if figure.target else None,
                "verdict": figure.verdict.value,
                "note": figure.note,
            }
            for measure, figures in run.figures.items()
            for figure in figures
        ],
        "failed": dict(run.failed),
    }
