"""The pytest plugin that gives up tests early, copied into the trees of shared runs.

With many bugs a test waits for what never comes, some for ten minutes, and what is given up becomes a suspect like what
fails: it runs again with each bug alone, for as long as it may. `hurry_plugin.json` beside the plugin says how many
seconds each test takes on the reference.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

MODULE = "hurry_plugin"
MOST_SECONDS = 90.0
"""More than twice what the slowest test of the reference takes."""
TIMES = 4.0
"""A machine with more fleets than cores, and tests that fail in others' way, are slower than the reference was."""
GRACE_SECONDS = 15.0
"""What a service that a test broke may take to come back, above all."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Shorten the limit of every test that has a longer one."""
    path = Path(__file__).with_suffix(".json")
    known: dict[str, float] = json.loads(path.read_text()) if path.exists() else {}
    for item in items:
        marker = item.get_closest_marker("timeout")
        own = marker.args[0] if marker is not None and marker.args else item.config.getoption("timeout", 0)
        most = limit_of(known.get(item.nodeid))
        if not own or own > most:
            item.add_marker(pytest.mark.timeout(most), append=False)


def limit_of(seconds: float | None) -> float:
    """How long a test may take that takes so long on the reference; None for one of which nothing is known."""
    return MOST_SECONDS if seconds is None else min(MOST_SECONDS, TIMES * seconds + GRACE_SECONDS)
