"""What policies are evaluated on has a limit."""

from typing import Any

import pytest

from services.compliance.domain.resources import MAX_RESOURCE_BYTES, ResourceTooLarge, check_size


@pytest.mark.parametrize(("character", "bytes_each"), [("a", 1), ("ä", 2), ("\u20ac", 3)])
def test_the_limit_counts_bytes_of_json(character: str, bytes_each: int) -> None:
    frame = len(b'{"n":""}')
    longest = (MAX_RESOURCE_BYTES - frame) // bytes_each
    check_size({"n": character * longest})
    with pytest.raises(ResourceTooLarge) as refused:
        check_size({"n": character * (longest + 1)})
    assert refused.value.extra["limit"] == MAX_RESOURCE_BYTES


@pytest.mark.parametrize("resource", [{}, {"id": "i-1", "tags": {"a": [1, 2.5, None, True]}}])
def test_an_ordinary_resource_is_evaluated(resource: dict[str, Any]) -> None:
    check_size(resource)
