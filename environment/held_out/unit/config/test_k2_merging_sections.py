"""Sections are merged at every depth, over any number of layers."""

from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from services.config.domain.layers import PRECEDENCE, deep_merge, effective

FEW = settings(max_examples=60, phases=[Phase.generate], derandomize=True, deadline=None)

KEYS = st.text("abc", min_size=1, max_size=1)
LEAVES = st.integers(0, 3) | st.booleans() | st.none() | st.just([1]) | st.just({"$secret": "a#b"})
SECTIONS: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)
DOCUMENTS = st.dictionaries(KEYS, SECTIONS, max_size=3)


def at(value: Any, path: tuple[str, ...]) -> Any:
    """What is under a path; a missing key raises KeyError."""
    for key in path:
        if not isinstance(value, dict) or "$secret" in value:
            raise KeyError(key)
        value = value[key]
    return value


def is_section(value: Any) -> bool:
    return isinstance(value, dict) and "$secret" not in value


def paths(value: Any, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every path within a document."""
    found = [prefix] if prefix else []
    if is_section(value):
        for key, inner in value.items():
            found += paths(inner, (*prefix, key))
    return found


@FEW
@given(DOCUMENTS, DOCUMENTS)
def test_every_path_has_what_the_strongest_layer_says_of_it(below: dict[str, Any], above: dict[str, Any]) -> None:
    merged = deep_merge(below, above)
    for path in paths(above):
        if not is_section(at(above, path)):
            assert at(merged, path) == at(above, path)
    for path in paths(below):
        covered = [path[:length] for length in range(1, len(path) + 1) if path[:length] in paths(above)]
        if all(is_section(at(above, each)) for each in covered) and not is_section(at(below, path)):
            expected = at(above, path) if path in covered else at(below, path)
            assert at(merged, path) == expected
    assert set(paths(merged)) <= {*paths(below), *paths(above)}


@FEW
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(PRECEDENCE, DOCUMENTS)))
def test_layers_are_merged_one_upon_the_other(layers: dict[str, dict[str, Any]]) -> None:
    expected: dict[str, Any] = {}
    for name in PRECEDENCE:
        expected = deep_merge(expected, layers.get(name, {}))
    assert effective(layers) == expected


def test_a_section_keeps_what_three_layers_say_of_it() -> None:
    layers: dict[str, dict[str, Any]] = {
        "default": {"db": {"pool": {"min": 1, "max": 5}, "host": "a"}},
        "tenant": {"db": {"pool": {"max": 9}}},
        "override": {"db": {"pool": {"idle": 30}, "host": "b"}},
    }
    assert effective(layers) == {"db": {"pool": {"min": 1, "max": 9, "idle": 30}, "host": "b"}}
