"""`omnicloud serve` where OpenEnv isn't installed."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from environment.cli import app, register_commands


def test_without_openenv_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    register_commands()
    monkeypatch.setattr("environment.commands.serve.find_spec", lambda name: None)
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 2
    assert result.output == "This needs the package openenv: pip install 'omnicloud[environment,openenv]'\n"


@pytest.mark.parametrize("arguments", [["--sessions", "0"], ["--idle", "0"], ["--port", "70000"]])
def test_bad_numbers_end_with_a_message(arguments: list[str]) -> None:
    register_commands()
    result = CliRunner().invoke(app, ["serve", *arguments])
    assert result.exit_code == 2
    assert arguments[0] in result.output
