"""Event data against its schema."""

import json
from pathlib import Path

import pytest

from shared import services
from shared.events.envelope import InvalidEvent
from shared.events.schema import (
    FOLDER,
    InvalidEventData,
    InvalidSchema,
    UnknownEventType,
    compile_schema,
    schema_name,
    validate,
)

USAGE = {
    "meter": "instance_hours",
    "quantity": "1.50",
    "started_at": "2025-03-01T00:00:00Z",
    "ended_at": "2025-03-01T01:30:00+00:00",
    "resource_id": "i-1",
    "source": "compute",
}


def test_usage_of_every_service_has_one_schema() -> None:
    assert schema_name("compute.usage.recorded") == schema_name("storage.usage.recorded") == "usage.recorded"
    assert schema_name("compute.instance.created") == "compute.instance.created"
    validate("compute.usage.recorded", USAGE)
    validate("storage.usage.recorded", USAGE)


@pytest.mark.parametrize("quantity", ["0", "12", "-0.5", "0.000000001", "123456789012345678901234567890.5"])
def test_exact_decimals_travel_as_text(quantity: str) -> None:
    validate("compute.usage.recorded", {**USAGE, "quantity": quantity})


@pytest.mark.parametrize("quantity", ["1e5", "NaN", "Infinity", "", "1.", ".5", "01", "1,5", "٣", 1.5, 2])
def test_anything_else_is_no_decimal(quantity: str | float | int) -> None:
    with pytest.raises(InvalidEventData, match=r"\$\.quantity"):
        validate("compute.usage.recorded", {**USAGE, "quantity": quantity})


@pytest.mark.parametrize("moment", ["2025-03-01", "2025-03-01T00:00:00", "2025-13-01T00:00:00Z", "1740787200"])
def test_points_in_time_need_date_time_and_offset(moment: str) -> None:
    with pytest.raises(InvalidEventData, match=r"\$\.started_at"):
        validate("compute.usage.recorded", {**USAGE, "started_at": moment})


def test_all_complaints_come_at_once_and_without_the_values() -> None:
    with pytest.raises(InvalidEventData) as caught:
        validate("compute.usage.recorded", {"meter": "", "quantity": "hunter2", "source": "compute"})

    assert caught.value.extra["errors"] == [
        "$: must have started_at, ended_at, resource_id",
        "$.meter: must satisfy minLength 1",
        '$.quantity: must satisfy format "decimal"',
    ]
    assert "hunter2" not in str(caught.value)


def test_a_property_that_a_newer_producer_adds_is_accepted() -> None:
    validate("compute.usage.recorded", {**USAGE, "added_later": True})


def test_a_type_without_a_schema_is_unknown() -> None:
    with pytest.raises(UnknownEventType, match=r"compute\.instance\.teleported\.json"):
        validate("compute.instance.teleported", {})


def test_a_type_cannot_lead_out_of_the_folder() -> None:
    with pytest.raises(InvalidEvent):
        validate("../../secrets.instance.read", {})


def test_a_schema_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(InvalidSchema, match="broken is no JSON Schema"):
        compile_schema({"type": "objekt"}, "broken")


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_schema_file_keeps_the_rules(path: Path) -> None:
    schema = json.loads(path.read_text())

    compile_schema(schema, path.name)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["type"] == "object"
    assert set(schema.get("required", ())) <= set(schema["properties"])
    assert path.stem == "usage.recorded" or path.stem.partition(".")[0] in services.NAMES
