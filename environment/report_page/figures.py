"""The page's drawings and tables that need no script: SVG and HTML as text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

from environment.bugs.families import DIFFICULTIES
from environment.bugs.graph import depth
from environment.bugs.manifest import CATEGORIES
from environment.report_page.data import Edge, Page, Row
from environment.report_page.layout import Place, layers, places

NODE_WIDTH, NODE_HEIGHT = 52, 24
COLUMN_STEP, ROW_STEP = 118, 34
MARGIN = 14
SCATTER_WIDTH, SCATTER_HEIGHT = 500, 360
PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, PLOT_BOTTOM = 46, 30, 24, 44

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def duration(seconds: float) -> str:
    """Seconds as people read them: "0.4 s", "42 s", "3 min 05 s"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 100 else f"{whole // 60} min {whole % 60:02} s"


def share(part: float, whole: float) -> str:
    """A part in per cent; "<1%" where rounding would make nothing of something."""
    if not whole or not part:
        return "0%"
    rate = 100 * part / whole
    return "<1%" if rate < 0.5 else f"{rate:.0f}%"


def graph(page: Page) -> str:
    """The dependency graph: an arrow leads from a bug to what it hides. Solid: measured; dashed: declared only."""
    bugs = {row.bug.id: row.bug for row in page.rows}
    if not bugs:
        return ""
    where = places(layers(depth(bugs), [(edge.bug, edge.hidden_by) for edge in page.edges]))
    width = MARGIN * 2 + NODE_WIDTH + COLUMN_STEP * max(place.column for place in where.values())
    height = MARGIN * 2 + NODE_HEIGHT + ROW_STEP * max(place.row for place in where.values())
    parts = [
        f'<svg class="graph" viewBox="0 0 {width:g} {height:g}"'
        f' style="min-width:{width:g}px;max-width:{width * 1.5:g}px" role="group" aria-labelledby="graph-title">',
        '<title id="graph-title">Dependency graph: an arrow leads from a bug to a bug that it hides</title>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
        ' markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0 0 8 4 0 8Z" class="tip"/></marker></defs>',
    ]
    parts += [_edge(edge, where) for edge in page.edges]
    parts += [_node(row, where[row.bug.id]) for row in page.rows]
    return "".join([*parts, "</svg>"])


def _at(place: Place) -> tuple[float, float]:
    return MARGIN + place.column * COLUMN_STEP, MARGIN + place.row * ROW_STEP


def _edge(edge: Edge, where: Mapping[str, Place]) -> str:
    left, top = _at(where[edge.hidden_by])
    right, bottom = _at(where[edge.bug])
    x1, y1 = left + NODE_WIDTH, top + NODE_HEIGHT / 2
    x2, y2 = right, bottom + NODE_HEIGHT / 2
    bend = (x2 - x1) / 2
    kind = "measured" if edge.masked else "declared"
    weight = 1 + 0.55 * math.log10(edge.masked) if edge.masked else 1
    tests = "1 trigger" if edge.masked == 1 else f"{edge.masked} triggers"
    said = f"{tests} of {edge.bug} fail with {edge.hidden_by} alone" if edge.masked else "declared, not measured"
    return (
        f'<path class="edge {kind}" data-from="{edge.hidden_by}" data-to="{edge.bug}" stroke-width="{weight:.2f}"'
        f' marker-end="url(#tip)" d="M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}">'
        f"<title>{edge.hidden_by} hides {edge.bug}: {said}</title></path>"
    )


def _node(row: Row, place: Place) -> str:
    x, y = _at(place)
    before = ", ".join(row.bug.depends_on) or "nothing"
    label = f"{row.bug.id} {row.bug.title}. Hidden by {before}; hides {', '.join(row.hides) or 'nothing'}."
    return (
        f'<g class="node d-{row.bug.difficulty}" data-bug="{row.bug.id}" tabindex="0" role="button"'
        f' aria-label="{escape(label)}" transform="translate({x:g} {y:g})">'
        f'<rect width="{NODE_WIDTH}" height="{NODE_HEIGHT}" rx="12"/>'
        f'<text x="{NODE_WIDTH / 2:g}" y="{NODE_HEIGHT / 2 + 4:g}">{row.bug.id}</text>'
        f"<title>{escape(label)}</title></g>"
    )


