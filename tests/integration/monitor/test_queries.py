"""Samples in, values out."""

import pytest

from tests.support.identities import Tenant
from tests.support.monitoring import MONITOR, at, points, sample, send


def test_a_rate_survives_a_counter_reset(tenant: Tenant) -> None:
    send(tenant.api, *(sample(60 * n, value) for n, value in enumerate((100, 160, 30, 90))))
    assert points(tenant.api, 180, 180, aggregation="rate", window=240) == [[round(150 / 180, 6)]]
    assert points(tenant.api, 120, 120, aggregation="increase", window=120) == [[60.0]]


def test_growth_is_extrapolated_to_the_windows_borders(tenant: Tenant) -> None:
    """As `promtool` says: ten a minute are 50 in five minutes, and a counter that began a minute before the end of an
    hour grew by no more than what it stands at."""
    send(tenant.api, *(sample(60 * n, 10 * n, name="steady") for n in range(11)))
    send(tenant.api, *(sample(3540 + 15 * n, 15 * n, name="young") for n in range(5)))
    for aggregation, factor in (("increase", 1.0), ("rate", 1 / 300)):
        found = points(tenant.api, 600, 600, name="steady", aggregation=aggregation, window=300)
        assert found == [[round(50 * factor, 6)]]
    for aggregation, factor in (("increase", 1.0), ("rate", 1 / 3600)):
        found = points(tenant.api, 3600, 3600, name="young", aggregation=aggregation, window=3600)
        assert found == [[round(60 * factor, 6)]]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1969-12-31T23:59:59Z"])
def test_a_time_out_of_reach_is_refused(tenant: Tenant, moment: str) -> None:
    query = {"name": "load", "start": moment, "end": moment}
    tenant.api.refused("GET", f"{MONITOR}/query", 422, "validation_failed", params=query)
    tenant.api.refused("POST", f"{MONITOR}/evaluate", 422, "validation_failed", json={"at": moment})
    body = {"samples": [{**sample(0, 1), "timestamp": moment}]}
    tenant.api.refused("POST", f"{MONITOR}/samples", 422, "validation_failed", json=body)


@pytest.mark.parametrize("step", ["6_0", "+60", " 60", "60.0", "٦٠", "9" * 5_000])
def test_a_step_that_is_not_written_in_digits_is_refused(tenant: Tenant, step: str) -> None:
    query = {"name": "load", "start": at(0), "end": at(600), "step": step}
    tenant.api.refused("GET", f"{MONITOR}/query", 422, "validation_failed", params=query)


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
