"""The process that judges doesn't run the code that is judged, neither by an import nor as a command."""

from __future__ import annotations

import ast
import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from environment.grading.runner import BARRED

ROOT = Path(__file__).resolve().parents[3]
ATTEMPT = """
import os, subprocess, sys
from environment.grading.plugin import Refused, refuse_commands
refuse_commands(["services", "shared"])
python = sys.executable
for words in (
    [python, "-m", "services.audit.cli"], [python, "-P", "-m", "shared.events.dead_letters", "list"],
    [python.encode(), b"-m", b"services"],
):
    for start in (subprocess.run, lambda words: os.execv(words[0], words),
                  lambda words: os.posix_spawn(words[0], words, {})):
        try:
            start(words)
            print("ran", words)
        except Refused as refused:
            print("refused")
for words in ([python, "-c", "print('own')"], [python, "-m", "environment.cli", "--help"], "echo shell"):
    subprocess.run(words, shell=isinstance(words, str), check=True, stdout=subprocess.DEVNULL)
print("went on")
"""


def test_no_command_of_what_is_judged_is_started() -> None:
    done = subprocess.run([sys.executable, "-c", ATTEMPT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.split("\n"), done.stderr) == (["refused"] * 9 + ["went on", ""], "")


def modules_run(source: str) -> Iterator[str]:
    """The modules that stand after a `-m` in a list or a call."""
    for node in ast.walk(ast.parse(source)):
        words = node.elts if isinstance(node, ast.List | ast.Tuple) else node.args if isinstance(node, ast.Call) else []
        texts = [word.value if isinstance(word, ast.Constant) else None for word in words]
        for flag, module in itertools.pairwise(texts):
            if flag == "-m" and isinstance(module, str):
                yield module


@pytest.mark.parametrize("folder", ["tests", "environment/held_out"])
def test_live_tests_run_no_command_of_the_platform_themselves(folder: str) -> None:
    """They would run it with the rights of whoever grades: `FleetControl.run` has the fleet do it."""
    files = [path for path in (ROOT / folder).rglob("*.py") if path.relative_to(ROOT / folder).parts[0] != "unit"]
    assert files
    found = {(str(path.relative_to(ROOT)), module) for path in files for module in modules_run(path.read_text())}
    assert not [each for each in found if each[1].partition(".")[0] in BARRED]
