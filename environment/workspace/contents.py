"""Which files of the repository an agent may see, and which of them it may change.

Both are lists of what is allowed: a file that is forgotten here is missing in the workspace, which shows at once;
a list of what is forbidden would leak whatever is added to the repository later.
"""

from __future__ import annotations

import json
import tomllib
from fnmatch import fnmatchcase

VISIBLE = (
    ".dockerignore",
    ".gitignore",
    "pyproject.toml",
    "requirements*.lock",
    "docker-compose*.yml",
    "docker/*",
    "services/*",
    "shared/*",
    "tests/*",
    "scenarios/*",
    "environment/__init__.py",
    "environment/cli.py",
    "environment/causes.py",
    "environment/fleet/*",
    "environment/commands/__init__.py",
    "environment/commands/fleet.py",
    "environment/commands/tour.py",
)
"""Patterns of `fnmatch`, in which `*` also matches '/'."""

HIDDEN = ("tests/interop/*",)
"""Tests with other makers' tools, which most machines don't have: no part of a challenge."""

EDITABLE = ("services/*", "shared/*", "docker-compose.yml", "docker-compose.test.yml")
"""What is taken over from the agent. Everything else of a grading copy comes from the reference."""

NO_BEARING = (
    *(".dockerignore", "requirements*.lock", "docker/*", "*/Dockerfile"),
    *("docker-compose.test.yml", "tests/support/containers/*"),
    *(".gitignore", "tests/durations.json"),
    *("environment/causes.py", "environment/commands/tour.py", "scenarios/*"),
    "environment/fleet/*",
)
"""What no verdict depends on: gradings run the fleet as local processes, so what images are built from (first line)
and how tests treat containers (second) doesn't count, nor who runs a test when, nor what only people use. Nor who
starts the processes, and behind which walls: a bug fails the same tests whoever does. That the runner itself works is
what the reference's own tests say."""

STAND_INS = ("environment/fleet/compose/*", "environment/fleet/consul/*", "environment/fleet/servers/kafka_mock/*")
"""What of the runner does bear on verdicts: how it reads a compose file, and servers of its own making."""

PROJECT_FILE = "pyproject.toml"

LEFTOVERS = ("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".git")
LEFTOVER_SUFFIXES = (".pyc", ".pyo", ".swp", ".orig", ".rej", "~")


def is_visible(path: str) -> bool:
    """Whether a file of the repository goes into workspaces."""
    shown = any(fnmatchcase(path, pattern) for pattern in VISIBLE)
    return shown and not any(fnmatchcase(path, pattern) for pattern in HIDDEN) and not is_leftover(path)


def bears_on_verdicts(path: str) -> bool:
    """Whether a change of a visible file can change the outcome of a test."""
    return _matches(path, STAND_INS) or not _matches(path, NO_BEARING)


def bearing(path: str, content: bytes) -> bytes:
    """As much of a file's content as bears on verdicts: of the project's settings those of pytest."""
    if path != PROJECT_FILE:
        return content
    try:
        settings = tomllib.loads(content.decode())
    except ValueError:
        return content
    return json.dumps(settings.get("tool", {}).get("pytest", {}), sort_keys=True).encode()


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def is_editable(path: str) -> bool:
    """Whether an agent's version of a file is graded."""
    return any(fnmatchcase(path, pattern) for pattern in EDITABLE) and not is_leftover(path)


def is_leftover(path: str) -> bool:
    """Whether a file only came to be by running things: byte code, caches, editors' spares."""
    parts = path.split("/")
    return any(part in LEFTOVERS for part in parts) or parts[-1].endswith(LEFTOVER_SUFFIXES)
