"""Keys that are in one of two maps only make a difference, wherever they are."""

from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.infra.reconcile import diff, same

FEW = settings(max_examples=60, phases=[Phase.generate], derandomize=True, deadline=None)

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
)
PATHS = st.lists(st.sampled_from(["x", "y", 0]), max_size=3)


def placed(value: Any, path: list[Any]) -> Any:
    """The value, some levels of maps and lists further down."""
    for step in reversed(path):
        value = [value] if step == 0 else {step: value, "beside": 1}
    return value


@FEW
@given(st.dictionaries(st.text("abc", max_size=2), JSON, max_size=4), JSON, PATHS)
def test_a_key_more_or_less_is_a_difference_at_every_depth(some: dict[str, Any], value: Any, path: list[Any]) -> None:
    more = {**some, "only": value}
    less, with_it = placed(some, path), placed(more, path)
    assert same(less, less)
    assert same(with_it, with_it)
    assert not same(less, with_it)
    assert not same(with_it, less)


@FEW
@given(st.dictionaries(st.text("abc", max_size=2), JSON, max_size=4), JSON)
def test_what_loses_a_setting_has_changed(some: dict[str, Any], value: Any) -> None:
    resource, was = {"r": {"settings": some}}, {"r": {"settings": {**some, "only": value}}}
    assert diff(resource, was).changed == ("r",)
    assert diff(was, resource).changed == ("r",)
    assert diff(resource, resource).changed == ()
