"""What a secret may hold."""

from typing import Any

import pytest

from services.secrets.domain.data import InvalidSecretData, check_data


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    "data",
    [
        {"password": "p\0w\n\U0001f600", "é": None},
        {"n": 2**53 - 1, "m": -(2**53 - 1), "x": 0.1, "t": True},
        {"deep": nested(31)},
        {str(number): 1 for number in range(200)},
        {"x" * 200: 1},
    ],
    ids=lambda data: str(data)[:40],
)
def test_what_comes_back_as_it_was_sent_is_taken(data: dict[str, Any]) -> None:
    check_data(data)


@pytest.mark.parametrize(
    "data",
    [
        {"a\0": 1},
        {"a\n": 1},
        {" ": 1},
        {"": 1},
        {"x" * 201: 1},
        {str(number): 1 for number in range(201)},
        {"\ud800": 1},
        {"a": ["\udfff"]},
        {"a": {"\udfff": 1}},
        {"a": 2**53},
        {"a": [-(2**53)]},
        {"a": float("inf")},
        {"a": nested(32)},
        {"a": nested(5_000)},
    ],
)
def test_what_would_come_back_otherwise_or_could_not_be_told_of_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(InvalidSecretData):
        check_data(data)


def test_a_refusal_repeats_nothing() -> None:
    with pytest.raises(InvalidSecretData) as refused:
        check_data({"a": 90071992547409931234})
    assert "90071992547409931234" not in refused.value.detail
