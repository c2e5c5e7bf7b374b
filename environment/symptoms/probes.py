"""Runs a few tests of a workspace against a running fleet, from outside of it."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from environment.causes import one_line
from environment.symptoms.observation import Said

ORDER = ("system", "integration", "contract", "security", "performance", "chaos")
"""Categories by how much of the platform their tests see."""
LIMIT_SECONDS = 600
_ON_SETUP = re.compile(r'^failed on setup with "(.*?)"?$', re.DOTALL)


def chosen(triggers: Collection[str], number: int) -> list[str]:
    """Up to `number` tests that fail with a bug, of as many categories as there are; unit tests need no fleet."""
    shelves = [sorted(test for test in triggers if test.startswith(f"tests/{name}/")) for name in ORDER]
    picked: list[str] = []
    while len(picked) < number and any(shelves):
        for shelf in shelves:
            if shelf and len(picked) < number:
                picked.append(shelf.pop(0))
    return picked


def run(folder: Path, tests: Sequence[str], environment: Mapping[str, str]) -> dict[str, Said]:
    """What each of the tests says of the fleet that the environment variables name."""
    if not tests:
        return {}
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.xml"
        # The report is written at the end: of a run that takes too long nothing is known.
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", "-o", "junit_family=xunit1", *tests],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": "", **environment},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LIMIT_SECONDS,
                check=False,
            )
        said = _read(report) if report.exists() else {}
    return {test: said.get(test, Said("missing", "it did not run")) for test in tests}


def _read(report: Path) -> dict[str, Said]:
    found = {}
    for case in ET.parse(report).getroot().iter("testcase"):
        name = f"{case.get('file')}::{case.get('name')}"
        outcome, message = "passed", ""
        for kind in ("failure", "error", "skipped"):
            if (detail := case.find(kind)) is not None:
                outcome = {"failure": "failed"}.get(kind, kind)
                message = one_line(_message(detail))
        found[name] = Said(outcome, message)
    return found


def _message(detail: ET.Element) -> str:
    """Of an assertion what was compared, of anything else the exception."""
    lines = [line[1:].strip() for line in (detail.text or "").splitlines() if line.startswith("E ")]
    return lines[0] if lines else _ON_SETUP.sub(r"\1", detail.get("message") or detail.text or "")
