"""Several workers share a run of all of these tests, too; what starts servers starts them once for each worker."""

from __future__ import annotations

import pytest

from tests.support.workers import affordable, share_out


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Choose the number of workers before it is acted upon. Tests of a file share servers, so they stay together."""
    share_out(config)
    if config.option.numprocesses and config.option.dist == "no":
        config.option.dist = "loadfile"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means."""
    return affordable()
