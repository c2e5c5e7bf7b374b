"""JSON Schema, with secret references as wild cards and nothing fetched."""

from typing import Any

import pytest

from services.config.domain.patterns import InvalidRegularExpression, found
from services.config.domain.validation import InvalidSchema, SchemaViolation, check_schema, check_values

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


REFERENCE = {"$secret": "app/database#password"}
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def holding(wanted: object) -> dict[str, object]:
    """A schema of an object whose `p` is as wanted."""
    return {"properties": {"p": wanted}}


@pytest.mark.parametrize(
    "schema",
    [
        holding(TEXT),
        {"anyOf": [holding(TEXT), False]},
        {"oneOf": [holding(TEXT), holding(NUMBER)]},
        {"allOf": [holding({"enum": ["a", "b"]}), holding({"minLength": 40})]},
        {"not": holding({"type": "object"})},
        {"not": {"not": holding(TEXT)}},
        {"not": {"anyOf": [holding(NUMBER), {"required": ["x"]}]}},
        {"if": holding(TEXT), "then": {"required": ["x"]}},
        {"if": holding(TEXT), "then": {"required": ["x"]}, "else": {"required": ["p"]}},
        {"properties": {"list": {"contains": TEXT}}},
        {"properties": {"list": {"contains": {"const": 1}, "minContains": 2}}},
        {"properties": {"list": {"contains": TEXT, "maxContains": 0}}},
        {"properties": {"list": {"const": [1, "x"]}}},
        {"properties": {"list": {"enum": [[0], [1, 2]]}}},
        {"properties": {"list": {"uniqueItems": True}}},
        {"properties": {"p": TEXT, "list": True}, "unevaluatedProperties": False},
        {"properties": {"list": True}, "additionalProperties": TEXT},
        {"patternProperties": {"^p$": TEXT}, "properties": {"list": True}, "additionalProperties": False},
        {"dependentSchemas": {"p": holding(TEXT)}, "$defs": {"t": TEXT}, "properties": {"p": {"$ref": "#/$defs/t"}}},
    ],
    ids=str,
)
def test_what_could_be_valid_with_the_secrets_values_is_valid(schema: dict[str, object]) -> None:
    check_values({"p": REFERENCE, "list": [1, REFERENCE]}, schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{"required": ["x"]}, holding(False)]},
        {"oneOf": [holding(TEXT), True, {"type": "object"}]},
        {"not": {"required": ["p"]}},
        {"if": holding(TEXT), "then": {"required": ["x"]}, "else": {"required": ["y"]}},
        {"properties": {"list": {"contains": {"const": 1}, "maxContains": 0}}},
        {"properties": {"list": {"contains": TEXT, "minContains": 3}}},
        {"properties": {"list": {"const": [2, "x"]}}},
        {"properties": {"list": {"items": {"not": NUMBER}}}},
        {"additionalProperties": False},
        {"properties": {"p": False}},
    ],
    ids=str,
)
def test_what_no_secrets_values_can_make_valid_is_refused(schema: dict[str, object]) -> None:
    with pytest.raises(SchemaViolation):
        check_values({"p": REFERENCE, "list": [1, REFERENCE]}, schema)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(.*a){12}$", "(x+x+)+y"])
def test_a_pattern_takes_a_time_that_grows_with_the_text_alone(pattern: str) -> None:
    """Backtracking takes 2^n steps here; the test's own time limit would be long over."""
    with pytest.raises(SchemaViolation):
        check_values({"p": "a" * 5_000 + "!"}, holding({"pattern": pattern}))
    with pytest.raises(SchemaViolation):
        check_values({"a" * 5_000 + "!": 1}, {"patternProperties": {pattern: True}, "additionalProperties": False})


@pytest.mark.parametrize("pattern", [r"(?=a)b", r"(a)\1", "(", "a{5000}", "[" * 1001, r"(?:\p{L}{500}){2}"])
def test_patterns_that_need_more_are_refused(pattern: str) -> None:
    with pytest.raises(InvalidRegularExpression):
        check_schema(holding({"pattern": pattern}))
    with pytest.raises(InvalidRegularExpression):
        check_schema({"patternProperties": {pattern: True}})


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"^\d+$", "12", True),
        (r"^\d+$", "12\n", False),
        (r"^\d+$", "１２", False),
        ("b", "abc", True),
        (r"^\u00e9$", "é", True),
        (r"^\\u00e9$", r"\u00e9", True),
        (r"^\u00c4\u00d6$", "ÄÖ", True),
        (r"^\\\u00c4\\\u00d6$", r"\Ä\Ö", True),
        (r"^[\u0041\u0042]+$", "AB", True),
        (r"^[\ud83d\ude00\u0041]{2}$", "\U0001f600A", True),
        (r"^\p{Lu}$", "É", True),
    ],
)
def test_patterns_mean_what_ecma_262_says(pattern: str, text: str, matches: bool) -> None:
    assert found(pattern, text) is matches


