"""Header hygiene of a proxy (RFC 9110 §7.6.1) and the headers that only the platform may set."""

from __future__ import annotations

from collections.abc import Iterable

HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
})  # fmt: skip
SPOOFABLE = frozenset({
    "x-omnicloud-identity", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
    "x-request-deadline-ms",
})  # fmt: skip
SET_ANEW = frozenset({
    "host", "content-length", "authorization", "x-correlation-id", "traceparent", "tracestate", "expect",
})  # fmt: skip
"""Replaced on the way: the host and the length by the HTTP client, the token by the signed identity, the correlation id
and the trace by those that the gateway has accepted or begun. What a client expects before it sends its body, the
gateway has told it: it has the whole body by then."""

WITHOUT_CONTENT = frozenset({204, 304})

Header = tuple[str, str]


def named_in_connection(headers: Iterable[Header]) -> frozenset[str]:
    """Header names that `Connection` declares hop-by-hop for this message."""
    return frozenset(
        name.strip().lower() for key, value in headers if key.lower() == "connection" for name in value.split(",")
    )


def forwardable(headers: Iterable[Header]) -> list[Header]:
    """A request's headers without those that end at this hop, are the platform's own, or are set anew."""
    pairs = list(headers)
    dropped = HOP_BY_HOP | SPOOFABLE | SET_ANEW | named_in_connection(pairs)
    return [(key, value) for key, value in pairs if key.lower() not in dropped]


def returnable(headers: Iterable[Header], status: int) -> list[Header]:
    """An answer's headers without those that end at this hop. The body goes on as it came, and so does its length; an
    answer of 204 or 304 has none (RFC 9110 §8.6)."""
    pairs = list(headers)
    dropped = HOP_BY_HOP | named_in_connection(pairs) | {"server", "date"}
    if status in WITHOUT_CONTENT:
        dropped |= {"content-length"}
    return [(key, value) for key, value in pairs if key.lower() not in dropped]
