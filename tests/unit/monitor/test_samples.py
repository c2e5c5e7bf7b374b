"""Samples as they come in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.monitor.domain.errors import InvalidSample, TooManySamples
from services.monitor.domain.labels import Labels, fingerprint
from services.monitor.operations import samples
from shared.utils.clock import FixedClock

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def sample(seconds: int, value: float, **labels: str) -> dict[str, Any]:
    return {"name": "load", "labels": labels, "value": value, "timestamp": T0 + timedelta(seconds=seconds)}


def test_a_series_is_made_out_once_however_many_samples_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Labels] = []

    def noted(name: str, labels: Labels) -> str:
        made.append(labels)
        return fingerprint(name, labels)

    monkeypatch.setattr(samples, "fingerprint", noted)
    sent = [sample(second, 1.0, host=host, zone="a") for second in range(50) for host in ("a", "b")]
    named, values = samples._by_series(sent, T0 + timedelta(hours=1))
    assert (len(made), len(named), len(values)) == (2, 2, 100)


def test_an_empty_label_is_none_and_the_first_value_of_a_time_stays() -> None:
    named, values = samples._by_series([sample(0, 1.0, host="a"), sample(0, 2.0, host="a", zone="")], T0)
    assert list(named.values()) == [("load", {"host": "a"})]
    assert list(values.values()) == [1.0]


def test_every_sample_of_a_series_is_checked_for_its_time() -> None:
    with pytest.raises(InvalidSample):
        samples._by_series([sample(0, 1.0), sample(1, 1.0)], T0)


class Kept:
    """The samples of a tenant."""

    def __init__(self) -> None:
        self.at: set[object] = set()
        self.count = 0

    def ids(self, fingerprints: Iterable[str]) -> dict[str, str]:
        return {fingerprint: fingerprint for fingerprint in fingerprints}

    def record(self, found: Mapping[object, float]) -> int:
        new = set(found) - self.at
        self.at |= new
        return len(new)

    def count_in(self, added: int) -> int:
        self.count += added
        return self.count


def test_a_tenant_has_a_limit_of_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    monkeypatch.setattr(samples, "SeriesRepository", lambda _: kept)
    ports: Any = SimpleNamespace(clock=FixedClock(T0 + timedelta(hours=1)), settings=SimpleNamespace(max_samples=3))

    def ingest(*seconds: int) -> dict[str, int]:
        return samples.ingest(None, ports, [sample(second, 1.0) for second in seconds])  # type: ignore[arg-type]

    assert ingest(0, 1) == {"accepted": 2, "duplicates": 0}
    assert ingest(1, 2) == {"accepted": 1, "duplicates": 1}
    assert ingest(0) == {"accepted": 0, "duplicates": 1}  # What is kept already is not too much
    with pytest.raises(TooManySamples) as refused:
        ingest(3)
    assert refused.value.extra["limit"] == 3
