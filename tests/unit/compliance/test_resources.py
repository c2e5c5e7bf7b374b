"""What policies are evaluated on has a limit."""

from datetime import timedelta
from typing import Any

import pytest

from services.compliance.domain.resources import (
    KEEP_GONE,
    MAX_ID_BYTES,
    MAX_RESOURCE_BYTES,
    ResourceTooLarge,
    check_id,
    check_size,
)
from shared.errors import ValidationFailed
from shared.events.topics import DEAD_LETTER_RETENTION, EVENT_RETENTION


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
    check_id(resource)


@pytest.mark.parametrize("id", [5, 1.5, True, {}, ["i-1"], "ä" * (MAX_ID_BYTES // 2) + "a"])
def test_an_id_that_no_result_could_name_is_refused(id: Any) -> None:
    with pytest.raises(ValidationFailed, match="id of a resource"):
        check_id({"id": id})


@pytest.mark.parametrize("id", [None, "i-1", "ä" * (MAX_ID_BYTES // 2)])
def test_an_id_is_text_or_there_is_none(id: str | None) -> None:
    check_id({"id": id})


def test_what_is_gone_is_remembered_as_long_as_a_dead_letter_can_speak_of_it() -> None:
    # It is put aside on the last day of its topic, replayed on its own last day, and read when that is over again.
    assert KEEP_GONE >= EVENT_RETENTION + DEAD_LETTER_RETENTION + EVENT_RETENTION
    assert timedelta(days=44) <= KEEP_GONE
