"""The score page's figures and tables."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from environment.report_page.text import shown
from environment.reward.bug_status import BugStatus, Tally
from environment.reward.failures import FailureCause
from environment.reward.report import decimal, percent
from environment.reward.rules import BONUSES, CHAOS, SERVICE_BONUS, STATE, TIERS
from environment.reward.score import Score

FIRST_CAUSES = 12
MOST_CAUSES = 300
CATEGORIES_NOTE = (
    "A category’s share is fixed, however many tests it has. It adds its share × passed / tests to the pass rate."
)
SERVICES_NOTE = (
    f"Each service whose tests all pass earns {decimal(SERVICE_BONUS)}. What the untouched workspace has is never paid."
)
BUG_MOODS = {BugStatus.FIXED: "good", BugStatus.NOT_FIXED: "bad", BugStatus.MASKED: "", BugStatus.UNMEASURED: "soft"}


def meter(part: Fraction | int, whole: Fraction | int) -> str:
    """A bar; full only when nothing is missing."""
    width = float(min(Fraction(part) / whole, Fraction(1))) * 100 if whole else 0.0
    full = " full" if whole and part >= whole else ""
    return f'<span class="meter{full}"><i style="width:{width:.2f}%"></i></span>'


def listed(items: Sequence[str], most: int, *, code: bool = False) -> str:
    """A list of what others wrote, and how many more there are."""
    opening, closing = ("<code>", "</code>") if code else ("", "")
    rows = [f"<li>{opening}{shown(item)}{closing}</li>" for item in items[:most]]
    if len(items) > most:
        rows.append(f'<li class="soft">and {len(items) - most:,} more; <code>--json FILE</code> has all of them</li>')
    return f'<ul class="ids">{"".join(rows)}</ul>'


# ---------------------------------------------------------------------- tiers


def ladder(result: Score) -> str:
    """The tiers by their lower bounds, as wide as the pass rates that they cover, and where the pass rate stands."""
    rungs = []
    for (bound, value), (above, _) in pairwise(reversed(TIERS)):
        width, standing = float((above - bound) * 100), _standing(bound, above, result.rate)
        rungs.append(f'<div class="rung {standing}" style="flex:{width:g} 1 0">{_rung(bound, value)}</div>')
    top = "here top" if result.rate == 1 else ""
    rate = float(result.rate) * 100
    # The words stand on the side where there is room for them.
    side = "left" if result.rate > Fraction(1, 2) else "right"
    spoken = f"Pass rate {percent(result.rate)}, tier {decimal(result.tier)}"
    return (
        f'<div class="rate" aria-hidden="true"><i class="{side}" style="left:{rate:.3f}%">'
        f"<span>{percent(result.rate)}</span></i></div>"
        f'<div class="ladder" role="img" aria-label="{spoken}"><div class="rungs">{"".join(rungs)}</div>'
        f'<div class="rung last {top}">{_rung(*TIERS[0])}</div></div>'
    )


def _rung(bound: Fraction, value: Fraction) -> str:
    return f"{float(value):.2f}<small>from {float(bound * 100):g}%</small>"


def _standing(bound: Fraction, above: Fraction, rate: Fraction) -> str:
    if rate >= above:
        return "reached"
    return "here" if rate >= bound else ""


def ladder_note(result: Score) -> str:
    """Where one stands, and what is missing to the next tier."""
    here = next(bound for bound, value in TIERS if value == result.tier)
    words = f"The pass rate decides the tier. Tier {decimal(result.tier)} begins at {percent(here)}"
    higher = [(bound, value) for bound, value in TIERS if bound > result.rate]
    if not higher:
        return f"{words}; there is none above."
    bound, value = higher[-1]
    return f"{words}; the next, {decimal(value)}, at {percent(bound)}: {_missing(bound - result.rate)} to go."


def _missing(rate: Fraction) -> str:
    """A rate in per cent, rounded up: something that is missing is never nothing."""
    hundredths = -(-rate.numerator * 10_000 // rate.denominator)
    return f"{hundredths // 100}.{hundredths % 100:02}%"


def components(result: Score) -> str:
    """Tier, counted bonuses and penalty, which add up to the score."""
    services = [name for name in result.counted if name.startswith("service:")]
    rows = [("tier", result.tier, f"untouched: {decimal(result.baseline.tier)}")]
    if services:
        counted = "1 service" if len(services) == 1 else f"{len(services)} services"
        rows.append(("services", len(services) * SERVICE_BONUS, f"{counted} complete"))
    rows += [(_bonus(name), BONUSES[name], "complete") for name in (CHAOS, STATE) if name in result.counted]
    if result.penalty:
        rows.append(("penalty", result.penalty, "something that passed before fails"))
    body = "".join(
        f'<tr><th scope="row">{name}</th><td class="n">{decimal(value)}</td><td>{note}</td></tr>'
        for name, value, note in rows
    )
    total = f'<tr><th scope="row">score</th><td class="n">{decimal(result.total)}</td><td></td></tr>'
    return f"<table><tbody>{body}</tbody><tfoot>{total}</tfoot></table>"


def _bonus(name: str) -> str:
    return {CHAOS: "all chaos tests", STATE: "all infrastructure tests"}.get(name, name.removeprefix("service:"))


# ---------------------------------------------------------------------- categories and services


def categories(result: Score) -> str:
    """What each category adds to the pass rate."""
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td class="n">{percent(result.shares[name])}</td>'
        f'<td class="wide">{meter(tally.passed, tally.total)}</td><td class="n">{_tally(tally)}</td>'
        f'<td class="n">{_adds(result.shares[name], tally)}</td></tr>'
        for name, tally in result.categories.items()
    )
    heads = _heads(("Category", ""), ("Share", "n"), ("", ""), ("Pass", "n"), ("Adds", "n"))
    total = (
        f'<tr><th scope="row">pass rate</th><td></td><td></td><td></td><td class="n">{percent(result.rate)}</td></tr>'
    )
    return f"<table>{heads}<tbody>{rows}</tbody><tfoot>{total}</tfoot></table>"


def _adds(share: Fraction, tally: Tally) -> str:
    return percent(share * Fraction(tally.passed, tally.total)) if tally.total else "–"


def services(result: Score) -> str:
    """Every service, and the two further bonuses."""
    rows = [(name, f"service:{name}", tally) for name, tally in result.services.items()]
    rows.append((_bonus(CHAOS), CHAOS, result.categories[CHAOS]))
    body = "".join(
        f'<tr><th scope="row">{title}</th><td class="wide">{meter(tally.passed, tally.total)}</td>'
        f'<td class="n">{_tally(tally)}</td><td class="n">{_earned(result, name)}</td></tr>'
        for title, name, tally in rows
    )
    state = f'<td></td><td></td><td class="n">{_earned(result, STATE)}</td>'
    body += f'<tr><th scope="row">{_bonus(STATE)}</th>{state}</tr>'
    return f"<table>{_heads(('Service', ''), ('', ''), ('Pass', 'n'), ('Bonus', 'n'))}<tbody>{body}</tbody></table>"


def _earned(result: Score, name: str) -> str:
    if name in result.counted:
        return f'<b class="good">+{decimal(BONUSES[name])}</b>'
    if name in result.bonuses:
        return '<span class="soft">untouched has it</span>'
    if name in result.baseline.bonuses:
        return '<span class="bad">lost</span>'
    return f"<small>of {decimal(BONUSES[name])}</small>" if name in result.offered else "<small>no tests</small>"


def _tally(tally: Tally) -> str:
    return f"{tally.passed:,}&thinsp;/&thinsp;{tally.total:,}" if tally.total else "–"


def _heads(*columns: tuple[str, str]) -> str:
    cells = "".join(f'<th scope="col" class="{kind}">{title}</th>' for title, kind in columns)
    return f"<thead><tr>{cells}</tr></thead>"


# ---------------------------------------------------------------------- failures and bugs


def causes_note(result: Score, found: Sequence[FailureCause]) -> str:
    """How many failures, and how many different ones."""
    different = len(found)
    errors = "one and the same error" if different == 1 else f"{different:,} different errors"
    failing = "1 test fails" if len(result.failures) == 1 else f"{len(result.failures):,} tests fail"
    return f"{failing} with {errors}; the most frequent first, each with one of its tests."


def causes(found: Sequence[FailureCause]) -> str:
    """Failures that say the same are one row."""
    text = _causes(found[:FIRST_CAUSES])
    if rest := found[FIRST_CAUSES:]:
        shown_too, left = rest[:MOST_CAUSES], len(rest[MOST_CAUSES:])
        words = f"{len(rest):,} more" if not left else f"{len(shown_too):,} of {len(rest):,} more"
        text += f"<details><summary>{words}</summary>{_causes(shown_too)}</details>"
    return text


def _causes(found: Sequence[FailureCause]) -> str:
    rows = "".join(
        f'<tr><td class="n">{cause.count:,}</td>'
        f"<td>{shown(cause.message)}<br><code>{shown(cause.example)}</code></td></tr>"
        for cause in found
    )
    return f'<table class="causes"><tbody>{rows}</tbody></table>'


def bugs_note(result: Score) -> str:
    """How many causes there are in which state, and how many repairs hold on held-out tests."""
    counts = {status: sum(bug.status is status for bug in result.bugs) for status in BugStatus}
    all_of_them = "1 cause" if len(result.bugs) == 1 else f"{len(result.bugs)} causes"
    words = f"{all_of_them}: " + ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    held = result.generalisation
    told = f" {held.passed} of {held.total} repairs hold on held-out tests that no workspace has." if held.total else ""
    return f"{words}.{told}"


def bugs(result: Score, spoil: bool) -> str:
    """The bugs by their ids, only for those who may know them."""
    if not spoil:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{bug.id}</th><td class="{BUG_MOODS[bug.status]}">{bug.status.value}</td>'
        f'<td class="n">{bug.failing:,}&thinsp;/&thinsp;{bug.triggers:,}</td>'
        f'<td class="n">{_tally(bug.held_out) if bug.held_out is not None else "–"}</td></tr>'
        for bug in result.bugs
    )
    heads = _heads(("Bug", ""), ("Status", ""), ("Triggers that fail", "n"), ("Held-out tests that pass", "n"))
    return f"<table>{heads}<tbody>{rows}</tbody></table>"
