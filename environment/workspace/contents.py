"""Which files of the repository an agent may see, and which of them it may change.

Both are lists of what is allowed: a file that is forgotten here is missing in the workspace, which shows at once;
a list of what is forbidden would leak whatever is added to the repository later.
"""

from __future__ import annotations

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
    *("environment/causes.py", "environment/commands/tour.py"),
)
"""What no verdict depends on: gradings run the fleet as local processes, so what images are built from (first line)
and how tests treat containers (second) doesn't count, nor who runs a test when, nor what only people use."""

LEFTOVERS = ("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".git")
LEFTOVER_SUFFIXES = (".pyc", ".pyo", ".swp", ".orig", ".rej", "~")


def is_visible(path: str) -> bool:
    """Whether a file of the repository goes into workspaces."""
    shown = any(fnmatchcase(path, pattern) for pattern in VISIBLE)
    return shown and not any(fnmatchcase(path, pattern) for pattern in HIDDEN) and not is_leftover(path)


def bears_on_verdicts(path: str) -> bool:
    """Whether a change of a visible file can change the outcome of a test."""
    return not any(fnmatchcase(path, pattern) for pattern in NO_BEARING)


def is_editable(path: str) -> bool:
    """Whether an agent's version of a file is graded."""
    return any(fnmatchcase(path, pattern) for pattern in EDITABLE) and not is_leftover(path)


def is_leftover(path: str) -> bool:
    """Whether a file only came to be by running things: byte code, caches, editors' spares."""
    parts = path.split("/")
    return any(part in LEFTOVERS for part in parts) or parts[-1].endswith(LEFTOVER_SUFFIXES)
