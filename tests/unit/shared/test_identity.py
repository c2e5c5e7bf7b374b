"""Forwarded identities, tenants and permissions."""

from datetime import timedelta

import jwt
import pytest

from shared.errors import BadRequest, Forbidden, Unauthenticated
from shared.kernel.identity import LIFETIME_SECONDS, Grant, Identity, Kind, sign_identity, verify_identity
from shared.kernel.tracing import child_of, new_traceparent, parse, trace_id, unrecorded
from shared.settings import ServiceSettings
from shared.web.edge import check_host, context_from_headers, correlation_id, etag_of
from shared.web.idempotency import fingerprint, kept_key
from shared.web.permissions import allowed
from tests.unit.clocks import NOW, standing_clock

KEY = "a key of thirty-two bytes at least"
MEMBER = Identity("user:1", "t-1", "user", (Grant("member", "tenant"),))


def signed(identity: Identity = MEMBER, key: str = KEY, age: timedelta = timedelta()) -> str:
    return sign_identity(identity, key, NOW - age)


def test_round_trip() -> None:
    service = Identity.for_service("compute", "t-1", actor="user:1")
    assert verify_identity(signed(MEMBER), KEY, NOW) == MEMBER
    assert verify_identity(signed(service), KEY, NOW) == service


def test_who_is_behind_a_service_comes_along_over_any_number_of_services() -> None:
    """What they may do is theirs in their own tenant alone."""
    first = Identity.on_behalf_of(MEMBER, "config", "t-1")
    assert first == Identity("service:config", "t-1", "service", MEMBER.grants, "user:1", "user")
    second = Identity.on_behalf_of(verify_identity(signed(first), KEY, NOW), "secrets", "t-1")
    assert second == Identity("service:secrets", "t-1", "service", MEMBER.grants, "user:1", "user")
    assert Identity.on_behalf_of(first, "secrets", "t-2").grants == ()
    nobody = Identity.on_behalf_of(Identity.for_service("config", "t-1"), "secrets", "t-1")
    assert (nobody.actor, nobody.actor_kind, nobody.grants) == ("service:config", None, ())


def test_nobody_of_an_unknown_kind_is_behind_a_service() -> None:
    claims = jwt.decode(signed(Identity.on_behalf_of(MEMBER, "config", "t-1")), options={"verify_signature": False})
    forged = jwt.encode({**claims, "act_kind": "god"}, KEY, algorithm="HS256")
    with pytest.raises(Unauthenticated):
        verify_identity(forged, KEY, NOW)


def test_an_identity_that_was_good_ends_with_its_time_and_its_key() -> None:
    token = signed()
    assert verify_identity(token, KEY, NOW) == MEMBER
    last = NOW.replace(microsecond=0) + timedelta(seconds=2 * LIFETIME_SECONDS - 1)
    assert verify_identity(token, KEY, last) == MEMBER
    for now, key in ((last + timedelta(seconds=1), KEY), (NOW, "another key of thirty-two bytes or so")):
        with pytest.raises(Unauthenticated):
            verify_identity(token, key, now)


def test_an_identity_is_signed_anew_each_second_and_for_each_caller() -> None:
    again, later = signed(), signed(age=timedelta(seconds=-1))
    assert signed() == again
    assert len({again, later, signed(Identity("user:2", "t-1", "user", MEMBER.grants))}) == 3


@pytest.mark.parametrize(
    "token",
    [
        signed(key="another key of thirty-two bytes or so"),
        signed(age=timedelta(minutes=5)),
        "nonsense",
        jwt.encode({"sub": "user:1", "tid": "t-1", "kind": "operator", "grants": []}, KEY, algorithm="HS256"),
        jwt.encode({"sub": "x"}, "", algorithm="none"),
    ],
)
def test_what_cannot_be_verified_is_nobody(token: str) -> None:
    with pytest.raises(Unauthenticated):
        verify_identity(token, KEY, NOW)


def test_the_tenant_comes_from_the_token() -> None:
    settings = ServiceSettings(service_name="x", identity_signing_key=KEY)
    headers = {"x-omnicloud-identity": signed()}
    context, refusal = context_from_headers(headers, settings, standing_clock(), unrecorded(None))
    assert refusal is None
    assert context.tenant_id == "t-1"


def test_a_named_tenant_that_is_not_the_tokens_is_refused() -> None:
    settings = ServiceSettings(service_name="x", identity_signing_key=KEY)
    context, refusal = context_from_headers(
        {"x-omnicloud-identity": signed(), "x-tenant-id": "t-2"}, settings, standing_clock(), unrecorded(None)
    )
    assert isinstance(refusal, Forbidden)
    assert context.identity is None


@pytest.mark.parametrize("kind", ["service", "operator"])
def test_services_and_operators_select_a_tenant(kind: Kind) -> None:
    assert Identity("s", "platform", kind).in_tenant("t-2").tenant_id == "t-2"


@pytest.mark.parametrize(
    ("role", "permission", "expected"),
    [
        ("viewer", "compute:read", True),
        ("viewer", "compute:write", False),
        ("viewer", "secrets:read", False),
        ("member", "compute:write", True),
        ("member", "auth:write", False),
        ("member", "internal", False),
        ("tenant-admin", "auth:write", True),
        ("tenant-admin", "platform", False),
        ("tenant-admin", "internal", False),
        ("auditor", "audit:read", True),
        ("auditor", "compute:read", False),
        ("no-such-role", "compute:read", False),
    ],
)
def test_what_a_role_may_do(role: str, permission: str, expected: bool) -> None:
    assert allowed(Identity("u", "t", "user", (Grant(role, "tenant"),)), permission) is expected


