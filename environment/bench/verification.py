"""How long `omnicloud bugs verify` takes: from nothing, after a change inside one service, after a new test.

It runs on a clone of what is committed, with a cache and a state folder of its own, so that nothing is kept from before
and nothing of this repository changes.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CHANGED = "services/dns/domain"
"""The first function of this folder gets a statement without effect: a change as most are, inside one service."""
NEW_TEST = "tests/unit/dns/test_added_by_the_benchmark.py"
NEW_TEST_SOURCE = '''"""Made by a benchmark: what a new test costs the catalogue's verification."""

from __future__ import annotations

from services.dns import domain


def test_the_rules_of_names_can_be_imported() -> None:
    assert domain.__name__ == "services.dns.domain"
'''
MEASURED_FILES = "*.json*"
"""What verification writes beside the patches."""


class VerifyFailed(Exception):
    """The catalogue could not be verified; the message is the command's last lines."""


@dataclass(frozen=True)
class VerifyTimes:
    """Seconds of three verifications, one after the other."""

    bugs: int
    from_nothing: float
    after_change: float
    after_test: float


def measure(root: Path, arguments: Sequence[str] = ()) -> VerifyTimes:
    """Clone the repository at `root` and verify its catalogue three times; `arguments` go to the command.

    Raises VerifyFailed when a verification finds problems.
    """
    with tempfile.TemporaryDirectory(prefix="oc-bench-") as scratch:
        clone = Path(scratch) / "repository"
        _git(root, "clone", "--quiet", "--no-hardlinks", str(root), str(clone))
        patches = clone / "environment" / "bugs"
        bugs = len(list(patches.glob("*/*.patch")))
        for file in patches.glob(MEASURED_FILES):
            file.unlink()
        from_nothing = _verify(clone, Path(scratch) / "cache", arguments)
        changed = next(path for path in sorted((clone / CHANGED).glob("*.py")) if with_idle_statement(path.read_text()))
        changed.write_text(with_idle_statement(changed.read_text()))
        after_change = _verify(clone, Path(scratch) / "cache", arguments)
        (clone / NEW_TEST).write_text(NEW_TEST_SOURCE)
        _git(clone, "add", "--force", NEW_TEST)
        after_test = _verify(clone, Path(scratch) / "cache", arguments)
    return VerifyTimes(bugs, from_nothing, after_change, after_test)


def with_idle_statement(source: str) -> str:
    """The source with a statement that does nothing at the head of its first function; empty when there is none."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for function in sorted(functions, key=lambda node: node.lineno):
        first = function.body[0]
        is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        statement = function.body[1] if is_docstring and len(function.body) > 1 else first
        if statement is first and is_docstring:
            continue
        lines = source.splitlines(keepends=True)
        lines.insert(statement.lineno - 1, f"{' ' * statement.col_offset}_ = 0\n")
        return "".join(lines)
    return ""


def _verify(clone: Path, cache: Path, arguments: Sequence[str]) -> float:
    began = time.monotonic()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OMNICLOUD_")}
    done = subprocess.run(
        [sys.executable, "-m", "environment.cli", "bugs", "verify", *arguments],
        cwd=clone,
        env={**kept, "PYTHONPATH": str(clone), "XDG_CACHE_HOME": str(cache)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise VerifyFailed("\n".join((done.stdout + done.stderr).splitlines()[-12:]))
    return time.monotonic() - began


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-c", "safe.directory=*", *arguments], cwd=folder, check=True, capture_output=True)
