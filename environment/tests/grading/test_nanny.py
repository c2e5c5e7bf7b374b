"""Whoever runs commands behind walls ends with who asked for it, however early that one dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from environment.grading.nanny import Ending, Order

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("lives", [True, False])
def test_nothing_is_begun_for_who_died_before_its_order_was_read(tmp_path: Path, lives: bool) -> None:
    # Given an order of this process, or of one that has died by now: then this process is as good as any other
    read, write = os.pipe()
    parent = os.getpid() if lives else os.getpid() + 1
    command = [sys.executable, "-c", "open('begun', 'w')"]
    order = Order(command, str(tmp_path), {}, (), write, parent)
    done = subprocess.run(
        [sys.executable, "-m", "environment.grading.nanny"],
        cwd=ROOT,
        input=order.to_json().encode(),
        pass_fds=(write,),
        check=False,
        timeout=60,
    )
    os.close(write)
    with os.fdopen(read, "rb") as report:
        told = json.loads(report.read())
    # Then the command runs for who lives alone, and it is told which of the two
    assert done.returncode == 0
    assert (tmp_path / "begun").exists() == lives
    assert Ending(**told) == Ending(0 if lives else None)
