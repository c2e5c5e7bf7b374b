"""Turns of rules: what a tenant's evaluation costs is bounded, and every rule's turn comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.monitor.domain.expressions import Aggregation, Expression, Series
from services.monitor.domain.series import Sample
from services.monitor.operations import turns
from services.monitor.operations.turns import DELAYED, ERROR
from services.monitor.tables import Rule

T0 = datetime(2026, 3, 1, tzinfo=UTC)
LIMIT = 100


class Samples:
    """Metrics with so many samples each; notes what is read."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self._sizes = sizes
        self.read_at_once: list[int] = []
        self.counted = 0

    def size(self, after: Mapping[str, datetime], _until: datetime, limit: int) -> int:
        found = min(sum(self._sizes[name] for name in after), limit + 1)
        self.counted += found
        return found

    def read(self, after: Mapping[str, datetime], until: datetime) -> dict[str, list[Series]]:
        self.read_at_once.append(sum(self._sizes[name] for name in after))
        return {name: [Series(name, {}, [Sample(until, 1.0)] * self._sizes[name])] for name in after}


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Evaluates rules over samples once, as far as turns go; those that were evaluated."""
    rounds = iter(range(10_000))

    def evaluate(rules: list[Rule], samples: Samples) -> list[str]:
        monkeypatch.setattr(turns, "SeriesRepository", lambda _: samples)
        turn = turns.take(None, rules, T0, LIMIT)  # type: ignore[arg-type]
        now = T0 + timedelta(seconds=next(rounds))
        for rule in rules:
            rule.health = turn.left_out.get(rule.id, "ok")
            rule.delayed_at = (rule.delayed_at or now) if rule.health == DELAYED else None
        return list(turn.series)

    return evaluate


def rule(id: str, metric: str | None = None, **fields: Any) -> Rule:
    values = {"aggregation": "last", "window_seconds": 300, "labels": {}, **fields}
    return Rule(id=id, metric=metric or id, **values)


def test_rules_that_fit_are_evaluated_together(evaluated: Any) -> None:
    samples = Samples({"a": 40, "b": 60})
    assert evaluated([rule("a"), rule("b"), rule("c", "a"), rule("d", "b")], samples) == ["a", "b", "c", "d"]
    assert (samples.read_at_once, samples.counted) == ([100], 100)


def test_what_does_not_fit_says_so_and_has_its_turn_next(evaluated: Any) -> None:
    rules, samples = [rule(id) for id in "abcde"], Samples(dict.fromkeys("abcde", 40))
    assert evaluated(rules, samples) == ["a", "b"]
    assert [each.health for each in rules] == ["ok", "ok", DELAYED, DELAYED, DELAYED]
    assert [evaluated(rules, samples) for _ in range(4)] == [["c", "d"], ["e", "a"], ["b", "c"], ["d", "a"]]
    assert max(samples.read_at_once) <= LIMIT


def test_what_is_read_once_takes_room_once(evaluated: Any) -> None:
    rules = [rule("1", "a"), rule("2", "b"), rule("3", "a"), rule("4", "c"), rule("5", "a")]
    assert evaluated(rules, Samples({"a": 60, "b": 40, "c": 1})) == ["1", "2", "3", "5"]
    assert evaluated(rules, Samples({"a": 60, "b": 40, "c": 1})) == ["4", "1", "3", "5"]


def test_samples_of_rules_that_are_errors_are_never_read_and_seldom_counted(evaluated: Any) -> None:
    names = [f"m{number:03}" for number in range(50)]
    rules, samples = (
        [*(rule(name) for name in names), rule("small")],
        Samples({**dict.fromkeys(names, 10**3), "small": 1}),
    )
    taken: list[str] = []
    for rounds in range(1, 20):
        taken += evaluated(rules, samples)
        assert samples.counted <= rounds * (turns.COUNTING + 2) * (LIMIT + 1)
    assert set(taken) == {"small"}
    assert {each.health for each in rules} == {ERROR, DELAYED} | ({"ok"} if rules[-1].health == "ok" else set())
    assert max(samples.read_at_once) == 1


def test_computing_has_a_bound_for_rules_that_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = [Series("load", {"host": str(number)}, [Sample(T0, 1.0)] * 3) for number in range(10)]
    each, every = Expression("load", {}), Expression("load", {}, Aggregation.SUM)
    assert turns.work(each, hosts, T0) == 10 + 30 + 10 * turns.ALERT_WORK
    assert turns.work(every, hosts, T0) == 10 + 30 + turns.ALERT_WORK
    assert turns.work(Expression("load", {"host": "1"}), hosts, T0) == 10 + 3 + turns.ALERT_WORK
    monkeypatch.setattr(turns, "MAX_WORK", 3 * turns.work(each, hosts, T0))
    rules = {str(number): each for number in range(5)}
    assert list(turns.within_work(rules, {"load": hosts}, T0)) == ["0", "1", "2"]
    monkeypatch.setattr(turns, "MAX_WORK", 1)
    assert list(turns.within_work(rules, {"load": hosts}, T0)) == ["0"]
