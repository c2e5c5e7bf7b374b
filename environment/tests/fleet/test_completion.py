"""What shells suggest for `omnicloud`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from environment.workspace.make import make_workspace
from environment.workspace.reference import STATE_VARIABLE, default_reference

ROOT = Path(__file__).resolve().parents[3]
TOLD = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
"""Has typer take the shell that it is told of for the one that it is called in."""


def omnicloud(
    tmp_path: Path, *arguments: str, project: Path = ROOT, variables: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    """`bin/omnicloud` beside this interpreter, called in a project."""
    (tmp_path / "bin").mkdir(exist_ok=True)
    script, python = tmp_path / "bin/omnicloud", tmp_path / "bin/python"
    if not script.exists():
        script.write_bytes((ROOT / "bin/omnicloud").read_bytes())
        script.chmod(0o755)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)
    environment = {**os.environ, "HOME": str(tmp_path), **variables}
    return subprocess.run(
        [script, *arguments], cwd=project, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_shown_for_each_shell(shell: str, tmp_path: Path) -> None:
    shown = omnicloud(tmp_path, "--show-completion", shell, variables=TOLD)
    assert shown.returncode == 0, shown.stderr
    assert f"_OMNICLOUD_COMPLETE=complete_{shell}" in shown.stdout


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", ".bash_completions/omnicloud.sh"),
        ("zsh", ".zfunc/_omnicloud"),
        ("fish", ".config/fish/completions/omnicloud.fish"),
    ],
)
def test_it_is_installed_where_each_shell_looks(shell: str, place: str, tmp_path: Path) -> None:
    done = omnicloud(tmp_path, "--install-completion", shell, variables=TOLD)
    assert done.returncode == 0, done.stderr
    assert "_OMNICLOUD_COMPLETE" in (tmp_path / place).read_text()


def test_commands_are_suggested(tmp_path: Path) -> None:
    asked = {"_OMNICLOUD_COMPLETE": "complete_bash", "COMP_WORDS": "omnicloud bugs gr", "COMP_CWORD": "2"}
    assert omnicloud(tmp_path, variables=asked).stdout.split() == ["graph"]


def test_commands_are_suggested_in_a_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a workspace, which has the commands of the fleet and no others
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    make_workspace(default_reference(), [], tmp_path / "w")
    asked = {"_OMNICLOUD_COMPLETE": "complete_bash", "COMP_WORDS": "omnicloud re", "COMP_CWORD": "1"}
    assert omnicloud(tmp_path, project=tmp_path / "w", variables=asked).stdout.split() == ["restart", "resume"]


def test_help_calls_it_by_its_name(tmp_path: Path) -> None:
    assert "Usage: omnicloud [OPTIONS] COMMAND" in omnicloud(tmp_path, "--help").stdout
