"""Prometheus' own tool reads what the services expose, and its rules fire when the platform's do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.support.fleet import SERVICES, FleetControl
from tests.support.identities import Tenant
from tests.support.monitoring import MONITOR, at, make_rule, send
from tests.support.tools import TIMEOUT_SECONDS, run, tool

pytestmark = [pytest.mark.services("monitor"), pytest.mark.timeout(400)]
"""Longer than a tool may take."""

SOURCE = "Debian's prometheus"
EXTRA_LINTS = "counter metrics should have|no help text|non-histogram|metric names should"
STORIES: dict[str, tuple[list[float], dict[str, Any], dict[str, str]]] = {
    "it lasts": ([1, 1, *[9] * 10, 1, 1], {"for_seconds": 300}, {"for": "5m"}),
    "it is interrupted": ([1, 9, 9, 1, 9, 9, 9, 9, 9, 1, 1], {"for_seconds": 180}, {"for": "3m"}),
    "at once": ([1, 9, 1, 9], {}, {}),
}


def port_of(fleet: FleetControl, service: str) -> int:
    """Where its web server listens: the platform's ports are 8000 to 8014."""
    [address] = [name for name in fleet.ports if re.fullmatch(rf"{service}:80\d\d", name)]
    return fleet.ports[address]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_promtool_reads_the_metrics_of_every_service(fleet: FleetControl, service: str) -> None:
    program = tool("promtool", SOURCE)
    text = httpx.get(f"http://127.0.0.1:{port_of(fleet, service)}/metrics", timeout=30.0).text
    checked = subprocess.run(
        [program, "check", "metrics"],
        input=text,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    # 1: not in the format; 3: readable, but not as the guidelines have it, which is a matter of names.
    assert checked.returncode in (0, 3), checked.stderr
    assert not [line for line in checked.stderr.splitlines() if not re.search(EXTRA_LINTS, line)], checked.stderr


def states_of_prometheus(program: str, folder: Path, loads: list[float], rule: dict[str, str]) -> list[set[str]]:
    """What the alert is at every minute, as `promtool test rules` tells it of an expectation that can't be met."""
    group = {"name": "g", "interval": "1m", "rules": [{"alert": "busy", "expr": "load > 5", **rule}]}
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": [group]}))
    questions = [
        {"expr": "ALERTS", "eval_time": f"{minute}m", "exp_samples": [{"labels": '{never="x"}', "value": -1}]}
        for minute in range(len(loads))
    ]
    test = {
        "interval": "1m",
        "input_series": [{"series": "load", "values": " ".join(str(load) for load in loads)}],
        "promql_expr_test": questions,
    }
    (folder / "test.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [test]})
    )
    said = run([program, "test", "rules", "test.yml"], folder).stdout
    found: list[set[str]] = [set() for _ in loads]
    for minutes, got in re.findall(r'expr: "ALERTS", time: (?:(\d+)m)?(?:0s)?,\s*\n\s*exp:.*?\n\s*got:(.*)', said):
        found[int(minutes or 0)] = set(re.findall(r'alertstate="(\w+)"', got))
    assert said.count("expr:") == len(loads), said
    return found


@pytest.mark.parametrize("story", STORIES)
def test_a_rule_is_pending_and_fires_when_prometheus_says_so(tenant: Tenant, tmp_path: Path, story: str) -> None:
    program = tool("promtool", SOURCE)
    loads, ours, theirs = STORIES[story]
    send(tenant.api, *({"name": "load", "labels": {}, "value": load, "timestamp": at(60 * minute)}
                       for minute, load in enumerate(loads)))  # fmt: skip
    make_rule(tenant.api, **ours)
    alerts: dict[str, str] = {}
    seen: list[set[str]] = []
    for minute in range(len(loads)):
        answer = tenant.api.ok("POST", f"{MONITOR}/evaluate", json={"at": at(60 * minute)})
        alerts |= {change["alert_id"]: change["state"] for change in answer["transitions"]}
        seen.append({state for state in alerts.values() if state in ("pending", "firing")})
    assert seen == states_of_prometheus(program, tmp_path, loads, theirs)
