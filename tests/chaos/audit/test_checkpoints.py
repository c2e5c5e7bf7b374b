"""Whoever has the database can change a trail, and can't have that signed: it shows from then on.

Records are changed past the service, the trigger that refuses it switched off; everything that isn't signed is made to
fit again. Meanwhile the platform goes on as if nothing had happened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
import pytest
import rfc8785

from tests.support.calls.sending import connect
from tests.support.eventually import eventually
from tests.support.fleet import FleetControl
from tests.support.identities import Tenant

AUDIT = "/api/audit/v1"
SOON = 30.0


@dataclass(frozen=True)
class Trail:
    """A tenant's trail as it is exported, and what was signed of it."""

    records: list[dict[str, Any]]
    checkpoints: list[dict[str, Any]]

    @property
    def length(self) -> int:
        return len(self.records)

    def first_signed(self, sequence: int) -> int:
        """The first place, from another one on, for which a hash was signed."""
        return min(each["sequence"] for each in self.checkpoints if each["sequence"] >= sequence)


def lines(tenant: Tenant, path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in tenant.api.get(f"{AUDIT}/{path}").text.splitlines()]


def happen(tenant: Tenant, *names: str) -> None:
    """Something that is recorded; returns once it is."""
    for name in names:
        tenant.api.ok("POST", "/api/tenants/v1/projects", 201, json={"name": name})

    def recorded() -> bool:
        found = tenant.api.items(f"{AUDIT}/records", type="tenants.project.created")
        return set(names) <= {record["data"]["name"] for record in found}

    eventually(recorded, SOON)


def signed_whole(tenant: Tenant) -> Trail:
    """The trail once all of it is signed, and nothing more is on its way into it."""

    def probe() -> Trail | None:
        said = verified(tenant)
        found = Trail(lines(tenant, "export"), lines(tenant, "checkpoints"))
        whole = said["complete"] and bool(found.checkpoints) and found.checkpoints[-1]["sequence"] == found.length
        return found if whole else None

    found = eventually(probe, SOON)
    assert found is not None
    return found


def verified(tenant: Tenant) -> dict[str, Any]:
    answer: dict[str, Any] = tenant.api.ok("POST", f"{AUDIT}/verifications")
    return answer


def pass_a_round(witness: Tenant) -> None:
    """Returns once every trail was looked at, to be signed, that had grown before: two rounds have reached another
    tenant's trail, so the first of them has ended."""
    for name in ("first", "second"):
        happen(witness, name)
        length = len(lines(witness, "export"))
        eventually(lambda length=length: lines(witness, "checkpoints")[-1]["sequence"] >= length, SOON)  # type: ignore[misc]


@contextmanager
def intruder(fleet: FleetControl, tenant: Tenant) -> Iterator[tuple[Any, Trail]]:
    """A cursor with which records can be changed in one transaction, and the trail, to which nothing is added
    meanwhile and all of which is signed."""
    connection = connect(fleet, "audit")
    try:
        with connection.cursor() as cursor:
            before = eventually(lambda: held(cursor, tenant), SOON)
            assert before is not None
            cursor.execute("ALTER TABLE audit_records DISABLE TRIGGER append_only")
            yield cursor, before
            cursor.execute("ALTER TABLE audit_records ENABLE TRIGGER append_only")
        connection.commit()
    finally:
        connection.close()


def held(cursor: Any, tenant: Tenant) -> Trail | None:
    """The whole trail, held; None where something was added before it was."""
    trail = signed_whole(tenant)
    cursor.execute("SELECT sequence FROM chain_heads WHERE tenant_id = %s FOR UPDATE", (tenant.id,))
    if cursor.fetchone() == (trail.length,):
        return trail
    cursor.connection.rollback()
    return None


def set_head(cursor: Any, tenant: Tenant, record: dict[str, Any]) -> None:
    """The trail ends with the record, and as far as the database knows all of it is signed."""
    cursor.execute(
        "UPDATE chain_heads SET sequence = %s, hash = %s, checkpoint_sequence = %s WHERE tenant_id = %s",
        (record["sequence"], record["hash"], record["sequence"], tenant.id),
    )
    assert cursor.rowcount == 1


def rewritten(trail: Trail, sequence: int, **changed: str) -> list[dict[str, Any]]:
    """The records from one on, which is changed, with hashes that fit."""
    made: list[dict[str, Any]] = []
    for record in trail.records[sequence - 1 :]:
        content = {name: value for name, value in record.items() if name != "hash"} | (changed if not made else {})
        if made:
            content["previous_hash"] = made[-1]["hash"]
        made.append({**content, "hash": hashlib.sha256(rfc8785.dumps(content)).hexdigest()})
    return made


