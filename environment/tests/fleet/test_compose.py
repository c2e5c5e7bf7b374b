"""The compose file: what is understood, and what is said about a broken one."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from environment.fleet.compose import ComposeFile, Condition, Mount, Port, read_compose
from environment.fleet.compose.graph import check, closure
from environment.fleet.compose.interpolation import interpolate
from environment.fleet.errors import ComposeError, DependencyCycle, UnknownService


def read(tmp_path: Path, text: str, **variables: str) -> ComposeFile:
    path = tmp_path / "docker-compose.yml"
    path.write_text(text)
    return read_compose(path, variables)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$A-${A}", "one-one"),
        ("${B:-two}", "two"),
        ("${EMPTY:-two}", "two"),
        ("${EMPTY-two}", ""),
        ("${A:-two}", "one"),
        ("${B}", ""),
        ("${A:+set}${B:+set}", "set"),
        ("${B:-${A}/x}", "one/x"),
        ("$$A costs $$5", "$A costs $5"),
        ("${A:?needed}", "one"),
    ],
)
def test_variables_follow_the_compose_specification(text: str, expected: str) -> None:
    assert interpolate(text, {"A": "one", "EMPTY": ""}) == expected


def test_a_required_variable_that_is_missing_is_named_with_its_reason_and_place() -> None:
    with pytest.raises(ComposeError, match=r"services\.x\.environment: variable KEY is not set: make one"):
        interpolate("${KEY:?make one}", {}, "services.x.environment")


@pytest.mark.parametrize("text", ["${A", "${1}", "cost: $ 5", "${A!b}"])
def test_a_malformed_variable_is_refused(text: str) -> None:
    with pytest.raises(ComposeError, match="place"):
        interpolate(text, {"A": "one"}, "place")


def test_anchors_merges_and_both_forms_of_lists_are_read(tmp_path: Path) -> None:
    compose = read(
        tmp_path,
        """
x-env: &env {A: "1", B: "2"}
x-common: &common
  image: redis:7
services:
  one:
    <<: *common
    environment: {<<: *env, B: "3", FLAG: true, NOTHING: null}
    ports: ["8001:80", "127.0.0.1:8002:81/tcp", {target: 82, published: "8003"}, "83"]
    volumes: ["data:/var/lib", {type: volume, source: keys, target: /keys}, {type: tmpfs, target: /tmp}]
  two:
    <<: *common
    environment: ["A=x=y", "EMPTY="]
    depends_on: [one]
    command: redis-server --save '' x
  three:
    build: .
    depends_on: {one: {condition: service_healthy}}
""",
    )
    one, two, three = compose.services.values()
    assert one.environment == {"A": "1", "B": "3", "FLAG": "true", "NOTHING": ""}
    assert one.ports == (Port(80, 8001), Port(81, 8002), Port(82, 8003), Port(83))
    assert one.mounts == (Mount("data", "/var/lib"), Mount("keys", "/keys"))
    assert two.environment == {"A": "x=y", "EMPTY": ""}
    assert two.depends_on == {"one": Condition.STARTED}
    assert two.command == ("redis-server", "--save", "", "x")
    assert three.depends_on == {"one": Condition.HEALTHY}
    assert (one.built, three.built) == (False, True)


def test_durations_and_health_checks_are_read_in_seconds(tmp_path: Path) -> None:
    compose = read(
        tmp_path,
        """
services:
  one:
    image: redis:7
    healthcheck: {test: redis-cli ping, interval: 1m30s, timeout: 500ms, retries: 5, start_period: 2s}
  two:
    image: redis:7
    healthcheck: {disable: true, test: [CMD, x]}
