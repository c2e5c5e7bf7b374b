"""The score for people, on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from environment.causes import one_line
from environment.reward.bug_status import BugStatus, Tally
from environment.reward.diagnosis import Diagnosis
from environment.reward.failures import failure_causes
from environment.reward.rules import BONUSES, TIERS
from environment.reward.score import Score

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
    parts.append(_tallies("category", result.categories, result.shares))
    parts.append(_tallies("service", result.services))
    if result.bugs and spoil:
        parts.append(_bugs(result))
    elif result.bugs:
        counts = [f"{sum(bug.status is status for bug in result.bugs)} {status.value}" for status in BugStatus]
        parts.append(Text(f"{len(result.bugs)} causes: " + ", ".join(c for c in counts if not c.startswith("0 "))))
    if result.generalisation.total:
        held, of = result.generalisation.passed, result.generalisation.total
        words = f"Held-out tests: {held} of {of} repairs hold on tests that no workspace has."
        parts.append(Text(words, style="green" if held == of else "yellow"))
    if result.controls is not None:
        parts.append(Text(result.controls.words(), style="green" if result.controls.left_alone else "yellow"))
    if result.diagnosis is not None:
        parts.append(Text(diagnosis_line(result.diagnosis), style="dim" if result.diagnosis.trouble else ""))
    if result.regressions:
        parts.append(Text(f"Passed before and fails now: {', '.join(result.regressions[:3])}", style="red"))
    if result.failures:
        parts.append(_causes(result))
    return Group(*(piece for part in parts for piece in (part, Text())))


def diagnosis_line(found: Diagnosis) -> str:
    """How good the diagnosis is, beside the reward."""
    if found.trouble:
        return f"Diagnosis {decimal(found.score)} of 1: {one_line(found.trouble)}."
    named = ", ".join(f"{name} {percent(part)}" for name, part in found.parts.items())
    entries = "1 entry" if found.entries == 1 else f"{found.entries} entries"
    return f"Diagnosis {decimal(found.score)} of 1, {entries}: {named} (no part of the reward)."


def _headline(result: Score) -> Panel:
    if result.void:
        verdict = Text(f"Nothing counts: {result.void}", style="bold red")
    elif result.solved:
        verdict = Text("Solved: every test passes.", style="bold green")
    else:
        verdict = Text(f"{len(result.failures)} tests don't pass yet. {_next_tier(result)}", style="bold")
    for phase, reason in result.void_phases.items():
        verdict.append(f"\nNo {phase} test counts: {reason}.", style="bold red")
    if result.ignored:
        verdict.append(f"\nNot taken over from docker-compose.yml: {', '.join(result.ignored)}.", style="yellow")
    if not result.trusted:
        verdict.append(f"\nNot to be trusted: on this host {'; '.join(result.holes)}.", style="bold red")
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


def _tallies(name: str, tallies: Mapping[str, Tally], shares: Mapping[str, Fraction] | None = None) -> Table:
    table = Table(name, *(() if shares is None else ("share",)), "passed", "of", "", box=None, pad_edge=False)
    for row, tally in tallies.items():
        if tally.total:
            done = tally.passed == tally.total
            bar = Text("█" * (20 * tally.passed // tally.total), style="green" if done else "yellow")
            share = () if shares is None else (percent(shares[row]),)
            table.add_row(row, *share, str(tally.passed), str(tally.total), bar)
    return table


def _bugs(result: Score) -> Table:
    table = Table("bug", "status", "failing", "of", "held out", box=None, pad_edge=False)
    for bug in result.bugs:
        status = Text(bug.status.value, style=STATUS_STYLES[bug.status])
        held_out = "" if bug.held_out is None else f"{bug.held_out.passed} of {bug.held_out.total} pass"
        table.add_row(bug.id, status, str(bug.failing), str(bug.triggers), held_out)
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
