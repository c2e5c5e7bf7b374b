"""Random stories, told to Prometheus' own tool and to the platform: both say the same at every minute.

Samples come every 61 seconds, so that none lies on a window's border at a full minute: which border belongs to it is
where Prometheus 2 and 3 differ. Counters stand high, because how far back to zero growth is extrapolated is, too.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.identities import Tenant
from tests.support.monitoring import ALERTS, MONITOR, at, make_rule, points, sample, send
from tests.support.tools import run, tool

pytestmark = [pytest.mark.services("monitor"), pytest.mark.timeout(400)]
"""Longer than a tool may take."""

SOURCE = "Debian's prometheus"
APART = 61
MINUTES = 25
HOSTS = ("a", "b", "c")
Story = Mapping[str, Sequence[float | None]]
"""The values of each host's series; None where no sample was taken."""
EXPRESSIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "last": ("load", {}),
    "rate": ("rate(load[5m])", {"window": 300}),
    "rate of a short window": ("rate(load[150s])", {"aggregation": "rate", "window": 150}),
    "increase": ("increase(load[10m])", {"window": 600}),
    "sum": ("sum(load)", {}),
    "avg": ("avg(load)", {}),
    "min": ("min(load)", {}),
    "max": ("max(load)", {}),
    "count": ("count(load)", {}),
    "quantile": ("quantile(0.3, load)", {"quantile": 0.3}),
}


def asked(
    program: str, folder: Path, story: Story, questions: Mapping[str, str], rules: Sequence[dict[str, Any]] = ()
) -> dict[tuple[str, int], str]:
    """What Prometheus has at every minute for each expression (by name): it says so of what was expected in vain."""
    (folder / "rules.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "g", "interval": "1m", "rules": list(rules)}] if rules else []})
    )
    never = [{"labels": '{never="x"}', "value": -1}]
    names = {expression: name for name, expression in questions.items()}
    test = {
        "interval": f"{APART}s",
        "input_series": [
            {"series": series, "values": " ".join("_" if value is None else repr(value) for value in values)}
            for series, values in story.items()
        ],
        "promql_expr_test": [
            {"expr": expression, "eval_time": f"{minute}m", "exp_samples": never}
            for expression in names
            for minute in range(MINUTES)
        ],
    }
    (folder / "test.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [test]})
    )
    said = run([program, "test", "rules", "test.yml"], folder).stdout
    told = re.findall(r'expr: "(.*)", time: (?:(\d+)m)?(?:0s)?,\s*\n\s*exp:.*?\n\s*got:\s*(.*)', said)
    assert len(told) == len(names) * MINUTES, said[:2000]
    return {(names[expression.replace('\\"', '"')], int(minute or 0)): got for expression, minute, got in told}


def values_in(got: str) -> list[float]:
    """The values of a vector as the tool writes it, in ascending order; `nil` is none."""
    return sorted(float(value) for value in re.findall(r"\} (\S+?)(?:,|$)", got))


def close(found: Sequence[float], expected: Sequence[float]) -> bool:
    """Whether these are the same numbers, but for the last digits of sums of floats."""
    return len(found) == len(expected) and all(
        abs(one - other) <= 1e-6 + 1e-9 * abs(other) for one, other in zip(found, expected, strict=True)
    )


def of_host(host: str) -> str:
    return f'load{{host="{host}"}}'


def told(tenant: Tenant, story: Mapping[str, Sequence[float | None]]) -> None:
    """Send what the series of each host measured."""
    send(
        tenant.api,
        *(
            sample(APART * number, value, host=host)
            for host, values in story.items()
            for number, value in enumerate(values)
            if value is not None
        ),
    )


