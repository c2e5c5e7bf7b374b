"""JSON Schema, with secret references as wild cards and nothing fetched."""

from typing import Any

import pytest

from services.config.domain.validation import InvalidSchema, SchemaViolation, check_values

SCHEMA = {
    "type": "object",
    "required": ["port"],
    "properties": {"port": {"type": "integer", "minimum": 1}, "password": {"type": "string", "minLength": 8}},
}


def test_valid_values_pass() -> None:
    check_values({"port": 1, "password": "long enough"}, SCHEMA)


def test_errors_name_their_places() -> None:
    with pytest.raises(SchemaViolation) as refused:
        check_values({"port": 0, "password": 5}, SCHEMA)
    assert sorted(error["field"] for error in refused.value.extra["errors"]) == ["password", "port"]


def test_a_missing_key_is_an_error() -> None:
    with pytest.raises(SchemaViolation):
        check_values({}, SCHEMA)


def test_a_secret_reference_is_valid_wherever_a_value_is() -> None:
    check_values({"port": 1, "password": {"$secret": "app/db#password"}}, SCHEMA)


@pytest.mark.parametrize(
    "schema", [{"type": "no such type"}, {"properties": 5}, {"$ref": "https://example.test/s.json"}]
)
def test_what_is_no_schema_of_its_own_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InvalidSchema):
        check_values({"a": 1}, schema)
