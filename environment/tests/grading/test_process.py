"""What the grader takes from a pytest process is bounded, whatever the code under test writes."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from environment.grading import process as module
from environment.grading.process import Job, run_pytest
from environment.grading.results import Outcome, SuiteRun

MIB = 2**20
TEST = "tests/unit/x/test_true.py::test_true"

CHANNEL = """
import os

def pytest_sessionstart(session):
    results = session.config.pluginmanager.get_plugin("omnicloud-results")
"""


def run(tree: Path, conftest: str) -> tuple[SuiteRun, int]:
    """How a tree with this conftest is judged, and how much memory that took at most."""
    module_path = tree / "tests/unit/x/test_true.py"
    module_path.parent.mkdir(parents=True)
    (tree / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (tree / "conftest.py").write_text(conftest)
    module_path.write_text("def test_true():\n    pass\n")
    tracemalloc.start()
    try:
        judged = run_pytest(Job(tree, ["tests"], [TEST], arguments=("-s",)))
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
