"""Where large bodies may go, and how long bodies may take."""

import pytest

from services.gateway.domain.bodies import receiving_seconds, takes_large_bodies
from services.gateway.domain.routing import Route


@pytest.mark.parametrize(
    ("service", "path", "key", "large"),
    [
        ("deploy", "/v1/states/prod", None, True),
        ("deploy", "/v1/states/prod", "key", False),
        ("deploy", "/v1/environments", None, False),
        ("storage", "/v1/states/prod", None, False),
        ("storage", "/v1/buckets/b/objects/k", None, True),
        ("storage", "/v1/buckets/b/uploads/u/parts/1", None, True),
        ("storage", "/v1/signed/b/k", None, True),
        ("storage", "/v1/buckets/b/objects/k", "key", False),
        ("storage", "/v1/volumes", None, False),
        ("compute", "/v1/buckets/b", None, False),
    ],
)
def test_only_states_and_objects_may_be_larger_than_memory(
    service: str, path: str, key: str | None, large: bool
) -> None:
    assert takes_large_bodies(Route(service, path), key) is large


@pytest.mark.parametrize(
    ("declared", "seconds"), [(0, 15.0), (2**20, 15.0), (2**20 + 2**16, 16.0), (2**40, 255.0), (None, 255.0)]
)
def test_a_large_body_has_time_for_its_size_beyond_the_requests_own(declared: int | None, seconds: float) -> None:
    assert receiving_seconds(15.0, declared, limit=16 * 2**20) == seconds
