"""No value of a tenant is in a log, though the database refuses what holds it.

The database says in its errors what it refuses: a row as a whole, the key that there is already, whatever a function
raises. Requests, consumers and workers log such an error as one of the house's own, and the database has a log, too.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.calls.sending import connect
from tests.support.deploying import DEPLOY, make_environment, make_plan, null
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.logs import told

SOON = 30.0
CHECKED = (
    "ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (NOT ({which})) NOT VALID",
    "ALTER TABLE {table} DROP CONSTRAINT {name}",
)
"""The database tells the row that failed."""
UNIQUE = (
    "CREATE UNIQUE INDEX {name} ON {table} (tenant_id, ({column}::text)) WHERE {which}",
    "DROP INDEX {name}",
)
"""It tells the key that there is already."""
RAISED = (
    """
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN
        IF (SELECT {which} FROM (SELECT NEW.*) AS found) THEN
            RAISE EXCEPTION 'refused: %', NEW USING DETAIL = NEW, HINT = NEW;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {name}();
    """,
    "DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}()",
)
"""It tells what the function says."""


@pytest.fixture
def marker() -> str:
    """A value that is nowhere else."""
    return f"m4rk-{secrets.token_hex(12)}"


@contextmanager
def refusing(
    fleet: FleetControl,
    tenant: Tenant,
    service: str,
    table: str,
    how: tuple[str, str],
    *,
    column: str = "",
    which: str = "true",
) -> Iterator[str]:
    """A table takes no such row of the tenant for the length of a block; the name of what refuses it."""
    words = {
        "name": f"drill_{secrets.token_hex(6)}",
        "table": table,
        "column": column,
        "which": f"tenant_id = '{tenant.id}' AND {which}",
    }
    connection = connect(fleet, service)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(how[0].format(**words))
            try:
                yield words["name"]
            finally:
                cursor.execute(how[1].format(**words))
    finally:
        connection.close()


def who_tells(fleet: FleetControl, marker: str) -> list[str]:
    """The services, and servers, whose logs hold the value."""
    return [name for name in sorted(fleet.services()) if told(fleet, name, marker)]


def layer(tenant: Tenant, marker: str, number: int) -> httpx.Response:
    return tenant.api.request("PUT", f"/api/config/v1/layers/env-{number}/default", json={"values": {"a": marker}})


def plan(tenant: Tenant, marker: str, number: int) -> httpx.Response:
    if number == 1:
        make_environment(tenant.api, "logged")
    resources = {"resources": [null("a", note=marker)]}
    return tenant.api.request("POST", f"{DEPLOY}/environments/logged/plans", json=resources)


def secret(tenant: Tenant, marker: str, number: int) -> httpx.Response:
    return tenant.api.request("PUT", f"/api/secrets/v1/secrets/app/db-{number}", json={"data": {"password": marker}})


def project(tenant: Tenant, marker: str, number: int) -> httpx.Response:
    return tenant.api.request("POST", "/api/tenants/v1/projects", json={"name": f"{marker}-{number}"})


@dataclass(frozen=True)
class Write:
    """What puts a value into a table."""

    service: str
    table: str
    send: Callable[[Tenant, str, int], httpx.Response]
    column: str = ""


LAYER = Write("config", "layers", layer, '"values"')
PLAN = Write("deploy", "plans", plan, "changes")
SECRET = Write("secrets", "secrets", secret)
PROJECT = Write("tenants", "projects", project)


@pytest.mark.services("config", "deploy", "secrets", "tenants")
@pytest.mark.parametrize(
    ("write", "how", "state"),
    [
        pytest.param(LAYER, CHECKED, "23514", id="config-checked"),
        pytest.param(LAYER, UNIQUE, "23505", id="config-unique"),
        pytest.param(LAYER, RAISED, "P0001", id="config-raised"),
        pytest.param(PLAN, CHECKED, "23514", id="deploy-checked"),
        pytest.param(PLAN, UNIQUE, "23505", id="deploy-unique"),
        pytest.param(PLAN, RAISED, "P0001", id="deploy-raised"),
        pytest.param(SECRET, RAISED, "P0001", id="secrets-raised"),
        pytest.param(PROJECT, RAISED, "P0001", id="tenants-raised"),
    ],
)
def test_what_the_database_refuses_is_logged_without_its_values(
    tenant: Tenant, fleet: FleetControl, marker: str, write: Write, how: tuple[str, str], state: str
) -> None:
    assert write.send(tenant, marker, 1).is_success
    with refusing(fleet, tenant, write.service, write.table, how, column=write.column) as name:
        answer = write.send(tenant, marker, 2)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error"), answer.text
    assert marker not in answer.text
    [line] = eventually(lambda: told(fleet, write.service, "request failed", name))
    assert who_tells(fleet, marker) == []
    # And there is what is needed to find the fault: which rule refused the row, its code, and the place
    assert state in line
    assert f"services/{write.service}/" in line


@pytest.mark.services("audit", "tenants")
@pytest.mark.parametrize(("how", "state"), [(CHECKED, "23514"), (RAISED, "P0001")], ids=["checked", "raised"])
def test_an_event_whose_effect_the_database_refuses_is_logged_and_put_aside_without_its_values(
    tenant: Tenant, fleet: FleetControl, marker: str, how: tuple[str, str], state: str
) -> None:
    with refusing(fleet, tenant, "audit", "audit_records", how) as name:
        assert project(tenant, marker, 1).is_success
        eventually(lambda: told(fleet, "audit", "event put aside", name), SOON)
    assert who_tells(fleet, marker) == []
    assert told(fleet, "audit", "event put aside", name, state)
    assert told(fleet, "audit", "event not handled", name, state, "services/audit/")


@pytest.mark.services("deploy")
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("how", "state"), [(CHECKED, "23514"), (RAISED, "P0001")], ids=["checked", "raised"])
def test_a_task_that_the_database_refuses_is_logged_without_its_values(
    tenant: Tenant, fleet: FleetControl, marker: str, how: tuple[str, str], state: str
) -> None:
    """Whether it fails for that, or is tried again."""
    environment = make_environment(tenant.api)
    planned = make_plan(tenant.api, environment, null("a", note=marker))
    with refusing(fleet, tenant, "deploy", "apply_steps", how, which="attempts > 0") as name:
        accepted: dict[str, Any] = tenant.api.ok("POST", f"{environment}/applies", 202, json={"plan_id": planned["id"]})
        eventually(lambda: told(fleet, "deploy-worker", name), SOON)
    assert who_tells(fleet, marker) == []
    assert told(fleet, "deploy-worker", name, state)
    # And it goes on once it may
    path = f"{DEPLOY}/applies/{accepted['id']}"
    eventually(lambda: tenant.api.ok("GET", path)["state"] == "succeeded", 2 * SOON)
