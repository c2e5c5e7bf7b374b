"""Which backend a new connection goes to, and the health that checks and real requests tell of."""

from __future__ import annotations

from collections import Counter

from tests.support.balancing import add_backend, check, make_pool, pick, picks
from tests.support.identities import Tenant


def test_weighted_round_robin_is_smooth(tenant: Tenant) -> None:
    pool, backends = make_pool(tenant.api, 5, 1, 1)
    assert picks(tenant.api, pool, backends, 8) == "aabacaaa"


def test_turns_begin_anew_when_a_weight_changes_or_a_backend_goes(tenant: Tenant) -> None:
    """What is owed in the old weights isn't paid by connections in a row to one backend."""
    pool, backends = make_pool(tenant.api, 256, 1)
    assert picks(tenant.api, pool, backends, 8) == "aaaaaaaa"
    tenant.api.ok("PATCH", f"{pool}/backends/{backends[0]}", json={"weight": 1})
    assert picks(tenant.api, pool, backends, 4) == "abab"

    pool, backends = make_pool(tenant.api, 10, 1, 1, name="three")
    assert picks(tenant.api, pool, backends, 5) == "aaaab"
    tenant.api.ok("DELETE", f"{pool}/backends/{backends[0]}", 204)
    assert picks(tenant.api, pool, backends, 4) == "bcbc"


def test_a_draining_backend_gets_no_new_connections_until_it_is_active_again(tenant: Tenant) -> None:
    pool, backends = make_pool(tenant.api, 1, 1)
    tenant.api.ok("PATCH", f"{pool}/backends/{backends[0]}", json={"state": "draining"})
    assert picks(tenant.api, pool, backends, 4) == "bbbb"
    tenant.api.ok("PATCH", f"{pool}/backends/{backends[0]}", json={"state": "active"})
    assert Counter(picks(tenant.api, pool, backends, 4)) == {"a": 2, "b": 2}


def test_a_backend_of_weight_zero_gets_none_even_when_nobody_else_is_healthy(tenant: Tenant) -> None:
    pool, backends = make_pool(tenant.api, 0, 1, fall=1)
    assert picks(tenant.api, pool, backends, 3) == "bbb"
    assert check(tenant.api, pool, backends[1], "-") is False
    assert picks(tenant.api, pool, backends, 3) == "bbb"


def test_when_all_drain_nobody_is_picked(tenant: Tenant) -> None:
    pool, backends = make_pool(tenant.api, 1, 1)
    for backend in backends:
        tenant.api.ok("PATCH", f"{pool}/backends/{backend}", json={"state": "draining"})
    tenant.api.refused("POST", f"{pool}/pick", 503, "no_backend", json={})
    assert [each["connections"] for each in tenant.api.ok("GET", pool)["backends"]] == [0, 0]


def test_least_connections_fills_the_emptiest(tenant: Tenant) -> None:
    pool, backends = make_pool(tenant.api, 1, 1, algorithm="least_connections")
    assert picks(tenant.api, pool, backends, 3) == "aba"
    tenant.api.ok("POST", f"{pool}/release", json={"backend_id": backends[0]})
    tenant.api.ok("POST", f"{pool}/release", json={"backend_id": backends[0]})
    assert picks(tenant.api, pool, backends, 2) == "ab"


def test_idle_backends_take_turns_by_least_connections(tenant: Tenant) -> None:
    """Connections that end at once leave all equals: HAProxy's `leastconn` takes turns among them."""
    pool, backends = make_pool(tenant.api, 1, 1, 1, algorithm="least_connections")
    chosen = Counter[str]()
    for _ in range(12):
        backend = pick(tenant.api, pool)
        tenant.api.ok("POST", f"{pool}/release", json={"backend_id": backend})
        chosen[backend] += 1
    assert chosen == dict.fromkeys(backends, 4)


