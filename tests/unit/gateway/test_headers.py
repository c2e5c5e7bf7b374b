"""Header hygiene of a proxy (RFC 9110 §7.6.1)."""

import pytest

from services.gateway.domain.headers import forwardable, named_in_connection, returnable


@pytest.mark.parametrize("name", ["Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade"])
def test_hop_by_hop_headers_end_here(name: str) -> None:
    assert forwardable([(name, "x"), ("Accept", "a")]) == [("Accept", "a")]


def test_headers_named_in_connection_end_here_too() -> None:
    headers = [("Connection", "close, X-Hop"), ("x-hop", "1"), ("X-Keep", "2")]
    assert named_in_connection(headers) == {"close", "x-hop"}
    assert forwardable(headers) == [("X-Keep", "2")]


@pytest.mark.parametrize(
    "name", ["X-Omnicloud-Identity", "X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Request-Deadline-Ms"]
)
def test_strangers_cannot_set_the_platforms_own_headers(name: str) -> None:
    assert forwardable([(name, "forged")]) == []


def test_token_is_replaced_by_identity_and_never_forwarded() -> None:
    assert forwardable([("Authorization", "Bearer secret"), ("Host", "evil")]) == []


def test_what_was_to_come_before_the_body_is_settled_when_it_is_here() -> None:
    assert forwardable([("Expect", "100-continue"), ("Accept", "a")]) == [("Accept", "a")]


def test_repeated_headers_all_pass_in_order() -> None:
    assert forwardable([("Accept", "a"), ("Accept", "b")]) == [("Accept", "a"), ("Accept", "b")]


def test_answer_keeps_end_to_end_headers() -> None:
    headers = [("ETag", '"3"'), ("Transfer-Encoding", "chunked"), ("Server", "x"), ("Content-Length", "9")]
    assert returnable(headers, 200) == [("ETag", '"3"'), ("Content-Length", "9")]


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_content_has_no_length(status: int) -> None:
    assert returnable([("ETag", '"3"'), ("Content-Length", "9")], status) == [("ETag", '"3"')]
