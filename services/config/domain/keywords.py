"""JSON Schema's keywords where they aren't the library's: linear-time patterns, counted work, and secret references.

What a secret reference stands for isn't known when a configuration is published. So there are three answers: a part is
valid, not valid, or could be either. Two validators ask the two sides: to `MAY` a reference is as any schema wants it,
to `MUST` as none does. Keywords that negate or count ask both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend as untyped_extend

from services.config.domain.patterns import cost, found
from services.config.domain.references import is_reference
from services.config.domain.work import present_work

Errors = Iterator[ValidationError]
Schema = Mapping[str, Any]
Keyword = Callable[[Any, Any, Any, Schema], Errors | None]


def may(validator: Any, instance: Any, schema: Any) -> bool:
    """Whether the instance is valid for some values of the secrets."""
    return bool(_other(MAY, validator, schema).is_valid(instance))


def must(validator: Any, instance: Any, schema: Any) -> bool:
    """Whether the instance is valid whatever the secrets are."""
    return bool(_other(MUST, validator, schema).is_valid(instance))


def _other(kind: Any, validator: Any, schema: Any) -> Any:
    present_work().charge(1)
    return kind(schema=schema, registry=validator._registry, _resolver=validator._resolver)


def _evolve(validator: Any, **changes: Any) -> Any:
    """A validator of the same kind for another schema, whatever dialect that one says it is of; it costs a step."""
    present_work().charge(1)
    schema = changes.get("schema", validator.schema)
    resolver = changes.get("_resolver", validator._resolver)
    return type(validator)(schema=schema, registry=validator._registry, _resolver=resolver)


def _counted(keyword: Keyword, surely: bool) -> Keyword:
    """The keyword, which costs steps, and to which a secret reference is perhaps, or surely not, as it should be."""

    def check(validator: Any, value: Any, instance: Any, schema: Schema) -> Errors:
        work = present_work()
        work.charge(1 + work.steps_of(instance) + work.steps_of(value))
        if not is_reference(instance):
            yield from keyword(validator, value, instance, schema) or ()
        elif surely:
            yield ValidationError("what a secret reference stands for isn't known here")

    return check


def _matches(pattern: str, text: str) -> bool:
    present_work().charge(cost(pattern, text))
    return found(pattern, text)


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Schema) -> Errors:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Schema, instance: Any, _schema: Schema) -> Errors:
    if isinstance(instance, Mapping):
        for pattern, subschema in patterns.items():
            for name, inner in instance.items():
                if _matches(pattern, name):
                    yield from validator.descend(inner, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, wanted: Any, instance: Any, schema: Schema) -> Errors:
    if not isinstance(instance, Mapping):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, inner in instance.items():
        if name in named or any(_matches(pattern, name) for pattern in patterns):
            continue
        if wanted is False:
            yield ValidationError(f"{name!r} is not a property that may be here")
        else:
            yield from validator.descend(inner, wanted, path=name)


def _const(surely: bool) -> Keyword:
    def check(_validator: Any, wanted: Any, instance: Any, _schema: Schema) -> Errors:
        if not _equal(instance, wanted, surely):
            yield ValidationError(f"{wanted!r} was expected")

    return check


def _enum(surely: bool) -> Keyword:
    def check(_validator: Any, wanted: list[Any], instance: Any, _schema: Schema) -> Errors:
        if not any(_equal(instance, each, surely) for each in wanted):
            yield ValidationError(f"{instance!r} is not one of {wanted!r}")

    return check


def _equal(instance: Any, wanted: Any, surely: bool) -> bool:
    """Whether a value with references surely, or perhaps, equals one that has none."""
    if is_reference(instance):
        return not surely
    if isinstance(instance, Mapping) and isinstance(wanted, Mapping):
        return instance.keys() == wanted.keys() and all(_equal(instance[n], wanted[n], surely) for n in wanted)
    if isinstance(instance, list) and isinstance(wanted, list):
        pairs = zip(instance, wanted, strict=False)
        return len(instance) == len(wanted) and all(_equal(a, b, surely) for a, b in pairs)
    if isinstance(instance, bool) or isinstance(wanted, bool):
        return instance is wanted
    return bool(instance == wanted)


def _unique_items(surely: bool) -> Keyword:
    def check(_validator: Any, wanted: bool, instance: Any, _schema: Schema) -> Errors:
        if not wanted or not isinstance(instance, list):
            return
        if len({json.dumps(_canonical(item), sort_keys=True) for item in instance}) < len(instance):
            yield ValidationError("some items are equal")
        elif surely and any(map(_holds_reference, instance)):
            yield ValidationError("whether items are equal isn't known here")

    return check


def _canonical(value: Any) -> Any:
    """The value with numbers in one spelling: 1.0 is 1."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _canonical(inner) for name, inner in value.items()}
    return [_canonical(inner) for inner in value] if isinstance(value, list) else value