def test_a_backend_that_is_added_gets_few_of_the_first_connections_and_the_first_one_all(tenant: Tenant) -> None:
    """Slow start at weight 1 and at any other: with an hour to grow in, a new backend has one of its 256 steps."""
    for name, weight in (("light", 1), ("heavy", 100)):
        pool, backends = make_pool(tenant.api, weight, name=name, slow_start_seconds=3600)
        assert picks(tenant.api, pool, backends, 3) == "aaa"
        backends.append(add_backend(tenant.api, pool, "10.0.0.9", weight))
        assert Counter(picks(tenant.api, pool, backends, 20))["b"] <= 1


def test_consistent_hashing_keeps_keys_where_they_are(tenant: Tenant) -> None:
    pool, _ = make_pool(tenant.api, 1, 1, algorithm="consistent_hash")
    tenant.api.refused("POST", f"{pool}/pick", 422, "key_required", json={})
    keys = [f"user-{number}" for number in range(8)]
    before = {key: pick(tenant.api, pool, key=key) for key in keys}
    assert {key: pick(tenant.api, pool, key=key) for key in keys} == before
    new = add_backend(tenant.api, pool, "10.0.0.9")
    after = {key: pick(tenant.api, pool, key=key) for key in keys}
    assert {after[key] for key in keys if after[key] != before[key]} <= {new}


def test_sticky_sessions_stay_also_on_a_draining_backend(tenant: Tenant) -> None:
    pool, backends = make_pool(tenant.api, 1, 1, sticky=True, fall=1)
    tenant.api.ok("PATCH", f"{pool}/backends/{backends[0]}", json={"state": "draining"})
    assert pick(tenant.api, pool, session_backend_id=backends[0]) == backends[0]
    assert pick(tenant.api, pool) == backends[1]
    check(tenant.api, pool, backends[0], "-")
    assert pick(tenant.api, pool, session_backend_id=backends[0]) == backends[1]


def test_only_uninterrupted_failures_take_a_backend_out(tenant: Tenant) -> None:
    pool, [first, _] = make_pool(tenant.api, 1, 1, rise=2, fall=3)
    assert check(tenant.api, pool, first, "--+--") is True
    assert check(tenant.api, pool, first, "-") is False


def test_only_uninterrupted_successes_bring_it_back(tenant: Tenant) -> None:
    pool, [first, _] = make_pool(tenant.api, 1, 1, rise=2, fall=1)
    assert check(tenant.api, pool, first, "-+-+") is False
    assert check(tenant.api, pool, first, "+") is True


def test_unhealthy_backends_get_nothing_until_less_than_half_are_healthy(tenant: Tenant) -> None:
    pool, backends = make_pool(tenant.api, 1, 1, 1, 1, fall=1)
    check(tenant.api, pool, backends[0], "-")
    check(tenant.api, pool, backends[1], "-")
    assert set(picks(tenant.api, pool, backends, 4)) == {"c", "d"}
    check(tenant.api, pool, backends[2], "-")
    assert set(picks(tenant.api, pool, backends, 8)) == {"a", "b", "c", "d"}
    assert tenant.api.ok("POST", f"{pool}/pick", json={})["panic"] is True


def test_a_threshold_of_zero_never_panics(tenant: Tenant) -> None:
    pool, backends = make_pool(tenant.api, 1, 1, 1, fall=1, panic_threshold_percent=0)
    check(tenant.api, pool, backends[0], "-")
    check(tenant.api, pool, backends[1], "-")
    assert picks(tenant.api, pool, backends, 3) == "ccc"


def test_five_failed_requests_in_a_row_eject_but_never_too_many(tenant: Tenant) -> None:
    pool, backends = make_pool(tenant.api, 1, 1)

    def fail(backend: str) -> str | None:
        for _ in range(5):
            answer = tenant.api.ok("POST", f"{pool}/outcomes", json={"backend_id": backend, "succeeded": False})
        return answer["ejected_until"]

    assert fail(backends[0]) is not None
    assert fail(backends[1]) is None
    assert picks(tenant.api, pool, backends, 3) == "bbb"
