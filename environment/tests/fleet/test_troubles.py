"""A broken fleet's causes, each once, as they are worked out and as people read them. No fleet is started."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from environment.fleet import display, troubles
from environment.fleet.compose import Service
from environment.fleet.compose.model import HealthCheck
from environment.fleet.troubles import End, Waiting
from environment.fleet.unit import State, Unit

PROJECT = Path("/somewhere/project")
IMPORT_ERROR = "ImportError: cannot import name 'X' (/somewhere/project/shared/http.py)"
TRACEBACK = f"""exit status 1: {IMPORT_ERROR}
  File "<frozen runpy>", line 112, in _get_module_details
  File "/somewhere/project/shared/{{}}.py", line 3, in <module>
    from shared.http import X
{IMPORT_ERROR}"""
SETTINGS = """exit status 1: For further information visit https://errors.pydantic.dev/2.10/v/missing
  File "/usr/lib/pydantic/main.py", line 250, in __init__
    validated_self = validate(data)
pydantic.ValidationError: 1 validation error for Settings
{}
  Field required
    For further information visit https://errors.pydantic.dev/2.10/v/missing"""


def part(
    name: str,
    state: State = State.HEALTHY,
    reason: str = "",
    *waits_for: str,
    job: bool = False,
    code: int | None = None,
) -> dict[str, Any]:
    """A part of a fleet, as everyone sees it."""
    unit = Unit(Service(name, built=True, healthcheck=None if job else HealthCheck(("CMD", "true"))), job)
    unit.state, unit.reason, unit.exit_code = state, reason, code
    return unit.as_json(waits_for)


def job(name: str, reason: str = "", code: int = 1) -> dict[str, Any]:
    """A job that failed with the error that all have."""
    return part(name, State.FAILED, reason or TRACEBACK.format(name), job=True, code=code)


def blocked(name: str, *waits_for: str) -> dict[str, Any]:
    """A part that was not started."""
    return part(name, State.BLOCKED, f"{waits_for[0]} failed: {TRACEBACK.format('x')}", *waits_for)


def late(name: str, words: str) -> dict[str, Any]:
    """A part that patience ended for."""
    return {**part(name, State.UNHEALTHY, f"{name} does not answer\nits log"), "overdue": words}


FIVE_JOBS = [
    part("kafka"),
    *(job(name) for name in ("topics", "buckets", "migrate", "vault-init", "bootstrap")),
    blocked("unsealer", "vault-init"),
    blocked("gateway", "bootstrap", "auth"),
    blocked("auth", "migrate", "topics"),
    blocked("dns", "migrate", "topics"),
]


