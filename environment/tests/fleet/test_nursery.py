"""The nursery makes no difference but memory and time: services see what `python -m` shows them, or it isn't used."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from environment.fleet import nursery
from environment.tests.fleet.conftest import WEB, Project

pytestmark = pytest.mark.timeout(180)

SERVE = '''
"""What most services run."""
import pathlib
from fake import common

pathlib.Path(f"{os.environ['NAME']}.json").write_text(json.dumps({
    "argv": sys.argv[1:], "path": sys.path[:2], "cwd": os.getcwd(), "env": dict(os.environ), "name": __name__,
    "common": common.MADE_BY, "parent": os.getppid(), "group": os.getpgid(0) == os.getpid(), "ids": os.getresuid(),
    "session": os.getsid(0) == os.getpid(), "value": common.VALUE, "pid": os.getpid(), "fds": len(os.listdir("/proc/self/fd")),
}))
'''  # noqa: E501
COMMON = '''
"""Remembers whose process imported it."""
with open("/proc/self/stat") as stat:
    MADE_BY = int(stat.read().split()[0])
VALUE = 1
'''


def services(*names: str) -> str:
    entries = []
    for number, name in enumerate(names):
        entries.append(
            f"""
      {name}:
        build: .
        command: python -m fake.serve {name}
        environment: {{NAME: {name}, LISTEN_ADDRESS: "0.0.0.0:{8001 + number}"}}
        ports: ["{8001 + number}:{8001 + number}"]
        healthcheck:
          test: ["CMD", "python", "probe.py", "http://127.0.0.1:{8001 + number}/"]
          interval: 500ms
          timeout: 1s
          retries: 2
          start_period: 1s
"""
        )
    return "    services:" + "".join(entries)


@pytest.fixture
def nursed(project: Project) -> Project:
    """Two services of one module, which imports another."""
    project.compose(services("one", "two"))
    head, _, body = WEB.partition("host, _, port")
    source = head.replace("import http", "import json, http") + SERVE + "host, _, port" + body
    (project.folder / "fake/serve.py").write_text(source)
    (project.folder / "fake/common.py").write_text(COMMON)
    return project


def seen(project: Project, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((project.folder / f"{name}.json").read_text())
    return content


def test_services_share_what_they_import_first_and_see_nothing_of_it(nursed: Project) -> None:
    result = nursed.up()
    assert result.returncode == 0, result.stdout + result.stderr
    status = nursed.status()
    assert status["nursery_trouble"] == ""
    one, two = seen(nursed, "one"), seen(nursed, "two")
    assert one["common"] == two["common"] != one["pid"]
    assert one["parent"] == two["parent"] != one["common"]
    assert (one["argv"], one["cwd"], one["path"][0]) == (["one"], str(nursed.folder), str(nursed.folder))
    assert one["path"][1] != str(nursed.folder)
    assert one["name"] == "__main__"
    assert one["group"]
    assert one["session"]
    assert one["env"]["NAME"] == "one"
    assert one["pid"] == status["services"]["one"]["pid"]
    # when one is killed, its end is told, and it comes back from the nursery
    assert nursed.omnicloud("kill", "one").returncode == 0
    assert nursed.status()["services"]["one"]["state"] == "stopped"
    assert nursed.omnicloud("restart", "one").returncode == 0
    assert seen(nursed, "one")["common"] == two["common"]
    # when a file changes that was imported, a restarted service runs it
    (nursed.folder / "fake/common.py").write_text(COMMON.replace("VALUE = 1", "VALUE = 22"))
    assert nursed.omnicloud("restart", "two").returncode == 0
    wait(lambda: seen(nursed, "two")["value"] == 22)
    # when the supervisor dies, everything goes
    os.kill(nursed.state["pid"], signal.SIGKILL)
    nursed.assert_nothing_left()


@pytest.mark.parametrize(
    ("line", "trouble"),
    [
        ("import os; os.environ.get('LANG')", "the environment"),
        ("import threading, time; threading.Thread(target=time.sleep, args=(600,), daemon=True).start()", "threads"),
        ("open_file = open(__file__)", "open files"),
        ("print('hello')", "prints"),
        ("import uuid; uuid.uuid4()", "urandom"),
    ],
)
def test_imports_that_could_make_a_difference_are_left_to_each_service(
    nursed: Project, line: str, trouble: str
) -> None:
    (nursed.folder / "fake/common.py").write_text(COMMON + line + "\n")
    result = nursed.up()
    assert result.returncode == 0, result.stdout + result.stderr
    assert trouble in nursed.status()["nursery_trouble"]
    assert trouble not in result.stdout
    one, two = seen(nursed, "one"), seen(nursed, "two")
    assert (one["common"], two["common"]) == (one["pid"], two["pid"])


@pytest.mark.parametrize(
    ("line", "said"),
    [("raise RuntimeError('broken')", "RuntimeError: broken"), ("raise SystemExit(4)", "exit status 4")],
)
def test_a_broken_import_fails_in_each_service_with_its_traceback(nursed: Project, line: str, said: str) -> None:
    (nursed.folder / "fake/common.py").write_text(COMMON + line + "\n")
    assert nursed.up().returncode == 1
    for name in ("one", "two"):
        service = nursed.status()["services"][name]
        assert service["state"] == "exited"
        assert said in service["reason"]


def test_a_nursery_that_dies_is_done_without(nursed: Project) -> None:
    assert nursed.up().returncode == 0
    os.kill(seen(nursed, "one")["common"], signal.SIGKILL)
    assert nursed.omnicloud("restart", "one").returncode == 0
    wait(lambda: seen(nursed, "one")["common"] == seen(nursed, "one")["pid"])
    assert nursed.status()["services"]["two"]["state"] == "healthy"


def wait(condition: Callable[[], bool]) -> None:
    """Until it is true, for some seconds; a file that is being written counts as not yet."""
    deadline = time.monotonic() + 15
    while True:
        try:
            if condition():
                return
        except (OSError, ValueError):
            pass
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_only_what_stands_at_the_head_of_the_module_is_imported(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        "from __future__ import annotations\nimport a.b, c\nfrom d.e import f\nfrom . import g\n"
        "if True:\n    import h\ndef function():\n    import i\n"
    )
    assert nursery.head_imports(str(file)) == [("a.b", ()), ("c", ()), ("d.e", ("f",))]
