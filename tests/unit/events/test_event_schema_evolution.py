"""Schemas only grow: old and new producers and consumers understand each other."""

from typing import Any

import pytest

from shared.events.schema import IncompatibleSchema, ensure_compatible

OLD: dict[str, Any] = {
    "title": "Something happened",
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "state": {"enum": ["active", "closed"]},
        "place": {"type": "object", "required": ["zone"], "properties": {"zone": {"type": "string"}}},
        "disks": {"type": "array", "items": {"type": "object", "properties": {"size": {"type": "integer"}}}},
    },
}


def changed(**properties: Any) -> dict[str, Any]:
    return {**OLD, "properties": {**OLD["properties"], **properties}}


def test_the_same_schema_is_compatible() -> None:
    ensure_compatible(OLD, OLD)


def test_optional_properties_may_be_added_at_every_depth() -> None:
    place = {**OLD["properties"]["place"], "properties": {"zone": {"type": "string"}, "rack": {"type": "string"}}}
    disk = {"type": "object", "properties": {"size": {"type": "integer"}, "kind": {"type": "string"}}}

    ensure_compatible(OLD, changed(name={"type": "string"}, place=place, disks={"type": "array", "items": disk}))


def test_words_for_people_may_change() -> None:
    ensure_compatible(OLD, {**changed(id={"type": "string", "minLength": 1, "description": "Which"}), "title": "New"})


def test_a_property_may_not_go() -> None:
    without = {**OLD, "properties": {name: value for name, value in OLD["properties"].items() if name != "state"}}

    with pytest.raises(IncompatibleSchema, match=r"^\$: state was removed$"):
        ensure_compatible(OLD, without)


@pytest.mark.parametrize("required", [["id", "state"], []])
def test_what_is_required_stays(required: list[str]) -> None:
    with pytest.raises(IncompatibleSchema, match="required"):
        ensure_compatible(OLD, {**OLD, "required": required})


@pytest.mark.parametrize(
    ("properties", "where"),
    [
        ({"id": {"type": "integer", "minLength": 1}}, r"\$\.id: type"),
        ({"id": {"type": "string", "minLength": 2}}, r"\$\.id: minLength"),
        ({"id": {"type": "string", "minLength": 1, "pattern": "^i-"}}, r"\$\.id: pattern"),
        ({"state": {"enum": ["active"]}}, r"\$\.state: enum"),
        ({"state": {"enum": ["active", "closed", "paused"]}}, r"\$\.state: enum"),
        ({"place": {"type": "object", "required": [], "properties": {"zone": {"type": "string"}}}}, r"\$\.place: req"),
        ({"disks": {"type": "array", "items": {"type": "string"}}}, r"\$\.disks\[\*\]"),
        ({"disks": {"type": "array"}}, r"\$\.disks: items"),
    ],
)
def test_what_is_there_keeps_its_rules(properties: dict[str, Any], where: str) -> None:
    with pytest.raises(IncompatibleSchema, match=where):
        ensure_compatible(OLD, changed(**properties))


def test_a_schema_may_not_be_closed_afterwards() -> None:
    with pytest.raises(IncompatibleSchema, match="additionalProperties"):
        ensure_compatible(OLD, {**OLD, "additionalProperties": False})
