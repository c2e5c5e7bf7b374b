"""The pytest plugin that gives no test more than a minute and a half, copied into the trees of shared runs.

With many bugs a test waits for what never comes, some for ten minutes, and what is given up becomes a suspect like what
fails: it runs again with each bug alone, for as long as it may.
"""

from __future__ import annotations

import pytest

MODULE = "hurry_plugin"
MOST_SECONDS = 90.0
"""More than twice what the slowest test of the reference takes."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Shorten the limit of every test that has a longer one of its own."""
    for item in items:
        marker = item.get_closest_marker("timeout")
        seconds = marker.args[0] if marker is not None and marker.args else 0
        if seconds > MOST_SECONDS:
            item.add_marker(pytest.mark.timeout(MOST_SECONDS), append=False)
