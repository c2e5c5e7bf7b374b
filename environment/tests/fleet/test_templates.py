"""Fleets that begin on what the jobs of an earlier one left: when they do, when they mustn't, and what goes wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from environment.fleet import job_trace
from environment.fleet.keeping import Mode, mode
from environment.fleet.templates import store
from environment.fleet.templates.inputs import Untraceable, fits, questions
from environment.fleet.templates.snapshot import copy, held
from environment.fleet.templates.store import Template, TemplateStore
from environment.tests.fleet.conftest import Project

pytestmark = pytest.mark.timeout(180)

JOB = '''
"""Writes every file of a folder into Redis, as a migration would, and what is the sum of all times that it was run."""
import os, pathlib, socket
from fake import numbers

def tell(*words):
    host, port = os.environ["REDIS"].split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"".join([b"*%d\\r\\n" % len(words), *(b"$%d\\r\\n%s\\r\\n" % (len(w), w) for w in words)]))
        return connection.recv(4096)

for step in sorted(pathlib.Path("steps").iterdir()):
    tell(b"SET", step.name.encode(), step.read_bytes())
tell(b"SET", b"number", str(numbers.NUMBER).encode())
tell(b"INCR", b"runs")
'''
COMPOSE = """
    services:
      redis:
        image: redis:7
        ports: ["6379:6379"]
        healthcheck: {test: ["CMD", "redis-cli", "ping"], interval: 1s, timeout: 1s, retries: 3}
      prepare:
        build: .
        command: python -m fake.prepare
        environment: {REDIS: "redis:6379", WORD: "${WORD:-one}"}
        depends_on: {redis: {condition: service_healthy}}
      web:
        build: .
        command: python -m fake.web
        environment: {LISTEN_ADDRESS: "0.0.0.0:8001"}
        ports: ["8001:8001"]
        depends_on: {prepare: {condition: service_completed_successfully}}
        healthcheck: {test: ["CMD", "python", "probe.py", "http://127.0.0.1:8001/"], interval: 1s, timeout: 1s}
"""


class Templated:
    """A project whose job fills a Redis, and a cache of its own."""

    def __init__(self, project: Project, cache: Path) -> None:
        self.project = project
        self.cache = cache
        project.compose(COMPOSE)
        (project.folder / "fake/prepare.py").write_text(JOB)
        (project.folder / "fake/numbers.py").write_text("NUMBER = 7\n")
        (project.folder / "steps").mkdir()
        (project.folder / "steps/1").write_text("first")

    def up(self, *arguments: str, **env: str) -> dict[str, Any]:
        """Start, and return the status; the fleet has made its template, if it makes one."""
        result = self.project.up(*arguments, XDG_CACHE_HOME=str(self.cache), **env)
        assert result.returncode == 0, result.stdout + result.stderr
        status = self.project.status()
        deadline = time.monotonic() + 10
        while list(self.cache.rglob("new-*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        return status

    def down(self) -> None:
        assert self.project.omnicloud("down").returncode == 0

    def used(self, *arguments: str, **env: str) -> bool:
        """Whether a start of the job and its server began on a template; takes the fleet down."""
        status = self.up("prepare", *arguments, **env)
        self.down()
        assert status["from_template"] == (status["services"]["prepare"]["notes"] == "from template")
        assert status["services"]["prepare"]["state"] == "completed"
        return bool(status["from_template"])

    def ask(self, *words: str) -> str:
        """Redis's answer."""
        with socket.create_connection(("127.0.0.1", self.project.state["ports"]["redis:6379"])) as connection:
            connection.sendall(" ".join(words).encode() + b"\r\n")
            return connection.recv(4096).decode().split("\r\n")[1]

    @property
    def templates(self) -> list[Path]:
        return [manifest.parent for manifest in self.cache.rglob("manifest.json")]


@pytest.fixture
def templated(project: Project, tmp_path: Path) -> Templated:
    return Templated(project, tmp_path / "cache")


