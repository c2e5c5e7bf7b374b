"""The shared code can be imported from any of its ends, in a process that has imported nothing yet."""

import subprocess
import sys

import pytest

THEN = "from shared.clients import ServiceClient; from shared.infra import consul; consul.connect; print('imported')"


@pytest.mark.parametrize("first", ["shared.infra.consul", "shared.clients.http", "shared.web.edge"])
def test_whatever_is_imported_first(first: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import {first}; {THEN}"], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout.strip()) == (0, "imported"), done.stderr[-800:]
