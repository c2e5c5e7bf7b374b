"""The README of a workspace: the services, what was reported, hints, and how to run things."""

from __future__ import annotations

from collections.abc import Iterable

from environment.bugs.catalogue import Bug

INTRODUCTION = """\
# OmniCloud

A multi-cloud orchestration platform of fifteen services. Something is wrong with it: tests fail, and perhaps the
fleet doesn't start. Find the causes and repair them in `services/`, `shared/` and the compose files.

Only these are judged. Tests, pytest settings, `pyproject.toml` and `environment/` are taken from elsewhere when your
work is graded, so changing them helps with looking for causes and with nothing else.

You may also write what you find to `diagnosis.json`, one entry a cause; lines are those of the files as you got them:
`[{"service": "dns", "file": "services/dns/x.py", "lines": [8, 9], "path": ["gateway", "dns"], "explanation": "…"}]`.
The path leads from who shows the symptom to who causes it; what lies in `shared/` and the compose files is `platform`.

## Running

```bash
python -m environment.cli up        # the fleet as local processes; `status`, `logs SERVICE` and `down` go with it
python -m pytest tests/ -v          # all tests; starts a fleet by itself when none runs
python -m pytest tests/unit -v      # rules alone, no fleet
docker compose up -d                # the same fleet in containers
```

## Services

| service | port | framework | database |
|---|---|---|---|
| gateway | 8000 | FastAPI | Redis |
| auth | 8001 | Django | infra_db |
| tenants | 8002 | Django | tenants_db |
| compute | 8003 | FastAPI | infra_db |
| network | 8004 | Django | infra_db |
| storage | 8005 | FastAPI | infra_db, object store |
| dns | 8006 | Django | infra_db |
| loadbalancer | 8007 | FastAPI | infra_db |
| secrets | 8008 | Django | infra_db, Vault |
| config | 8009 | Django | infra_db, Consul |
| deploy | 8010 | FastAPI and a Celery worker | infra_db, etcd, Redis, object store |
| monitor | 8011 | FastAPI | infra_db |
| billing | 8012 | Django | billing_db |
| audit | 8013 | Django | audit_db |
| compliance | 8014 | Django | infra_db |

Beside them run Kafka, PostgreSQL, Redis, Consul, etcd, Vault and an object store. `docker-compose.yml` is the only
description of the fleet.

## Tests

| category | share, of 1,465 |
|---|---|
| unit | 200 |
| integration | 225 |
| contract | 120 |
| chaos | 240 |
| security | 200 |
| performance | 120 |
| system | 360 |

## Reward

The pass rate is the sum over all categories of share × passed tests / tests. It decides the tier: below 10% 0.00, 25%
0.05, 40% 0.12, 55% 0.22, 70% 0.38, 85% 0.55, 100% 0.78, and all of it 1.00. Beyond what already passes: +0.015 for each
service whose tests all pass, +0.10 when all chaos tests pass, +0.05 when all tests of infrastructure state pass; −0.20
when a test that has passed before fails.
"""

PATTERNS = """\
- Set-up comes first: what doesn't start can't be looked at.
- One cause can hide another. After a repair, new failures may be old ones that can now be seen.
- Money and capacity: exact numbers, or binary fractions?
- Times: which zone, which clock, which end of the interval is included?
- Read, check, write: what if somebody else does the same at the same moment?
- Borders: first, last, zero, equal, one beyond.
- Events come twice, late and out of order.
- Whose data is this, and who says so?
"""


def workspace_readme(bugs: Iterable[Bug]) -> str:
    """The README for a set of bugs. It names none of them: symptoms and set-up hints stand in the order of their
    words, which tells nothing of ids or places."""
    chosen = list(bugs)
    sections = [INTRODUCTION]
    if chosen:
        sections.append(reported(chosen))
    hints = sorted({bug.hint for bug in chosen if bug.difficulty == "setup"})
    lines = "".join(f"- {line}\n" for line in hints)
    sections.append("## Hints\n\n" + PATTERNS + (f"\nFor the set-up:\n\n{lines}" if lines else ""))
    return "\n".join(sections)


def reported(bugs: Iterable[Bug]) -> str:
    """The section with the symptoms of a set of bugs, in the order of their words."""
    symptoms = sorted({bug.symptom for bug in bugs})
    return "## What was reported\n\n" + "".join(f"- {line}\n" for line in symptoms)
