"""Which backend a new connection goes to."""

from collections import Counter

from tests.support.balancing import add_backend, check, make_pool, pick, picks


def test_weighted_round_robin_is_smooth(tenant):
    pool, backends = make_pool(tenant.api, 5, 1, 1)
    assert picks(tenant.api, pool, backends, 8) == "aabacaaa"


def test_a_draining_backend_gets_no_new_connections_until_it_is_active_again(tenant):
    pool, backends = make_pool(tenant.api, 1, 1)
    tenant.api.ok("PATCH", f"{pool}/backends/{backends[0]}", json={"state": "draining"})
    assert picks(tenant.api, pool, backends, 4) == "bbbb"
    tenant.api.ok("PATCH", f"{pool}/backends/{backends[0]}", json={"state": "active"})
    assert Counter(picks(tenant.api, pool, backends, 4)) == {"a": 2, "b": 2}


def test_a_backend_of_weight_zero_gets_none_even_when_nobody_else_is_healthy(tenant):
    pool, backends = make_pool(tenant.api, 0, 1, fall=1)
    assert picks(tenant.api, pool, backends, 3) == "bbb"
    assert check(tenant.api, pool, backends[1], "-") is False
    assert picks(tenant.api, pool, backends, 3) == "bbb"


def test_when_all_drain_nobody_is_picked(tenant):
    pool, backends = make_pool(tenant.api, 1, 1)
    for backend in backends:
        tenant.api.ok("PATCH", f"{pool}/backends/{backend}", json={"state": "draining"})
    tenant.api.refused("POST", f"{pool}/pick", 503, "no_backend", json={})
    assert [each["connections"] for each in tenant.api.ok("GET", pool)["backends"]] == [0, 0]


def test_least_connections_fills_the_emptiest(tenant):
    pool, backends = make_pool(tenant.api, 1, 1, algorithm="least_connections")
    assert picks(tenant.api, pool, backends, 3) == "aba"
    tenant.api.ok("POST", f"{pool}/release", json={"backend_id": backends[0]})
    tenant.api.ok("POST", f"{pool}/release", json={"backend_id": backends[0]})
    assert picks(tenant.api, pool, backends, 2) == "aa"


def test_consistent_hashing_keeps_keys_where_they_are(tenant):
    pool, _ = make_pool(tenant.api, 1, 1, algorithm="consistent_hash")
    tenant.api.refused("POST", f"{pool}/pick", 422, "key_required", json={})
    keys = [f"user-{number}" for number in range(8)]
    before = {key: pick(tenant.api, pool, key=key) for key in keys}
    assert {key: pick(tenant.api, pool, key=key) for key in keys} == before
    new = add_backend(tenant.api, pool, "10.0.0.9")
    after = {key: pick(tenant.api, pool, key=key) for key in keys}
    assert {after[key] for key in keys if after[key] != before[key]} <= {new}


def test_sticky_sessions_stay_also_on_a_draining_backend(tenant):
    pool, backends = make_pool(tenant.api, 1, 1, sticky=True, fall=1)
    tenant.api.ok("PATCH", f"{pool}/backends/{backends[0]}", json={"state": "draining"})
    assert pick(tenant.api, pool, session_backend_id=backends[0]) == backends[0]
    assert pick(tenant.api, pool) == backends[1]
    check(tenant.api, pool, backends[0], "-")
    assert pick(tenant.api, pool, session_backend_id=backends[0]) == backends[1]
