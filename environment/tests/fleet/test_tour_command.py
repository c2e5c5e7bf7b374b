"""What `omnicloud tour` needs of the tests' support is there; the walk itself is a system test."""

from __future__ import annotations

import pytest
import typer

from environment.commands.tour import _crashes
from tests.support.fleet import FleetControl

NOWHERE = FleetControl("http://127.0.0.1:1")


def test_a_tour_without_crashes_needs_no_fleet_control() -> None:
    assert _crashes(NOWHERE, []).happened == []


def test_a_process_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as refused:
        _crashes(NOWHERE, ["printer"])
    assert refused.value.exit_code == 2
    assert "printer" in capsys.readouterr().out
