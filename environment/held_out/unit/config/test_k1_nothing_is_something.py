"""A key that a layer has is set by that layer, whatever its value, at every depth and through all four layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.config.domain.layers import PRECEDENCE, effective

LEAVES = st.sampled_from([0, 0.0, False, "", None, 1, True, "x"]) | st.lists(st.integers(0, 1), max_size=1)
VALUES = st.recursive(LEAVES, lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=6)
LAYERS = st.dictionaries(
    st.sampled_from(PRECEDENCE), st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), max_size=4
)


def upper(values: list[Any]) -> Any:
    """What counts of one key's values, the strongest last: all maps since the last value that is none."""
    last = values[-1]
    if not isinstance(last, Mapping):
        return last
    maps: list[Mapping[str, Any]] = []
    for value in reversed(values):
        if not isinstance(value, Mapping):
            break
        maps.insert(0, value)
    keys = list(dict.fromkeys(key for each in maps for key in each))
    return {key: upper([each[key] for each in maps if key in each]) for key in keys}


def typed(value: Any) -> Any:
    """The value with the types of its parts: 0, 0.0 and False are equal, and not the same."""
    if isinstance(value, Mapping):
        return {key: typed(inner) for key, inner in value.items()}
    return type(value), value


@settings(derandomize=True, phases=[Phase.generate], max_examples=400, deadline=None)
@given(layers=LAYERS)
def test_every_key_has_the_value_of_the_strongest_layer_that_sets_it(layers: dict[str, dict[str, Any]]) -> None:
    found = [layers[name] for name in PRECEDENCE if name in layers]
    assert typed(effective(layers)) == typed(upper([{}, *found]))


@pytest.mark.parametrize("value", [0, False, "", None, [], 0.0])
@pytest.mark.parametrize("above", [0, False, "", None, [], 0.0, {}])
def test_one_nothing_gives_way_to_another(value: Any, above: Any) -> None:
    merged = effective({"environment": {"a": {"b": value}}, "tenant": {"a": {"b": above}}})
    assert typed(merged) == typed({"a": {"b": above}})


def test_an_empty_map_takes_nothing_away_from_a_map() -> None:
    assert effective({"default": {"db": {"tls": True}}, "override": {"db": {}}}) == {"db": {"tls": True}}
