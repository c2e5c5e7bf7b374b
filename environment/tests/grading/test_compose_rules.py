"""Of a submitted compose file only what a repair can need is taken."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from environment.bugs.catalogue import load_catalogue
from environment.grading.compose_rules import COMPOSE, keep_rules
from environment.workspace.reference import default_reference

BEFORE: dict[str, Any] = {
    "name": "fake",
    "volumes": {"data": {}},
    "services": {
        "web": {
            "build": ".",
            "command": ["python", "-m", "shared.serve", "web"],
            "environment": {"PORT": 1, "PYTHONUNBUFFERED": "1"},
            "healthcheck": {"test": ["CMD", "probe", "http://127.0.0.1:1/ready"], "interval": "1s"},
            "depends_on": {"db": {"condition": "service_started"}},
        },
        "db": {"image": "postgres:15", "command": ["postgres"]},
    },
}


def graded(change: dict[str, Any], service: str = "web", right: dict[str, Any] = BEFORE) -> tuple[Any, tuple[str, ...]]:
    """What is graded of a file in which a service's fields were changed, and what is said to be ignored."""
    before = BEFORE["services"]
    submitted = {**BEFORE, "services": {**before, service: {**before.get(service, {}), **change}}}
    trees = [{COMPOSE: yaml.safe_dump(document).encode()} for document in (submitted, BEFORE, right)]
    files, ignored = keep_rules(*trees)
    return yaml.safe_load(files[COMPOSE])["services"], ignored


@pytest.mark.parametrize(
    "change",
    [
        {"environment": {"PORT": 2, "NEW_NAME": "x", "PYTHONUNBUFFERED": "1"}},
        {"environment": None},
        {"command": ["python", "-m", "shared.serve", "web", "--again"]},
        {"depends_on": {"db": {"condition": "service_healthy"}}},
        {"depends_on": ["db"]},
        {"healthcheck": {"test": ["CMD", "probe", "http://127.0.0.1:2/ready"], "interval": "5s", "retries": 3}},
        {"volumes": ["data:/data:ro"]},
        {"ports": ["8000:8000"], "expose": [80]},
        {"mem_limit": "1g", "restart": "no"},
    ],
)
def test_what_a_repair_can_need_is_taken(change: dict[str, Any]) -> None:
    services, ignored = graded(change)
    assert ignored == ()
    assert {field: services["web"].get(field) for field in change} == change


@pytest.mark.parametrize(
    "change",
    [
        {"image": "evil"},
        {"build": "/etc"},
        {"user": "root"},
        {"privileged": True},
        {"entrypoint": ["sh"]},
        {"command": ["sh", "-c", "true"]},
        {"command": ["python", "-m", "services.evil"]},
        {"command": "python -m shared.serve"},
        {"environment": {"LD_PRELOAD": "x.so"}},
        {"environment": {"PYTHONPATH": "services"}},
        {"environment": ["PORT=1"]},
        {"environment": {"PORT": {"x": 1}}},
        {"healthcheck": {"test": ["CMD", "sh", "-c", "true"]}},
        {"healthcheck": {"test": "exit 0"}},
        {"healthcheck": {"test": ["CMD", "probe", "http://x/;rm"], "interval": "soon"}},
        {"depends_on": {"evil": {"condition": "service_started"}}},
        {"volumes": ["/etc:/etc"]},
        {"volumes": ["../..:/x"]},
        {"volumes": ["other:/x"]},
        {"ports": ["0.0.0.0:1:1"]},
    ],
)
def test_everything_else_stays_as_it_was_and_is_named(change: dict[str, Any]) -> None:
    services, ignored = graded(change)
    assert ignored == (f"services.web.{next(iter(change))}",)
    assert services == BEFORE["services"]


def test_further_services_are_left_out() -> None:
    services, ignored = graded({"image": "postgres:15"}, "evil")
    assert ignored == ("services.evil",)
    assert services == BEFORE["services"]


def test_what_is_put_back_to_the_reference_is_taken_whatever_it_is() -> None:
    right = {**BEFORE, "services": {**BEFORE["services"], "db": {"image": "postgres:16", "command": ["postgres"]}}}
    services, ignored = graded({"image": "postgres:16"}, "db", right)
    assert (services["db"]["image"], ignored) == ("postgres:16", ())


def test_a_file_that_cannot_be_read_is_left_to_the_runner_that_refuses_it() -> None:
    good = {COMPOSE: yaml.safe_dump(BEFORE).encode()}
    for content in (b"{", b"\xff\xfe\x00", b"[]", b"services: 3", b"services: {web: 3}"):
        assert keep_rules({COMPOSE: content}, good, good) == ({COMPOSE: content}, ())
    assert keep_rules({}, good, good) == ({}, ())


def test_every_bug_of_the_catalogue_can_be_repaired() -> None:
    reference = default_reference()
    for bug in load_catalogue().values():
        if COMPOSE in bug.paths:
            untouched = reference.with_bugs([bug])
            assert keep_rules(reference.files, untouched, reference.files) == (dict(reference.files), ()), bug.id
