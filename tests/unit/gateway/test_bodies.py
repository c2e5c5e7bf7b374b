"""Where large bodies may go."""

import pytest

from services.gateway.domain.bodies import takes_large_bodies
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