def _holds_reference(value: Any) -> bool:
    if isinstance(value, Mapping):
        return is_reference(value) or any(map(_holds_reference, value.values()))
    return isinstance(value, list) and any(map(_holds_reference, value))


def _contains(surely: bool) -> Keyword:
    def check(validator: Any, wanted: Any, instance: Any, schema: Schema) -> Errors:
        if not isinstance(instance, list):
            return
        possible = sum(may(validator, item, wanted) for item in instance)
        certain = sum(must(validator, item, wanted) for item in instance)
        fewest, most = (certain, possible) if surely else (possible, certain)
        if fewest < schema.get("minContains", 1):
            yield ValidationError("too few items match the given schema")
        if most > schema.get("maxContains", len(instance)):
            yield ValidationError("too many items match the given schema")

    return check


def _not(surely: bool) -> Keyword:
    def check(validator: Any, unwanted: Any, instance: Any, _schema: Schema) -> Errors:
        if (may if surely else must)(validator, instance, unwanted):
            yield ValidationError(f"{instance!r} should not be valid under {unwanted!r}")

    return check


def _one_of(surely: bool) -> Keyword:
    def check(validator: Any, wanted: list[Any], instance: Any, _schema: Schema) -> Errors:
        possible = sum(may(validator, instance, each) for each in wanted)
        certain = sum(must(validator, instance, each) for each in wanted)
        if (certain if surely else possible) == 0:
            yield ValidationError(f"{instance!r} is not valid under any of the given schemas")
        if (possible if surely else certain) > 1:
            yield ValidationError(f"{instance!r} is valid under more than one of the given schemas")

    return check


def _if(surely: bool) -> Keyword:
    def check(validator: Any, condition: Any, instance: Any, schema: Schema) -> Errors:
        then, otherwise = schema.get("then", True), schema.get("else", True)
        if must(validator, instance, condition):
            yield from validator.descend(instance, then, schema_path="then")
        elif not may(validator, instance, condition):
            yield from validator.descend(instance, otherwise, schema_path="else")
        else:
            first = list(validator.descend(instance, then, schema_path="then"))
            second = list(validator.descend(instance, otherwise, schema_path="else"))
            if (first or second) if surely else (first and second):
                yield from first or second

    return check


def _validator(surely: bool) -> Any:
    own: dict[str, Keyword] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "const": _const(surely),
        "enum": _enum(surely),
        "uniqueItems": _unique_items(surely),
        "contains": _contains(surely),
        "not": _not(surely),
        "oneOf": _one_of(surely),
        "if": _if(surely),
    }
    keywords = {**Draft202012Validator.VALIDATORS, **own}
    extend: Any = untyped_extend
    made: Any = extend(Draft202012Validator, {name: _counted(each, surely) for name, each in keywords.items()})
    made.evolve = _evolve
    return made


MAY, MUST = _validator(surely=False), _validator(surely=True)