def scatter(page: Page) -> str:
    """Tests that reach what a bug edits against tests that it fails, both logarithmic, one dot a bug."""
    most = max(10, len(page.test_ids))
    parts = [
        f'<svg class="scatter" viewBox="0 0 {SCATTER_WIDTH} {SCATTER_HEIGHT}" role="group"'
        ' aria-labelledby="scatter-title"><title id="scatter-title">Reach against triggers</title>'
    ]
    tick = 1
    while tick <= most:
        x, y = _scaled(tick, tick, most)
        bottom = SCATTER_HEIGHT - PLOT_BOTTOM
        parts.append(
            f'<path class="grid" d="M{x:.1f} {PLOT_TOP}V{bottom}M{PLOT_LEFT} {y:.1f}H{SCATTER_WIDTH - PLOT_RIGHT}"/>'
            f'<text class="tick" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{tick:,}</text>'
            f'<text class="tick" x="{PLOT_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:,}</text>'
        )
        tick *= 10
    (x1, y1), (x2, y2) = _scaled(1, 1, most), _scaled(most, most, most)
    parts.append(f'<path class="diagonal" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>')
    parts.append(
        f'<text class="axis" x="{SCATTER_WIDTH - PLOT_RIGHT}" y="{SCATTER_HEIGHT - 6}" text-anchor="end">'
        "tests that reach what the bug edits →</text>"
        f'<text class="axis" x="{PLOT_LEFT + 6}" y="{PLOT_TOP + 12}">↑ tests that fail</text>'
    )
    dots = {row.bug.id: _scaled(len(row.reached), len(row.fails), most) for row in page.rows}
    labels = labelled(dots)
    parts += [_dot(row, dots[row.bug.id], labels.get(row.bug.id)) for row in page.rows]
    return "".join([*parts, "</svg>"])


