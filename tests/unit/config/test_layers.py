"""Precedence and merging."""

from typing import Any

import pytest

from services.config.domain.layers import UnknownLayer, checked_layer, deep_merge, effective, origins


@pytest.mark.parametrize("value", [0, 0.0, False, "", None, []])
def test_a_falsy_override_is_an_override(value: Any) -> None:
    merged = effective({"default": {"limit": 5}, "override": {"limit": value}})
    assert (merged, type(merged["limit"])) == ({"limit": value}, type(value))


@pytest.mark.parametrize("value", [0, False, "", None])
def test_a_falsy_value_overrides_inside_of_a_map(value: Any) -> None:
    merged = effective({"default": {"db": {"port": 5432, "tls": True}}, "tenant": {"db": {"tls": value}}})
    assert merged == {"db": {"port": 5432, "tls": value}}
    assert merged["db"]["tls"] is value


def test_every_layer_wins_over_those_before_it() -> None:
    layers = {
        "override": {"d": "override"},
        "default": dict.fromkeys("abcd", "default"),
        "tenant": dict.fromkeys("cd", "tenant"),
        "environment": dict.fromkeys("bcd", "environment"),
    }
    assert effective(layers) == {"a": "default", "b": "environment", "c": "tenant", "d": "override"}


def test_maps_are_merged_at_every_depth() -> None:
    below = {"a": {"b": {"c": 1, "d": 2}, "e": 3}}
    assert deep_merge(below, {"a": {"b": {"c": 9}}}) == {"a": {"b": {"c": 9, "d": 2}, "e": 3}}


def test_lists_are_replaced() -> None:
    assert deep_merge({"hosts": ["a", "b"]}, {"hosts": ["c"]}) == {"hosts": ["c"]}


@pytest.mark.parametrize(("below", "above"), [({"x": 1}, 5), (5, {"x": 1})])
def test_a_map_and_something_else_replace_each_other(below: Any, above: Any) -> None:
    assert deep_merge({"k": below}, {"k": above}) == {"k": above}


def test_a_secret_reference_is_one_value() -> None:
    reference = {"$secret": "app/db#password"}
    assert deep_merge({"k": {"x": 1}}, {"k": reference}) == {"k": reference}
    assert deep_merge({"k": reference}, {"k": {"x": 1}}) == {"k": {"x": 1}}


def test_merging_changes_neither_layer() -> None:
    below, above = {"a": {"b": 1}}, {"a": {"c": 2}}
    deep_merge(below, above)
    assert (below, above) == ({"a": {"b": 1}}, {"a": {"c": 2}})


def test_origins_name_the_strongest_layer_that_has_a_key() -> None:
    assert origins({"default": {"a": 1, "b": 1}, "override": {"a": None}}) == {"a": "override", "b": "default"}


def test_no_layer_is_no_configuration() -> None:
    assert effective({}) == {}


def test_there_are_four_layers() -> None:
    with pytest.raises(UnknownLayer):
        checked_layer("global")