def test_the_second_fleet_finds_the_jobs_work_and_does_not_run_them(templated: Templated) -> None:
    assert templated.up()["from_template"] is False
    templated.down()
    status = templated.up()
    assert status["from_template"] is True
    job = status["services"]["prepare"]
    assert (job["state"], job["starts"], job["exit_code"], job["notes"]) == ("completed", 0, 0, "from template")
    assert [templated.ask("GET", name) for name in ("1", "number", "runs")] == ["first", "7", "1"]
    # and a server that is killed then finds its data again
    assert templated.project.omnicloud("kill", "redis").returncode == 0
    assert templated.project.omnicloud("restart", "redis").returncode == 0
    deadline = time.monotonic() + 5
    while templated.project.status()["services"]["redis"]["state"] != "healthy":
        assert time.monotonic() < deadline
    assert templated.ask("GET", "1") == "first"


def test_what_the_jobs_read_decides_and_nothing_else(templated: Templated) -> None:
    assert not templated.used()
    steps, package = templated.project.folder / "steps", templated.project.folder / "fake"
    # when something changes that no job reads
    (package / "web.py").write_text((package / "web.py").read_text() + "\n# a bug\n")
    assert templated.used()
    # when an imported module or a folder's list does
    (package / "numbers.py").write_text("NUMBER = 8\n")
    assert not templated.used()
    (steps / "2").write_text("new")
    assert not templated.used()
    # when all is as it was long ago
    (steps / "2").unlink()
    (package / "numbers.py").write_text("NUMBER = 7\n")
    assert templated.used()


def test_another_environment_is_another_template(templated: Templated) -> None:
    assert not templated.used()
    assert not templated.used(WORD="two")
    assert templated.used()


def test_only_a_vouched_for_tree_may_write_and_any_may_read(templated: Templated) -> None:
    assert not templated.used(OMNICLOUD_TEMPLATES="read")
    assert templated.templates == []
    assert not templated.used(OMNICLOUD_TEMPLATES="write")
    assert templated.used(OMNICLOUD_TEMPLATES="read")
    refused = templated.project.up(OMNICLOUD_TEMPLATES="perhaps")
    assert refused.returncode != 0
    assert "OMNICLOUD_TEMPLATES=perhaps is no mode" in refused.stdout + refused.stderr


def test_a_damaged_template_is_thrown_away_and_the_jobs_run(templated: Templated) -> None:
    assert not templated.used()
    (folder,) = templated.templates
    os.truncate(folder / "0.tar", (folder / "0.tar").stat().st_size // 2)
    status = templated.up()
    assert status["from_template"] is False
    assert templated.ask("GET", "runs") == "1"
    templated.down()
    assert templated.used()


def test_a_job_whose_work_is_elsewhere_runs_every_time(templated: Templated) -> None:
    (templated.project.folder / "fake/prepare.py").write_text(JOB + "pathlib.Path('made').write_text('')\n")
    assert not templated.used()
    assert templated.templates == []


def test_a_failed_job_leaves_no_template(templated: Templated) -> None:
    module = templated.project.folder / "fake/prepare.py"
    module.write_text(JOB + "raise SystemExit(3)\n")
    assert templated.project.up(XDG_CACHE_HOME=str(templated.cache)).returncode == 1
    assert templated.project.status()["services"]["web"]["state"] == "blocked"
    templated.down()
    assert templated.templates == []


def test_two_fleets_at_once_may_make_the_same_template(templated: Templated) -> None:
    project, cache = templated.project, str(templated.cache)
    command = ["up", "prepare", "--ports", "auto", "--owner", str(os.getpid())]
    starts = [
        subprocess.Popen(
            [sys.executable, "-m", "environment.cli", *command, "--name", name],
            cwd=project.folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3]), "XDG_CACHE_HOME": cache},
        )
        for name in ("one", "two")
    ]
    assert [start.wait(60) for start in starts] == [0, 0]
    deadline = time.monotonic() + 10
    while list(templated.cache.rglob("new-*")) or not templated.templates:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for name in ("one", "two"):
        assert project.omnicloud("down", "--name", name).returncode == 0
    assert len(templated.templates) == 1
    assert templated.used()


