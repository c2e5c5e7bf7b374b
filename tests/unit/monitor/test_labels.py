"""Fingerprints, names, limits, matchers."""

import pytest

from services.monitor.domain import labels
from services.monitor.domain.errors import CardinalityExceeded, InvalidSample


def test_a_fingerprint_depends_on_name_and_labels_alone() -> None:
    one = labels.fingerprint("up", {"a": "1", "b": "2"})
    assert one == labels.fingerprint("up", {"b": "2", "a": "1"})
    assert one == labels.fingerprint("up", {"b": "2", "a": "1", "empty": ""})
    others = [("up", {"a": "1"}), ("up", {"a": "1", "b": "3"}), ("down", {"a": "1", "b": "2"}), ("up", {"a": "1,b=2"})]
    assert one not in {labels.fingerprint(*other) for other in others}


def test_a_fingerprint_is_fixed() -> None:
    assert labels.fingerprint("up", {"job": "api"}) == "69501e222194761ccb8f3ac2e06eb543"


@pytest.mark.parametrize("name", ["up", "http_requests_total", "job:errors:rate5m", "_x"])
def test_names_of_metrics(name: str) -> None:
    labels.check_series(name, {"job": "api"})


@pytest.mark.parametrize("name", ["", "1up", "a-b", "a b", "é"])
def test_what_is_no_name_of_a_metric(name: str) -> None:
    with pytest.raises(InvalidSample):
        labels.check_series(name, {})


@pytest.mark.parametrize("label", ["", "1a", "a-b", "__name__", "a:b"])
def test_what_is_no_name_of_a_label(label: str) -> None:
    with pytest.raises(InvalidSample):
        labels.check_series("up", {label: "x"})


@pytest.mark.parametrize(
    ("count", "length", "allowed"), [(30, 1, True), (31, 1, False), (1, 2048, True), (1, 2049, False)]
)
def test_labels_have_limits(count: int, length: int, allowed: bool) -> None:
    found = {f"l{number}": "x" * length for number in range(count)}
    if allowed:
        labels.check_series("up", found)
    else:
        with pytest.raises(CardinalityExceeded):
            labels.check_series("up", found)


@pytest.mark.parametrize(
    ("matchers", "expected"),
    [({}, True), ({"a": "1"}, True), ({"a": "2"}, False), ({"c": ""}, True), ({"c": "1"}, False)],
)
def test_matchers(matchers: dict[str, str], expected: bool) -> None:
    assert labels.matches(matchers, {"a": "1", "b": "2"}) is expected


def test_grouping() -> None:
    assert labels.grouping_key({"a": "1", "b": "2"}, ("b", "x")) == ("2", "")
