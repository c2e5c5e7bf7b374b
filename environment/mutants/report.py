"""Tells what became of a sample of mutants: a table, the survivors, and a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from environment.affected.words import tests
from environment.mutants.reasons import stale
from environment.mutants.run import End, Result
from environment.mutants.sample import Change, area

FORMAT = 1
SHOWN_TESTS = 3
LINE_LIMIT = 160
HEADS = {
    End.UNIT: "by unit tests",
    End.LIVE: "live",
    End.SURVIVED: "survived",
    End.UNDECIDED: "undecided",
    End.EQUIVALENT: "by reason",
}
"""How the ends are called at the head of a table."""


def table(results: Sequence[Result]) -> Table:
    """How many ended how, area by area."""
    found = Table("", *HEADS.values(), "mutants", box=None, pad_edge=False)
    found.columns[0].no_wrap = True
    for column in found.columns[1:]:
        column.justify = "right"
    counts = Counter((area(result.mutant.change.path), result.end) for result in results)
    for name in sorted({name for name, _ in counts}):
        found.add_row(name, *_cells([counts[name, end] for end in End]))
    found.add_section()
    found.add_row("all", *_cells([sum(result.end is end for result in results) for end in End]))
    return found


def _cells(counts: Sequence[int]) -> list[str]:
    return [str(count) if count else "–" for count in (*counts, sum(counts))]


def survivors(results: Sequence[Result]) -> list[Result]:
    """Those that a test or a reason must come of."""
    return [result for result in results if result.end is End.SURVIVED]


def lines(results: Sequence[Result]) -> Iterator[str]:
    """The survivors, then what is undecided though some test ran, then the share of mutants that was killed."""
    ordered = sorted(results, key=lambda result: str(result.mutant.change))
    for end in (End.SURVIVED, End.UNDECIDED):
        for result in ordered:
            if result.end is end and (result.ran or result.says or end is End.SURVIVED):
                yield from _about(result)
    if unasked := sum(result.end is End.UNDECIDED and not (result.ran or result.says) for result in results):
        yield f"Nothing was asked about {unasked} mutants: only live tests can touch them, and none fits the limit."
    killed = sum(result.end in (End.UNIT, End.LIVE) for result in results)
    if decided := killed + len(survivors(results)):
        yield f"{killed} of {decided} decided mutants are killed ({100 * killed / decided:.0f} %)."


def _about(result: Result) -> Iterator[str]:
    mutant, of = result.mutant, len(result.unit) + len(result.live)
    yield f"{result.end}: {mutant.change.path}:{mutant.line}  {mutant.change.function.partition('::')[2]}"
    yield f"  - {_short(mutant.change.before)}"
    yield f"  + {_short(mutant.change.after)}"
    says = f" ({result.says})" if result.says else ""
    yield f"  {result.ran:,} of {tests(of)} that it can touch ran and passed{says}:"
    for test_id in (*result.unit, *result.live)[:SHOWN_TESTS]:
        yield f"    {test_id}"
    if of > SHOWN_TESTS:
        yield f"    … and {of - SHOWN_TESTS:,} more"


def _short(text: str) -> str:
    return text if len(text) <= LINE_LIMIT else f"{text[: LINE_LIMIT - 1]}…"


def about_reasons(
    reasons: Mapping[Change, str], files: Mapping[str, bytes], results: Sequence[Result]
) -> Iterator[str]:
    """What is wrong with the kept reasons: those about nothing any more, and those of mutants that a test kills."""
    for change in stale(reasons, files):
        yield f"a reason is about nothing that is there: {change}"
    for result in results:
        if result.by and result.mutant.change in reasons:
            yield f"a reason isn't needed, {result.by} fails: {result.mutant.change}"


def to_document(seed: int, reference: str, results: Sequence[Result], troubles: Sequence[str]) -> dict[str, Any]:
    """The result as JSON values (format 1)::

        {"format": 1, "seed": 0, "reference": "<digest>",
         "counts": {"killed by a unit test": 61, "killed live": 20, "survived": 3, …},
         "reasons": ["a reason is about nothing that is there: …"],
         "mutants": [{"function": "services/…::name", "line": 7, "operator": "boundary", "before": "…", "after": "…",
                      "place": 1, "end": "survived", "by": "", "says": "", "unit": 12, "live": 40, "ran": 52,
                      "seconds": 3.1, "tests": ["tests/…"]}]}

    `unit` and `live` count the tests that the mutant can touch, `ran` those that were asked; `by` is the test that
    killed it. `tests` are there for what survived or is undecided.
    """
    return {
        "format": FORMAT,
        "seed": seed,
        "reference": reference,
        "counts": {end: sum(result.end is end for result in results) for end in End},
        "reasons": list(troubles),
        "mutants": [_record(result) for result in sorted(results, key=lambda result: str(result.mutant.change))],
    }


def _record(result: Result) -> dict[str, Any]:
    mutant = result.mutant
    left = result.end in (End.SURVIVED, End.UNDECIDED)
    return {
        "function": mutant.change.function,
        "line": mutant.line,
        "operator": mutant.operator,
        "before": mutant.change.before,
        "after": mutant.change.after,
        "place": mutant.change.place,
        "end": result.end,
        "by": result.by,
        "says": result.says,
        "unit": len(result.unit),
        "live": len(result.live),
        "ran": result.ran,
        "seconds": round(result.seconds, 3),
        **({"tests": [*result.unit, *result.live]} if left else {}),
    }
