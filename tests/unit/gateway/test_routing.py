"""Which service a path belongs to."""

import pytest

from services.gateway.domain import routing
from services.gateway.domain.routing import NoRoute, Route, guesses, rotate, route, signed_for


def test_path_names_service_and_keeps_the_rest() -> None:
    assert route("/api/compute/v1/instances/i-1") == Route("compute", "/v1/instances/i-1")


def test_openapi_document_is_reachable() -> None:
    assert route("/api/billing/openapi.json") == Route("billing", "/openapi.json")


@pytest.mark.parametrize(
    "path",
    [
        "/compute/v1/instances",
        "/api/compute/healthz",
        "/api/compute/metrics",
        "/api/nothing/v1/x",
        "/api/gateway/v1/x",
        "/api/compute/v1/../../metrics",
        "/api/compute",
    ],
)
def test_everything_but_the_versioned_api_is_unreachable(path: str) -> None:
    with pytest.raises(NoRoute) as refusal:
        route(path)
    assert refusal.value.status == 404
    assert refusal.value.code == "no_route"


def test_instances_take_turns() -> None:
    assert [rotate(("a", "b", "c"), turn)[0] for turn in range(4)] == ["a", "b", "c", "a"]


def test_other_instances_follow_for_retries() -> None:
    assert rotate(("a", "b", "c"), 1) == ["b", "c", "a"]


def test_no_instance_no_choice() -> None:
    assert rotate((), 5) == []


def test_a_presigned_url_acts_for_a_tenant() -> None:
    assert signed_for(Route("storage", "/v1/signed/t-1/photos/a/b.jpg")) == "t-1"
    assert signed_for(Route("storage", "/v1/signed/%74-1/photos/a")) == "t-1"
    assert signed_for(Route("storage", "/v1/%73igned%2Ft-1%2Fphotos/a")) == "t-1"


@pytest.mark.parametrize("target", [Route("storage", "/v1/buckets"), Route("dns", "/v1/signed/t-1/x/y")])
def test_any_other_request_is_nobodys_but_its_callers(target: Route) -> None:
    assert signed_for(target) is None


@pytest.mark.parametrize(
    "path", ["/v1/tokens", "/v1/tokens/", "/v1/%74okens", "/v1/%74%6f%6B%65ns", "/v1/me/password", "/v1/me%2Fpassword"]
)
def test_a_password_is_guessed_by_whatever_spelling_of_the_path_auth_reads(path: str) -> None:
    assert guesses(Route("auth", path), "POST")


@pytest.mark.parametrize(
    ("target", "method"),
    [
        (Route("auth", "/v1/tokens"), "GET"),
        (Route("dns", "/v1/tokens"), "POST"),
        (Route("auth", "/v1/tokens/revoke"), "POST"),
        # Decoded once, as auth does it: twice would be another path.
        (Route("auth", "/v1/%2574okens"), "POST"),
    ],
)
def test_nothing_is_guessed_elsewhere(target: Route, method: str) -> None:
    assert not guesses(target, method)


@pytest.mark.parametrize(
    ("method", "service", "path", "heeded"),
    [
        ("POST", "dns", "/v1/zones", True),
        ("POST", "auth", "/v1/users", True),
        ("POST", "auth", "/v1/tokens", False),
        ("LOCK", "deploy", "/v1/states/prod", False),
    ],
)
def test_a_key_counts_where_the_service_heeds_it(method: str, service: str, path: str, heeded: bool) -> None:
    assert routing.heeds_keys(routing.Route(service, path), method) is heeded