def test_a_fleet_killed_while_it_copies_leaves_a_whole_template_or_none(templated: Templated) -> None:
    for delay in (0.0, 0.05):
        templated.project.up("prepare", XDG_CACHE_HOME=str(templated.cache))
        time.sleep(delay)
        os.kill(templated.project.state["pid"], signal.SIGKILL)
        templated.project.assert_nothing_left()
    templated.used()
    assert templated.used()


def test_a_year_old_template_serves_a_fleet_with_its_clock_ahead(templated: Templated) -> None:
    assert not templated.used()
    (folder,) = templated.templates
    for path in (folder, *folder.iterdir()):
        os.utime(path, (path.stat().st_mtime - 365 * 86400,) * 2)
    assert templated.used("--clock-offset", "31536000")


# ------------------------------------------------------------------------------------------------------- its parts


def test_modes() -> None:
    assert [mode({}), mode({"OMNICLOUD_TEMPLATES": "read"})] == [Mode.WRITE, Mode.READ]


def test_what_a_trace_asks_is_answered_by_any_tree(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    trace = [f"r\t{json.dumps(str(tmp_path / 'a.py'))}", 'i\t"a"', f"l\t{json.dumps(str(tmp_path))}"]
    inputs = questions(trace, tmp_path)
    assert fits(inputs, tmp_path)
    (tmp_path / "a.py").unlink()
    assert not fits(inputs, tmp_path)
    with pytest.raises(Untraceable, match="system"):
        questions(['x\t"os.system"'], tmp_path)
    with pytest.raises(Untraceable):
        questions(["r\tcut"], tmp_path)


def test_a_module_that_would_be_found_first_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    inputs = questions(['i\t"a"', 'i\t"b.c"'], tmp_path)
    assert fits(inputs, tmp_path)
    (tmp_path / "b").mkdir()
    assert fits(inputs, tmp_path)
    (tmp_path / "b/c.py").write_text("")
    assert not fits(inputs, tmp_path)
    (tmp_path / "b/c.py").unlink()
    (tmp_path / "a").mkdir()
    assert not fits(inputs, tmp_path)


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("open('there').read()", "r {project}/there"),
        ("open('gone')", "r {project}/gone"),
        ("import module", "r {project}/module.py"),
        ("import module", "i module"),
        ("os.listdir()", "l {project}"),
        ("list(pathlib.Path('folder').iterdir())", "l {project}/folder"),
        ("os.fork() or open('there')", "r {project}/there"),
        ("open('made', 'w')", "x writes {project}/made"),
        ("os.open('made', os.O_CREAT | os.O_WRONLY)", "x writes {project}/made"),
        ("os.makedirs('made')", "x os.mkdir {project}/made"),
        ("pathlib.Path('there').rename('other')", "x os.rename {project}/there"),
        ("subprocess.run(['true'])", "x subprocess.Popen"),
        ("os.system('true')", "x os.system"),
    ],
)
def test_what_a_job_does_is_written_down(tmp_path: Path, code: str, seen: str) -> None:
    project = tmp_path / "project"
    (project / "folder").mkdir(parents=True)
    (project / "there").write_text("")
    (project / "module.py").write_text("")
    trace = tmp_path / "trace"
    begin = (
        "import os, pathlib, runpy, subprocess\n"
        f"trace = os.open({str(trace)!r}, os.O_CREAT | os.O_WRONLY | os.O_APPEND)\n"
        f"install = runpy.run_path({job_trace.__file__!r})['install']\n"
        "install(trace, os.getcwd(), os.getcwd() + '/own', ['/dev', '/tmp'])\n"
    )
    subprocess.run([sys.executable, "-c", begin + code], cwd=project, check=False, stderr=subprocess.DEVNULL)
    lines = [line.split("\t") for line in trace.read_text().splitlines()]
    assert seen.format(project=project) in [f"{kind} {json.loads(name)}" for kind, name in lines]


