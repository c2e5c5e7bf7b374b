"""The page that `omnicloud score --html` writes: one file that needs no network and runs no script.

What it shows of tests and submitted files was written by others, so all of it goes through `text.shown`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from pathlib import Path
from string import Template

from environment.report_page import score_parts as parts
from environment.report_page.text import shown
from environment.reward.failures import failure_causes
from environment.reward.report import decimal, diagnosis_line, percent
from environment.reward.score import Score
from environment.workspace.episode import Episode

HERE = Path(__file__).parent
LISTED = 12
"""Ids in a list before the rest is only counted."""
GRADINGS = 12
"""Gradings that are listed, the latest last."""


@dataclass(frozen=True)
class Before:
    """What was known of an episode before this grading."""

    scores: tuple[Fraction, ...] = ()
    """Totals of the gradings so far, the untouched workspace's first; empty when there was none."""
    ever_passed: frozenset[str] = frozenset()


def before(episode: Episode) -> Before:
    """What an episode's record says."""
    return Before(tuple(Fraction(total) for total in episode.scores), frozenset(episode.ever_passed))


def score_page(result: Score, earlier: Before, *, spoil: bool) -> str:
    """The whole page. Equal content gives equal text. Bugs are named only if `spoil`."""
    passed, total = len(result.passed), len(result.passed) + len(result.failures)
    found = failure_causes(result.failures)
    sections = [
        _alerts(result),
        _section("Tiers", parts.ladder_note(result), parts.ladder(result)),
        _section("What the score is made of", "", parts.components(result)),
        _section("Since the earlier grading", "", _changes(result, earlier)),
        _section("Categories", parts.CATEGORIES_NOTE, parts.categories(result)),
        _section("Services and bonuses", parts.SERVICES_NOTE, parts.services(result)),
        _section("Control", "", f"<p>{shown(result.controls.words())}</p>") if result.controls else "",
        _section("Diagnosis", "", f"<p>{shown(diagnosis_line(result.diagnosis))}</p>") if result.diagnosis else "",
        _section("Why tests fail", parts.causes_note(result, found), parts.causes(found)) if found else "",
        _section("Causes of trouble", parts.bugs_note(result), parts.bugs(result, spoil)) if result.bugs else "",
    ]
    return Template((HERE / "score.html").read_text()).substitute(
        style=(HERE / "page.css").read_text() + (HERE / "score.css").read_text(),
        score=decimal(result.total),
        maximum=decimal(result.maximum),
        mood="good" if result.solved else "bad" if result.void else "soft",
        verdict=_verdict(result),
        cards=_cards(result, passed, total),
        sections="\n".join(filter(None, sections)),
        figures="Rates are cut off, never rounded up.",
    )


def _verdict(result: Score) -> str:
    if result.void:
        return f"Nothing counts: {shown(result.void)}"
    if result.solved:
        return "Solved: every test passes."
    return (
        "1 test doesn’t pass yet." if len(result.failures) == 1 else f"{len(result.failures):,} tests don’t pass yet."
    )


def _cards(result: Score, passed: int, total: int) -> str:
    """The figures to know before anything else."""
    cards = [
        (decimal(result.total), "score", f"of {decimal(result.maximum)}", ""),
        (decimal(result.reward), "reward so far", f"untouched: {decimal(result.baseline.total)}", ""),
        (percent(result.rate), "pass rate", f"untouched: {percent(result.baseline.rate)}", ""),
        (f"{passed:,}", "tests pass", f"of {total:,}", ""),
        ("yes" if result.solved else "no", "solved", "when every test passes", "good" if result.solved else ""),
        (
            "yes" if result.trusted else "no",
            "to be trusted",
            "the parties can’t reach each other" if result.trusted else "this host leaves something open",
            "" if result.trusted else "bad",
        ),
    ]
    return "".join(
        f'<div><dt>{name}</dt><dd><b class="{mood}">{value}</b><small>{note}</small></dd></div>'
        for value, name, note, mood in cards
    )


def _section(title: str, note: str, body: str) -> str:
    told = f'<p class="note">{note}</p>\n' if note else ""
    return f'<section><h2>{escape(title)}</h2>\n{told}<div class="scroll">{body}</div></section>'


def _alerts(result: Score) -> str:
    """What to know before the figures are believed."""
    kinds = [
        ("Void phases: none of their tests counts", [f"{name}: {why}" for name, why in result.void_phases.items()]),
        ("Open on this host, so not to be trusted", list(result.holes)),
        ("Not taken over from docker-compose.yml", list(result.ignored)),
    ]
    told = [f"<h2>{title}</h2>{parts.listed(items, LISTED)}" for title, items in kinds if items]
    if result.regressions:
        cost = decimal(result.penalty)
        told.append(f"<h2>Passed before, fails now ({cost})</h2>{parts.listed(result.regressions, LISTED, code=True)}")
    return f'<section class="alert">{"".join(told)}</section>' if told else ""


def _changes(result: Score, earlier: Before) -> str:
    """This grading beside the ones before it."""
    scores = [*(earlier.scores or (result.baseline.total,)), result.total]
    first = max(0, len(scores) - GRADINGS)
    rows = "".join(
        f'<tr><th scope="row">{_name(number, len(scores))}</th>'
        f'<td class="wide">{parts.meter(max(total, Fraction(0)), result.maximum)}</td>'
        f'<td class="n">{decimal(total)}</td>'
        f'<td class="n">{_difference(scores, number)}</td></tr>'
        for number, total in enumerate(scores)
        if number >= first
    )
    fresh = len(result.passed - earlier.ever_passed - result.baseline.passed)
    lost = len(result.regressions)
    words = "" if earlier.scores else "This is the first grading. "
    words += (
        f"{fresh:,} {'test passes' if fresh == 1 else 'tests pass'} for the first time, "
        f"{lost:,} that passed before {'fails' if lost == 1 else 'fail'}."
    )
    left_out = f" The {first} gradings before are left out." if first else ""
    return f'<p class="note">{words}{left_out}</p><table><tbody>{rows}</tbody></table>'


def _name(number: int, count: int) -> str:
    if number == 0:
        return "untouched"
    return "now" if number == count - 1 else f"grading {number}"


def _difference(scores: Sequence[Fraction], number: int) -> str:
    if number == 0:
        return ""
    change = scores[number] - scores[number - 1]
    mood = "good" if change > 0 else "bad" if change < 0 else "soft"
    return f'<span class="{mood}">{"+" if change > 0 else ""}{decimal(change)}</span>'
