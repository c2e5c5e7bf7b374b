"""How long the tests wait for what happens soon."""

import subprocess
import sys

import pytest

LOOK = """
import time
from tests.support.eventually import eventually
began = time.monotonic()
try:
    eventually(lambda: False, 0.1)
except AssertionError:
    print(time.monotonic() - began)
"""


@pytest.mark.parametrize(("patience", "least"), [({}, 0.1), ({"OMNICLOUD_PATIENCE": "30"}, 3.0)])
def test_a_busy_machine_is_waited_for_as_long_as_it_is_told(
    monkeypatch: pytest.MonkeyPatch, patience: dict[str, str], least: float
) -> None:
    monkeypatch.delenv("OMNICLOUD_PATIENCE", raising=False)
    for name, value in patience.items():
        monkeypatch.setenv(name, value)
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, timeout=50, check=True)
    assert float(done.stdout) >= least