def labelled(dots: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Where each dot's name can stand without covering another name or dot; those without a place are left out."""
    boxes = [(x - 6, y - 6, x + 6, y + 6) for x, y in dots.values()]
    result: dict[str, tuple[float, float]] = {}
    for name, (x, y) in dots.items():
        wide = 4.2 * len(name)
        for left, top in ((x, y - 9), (x, y + 18), (x + 9 + wide, y + 4), (x - 9 - wide, y + 4)):
            box = (left - wide, top - 10, left + wide, top + 2)
            if not any(_overlap(box, other) for other in boxes):
                boxes.append(box)
                result[name] = (left, top)
                break
    return result


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _scaled(reached: int, fails: int, most: int) -> tuple[float, float]:
    width = SCATTER_WIDTH - PLOT_LEFT - PLOT_RIGHT
    height = SCATTER_HEIGHT - PLOT_TOP - PLOT_BOTTOM
    x = PLOT_LEFT + width * math.log10(max(1, reached)) / math.log10(most)
    y = PLOT_TOP + height * (1 - math.log10(max(1, fails)) / math.log10(most))
    return x, y


def _dot(row: Row, at: tuple[float, float], label_at: tuple[float, float] | None) -> str:
    x, y = at
    left, top = label_at or (x, y - 9)
    reached = "every test" if row.everything else f"{len(row.reached):,} tests"
    label = f"{row.bug.id} {row.bug.title}: {reached} reach it, {len(row.fails):,} fail"
    return (
        f'<g class="dot d-{row.bug.difficulty}" data-bug="{row.bug.id}" tabindex="0" role="button"'
        f' aria-label="{escape(label)}"><title>{escape(label)}</title>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6"/><text class="{"name" if label_at else "crowded"}" x="{left:.1f}"'
        f' y="{top:.1f}">{row.bug.id}</text></g>'
    )


def bars(page: Page) -> str:
    """How long each bug's tests take, the longest first, against the whole suite."""
    whole = page.suite_seconds
    if not whole:
        return '<p class="note">Durations aren’t known yet: there is no reach map.</p>'
    items = [
        f'<li data-bug="{row.bug.id}" class="bar{" all" if row.everything else ""}">'
        f'<b>{row.bug.id}</b><span class="track"><i style="width:{100 * row.seconds / whole:.2f}%"></i></span>'
        f"<span>{duration(row.seconds)}</span></li>"
        for row in sorted(page.rows, key=lambda row: -row.seconds)  # equal ones stay in the catalogue's order
    ]
    return f'<ol class="bars">{"".join(items)}</ol>'


COLUMNS = (
    ("id", "Bug", ""),
    ("title", "Title", ""),
    ("family", "Family", ""),
    ("difficulty", "Difficulty", ""),
    ("lines", "Lines", "n"),
    ("reached", "Reached by", "n"),
    ("fails", "Fails", "n"),
    ("rate", "of reached", "n"),
    ("seconds", "Tests take", "n"),
    ("depends", "Hidden by", ""),
    ("hides", "Hides", ""),
)


def table(page: Page) -> str:
    """Every bug with its figures; the script sorts it by `data-v` of the cells."""
    heads = "".join(
        f'<th scope="col" class="{kind}" aria-sort="{"ascending" if name == "id" else "none"}">'
        f'<button type="button" data-sort="{name}">{title}</button></th>'
        for name, title, kind in COLUMNS
    )
    rows = "".join(_table_row(index, row, page) for index, row in enumerate(page.rows))
    return f'<table class="bugs"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _table_row(index: int, row: Row, page: Page) -> str:
    rate = len(row.fails) / len(row.reached) if row.reached else 0.0
    reached = "all" if row.everything else f"{len(row.reached):,}"
    family = list(dict.fromkeys(other.bug.family for other in page.rows)).index(row.bug.family)
    rank = DIFFICULTIES.index(row.bug.difficulty) if row.bug.difficulty in DIFFICULTIES else len(DIFFICULTIES)
    stale = "" if row.measured else ' <small class="stale">not measured</small>'
    cells = (
        (index, f"<b>{row.bug.id}</b>{stale}"),
        (escape(row.bug.title.lower()), escape(row.bug.title)),
        (family, escape(row.family)),
        (rank, f'<span class="pill d-{row.bug.difficulty}">{row.bug.difficulty}</span>'),
        (row.bug.size, str(row.bug.size)),
        (len(row.reached), reached),
        (len(row.fails), f"{len(row.fails):,}"),
        (f"{rate:.5f}", share(len(row.fails), len(row.reached))),
        (f"{row.seconds:.3f}", duration(row.seconds) if page.suite_seconds else "–"),
        (len(row.bug.depends_on), ", ".join(row.bug.depends_on) or "–"),
        (len(row.hides), ", ".join(row.hides) or "–"),
    )
    inner = "".join(
        f'<td class="{kind}" data-label="{title}" data-v="{value}">{text}</td>'
        for (_, title, kind), (value, text) in zip(COLUMNS, cells, strict=True)
    )
    return f'<tr data-bug="{row.bug.id}" id="bug-{row.bug.id}" tabindex="-1">{inner}</tr>'


def equivalent(page: Page) -> str:
    """The heat map's numbers by category, for who reads instead of looking."""
    ids = page.test_ids
    totals = {name: sum(test_id.split("/")[1] == name for test_id in ids) for name in CATEGORIES}
    present = [name for name in CATEGORIES if totals[name]]
    heads = "".join(f'<th scope="col" class="n">{name}<br><small>of {totals[name]:,}</small></th>' for name in present)
    rows = "".join(
        f'<tr data-bug="{row.bug.id}"><th scope="row">{row.bug.id}</th>'
        + "".join(f'<td class="n">{_counts(row, name)}</td>' for name in present)
        + "</tr>"
        for row in page.rows
    )
    return f'<table class="counts"><thead><tr><th scope="col">Bug</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _counts(row: Row, category: str) -> str:
    fails = sum(test_id.split("/")[1] == category for test_id in row.fails)
    reached = sum(test_id.split("/")[1] == category for test_id in row.reached)
    return f"{fails:,}&thinsp;/&thinsp;{reached:,}" if reached else "–"