""",
    )
    check_of_one = compose.services["one"].healthcheck
    assert check_of_one is not None
    assert check_of_one.test == ("CMD-SHELL", "redis-cli ping")
    assert (check_of_one.interval, check_of_one.timeout, check_of_one.retries) == (90.0, 0.5, 5)
    assert compose.services["two"].healthcheck is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services:\n  a: {image: x\n  b: 1\n", r"docker-compose.yml, line \d, column \d"),
        ("volumes: {}\n", "no `services:` mapping"),
        ("services: {a: {command: x}}\n", "services.a has neither `image:` nor `build:`"),
        ("services: {a: {image: x, ports: [eighty]}}\n", "services.a.ports: 'eighty' is not a port number"),
        (
            "services: {a: {image: x, depends_on: {b: {condition: ready}}}}\n",
            "services.a.depends_on.b: condition 'ready' does not exist",
        ),
        (
            "services: {a: {image: x, healthcheck: {test: [CMD, x], interval: soon}}}\n",
            "services.a.healthcheck.interval: 'soon' is not a duration",
        ),
        ("services: {a: {image: x, healthcheck: {test: [x]}}}\n", "services.a.healthcheck.test must be a command"),
        ("services: {a: {image: x, healthcheck: {test: 5}}}\n", "services.a.healthcheck.test must be a list"),
        ("services: {a: {image: x, healthcheck: [x]}}\n", "services.a.healthcheck must be a mapping"),
        (
            "services: {a: {image: x, healthcheck: {test: [CMD, x], retries: few}}}\n",
            "services.a.healthcheck.retries: 'few' is not a number of attempts",
        ),
        ("services: {a: {image: x, depends_on: {b: now}}}\n", "services.a.depends_on.b must be a mapping"),
    ],
)
def test_a_broken_file_is_refused_with_the_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ComposeError, match=message) as caught:
        read(tmp_path, text)
    assert caught.value.hint


def test_a_dependency_on_an_unknown_service_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    compose = read(tmp_path, "services: {redis: {image: x}, web: {build: ., depends_on: [reddis]}}")
    with pytest.raises(UnknownService, match=r"services.web.depends_on: there is no service 'reddis'") as caught:
        check(compose)
    assert "Did you mean 'redis'?" in caught.value.hint


def test_a_cycle_is_named_link_by_link(tmp_path: Path) -> None:
    compose = read(
        tmp_path,
        "services: {a: {build: ., depends_on: [b]}, b: {build: ., depends_on: [c]}, c: {build: ., depends_on: [a]}}",
    )
    with pytest.raises(DependencyCycle) as caught:
        check(compose)
    cycle = caught.value.cycle
    assert cycle[0] == cycle[-1]
    assert dict(pairwise(cycle)) == {"a": "b", "b": "c", "c": "a"}


def test_waiting_for_the_health_of_a_service_without_a_check_is_refused(tmp_path: Path) -> None:
    compose = read(tmp_path, "services: {a: {build: ., depends_on: {b: {condition: service_healthy}}}, b: {build: .}}")
    with pytest.raises(ComposeError, match=r"services\.a waits for b to be healthy, but b has no health check"):
        check(compose)


def test_two_services_on_one_host_port_are_refused(tmp_path: Path) -> None:
    compose = read(tmp_path, "services: {a: {build: ., ports: ['80:1']}, b: {build: ., ports: ['80:2']}}")
    with pytest.raises(ComposeError, match="services a and b both publish host port 80"):
        check(compose)


def test_the_closure_holds_everything_that_is_depended_on_in_file_order(tmp_path: Path) -> None:
    compose = read(
        tmp_path,
        "services: {d: {build: .}, c: {build: ., depends_on: [d]}, b: {build: .}, a: {build: ., depends_on: [c]}}",
    )
    assert closure(compose, ["a"]) == ["d", "c", "a"]
    assert closure(compose, []) == ["d", "c", "b", "a"]
    with pytest.raises(UnknownService, match="no service 'x'"):
        closure(compose, ["x"])


def test_an_entry_that_is_there_for_its_image_alone_is_no_service_and_nobody_waits_for_it(tmp_path: Path) -> None:
    compose = read(
        tmp_path,
        """
services:
  base: {build: ., image: base, scale: 0}
  job:
    build: .
    depends_on: {base: {condition: service_started}, db: {condition: service_healthy}}
  db: {image: "postgres:15"}
""",
    )
    assert list(compose.services) == ["job", "db"]
    assert compose.services["job"].depends_on == {"db": Condition.HEALTHY}
