"""Samples: measurements, kept once. They are not changes of anything, and so no events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from services.monitor.domain.errors import CardinalityExceeded, InvalidSample, TooManySamples
from services.monitor.domain.labels import Labels, check_series, fingerprint
from services.monitor.ports import Ports
from services.monitor.repository import SeriesRepository
from services.monitor.settings import Settings

MAX_AHEAD = timedelta(minutes=10)
"""How far a sample may lie in the future; clocks of machines differ by less."""


def ingest(session: Session, ports: Ports, samples: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Keep samples: all of them or, when one is refused, none. A sample that is kept already is counted as duplicate.

    Raises InvalidSample, CardinalityExceeded or, when the tenant would keep too many, TooManySamples.
    """
    named, values = _by_series(samples, ports.clock.now() + MAX_AHEAD)
    ids = _series_ids(session, ports, named)
    repository, limit = SeriesRepository(session), ports.settings.max_samples
    accepted = repository.record({(ids[series], at): value for (series, at), value in values.items()})
    # At the end, as the tenant's other samples wait from here on; what was kept already is not too much.
    if accepted and repository.count_in(accepted) > limit:
        raise TooManySamples(f"more than {limit} samples would be kept", limit=limit)
    return {"accepted": accepted, "duplicates": len(samples) - accepted}


def _by_series(
    samples: Sequence[Mapping[str, Any]], latest: datetime
) -> tuple[dict[str, tuple[str, Labels]], dict[tuple[str, datetime], float]]:
    """The series by fingerprint, each made and checked once, and their values by time; of several the first."""
    fingerprints: dict[tuple[str, frozenset[tuple[str, str]]], str] = {}
    named: dict[str, tuple[str, Labels]] = {}
    values: dict[tuple[str, datetime], float] = {}
    for sample in samples:
        name, moment = sample["name"], sample["timestamp"]
        key = (name, frozenset(sample["labels"].items()))
        if key not in fingerprints:
            labels = {label: text for label, text in sample["labels"].items() if text}
            check_series(name, labels)
            fingerprints[key] = fingerprint(name, labels)
            named[fingerprints[key]] = (name, labels)
        if moment > latest:
            raise InvalidSample(f"a sample of {name} lies in the future", timestamp=moment.isoformat())
        values.setdefault((fingerprints[key], moment), sample["value"])
    return named, values


def _series_ids(session: Session, ports: Ports, named: Mapping[str, tuple[str, Labels]]) -> dict[str, str]:
    """The ids of series by fingerprint; those that don't exist are made, within the limit."""
    repository = SeriesRepository(session)
    ids = repository.ids(named)
    if len(ids) < len(named):
        repository.lock_catalogue()
        ids = repository.ids(named)
        new = {series: named[series] for series in named if series not in ids}
        _check_cardinality(repository, new, ports.settings)
        if new:
            ids |= repository.create(new)
    return ids


def _check_cardinality(repository: SeriesRepository, new: Mapping[str, tuple[str, Labels]], limits: Settings) -> None:
    present, limit = repository.counts(), limits.max_series_per_metric
    if sum(present.values()) + len(new) > limits.max_series:
        raise CardinalityExceeded(f"there would be more than {limits.max_series} series", limit=limits.max_series)
    for name, count in Counter(name for name, _ in new.values()).items():
        if present.get(name, 0) + count > limit:
            raise CardinalityExceeded(f"{name} would have more than {limit} series", metric=name, limit=limit)
