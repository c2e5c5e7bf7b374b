"""The walks of CONTRIBUTING.md hold: a new service, and a new end point in it, touch what is said and work at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from environment.tests.walks.walk import scratch_copy, walk

COMPOSE_FILES = {"docker-compose.yml", "docker-compose.test.yml", "docker/tests.background.yml"}
SERVICE_LIST = "shared/services.py"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scratch_copy(tmp_path_factory.mktemp("walk"))


@pytest.fixture(scope="module")
def touched(copy: Path) -> set[str]:
    return walk("Add a service", copy)


def run(copy: Path, *words: str) -> None:
    """Run a Python module of the copy; it must succeed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OMNICLOUD", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=copy, env={**inherited, "PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]


def test_a_service_is_a_folder_the_compose_files_and_one_line_in_one_list(touched: set[str]) -> None:
    own = {path for path in touched if path.startswith(("services/notes/", "tests/unit/notes/"))}
    assert touched - own == COMPOSE_FILES | {SERVICE_LIST}


def test_the_new_service_keeps_to_the_floor_plan(copy: Path, touched: set[str]) -> None:
    run(copy, "pytest", "-q", "environment/tests/structure", "tests/unit/notes")
    run(copy, "mypy", "services/notes")
    run(copy, "ruff", "check", "services/notes", "tests/unit/notes")
    run(copy, "ruff", "format", "--check", "services/notes", "tests/unit/notes")


def test_an_end_point_is_added_and_the_fleet_serves_it(copy: Path, touched: set[str]) -> None:
    added = walk("Add an end point", copy)
    assert {path for path in added if not path.startswith(("services/notes/", "tests/integration/notes/"))} == {
        "shared/events/schemas/notes.note.created.json"
    }
    run(copy, "ruff", "check", "services/notes", "tests/integration/notes")
    run(copy, "pytest", "-q", "environment/tests/structure", "tests/integration/notes")