def summary(services: list[dict[str, Any]], patience: float = 1.0) -> dict[str, Any]:
    return {"name": "default", "project": str(PROJECT), "services": services, "patience": patience}


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is shown on a terminal of 80 columns."""
    monkeypatch.setattr("sys.argv", ["cli.py"])
    monkeypatch.setattr("sys.orig_argv", ["python", "-m", "environment.cli"])
    monkeypatch.delenv("OMNICLOUD_TYPED", raising=False)
    file = io.StringIO()
    monkeypatch.setattr(display, "console", Console(file=file, width=80, highlight=False, soft_wrap=True))
    return file


def test_parts_with_one_error_are_one_cause_with_all_that_waits_for_them() -> None:
    (cause,) = troubles.causes(FIVE_JOBS)
    assert cause.names == ("topics", "buckets", "migrate", "vault-init", "bootstrap")
    assert (cause.noun, cause.manner, cause.end, cause.waiting) == ("job", "exit status 1", End.EXIT, 4)
    assert cause.text == (
        '  File "/somewhere/project/shared/topics.py", line 3, in <module>',
        "    from shared.http import X",
        IMPORT_ERROR,
    )


def test_what_waits_is_grouped_by_what_is_broken_at_the_end_of_its_way() -> None:
    assert troubles.waiting(FIVE_JOBS) == [
        Waiting(("auth", "dns"), ("topics", "migrate")),
        Waiting(("unsealer",), ("vault-init",)),
        Waiting(("gateway",), ("topics", "migrate", "bootstrap")),
    ]


def test_each_cause_is_shown_once(printed: io.StringIO) -> None:
    display.show_troubles(summary(FIVE_JOBS))
    assert printed.getvalue() == (
        "\n5 jobs end with the same error (exit status 1), 4 parts wait for them:\n"
        "  topics, buckets, migrate, vault-init, bootstrap\n"
        '    File "/somewhere/project/shared/topics.py", line 3, in <module>\n'
        "      from shared.http import X\n"
        f"  {IMPORT_ERROR}\n"
        "  The whole log, while the fleet is up: python -m environment.cli logs topics --workspace /somewhere/project\n"
        "\nNot started, because they wait:\n"
        "  for topics, migrate:\n    auth, dns\n"
        "  for vault-init:\n    unsealer\n"
        "  for topics, migrate, bootstrap:\n    gateway\n"
    )


def test_while_a_fleet_starts_nothing_is_said_that_is_told_at_the_end(printed: io.StringIO) -> None:
    for service in FIVE_JOBS:
        display.boot_line(service)
    assert printed.getvalue().splitlines() == [
        "healthy    kafka",
        *(
            f"failed     {name:<18} exit status 1"
            for name in ("topics", "buckets", "migrate", "vault-init", "bootstrap")
        ),
    ]


def test_other_errors_and_other_ends_are_other_causes_and_the_one_that_most_waits_for_comes_first() -> None:
    found = troubles.causes(
        [
            part("cache", State.FAILED, "cache: redis-server was not found: install it"),
            job("seeds", code=2),
            job("migrate", "exit status 1: no such table 7"),
            job("topics", "exit status 1: no such table 12"),
            part("auth", State.EXITED, "killed by SIGSEGV: no output", code=-11),
            blocked("dns", "topics"),
        ]
    )
    assert [(cause.names, cause.manner, cause.end) for cause in found] == [
        (("migrate", "topics"), "exit status 1", End.EXIT),
        (("cache",), "", End.NEVER),
        (("seeds",), "exit status 2", End.EXIT),
        (("auth",), "killed by SIGSEGV", End.EXIT),
    ]
    assert found[1].text == ("cache: redis-server was not found: install it",)
    assert not found[1].ran


def test_of_an_error_in_many_lines_the_first_decides() -> None:
    # Given two services that lack settings, each another one
    services = [part(n, State.EXITED, SETTINGS.format(n), code=1) for n in ("auth", "dns")]
    # Then they have one cause, although the last lines name no error at all
    (cause,) = troubles.causes(services)
    assert cause.names == ("auth", "dns")
    # And another error with the same last line is another one
    other = part("audit", State.EXITED, SETTINGS.format("x").replace("1 validation error", "no settings"), code=1)
    assert len(troubles.causes([*services, other])) == 2


def test_dependencies_in_a_circle_end() -> None:
    assert troubles.waiting([blocked("a", "b"), blocked("b", "a")]) == [Waiting(("a", "b"), ())]


def test_who_was_still_starting_when_patience_ended_is_named_with_the_setting(printed: io.StringIO) -> None:
    services = [late("auth", "not healthy within 45 s"), late("dns", "not healthy within 45 s"), blocked("web", "auth")]
    display.show_troubles(summary(services, patience=2.0), ["up", "--ports", "auto"])
    shown = printed.getvalue()
    head = "2 services took too long and say the same (not healthy within 45 s), 1 part waits for them:"
    assert shown.startswith(f"\n{head}\n  auth, dns\n  auth does not answer\n  its log\n")
    assert shown.endswith(
        "\nStill starting when patience ended:\n  auth, dns (not healthy within 45 s)\n"
        "If this machine is busy with other work, give everything three times as long to start:\n"
        "  python -m environment.cli down --workspace /somewhere/project;"
        " OMNICLOUD_PATIENCE=6 python -m environment.cli up --ports auto --workspace /somewhere/project\n"
    )


def test_of_a_fleet_that_does_not_fit_the_terminal_the_interesting_part_is_shown() -> None:
    names = ["one", "two", "three", "four"]
    states = [State.HEALTHY, State.STARTING, State.WAITING, State.FAILED]
    services = [part(name, state) for name, state in zip(names, states, strict=True)]
    shown, rest = display.fitting(services, 2)
    assert [service["name"] for service in shown] == ["two", "four"]
    assert rest == "… and 1 healthy, 1 waiting"
    assert display.fitting(services, 4) == (services, "")
