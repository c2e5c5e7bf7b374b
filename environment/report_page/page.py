"""Puts the page together: one file, no network."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from string import Template

from environment.bugs.families import DIFFICULTIES, FAMILIES
from environment.bugs.graph import depth
from environment.report_page import figures
from environment.report_page.data import Page, to_document

HERE = Path(__file__).parent


def html_page(page: Page) -> str:
    """The whole page. Equal content gives equal text."""
    return Template((HERE / "page.html").read_text()).substitute(
        style=(HERE / "page.css").read_text(),
        script=(HERE / "heatmap.js").read_text() + (HERE / "page.js").read_text(),
        data=_embedded(page),
        cards=_cards(page),
        families=_choices("family", [(family.slug, family.letter, family.title) for family in FAMILIES], page),
        difficulties=_choices("difficulty", [(name, "", name) for name in DIFFICULTIES], page),
        graph=figures.graph(page),
        scatter=figures.scatter(page),
        bars=figures.bars(page),
        table=figures.table(page),
        equivalent=figures.equivalent(page),
        suite=figures.duration(page.suite_seconds) if page.suite_seconds else "an unknown time",
    )


def _embedded(page: Page) -> str:
    """JSON that can stand inside a script element."""
    return json.dumps(to_document(page), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _cards(page: Page) -> str:
    """The figures to know before anything else."""
    rows, tests = page.rows, len(page.test_ids)
    followed = [row for row in rows if not row.everything]
    pairs = sum(len(row.reached) for row in rows)
    fails = sum(len(row.fails) for row in rows)
    chain = max(depth({row.bug.id: row.bug for row in rows}).values(), default=0)
    unshown = sum(not edge.masked for edge in page.edges)
    cards = [
        (f"{len(rows)}", "bugs", f"{tests:,} tests"),
        (f"{fails:,}", "triggers", f"pairs of a bug and a test that fails with it alone, of {len(rows) * tests:,}"),
        (f"{len(page.edges)}", "dependencies", f"{unshown} declared only" if unshown else "every one measured"),
        (f"{chain}", "longest chain", "fixes in a row"),
    ]
    if page.mapped:
        cards.insert(2, (figures.share(pairs, len(rows) * tests), "of all pairs run", "the rest is out of reach"))
        shares = sorted(len(row.reached) / tests for row in followed) if tests else []
        if shares:
            middle = figures.share(shares[len(shares) // 2], 1)
            cards.insert(3, (middle, "of tests reach a bug", f"median of the {len(followed)} that can be followed"))
    return "".join(
        f"<div><dt>{escape(name)}</dt><dd><b>{value}</b><small>{escape(note)}</small></dd></div>"
        for value, name, note in cards
    )


def _choices(kind: str, options: list[tuple[str, str, str]], page: Page) -> str:
    """A button for each value that occurs; pressed: only bugs of the pressed ones are shown."""
    counts: dict[str, int] = {}
    for row in page.rows:
        value = row.bug.family if kind == "family" else row.bug.difficulty
        counts[value] = counts.get(value, 0) + 1
    return "".join(
        f'<button type="button" class="chip{f" d-{value}" if kind == "difficulty" else ""}" aria-pressed="false"'
        f' data-{kind}="{value}">{f"<b>{letter}</b> " if letter else ""}{escape(title)} <small>{counts[value]}</small>'
        "</button>"
        for value, letter, title in options
        if value in counts
    )
