"""Who runs the suite gets workers where they help, and none where they hinder."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import workers
from tests.support.workers import ENVIRONMENT_TESTS, TESTS, VARIABLE, affordable, share_out, wished

ROOT = TESTS.parent


class Config:
    """A command line, as much of it as counts here."""

    def __init__(self, *args: str, xdist: bool = True, **options: Any) -> None:
        usual = {
            "usepdb": False, "maxfail": 0, "capture": "fd", "keyword": "", "collectonly": False,
            "numprocesses": None, "dist": "no", "tx": [], "maxschedchunk": None,
        }  # fmt: skip
        self.option = SimpleNamespace(**{**usual, **options})
        self.args = args
        self.invocation_params = SimpleNamespace(dir=ROOT)
        self.pluginmanager = SimpleNamespace(hasplugin=lambda name: xdist)


@pytest.fixture(autouse=True)
def _four_are_affordable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (VARIABLE, "OMNICLOUD_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(workers, "affordable", lambda: 4)


def shared_out(config: Config) -> int | None:
    share_out(config)  # type: ignore[arg-type]
    number: int | None = config.option.numprocesses
    return number


@pytest.mark.parametrize(
    "args", [["tests"], ["tests/"], ["tests/unit", "tests/chaos"], ["environment/tests"], [str(TESTS), "tests/unit"]]
)
def test_whole_folders_are_shared_out(args: list[str]) -> None:
    assert shared_out(Config(*args)) == 4


@pytest.mark.parametrize(
    "args",
    [
        ["tests/unit/web"],
        ["tests/conftest.py"],
        ["tests/unit", "tests/chaos/compute/test_outages.py"],
        ["tests/unit/web/test_tokens.py::test_one"],
        ["environment/tests/fleet"],
    ],
)
def test_files_services_and_ids_are_not(args: list[str]) -> None:
    assert shared_out(Config(*args)) == 0


@pytest.mark.parametrize(
    "option", [{"usepdb": True}, {"maxfail": 1}, {"capture": "no"}, {"keyword": "x"}, {"collectonly": True}]
)
def test_who_debugs_has_one_process(option: dict[str, Any]) -> None:
    assert shared_out(Config("tests", **option)) == 0


def test_who_says_a_number_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shared_out(Config("tests", numprocesses=0)) == 0
    assert shared_out(Config("tests/unit/web", numprocesses=3)) == 3
    monkeypatch.setenv(VARIABLE, "2")
    assert shared_out(Config("tests")) == shared_out(Config("tests/unit/web")) == 2
    assert shared_out(Config("tests", numprocesses=1)) == 1
    monkeypatch.setenv(VARIABLE, "many")
    with pytest.raises(pytest.UsageError, match="a number of workers"):
        wished(Config("tests"))  # type: ignore[arg-type]


def test_one_that_the_machine_bears_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "affordable", lambda: 1)
    assert shared_out(Config("tests")) == 0


def test_a_fleet_from_outside_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNICLOUD_URL", "http://localhost:8000")
    assert shared_out(Config("tests")) == 0
    with pytest.raises(pytest.UsageError, match="OMNICLOUD_URL"):
        shared_out(Config("tests", numprocesses=2))


def test_a_worker_and_a_pytest_without_workers_stay_as_they_are() -> None:
    worker = Config("tests")
    worker.workerinput = {}  # type: ignore[attr-defined]
    assert shared_out(worker) is None
    assert shared_out(Config("tests", xdist=False)) is None


def test_cores_and_memory_decide_and_a_container_s_limits_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)))
    monkeypatch.setattr(workers, "free_mib", lambda: 10**6)
    assert affordable() == workers.MOST
    (tmp_path / "cpu.max").write_text("300000 100000\n")
    assert affordable() == 3
    monkeypatch.setattr(workers, "free_mib", lambda: 2 * workers.FLEET_MIB)
    assert affordable() == 2
    monkeypatch.setattr(workers, "free_mib", lambda: 100)
    assert affordable() == 1


def test_memory_is_what_is_left_of_a_container_s_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "CGROUP", tmp_path)
    assert workers.free_mib() > 0
    (tmp_path / "memory.max").write_text(f"{300 << 20}\n")
    (tmp_path / "memory.current").write_text(f"{250 << 20}\n")
    assert workers.free_mib() == 50
    (tmp_path / "memory.max").write_text("max\n")
    assert workers.free_mib() > 0


def test_both_folders_are_there() -> None:
    assert ENVIRONMENT_TESTS.is_dir()
    assert TESTS.is_dir()