@pytest.mark.parametrize("seed", range(6))
def test_alerts_are_what_prometheus_says_at_every_minute(tenant: Tenant, tmp_path: Path, seed: int) -> None:
    """`for`, `keep_firing_for`, interruptions, series that go stale and come back."""
    program = tool("promtool", SOURCE)
    chance = random.Random(f"alerts {seed}")
    # Long silences as well as single missing samples: a series goes stale after five minutes.
    pieces: dict[str, list[float | None]] = {"high": [9.0] * 3, "low": [1.0], "a gap": [None], "silence": [None] * 7}
    story: dict[str, list[float | None]] = {}
    for host in HOSTS:
        values: list[float | None] = [None]
        while len(values) < MINUTES:
            values += chance.choices(list(pieces.values()), weights=[6, 2, 2, 1])[0]
        story[host] = values[:MINUTES]
    held, kept = 60 * chance.randrange(5), 60 * chance.randrange(5)
    rule = {"alert": "busy", "expr": "load > 5", "for": f"{held}s", "keep_firing_for": f"{kept}s"}
    theirs = asked(program, tmp_path, {of_host(host): story[host] for host in HOSTS}, {"alerts": "ALERTS"}, [rule])
    told(tenant, story)
    make_rule(tenant.api, for_seconds=held, keep_firing_for_seconds=kept)
    for minute in range(MINUTES):
        tenant.api.ok("POST", f"{MONITOR}/evaluate", json={"at": at(60 * minute)})
        ours = {
            (alert["labels"]["host"], alert["state"])
            for alert in tenant.api.items(ALERTS)
            if alert["state"] in ("pending", "firing")
        }
        got = theirs["alerts", minute]
        expected = {(host, state) for state, host in re.findall(r'alertstate="(\w+)", host="(\w)"', got)}
        assert ours == expected, f"minute {minute} of {story}, for {held} s, kept {kept} s"


@pytest.mark.parametrize("seed", range(4))
def test_expressions_have_the_values_that_prometheus_has_at_every_minute(
    tenant: Tenant, tmp_path: Path, seed: int
) -> None:
    """Counters that begin anew, pause and go stale."""
    program = tool("promtool", SOURCE)
    chance = random.Random(f"expressions {seed}")
    story: dict[str, list[float | None]] = {}
    for host in HOSTS:
        value, values = 1e6, list[float | None]([None])
        while len(values) < MINUTES:
            value = 1e6 if chance.random() < 0.1 else value + chance.choice([0, 1, 7.25, 1000])
            values += [None] * chance.choices([1, 7], weights=[2, 1])[0] if chance.random() < 0.2 else [value]
        story[host] = values[:MINUTES]
    questions = {name: expression for name, (expression, _) in EXPRESSIONS.items()}
    theirs = asked(program, tmp_path, {of_host(host): story[host] for host in HOSTS}, questions)
    told(tenant, story)
    for name, (_, query) in EXPRESSIONS.items():
        for minute in range(MINUTES):
            series = points(tenant.api, 60 * minute, 60 * minute, **{"aggregation": name, **query})
            ours, expected = sorted(value for each in series for value in each), values_in(theirs[name, minute])
            assert close(ours, expected), f"{name}, minute {minute} of {story}: {ours}, {expected}"


@pytest.mark.parametrize("seed", range(3))
def test_quantiles_of_histograms_are_those_of_prometheus(tenant: Tenant, tmp_path: Path, seed: int) -> None:
    program = tool("promtool", SOURCE)
    chance = random.Random(f"histograms {seed}")
    bounds = ("0.1", "0.5", "2.5", "+Inf")
    counts = dict.fromkeys(bounds, 1_000_000.0)
    story: dict[str, list[float | None]] = {bound: [None] for bound in bounds}
    for _ in range(1, MINUTES):
        grown = 0
        for bound in bounds:
            grown += chance.randrange(50)
            counts[bound] += grown
            story[bound].append(counts[bound])
    series = {f'load{{le="{bound}"}}': values for bound, values in story.items()}
    questions = {str(q): f"histogram_quantile({q}, rate(load[5m]))" for q in (0.1, 0.5, 0.99)}
    theirs = asked(program, tmp_path, series, questions)
    send(
        tenant.api,
        *(
            sample(APART * number, value, le=bound)
            for bound, values in story.items()
            for number, value in enumerate(values)
            if value is not None
        ),
    )
    for q in questions:
        query = {"aggregation": "histogram_quantile", "quantile": float(q), "window": 300}
        for minute in range(3, MINUTES):
            [ours] = points(tenant.api, 60 * minute, 60 * minute, **query)
            assert close(ours, values_in(theirs[q, minute])), f"{q} at minute {minute}: {ours}, {theirs[q, minute]}"
