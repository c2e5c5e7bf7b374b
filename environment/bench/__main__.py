"""`python -m environment.bench [NAME…] [--long] [--json FILE] [--markdown FILE]`: the table of what things cost."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from environment.bench.figures import Figure
from environment.bench.machine import machine
from environment.bench.measures import MEASURES, Context, Measure, chosen
from environment.bench.table import Run, markdown, show, to_document
from environment.workspace.reference import default_reference


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0 also where a target is missed, 1 where something could not be measured, 2 on bad words."""
    parser = argparse.ArgumentParser(
        prog="python -m environment.bench",
        description="; ".join(f"{item.name}: {item.about}{' (long)' * item.long}" for item in MEASURES.values()),
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure; without any, all that isn't long")
    parser.add_argument("--long", action="store_true", help="everything")
    parser.add_argument("--edits", type=int, default=40, help="size of the sample for `affected`")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--markdown", type=Path, metavar="FILE")
    given = parser.parse_args(words)
    try:
        measures = chosen(given.names, given.long)
    except ValueError as error:
        parser.error(str(error))
    with tempfile.TemporaryDirectory(prefix="oc-bench-") as scratch:
        run = measured(measures, Context(default_reference().root, Path(scratch), given.edits))
    show(run, Console(soft_wrap=True))
    if given.json is not None:
        given.json.write_text(json.dumps(to_document(run), indent=1, ensure_ascii=False) + "\n")
    if given.markdown is not None:
        given.markdown.write_text(markdown(run))
    return 1 if run.failed else 0


def measured(measures: Sequence[Measure], context: Context) -> Run:
    """Run the measures one after the other; what can't be measured is told and keeps none of the others away."""
    facts = machine()
    if facts.warning:
        print(facts.warning, file=sys.stderr, flush=True)
    figures: dict[str, list[Figure]] = {}
    failed: dict[str, str] = {}
    for measure in measures:
        print(f"measuring {measure.name}: {measure.about} …", file=sys.stderr, flush=True)
        try:
            figures[measure.name] = measure.run(context)
        except Exception as error:  # noqa: BLE001 - told in the table, and the others are measured all the same
            failed[measure.name] = f"{type(error).__name__}: {error}"
    return Run(facts, figures, failed)


if __name__ == "__main__":
    sys.exit(main())
