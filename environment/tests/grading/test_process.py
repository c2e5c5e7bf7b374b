"""What the grader takes from a pytest process is bounded, whatever the code under test writes."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from environment.fleet.walls.host import Host
from environment.grading import process as module
from environment.grading.parties import Parties
from environment.grading.process import Job, run_pytest
from environment.grading.results import Outcome, SuiteRun

MIB = 2**20
TEST = "tests/unit/x/test_true.py::test_true"

CHANNEL = """
import os

def pytest_sessionstart(session):
    results = session.config.pluginmanager.get_plugin("omnicloud-results")
"""


TAKES = """
import os, time

for _ in range(6):
    if os.fork() == 0:
        own = bytearray(b"x" * (60 << 20))
        time.sleep(60)
        os._exit(0)
time.sleep(60)
"""


def run(tree: Path, conftest: str, parties: Parties | None = None) -> tuple[SuiteRun, int]:
    """How a tree with this conftest is judged, and how much memory that took at most."""
    module_path = tree / "tests/unit/x/test_true.py"
    module_path.parent.mkdir(parents=True)
    (tree / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (tree / "conftest.py").write_text(conftest)
    module_path.write_text("def test_true():\n    pass\n")
    tracemalloc.start()
    try:
        judged = run_pytest(Job(tree, ["tests"], [TEST], arguments=("-s",), parties=parties))
        return judged, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_of_a_long_log_only_the_end_is_read(tmp_path: Path) -> None:
    judged, memory = run(tmp_path, 'import os\n\nos.write(2, b"a\\n" * 2**21)\n')
    assert judged.outcomes == {TEST: Outcome.PASSED}
    assert memory < MIB


def test_a_line_without_an_end_is_not_waited_for(tmp_path: Path) -> None:
    judged, memory = run(tmp_path, CHANNEL + '    os.write(results._descriptor, b"a" * 2**23)\n')
    assert "channel" in judged.void
    assert memory < MIB


def test_more_lines_than_a_run_has_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHANNEL_LIMIT", MIB)
    lines = """
    for place in range(100_000):
        results._write("collected", id=f"test {place}", services=[], infrastructure_state=False)
"""
    judged, _ = run(tmp_path, CHANNEL + lines)
    assert "channel" in judged.void
    assert len(judged.collected) < 20_000


def test_foreign_code_that_takes_too_much_memory_together_voids_its_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given code that takes more in several processes together than it may, and no walls
    monkeypatch.setattr(module, "UNIT_MEMORY_MIB", 250)
    judged, _ = run(tmp_path, TAKES, Parties(Host()))
    assert "more than 250 MiB of memory" in judged.void
    assert judged.passed == frozenset()
    # And where the code is the environment's own, it may take what there is
    assert run(tmp_path / "own", "")[0].outcomes == {TEST: Outcome.PASSED}
