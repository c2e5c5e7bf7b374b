"""The score for people, on a terminal and as a page."""

from __future__ import annotations

import io
from collections.abc import Mapping
from fractions import Fraction

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from environment.causes import one_line
from environment.reward.failures import failure_causes
from environment.reward.rules import BONUSES, TIERS, WEIGHTS
from environment.reward.score import BugStatus, Score, Tally

SHOWN_CAUSES = 12
MESSAGE_LIMIT = 300
STATUS_STYLES = {
    BugStatus.FIXED: "green",
    BugStatus.NOT_FIXED: "red",
    BugStatus.MASKED: "yellow",
    BugStatus.UNMEASURED: "dim",
}


def decimal(value: Fraction) -> str:
    """A fraction of thousandths with three digits and a sign where it is negative."""
    return f"{float(value):.3f}".replace("-", "−")


def percent(rate: Fraction) -> str:
    """A rate in per cent, cut off and never rounded up: 99.99% isn't 100%."""
    hundredths = rate.numerator * 10_000 // rate.denominator
    return f"{hundredths // 100}.{hundredths % 100:02}%"


def print_score(result: Score, console: Console, *, spoil: bool) -> None:
    """Print the whole report. Bugs are shown only if `spoil`: their ids tell a challenger what to look for."""
    console.print(report(result, spoil=spoil), crop=False)


def report(result: Score, *, spoil: bool) -> RenderableType:
    """The report as something that rich prints."""
    parts: list[RenderableType] = [_headline(result), _components(result)]
    parts.append(_tallies("category", {f"{name} ×{float(WEIGHTS[name])}": t for name, t in result.categories.items()}))
    parts.append(_tallies("service", result.services))
    if result.bugs and spoil:
        parts.append(_bugs(result))
    elif result.bugs:
        counts = [f"{sum(bug.status is status for bug in result.bugs)} {status.value}" for status in BugStatus]
        parts.append(Text(f"{len(result.bugs)} causes: " + ", ".join(c for c in counts if not c.startswith("0 "))))
    if result.regressions:
        parts.append(Text(f"Passed before and fails now: {', '.join(result.regressions[:3])}", style="red"))
    if result.failures:
        parts.append(_causes(result))
    return Group(*(piece for part in parts for piece in (part, Text())))


def _headline(result: Score) -> Panel:
    if result.void:
        verdict = Text(f"Nothing counts: {result.void}", style="bold red")
    elif result.solved:
        verdict = Text("Solved: every test passes.", style="bold green")
    else:
        verdict = Text(f"{len(result.failures)} tests don't pass yet. {_next_tier(result)}", style="bold")
    text = Text.assemble(
        (f"score {decimal(result.total)}", "bold"),
        f" of {decimal(result.maximum)}   reward so far {decimal(result.reward)}   pass rate {percent(result.rate)}\n",
        verdict,
    )
    return Panel(text, expand=False)


def _next_tier(result: Score) -> str:
    above = [(bound, value) for bound, value in TIERS if bound > result.rate]
    bound, value = above[-1]
    return f"The next tier ({decimal(value)}) begins at {percent(bound)}."


def _components(result: Score) -> Table:
    table = Table("component", "value", "note", box=None, pad_edge=False)
    table.add_row("tier", decimal(result.tier), f"untouched: {decimal(result.baseline.tier)}")
    for name in BONUSES:
        if name in result.bonuses:
            note = "" if name in result.counted else "the untouched workspace has it already"
            table.add_row(name, decimal(BONUSES[name] if name in result.counted else Fraction(0)), note)
    if result.penalty:
        table.add_row("penalty", decimal(result.penalty), f"{len(result.regressions)} tests that passed before fail")
    return table


def _tallies(name: str, tallies: Mapping[str, Tally]) -> Table:
    table = Table(name, "passed", "of", "", box=None, pad_edge=False)
    for row, tally in tallies.items():
        if tally.total:
            done = tally.passed == tally.total
            bar = "█" * (20 * tally.passed // tally.total)
            table.add_row(row, str(tally.passed), str(tally.total), Text(bar, style="green" if done else "yellow"))
    return table


def _bugs(result: Score) -> Table:
    table = Table("bug", "status", "failing", "of", box=None, pad_edge=False)
    for bug in result.bugs:
        status = Text(bug.status.value, style=STATUS_STYLES[bug.status])
        table.add_row(bug.id, status, str(bug.failing), str(bug.triggers))
    return table


def _causes(result: Score) -> RenderableType:
    """Why tests fail, the most frequent cause first. Ids of tests stay in one line, so that they can be copied."""
    causes = failure_causes(result.failures)
    words = "one and the same error" if len(causes) == 1 else f"{len(causes)} different errors"
    failing = f"{len(result.failures)} tests fail" if len(result.failures) > 1 else "1 test fails"
    parts: list[RenderableType] = [Text(f"{failing} with {words}:", style="bold")]
    width = len(str(causes[0].count)) + 2
    for cause in causes[:SHOWN_CAUSES]:
        message = one_line(cause.message, MESSAGE_LIMIT)
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_column(width=width, justify="right", style="bold red")
        row.add_column()
        row.add_row(str(cause.count), Text(message))
        indent = " " * (width + 1)
        example = f"{indent}{'e.g. ' if cause.count > 1 else ''}{cause.example}"
        parts += [row, Text(example, style="dim", no_wrap=True, overflow="ignore")]
    if left := causes[SHOWN_CAUSES:]:
        tests = sum(cause.count for cause in left)
        parts.append(Text(f"… and {tests} more tests with {len(left)} other errors; `--json FILE` writes all of them"))
    return Group(*parts)


def html_page(result: Score, *, spoil: bool) -> str:
    """The same report as one page without outside references."""
    console = Console(record=True, width=140, file=io.StringIO())
    print_score(result, console, spoil=spoil)
    return console.export_html()
