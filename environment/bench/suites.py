"""How long the test suites take, as `make test` runs them."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PLATFORM = ("tests/", "-q")
ENVIRONMENT = ("environment/tests", "-q", "--timeout=300")
_COUNT = re.compile(r"(\d+) (passed|failed|skipped|errors?)\b")


class SuiteFailed(Exception):
    """A suite that doesn't pass has no time that says anything; the message is pytest's last lines."""


@dataclass(frozen=True)
class SuiteTime:
    """How many tests passed in how many seconds, the fleet's start and its end included."""

    passed: int
    seconds: float


def measure(root: Path, arguments: Sequence[str] = PLATFORM) -> SuiteTime:
    """Run pytest in `root`. Raises SuiteFailed unless every test passes."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    if done.returncode != 0:
        raise SuiteFailed("\n".join(done.stdout.splitlines()[-12:]) or done.stderr[-1000:])
    return SuiteTime(passed_of(done.stdout), seconds)


def passed_of(output: str) -> int:
    """The number of passed tests in pytest's last line; 0 where it names none."""
    last = next((line for line in reversed(output.splitlines()) if line.strip()), "")
    return next((int(count) for count, word in _COUNT.findall(last) if word == "passed"), 0)
