"""How long tests take, as far as it matters who runs them when: long ones begin first, and shards get equal shares.

`pytest tests/ --note-durations` writes the file anew. It changes no verdict, so it may be somewhat out of date.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[1] / "durations.json"
LEAST_SECONDS = 1.0
"""Shorter tests are not noted: any order of theirs is as good as another."""


def long_first(items: list[pytest.Item]) -> None:
    """Put the tests that are known to be long before all others, which keep their order."""
    known = load()
    items.sort(key=lambda item: -known.get(item.nodeid, 0.0))


def load() -> dict[str, float]:
    """Seconds of every test that was long when it was noted, by id."""
    return dict(json.loads(FILE.read_text())) if FILE.is_file() else {}


class Durations:
    """Notes how long each test takes and writes it down at the end."""

    def __init__(self) -> None:
        self._seconds: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Set-up and teardown count: somebody has to run them, too."""
        self._seconds[report.nodeid] += report.duration  # type: ignore[assignment]  # typeshed's Counter is of int

    def pytest_sessionfinish(self) -> None:
        """The longest first. What didn't run keeps what was noted before."""
        merged = {**load(), **self._seconds}
        long = {id: round(seconds, 1) for id, seconds in sorted(merged.items()) if seconds >= LEAST_SECONDS}
        FILE.write_text(json.dumps(long, indent=1) + "\n")