def doubling(levels: int) -> dict[str, object]:
    """A schema of few words that says the same 2^levels times."""
    definitions = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(levels)}
    return {"$defs": {**definitions, f"d{levels}": True}, "$ref": "#/$defs/d0"}


@pytest.mark.parametrize(
    ("values", "schema"),
    [
        pytest.param({}, doubling(25), id="doubling"),
        pytest.param({}, {**doubling(25), "unevaluatedProperties": False}, id="doubling-unevaluated"),
        pytest.param({"p": list(range(20_000))}, holding({"items": {"enum": list(range(5_000))}}), id="enum"),
        pytest.param({"p": ["x" * 100] * 2_000}, {"anyOf": [holding({"maxItems": 1})] * 300}, id="messages"),
        pytest.param({"p": "ab" * 50_000}, {"anyOf": [holding({"pattern": "[ab]*a[ab]{900}c"})] * 3}, id="pattern"),
    ],
)
def test_a_validation_that_takes_too_much_work_is_given_up(
    values: dict[str, object], schema: dict[str, object]
) -> None:
    with pytest.raises(InvalidSchema, match="steps"):
        check_values(values, schema)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
        {"anyOf": [{"$ref": "#"}, True]},
        {"$ref": "http://["},
        {"$ref": "https://example.org/schema"},
        {"$schema": "http://json-schema.org/draft-07/schema#"},
        {"$schema": 5},
        {"allOf": [True] * 1_001},
        {"properties": {f"p{number}": {} for number in range(1_001)}},
        {"patternProperties": {str(number): True for number in range(51)}},
        {"unevaluatedProperties": False, "allOf": [{"patternProperties": {"a": True}}]},
    ],
    ids=lambda schema: str(schema)[:60],
)
def test_a_schema_that_leads_nowhere_or_never_ends_is_refused(schema: dict[str, object]) -> None:
    with pytest.raises(InvalidSchema):
        check_values({"a": 1}, schema)


def test_a_part_of_a_schema_gets_no_other_rules_by_naming_another_dialect() -> None:
    """A part of draft 7 would be validated by the library's own keywords, whose patterns backtrack."""
    part = {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "^(a+)+$"}
    with pytest.raises(SchemaViolation):
        check_values({"p": "a" * 5_000 + "!"}, holding(part))


def test_a_schema_for_trees_is_followed_as_deep_as_documents_go() -> None:
    tree = {"properties": {"next": {"$ref": "#"}, "size": NUMBER}, "additionalProperties": False}
    values: dict[str, object] = {"size": 1}
    for _ in range(29):
        values = {"next": values, "size": 2}
    check_values(values, tree)


@pytest.mark.parametrize(("items", "unique"), [([1, True], True), ([1, 1.0], False), ([{"a": 1}, {"a": 1.0}], False)])
def test_unique_items_are_compared_as_json_has_them(items: list[object], unique: bool) -> None:
    if unique:
        check_values({"p": items}, holding({"uniqueItems": True}))
    else:
        with pytest.raises(SchemaViolation):
            check_values({"p": items}, holding({"uniqueItems": True}))


@pytest.mark.parametrize(("wanted", "value"), [(False, [1, 1]), (True, "aa"), (True, {"a": 1, "b": 1}), (True, [])])
def test_nothing_need_be_unique_where_it_is_not_asked_for_or_there_are_no_items(wanted: bool, value: object) -> None:
    # JSON Schema Validation 2020-12, section 6.4.3, and what keywords for arrays say of other values
    check_values({"p": value}, holding({"uniqueItems": wanted}))


def test_unique_items_are_found_in_linear_time() -> None:
    check_values({"p": [{"n": number, "t": ["x"]} for number in range(8_000)]}, holding({"uniqueItems": True}))
