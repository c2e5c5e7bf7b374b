"""Several workers share a run of all of these tests, too."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.support.workers import affordable, share_out

HERE = Path(__file__).resolve().parent
TOGETHER = ("fleet_servers", "walks")
"""Folders whose tests share servers, or a copy of the repository: a file of theirs is run by one worker."""

UNTIL = float(os.environ.get("OMNICLOUD_TESTS_UNTIL") or "inf")
"""When the time of a run is over, in seconds since 1970: what hasn't begun by then is skipped. For CI, whose machine
may take twice as long as another."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Choose the number of workers before it is acted upon."""
    share_out(config)
    if config.option.numprocesses and config.option.dist == "no":
        config.option.dist = "loadgroup"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means."""
    return affordable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long comes first, so that no worker is left with it at the end; the rest keeps its order."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        path = item.path.resolve()
        if path.is_relative_to(HERE) and path.relative_to(HERE).parts[0] in TOGETHER:
            item.add_marker(pytest.mark.xdist_group(path.stem))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture: what has no time left isn't begun."""
    if time.time() > UNTIL:
        pytest.skip("the time of this run is over")