def test_a_grant_for_a_project_holds_nowhere_else() -> None:
    caller = Identity("u", "t", "user", (Grant("member", "project:p-1"),))
    assert allowed(caller, "compute:write", project="p-1")
    assert not allowed(caller, "compute:write", project="p-2")
    assert not allowed(caller, "compute:write")


def test_services_are_not_operators() -> None:
    service = Identity.for_service("compute", "t-1")
    assert allowed(service, "internal")
    assert not allowed(service, "platform")


def test_who_answers_for_it() -> None:
    assert Identity.for_service("compute", "t", actor="user:7").responsible == "user:7"
    assert MEMBER.responsible == "user:1"


def test_correlation_id_is_kept_over_hops() -> None:
    assert correlation_id("order-42") == "order-42"
    assert correlation_id("new\nline").startswith("c-")
    assert correlation_id("²").startswith("c-")
    assert correlation_id("x" * 129).startswith("c-")
    assert correlation_id(None) != correlation_id(None)


def test_child_span_stays_in_its_trace() -> None:
    root = new_traceparent()
    child = child_of(root)
    assert trace_id(child) == trace_id(root)
    assert child.split("-")[2] != root.split("-")[2]


@pytest.mark.parametrize("header", [None, "", "00-" + "0" * 32 + "-" + "1" * 16 + "-01", "ff-" + "1" * 32 + "-x-01"])
def test_invalid_trace_context_starts_a_new_trace(header: str | None) -> None:
    assert parse(header) is None
    assert parse(child_of(header)) is not None


def test_entity_tags() -> None:
    assert etag_of({"version": 3}) == '"3"'
    assert etag_of({"name": "x"}) is None


@pytest.mark.parametrize("host", ["compute.service.consul", "COMPUTE.service.consul:8003", "localhost", "localhost:80"])
def test_a_service_answers_to_its_own_names(host: str) -> None:
    check_host(host, ["localhost", ".service.consul"])


@pytest.mark.parametrize("host", [None, "", "service.consul", "evil.example", "localhost.evil.example"])
def test_a_service_answers_to_no_others(host: str | None) -> None:
    with pytest.raises(BadRequest) as refusal:
        check_host(host, ["localhost", ".service.consul"])
    assert refusal.value.code == "invalid_host"


@pytest.mark.parametrize("budget", ["²", "-1", "", "1e3", "9" * 10, "soon"])
def test_a_budget_that_is_no_number_is_refused(budget: str) -> None:
    context, refusal = context_from_headers(
        {"x-request-deadline-ms": budget}, ServiceSettings(service_name="tenants"), standing_clock(), unrecorded(None)
    )
    assert refusal is not None
    assert refusal.code == "invalid_header"
    assert context.deadline is not None


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "é", "a\tb"])
def test_an_idempotency_key_is_printable_ascii(key: str) -> None:
    with pytest.raises(BadRequest):
        kept_key(Identity("user:1", "t-1", "user"), key)


def test_services_keys_are_nobody_elses() -> None:
    service = Identity.for_service("deploy", "t-1")
    mine = kept_key(service, "commit:i-1.1")
    assert mine != kept_key(Identity("user:1", "t-1", "user"), "commit:i-1.1")
    assert mine != kept_key(Identity("user:1", "t-1", "user"), f"{service.subject}/commit:i-1.1")


def test_a_request_of_another_person_is_another_request() -> None:
    assert fingerprint("k", "POST", "/a", "", b"x", "user:1") != fingerprint("k", "POST", "/a", "", b"x", "user:2")


@pytest.mark.parametrize(
    "other", [("PUT", "/a", "", b"x"), ("POST", "/b", "", b"x"), ("POST", "/a", "q", b"x"), ("POST", "/a", "", b"y")]
)
def test_two_requests_differ_by_any_part(other: tuple[str, str, str, bytes]) -> None:
    assert fingerprint("k", "POST", "/a", "", b"x") != fingerprint("k", *other)


def test_a_fingerprint_tells_nothing_to_whoever_lacks_the_key() -> None:
    """The rest may be known but for a password, which could be found out by trying."""
    assert fingerprint("k", "POST", "/a", "", b"x") != fingerprint("l", "POST", "/a", "", b"x")


def test_fingerprint_knows_where_parts_end() -> None:
    assert fingerprint("k", "POST", "/ab", "c", b"") != fingerprint("k", "POST", "/a", "bc", b"")


@pytest.mark.parametrize(
    ("changed", "algorithm"),
    [({"aud": "omnicloud"}, "HS256"), ({"aud": ["somebody"]}, "HS256"), ({}, "HS384"), ({}, "HS512")],
)
def test_an_identity_for_somebody_else_or_signed_in_another_way_is_nobody(
    changed: dict[str, object], algorithm: str
) -> None:
    claims = jwt.decode(signed(), options={"verify_signature": False})
    assert verify_identity(jwt.encode(claims, KEY, algorithm="HS256"), KEY, NOW) == MEMBER
    with pytest.raises(Unauthenticated):
        verify_identity(jwt.encode({**claims, **changed}, KEY, algorithm=algorithm), KEY, NOW)