def made(cache: Path, project: Path) -> tuple[TemplateStore, Template]:
    """A template of a folder with one file."""
    kept = TemplateStore(cache, "key")
    workplace = kept.workplace()
    (workplace / "data").mkdir()
    (workplace / "data/file").write_text("content")
    kept.keep(workplace, {"data/server": workplace / "data"}, {"r none": "absent"})
    template = kept.find(project)
    assert template is not None
    return kept, template


@pytest.mark.parametrize("damage", ["changed", "missing", "no archive"])
def test_damage_is_noticed_before_a_server_sees_it(tmp_path: Path, damage: str) -> None:
    kept, template = made(tmp_path / "cache", tmp_path)
    template.unpack(tmp_path / "good")
    assert (tmp_path / "good/data/server/file").read_text() == "content"
    archive = template.folder / "0.tar"
    content = bytearray(archive.read_bytes())
    content[len(content) // 3] ^= 1
    match damage:
        case "changed":
            archive.write_bytes(content)
        case "missing":
            archive.unlink()
        case _:
            archive.write_bytes(b"no archive")
            manifest = json.loads((template.folder / "manifest.json").read_text())
            manifest["archives"]["data/server"]["digest"] = store.digest(archive)
            (template.folder / "manifest.json").write_text(json.dumps(manifest))
            again = kept.find(tmp_path)
            assert again is not None
            template = again
    with pytest.raises(store.Damaged):
        template.unpack(tmp_path / "bad")
    assert not (tmp_path / "bad/data/server").exists()
    kept.discard(template)
    assert kept.find(tmp_path) is None


def test_a_template_without_a_manifest_or_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    kept, template = made(tmp_path / "cache", tmp_path)
    (tmp_path / "cache/fleets").chmod(0o777)
    assert kept.find(tmp_path) is None
    (tmp_path / "cache/fleets").chmod(0o700)
    (template.folder / "manifest.json").write_text("{")
    assert kept.find(tmp_path) is None
    assert not template.folder.exists()


def test_the_least_used_templates_go_first(tmp_path: Path) -> None:
    for number in range(5):
        folder = tmp_path / "key" / str(number)
        folder.mkdir(parents=True)
        (folder / "0.tar").write_bytes(bytes(100))
        os.utime(folder, (1000 + number,) * 2)
    store.prune(tmp_path, most=4)
    store.prune(tmp_path, most_bytes=250)
    assert sorted(folder.name for folder in (tmp_path / "key").iterdir()) == ["3", "4"]


def test_a_snapshot_is_of_one_instant(tmp_path: Path) -> None:
    # given a process whose child writes into two files by turns, without end
    (tmp_path / "data").mkdir()
    script = "while :; do echo x >> data/a; echo x >> data/b; sleep 0.001; done"
    process = subprocess.Popen(["sh", "-c", f"sh -c '{script}' & wait"], cwd=tmp_path, start_new_session=True)
    try:
        while not (tmp_path / "data/b").exists():
            time.sleep(0.01)
        with held([process.pid]):
            copies = copy({"data/x": tmp_path / "data", "data/none": tmp_path / "none"}, tmp_path)
            still = (tmp_path / "data/b").read_text()
            time.sleep(0.05)
            assert (tmp_path / "data/b").read_text() == still
        assert list(copies) == ["data/x"]
        assert (copies["data/x"] / "b").read_text() == still
        deadline = time.monotonic() + 30
        while (tmp_path / "data/b").read_text() == still:
            assert time.monotonic() < deadline, "the process was not let go"
            time.sleep(0.01)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