@pytest.mark.services("tenants")
@pytest.mark.timeout(240)
def test_a_trail_that_lost_its_end_is_never_signed_again_and_never_valid(
    tenant: Tenant, other_tenant: Tenant, fleet: FleetControl
) -> None:
    happen(tenant, "a", "b", "c", "d")
    with intruder(fleet, tenant) as (cursor, before):
        left = before.length - 3
        cursor.execute("DELETE FROM audit_records WHERE tenant_id = %s AND sequence > %s", (tenant.id, left))
        assert cursor.rowcount == 3
        set_head(cursor, tenant, before.records[left - 1])
    # Then it is missing at once
    assert verified(tenant)["valid"] is False
    # And once there is something else in its place, which nobody has signed
    happen(tenant, "e", "f", "g", "h")
    pass_a_round(other_tenant)
    assert len(lines(tenant, "export")) > before.length
    assert lines(tenant, "checkpoints") == before.checkpoints
    said, place = verified(tenant), before.first_signed(left + 1)
    assert (said["valid"], said["records"], said["first_invalid"]) == (False, place - 1, place)
    assert said["reason"] == "another hash was signed for it"
    assert verified(other_tenant)["valid"] is True


@pytest.mark.services("tenants")
@pytest.mark.timeout(240)
def test_a_trail_that_was_written_anew_with_another_actor_is_never_signed_again_and_never_valid(
    tenant: Tenant, other_tenant: Tenant, fleet: FleetControl
) -> None:
    happen(tenant, "a", "b")
    with intruder(fleet, tenant) as (cursor, before):
        assert rewritten(before, 1) == before.records  # As the platform makes hashes
        for record in (records := rewritten(before, 2, actor="user:usr_somebody-else")):
            cursor.execute(
                "UPDATE audit_records SET actor = %s, previous_hash = %s, hash = %s "
                "WHERE tenant_id = %s AND sequence = %s",
                (record["actor"], record["previous_hash"], record["hash"], tenant.id, record["sequence"]),
            )
            assert cursor.rowcount == 1
        set_head(cursor, tenant, records[-1])
    happen(tenant, "c")
    pass_a_round(other_tenant)
    assert lines(tenant, "checkpoints") == before.checkpoints
    said, place = verified(tenant), before.first_signed(2)
    assert (said["valid"], said["records"], said["first_invalid"]) == (False, place - 1, place)
    assert said["reason"] == "another hash was signed for it"
    assert verified(other_tenant)["valid"] is True


@pytest.mark.services("tenants")
@pytest.mark.timeout(240)
def test_a_trail_that_cannot_be_signed_holds_up_no_other(
    tenant: Tenant, other_tenant: Tenant, fleet: FleetControl
) -> None:
    happen(tenant, "a")
    with intruder(fleet, tenant) as (cursor, before):
        # As the platform tells of removals, but for what is removed
        cursor.execute(
            "INSERT INTO audit_records "
            "(tenant_id, sequence, event_id, type, subject, actor, time, correlation_id, data, previous_hash, hash) "
            "SELECT tenant_id, sequence + 1, event_id || '-x', 'audit.removal.announced', subject, 'service:audit', "
            "time, correlation_id, '{}', hash, hash FROM audit_records WHERE tenant_id = %s AND sequence = %s",
            (tenant.id, before.length),
        )
        cursor.execute("UPDATE chain_heads SET sequence = sequence + 1 WHERE tenant_id = %s", (tenant.id,))
    pass_a_round(other_tenant)
    assert lines(tenant, "checkpoints") == before.checkpoints
    assert (verified(tenant)["valid"], verified(other_tenant)["valid"]) == (False, True)


@pytest.mark.services("tenants")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_records SET actor = 'user:usr_somebody-else' WHERE tenant_id = %s AND sequence = 1",
        "UPDATE audit_records SET hash = hash WHERE tenant_id = %s",
        "DELETE FROM audit_records WHERE tenant_id = %s",
    ],
)
def test_the_database_itself_refuses_to_change_or_delete_a_record(
    tenant: Tenant, fleet: FleetControl, statement: str
) -> None:
    happen(tenant, "a")
    before = signed_whole(tenant)
    connection = connect(fleet, "audit")
    try:
        with connection.cursor() as cursor, pytest.raises(psycopg2.errors.RaiseException) as refused:
            cursor.execute(statement, (tenant.id,))
        assert refused.value.diag.message_primary == "audit records are only ever appended"
    finally:
        connection.close()
    # What was told late of earlier things may have come behind
    assert lines(tenant, "export")[: len(before.records)] == before.records
    assert verified(tenant)["valid"] is True
