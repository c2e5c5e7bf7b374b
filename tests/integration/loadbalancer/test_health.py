"""Health from checks and from real requests."""

from tests.support.balancing import check, make_pool, picks


def test_only_uninterrupted_failures_take_a_backend_out(tenant):
    pool, [first, _] = make_pool(tenant.api, 1, 1, rise=2, fall=3)
    assert check(tenant.api, pool, first, "--+--") is True
    assert check(tenant.api, pool, first, "-") is False


def test_only_uninterrupted_successes_bring_it_back(tenant):
    pool, [first, _] = make_pool(tenant.api, 1, 1, rise=2, fall=1)
    assert check(tenant.api, pool, first, "-+-+") is False
    assert check(tenant.api, pool, first, "+") is True


def test_unhealthy_backends_get_nothing_until_less_than_half_are_healthy(tenant):
    pool, backends = make_pool(tenant.api, 1, 1, 1, 1, fall=1)
    check(tenant.api, pool, backends[0], "-")
    check(tenant.api, pool, backends[1], "-")
    assert set(picks(tenant.api, pool, backends, 4)) == {"c", "d"}
    check(tenant.api, pool, backends[2], "-")
    assert set(picks(tenant.api, pool, backends, 8)) == {"a", "b", "c", "d"}
    assert tenant.api.ok("POST", f"{pool}/pick", json={})["panic"] is True


def test_a_threshold_of_zero_never_panics(tenant):
    pool, backends = make_pool(tenant.api, 1, 1, 1, fall=1, panic_threshold_percent=0)
    check(tenant.api, pool, backends[0], "-")
    check(tenant.api, pool, backends[1], "-")
    assert picks(tenant.api, pool, backends, 3) == "ccc"


def test_five_failed_requests_in_a_row_eject_but_never_too_many(tenant):
    pool, backends = make_pool(tenant.api, 1, 1)

    def fail(backend: str) -> str | None:
        for _ in range(5):
            answer = tenant.api.ok("POST", f"{pool}/outcomes", json={"backend_id": backend, "succeeded": False})
        return answer["ejected_until"]

    assert fail(backends[0]) is not None
    assert fail(backends[1]) is None
    assert picks(tenant.api, pool, backends, 3) == "bbb"
