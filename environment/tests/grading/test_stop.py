"""A run that is told to stop ends at once and leaves nothing."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil
import pytest

from environment.grading.errors import Stopped
from environment.grading.runner import Options, run_suite

SLOW = """
import pathlib
import time


def test_slow():
    pathlib.Path(%r).touch()
    time.sleep(50)
"""


def test_stopping_ends_the_run_and_its_processes(tmp_path: Path) -> None:
    begun, stop = tmp_path / "begun", threading.Event()
    files = {
        "pyproject.toml": b"[tool.pytest.ini_options]\n",
        "tests/unit/x/test_slow.py": (SLOW % str(begun)).encode(),
    }

    def stop_once_it_runs() -> None:
        deadline = time.monotonic() + 30
        while not begun.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        stop.set()

    watcher = threading.Thread(target=stop_once_it_runs)
    watcher.start()
    began = time.monotonic()
    with pytest.raises(Stopped):
        run_suite(files, None, Options(twins=False, stop=stop))
    watcher.join()
    assert begun.exists()
    assert time.monotonic() - began < 40
    commands = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in commands if "test_slow.py" in command]
