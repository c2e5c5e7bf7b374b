"""Bodies of the FastAPI services take numbers for numbers and truth values for truth values, and nothing else."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from shared.web.schemas import Body


class Kind(StrEnum):
    """A word."""

    ONE = "one"


class Inner(Body):
    """Names that mean something in pydantic's own schemas are fields like others."""

    type: int = 0
    default: bool = False
    ref: Annotated[int, Field(ge=0)] | None = None


class Outer(Body):
    """Every kind of place that a number may stand in."""

    count: int = 0
    share: float = 0.0
    wanted: bool = False
    kind: Kind = Kind.ONE
    at: datetime | None = None
    either: int | str = 0
    inner: Inner = Inner()
    several: list[Inner] = []
    named: dict[str, int] = {}


@pytest.mark.parametrize(
    "body",
    [
        *({"count": "7"}, {"count": True}, {"count": 7.5}, {"share": "7"}, {"share": True}),
        *({"wanted": "yes"}, {"wanted": "true"}, {"wanted": 1}, {"wanted": 0.0}),
        *({"inner": {"type": "7"}}, {"inner": {"default": 1}}, {"inner": {"ref": "7"}}, {"several": [{"type": "7"}]}),
        *({"named": {"a": "7"}}, {"named": {"a": True}}),
    ],
)
def test_what_is_of_another_type_is_refused_not_converted(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Outer.model_validate(body)


def test_what_json_has_no_types_for_is_still_read_from_text() -> None:
    read = Outer.model_validate(
        {
            **{"count": 7.0, "share": 7, "wanted": True, "kind": "one", "at": "2026-03-01T00:00:00Z", "either": "7"},
            **{"inner": {"type": 1, "default": True, "ref": 2}, "several": [{}], "named": {"a": 1}},
        }
    )
    assert (read.count, read.share, read.wanted, read.kind, read.either) == (7, 7.0, True, Kind.ONE, "7")
    assert (read.at and read.at.isoformat(), read.inner.ref, read.named) == ("2026-03-01T00:00:00+00:00", 2, {"a": 1})
    assert Outer.model_json_schema()["properties"]["count"] == {"default": 0, "title": "Count", "type": "integer"}
