"""Samples in, values out."""

from tests.support.identities import Tenant
from tests.support.monitoring import MONITOR, points, sample, send


def test_a_rate_survives_a_counter_reset(tenant: Tenant) -> None:
    send(tenant.api, *(sample(60 * n, value) for n, value in enumerate((100, 160, 30, 90))))
    assert points(tenant.api, 180, 180, aggregation="rate", window=240) == [[round(150 / 180, 6)]]
    assert points(tenant.api, 120, 120, aggregation="increase", window=120) == [[30.0]]


def test_a_value_is_stale_after_five_minutes(tenant: Tenant) -> None:
    send(tenant.api, sample(0, 7))
    assert points(tenant.api, 0, 600) == [[7.0] * 5]


def test_the_quantile_is_over_the_observations_of_all_series(tenant: Tenant) -> None:
    buckets = {"fast": (99, 99, 99), "slow": (0, 1, 1)}
    send(
        tenant.api,
        *(
            sample(60 * time, count * time, host=host, le=bound)
            for host, counts in buckets.items()
            for bound, count in zip(("0.1", "10", "+Inf"), counts, strict=True)
            for time in (0, 1)
        ),
    )
    query = {"aggregation": "histogram_quantile", "quantile": 0.5}
    assert points(tenant.api, 60, 60, **query) == [[round(0.1 * 50 / 99, 6)]]


def test_quantiles_of_series_are_interpolated_between_the_nearest(tenant: Tenant) -> None:
    send(tenant.api, *(sample(0, value, host=str(value)) for value in (1, 2, 3, 4)))
    assert points(tenant.api, 0, 0, aggregation="quantile", quantile=0.5) == [[2.5]]
    assert points(tenant.api, 0, 0, aggregation="quantile", quantile=1) == [[4.0]]


def test_aggregations_are_over_matching_series(tenant: Tenant) -> None:
    send(tenant.api, sample(0, 1, host="a"), sample(0, 5, host="b"))
    for aggregation, expected in (("sum", 6.0), ("avg", 3.0), ("max", 5.0), ("count", 2.0)):
        assert points(tenant.api, 0, 0, aggregation=aggregation) == [[expected]]
    assert points(tenant.api, 0, 0, label="host=b") == [[5.0]]


def test_a_sample_sent_twice_is_kept_once_and_the_first_value_stays(tenant: Tenant) -> None:
    assert send(tenant.api, sample(0, 1)) == {"accepted": 1, "duplicates": 0}
    assert send(tenant.api, sample(0, 2), sample(60, 3)) == {"accepted": 1, "duplicates": 1}
    assert points(tenant.api, 0, 60) == [[1.0, 3.0]]


def test_a_label_without_bound_is_stopped_and_nothing_of_it_kept(tenant: Tenant) -> None:
    body = {"samples": [sample(0, 1, user=str(number)) for number in range(501)]}
    problem = tenant.api.refused("POST", f"{MONITOR}/samples", 422, "cardinality_exceeded", json=body)
    assert (problem["metric"], problem["limit"]) == ("load", 500)
    assert points(tenant.api, 0, 0) == []
