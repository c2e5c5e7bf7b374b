"""The fleet that stays: what has to be started anew after an edit."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from environment.affected import standing
from environment.affected.standing import Standing, restartable, running_files, services_running
from environment.fleet.errors import NoFleet

FILES = {
    "shared/__init__.py": b"",
    "shared/web/__init__.py": b"",
    "shared/web/serve.py": b"from shared.web import edge\n",
    "shared/web/edge.py": b"",
    "shared/money.py": b"",
    "shared/odd.py": b"",
    "services/billing/__init__.py": b"",
    "services/billing/app.py": b"from shared import money\n",
    "services/dns/__init__.py": b"",
    "services/dns/app.py": b"\n",
    "services/dns/names.py": b"",
}


@pytest.fixture(autouse=True)
def _two_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "SERVICES", ("billing", "dns"))


@pytest.mark.parametrize(
    ("path", "services"),
    [
        ("services/dns/app.py", {"dns"}),
        ("services/dns/names.py", {"dns"}),
        ("shared/money.py", {"billing"}),
        ("shared/web/edge.py", {"billing", "dns"}),
        ("shared/odd.py", set()),
    ],
)
def test_only_services_that_import_a_file_show_its_change(path: str, services: set[str]) -> None:
    assert services_running(FILES, {path}) == services


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("services/dns/app.py", True),
        ("shared/web/edge.py", True),
        ("services/dns/migrations/0001_first.py", False),
        ("shared/jobs/migrate.py", False),
        ("shared/events/schemas/a.json", False),
        ("docker-compose.yml", False),
    ],
)
def test_what_jobs_run_and_what_is_no_code_needs_a_new_fleet(path: str, expected: bool) -> None:
    assert restartable(path) is expected


class FakeFleet(Standing):
    """Notes what it would do."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.done: list[object] = []
        self.runs = False

    def _start(self) -> None:
        self.done.append("start")
        self.runs = True
        self._paths.state.parent.mkdir(parents=True, exist_ok=True)
        self._paths.state.write_text(json.dumps({"url": "http://localhost:1", "control": "@c"}))

    def _restart(self, folders: Collection[str]) -> None:
        self.done.append(set(folders))

    def end(self) -> None:
        self._record.unlink(missing_ok=True)
        self.done.append("end")


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeFleet:
    """A fleet of a folder with the files above."""
    for path, content in {**FILES, "docker-compose.yml": b"services: {}\n"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    made = FakeFleet(tmp_path)

    class Client:
        def __init__(self, *_: Any) -> None:
            if not made.runs:
                raise NoFleet("none runs", "")

        def close(self) -> None:
            pass

    monkeypatch.setattr(standing, "FleetClient", Client)
    return made


def test_it_is_started_once_and_tells_tests_where_it_is(fleet: FakeFleet) -> None:
    variables = fleet.ready()
    assert variables["OMNICLOUD_URL"] == "http://localhost:1"
    assert variables["OMNICLOUD_CONTROL"] == "@c"
    assert variables["OTEL_TRACES_EXPORTER"] == "console"
    fleet.ready()
    assert fleet.done == ["end", "start"]


def test_after_an_edit_only_the_services_that_import_it_are_started_anew(fleet: FakeFleet) -> None:
    fleet.ready()
    fleet.done.clear()
    (fleet.folder / "services/dns/names.py").write_text("A = 1\n")
    fleet.ready()
    # And once more when the edit is undone, since the fleet runs the edited code
    (fleet.folder / "services/dns/names.py").write_text("")
    fleet.ready()
    assert fleet.done == [{"dns"}, {"dns"}]


@pytest.mark.parametrize("path", ["docker-compose.yml", "shared/events/schemas/new.json"])
def test_a_new_fleet_is_made_for_what_a_restart_does_not_show(fleet: FakeFleet, path: str) -> None:
    fleet.ready()
    fleet.done.clear()
    (fleet.folder / path).parent.mkdir(parents=True, exist_ok=True)
    (fleet.folder / path).write_text("{}\n")
    fleet.ready()
    assert fleet.done == ["end", "start"]


def test_a_removed_file_needs_a_new_fleet(fleet: FakeFleet) -> None:
    fleet.ready()
    fleet.done.clear()
    (fleet.folder / "shared/money.py").unlink()
    fleet.ready()
    assert fleet.done == ["end", "start"]


def test_a_fleet_on_which_tests_failed_is_not_used_again(fleet: FakeFleet) -> None:
    fleet.ready()
    fleet.spoiled()
    fleet.done.clear()
    fleet.ready()
    assert fleet.done == ["end", "start"]


def test_byte_code_and_fleets_own_files_do_not_count(fleet: FakeFleet) -> None:
    (fleet.folder / "shared/__pycache__").mkdir()
    (fleet.folder / "shared/__pycache__/money.pyc").write_bytes(b"x")
    assert running_files(fleet.folder).keys() == {*FILES, "docker-compose.yml"}
