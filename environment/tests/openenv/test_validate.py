"""What OpenEnv's `validate` says of openenv.yaml, and of the server that it describes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from environment.grading.grade import Grader

pytest.importorskip("openenv", reason="openenv isn't installed: pip install 'omnicloud[openenv]'")
from openenv.cli.__main__ import app
from openenv.validation import Level, run_validation
from openenv.validation.types import ProviderCapability
from typer.testing import CliRunner

from environment.reward.rules import BONUSES, PENALTY, tier
from environment.tests.openenv.serving import serving

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("openenv.yaml", "environment/openenv/runtime.json", "environment/openenv/Dockerfile")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The files that it reads; the repository has more, which others may be writing."""
    for part in PARTS:
        (tmp_path / "package" / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / part, tmp_path / "package" / part)
    return tmp_path / "package"


class Here:
    """A validation provider that builds nothing and starts a server on the fake platform."""

    name = "here"
    capabilities = frozenset({ProviderCapability.IMAGE_BUILD})
    supported_network_modes = frozenset({"no-network"})

    def __init__(self, grader: Grader, stack: ExitStack) -> None:
        self._grader, self._stack = grader, stack
        self.base_url = ""
        self.stopped = False

    def build(self, root: Path, execution: Any) -> str:
        assert (root / execution.dockerfile).is_file()
        return "sha256:" + "0" * 64

    def start(self, spec: Any) -> Here:
        self.base_url = self._stack.enter_context(serving(self._grader)).url
        return self

    def inspect(self) -> dict[str, Any]:
        return {}

    def logs(self, max_bytes: int = 0) -> str:
        return ""

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_openenv_validate_is_clean(package: Path) -> None:
    result = CliRunner().invoke(app, ["validate", str(package), "--level", "static"])
    assert "PASS  static.manifest" in result.output
    assert (result.exit_code, result.output.strip().splitlines()[-1]) == (0, "Verdict: PASS")


def test_the_served_contract_holds_in_openenvs_own_checks(package: Path, grader: Grader, stack: ExitStack) -> None:
    provider = Here(grader, stack)
    report = run_validation(package, max_level=Level.RUNTIME, provider=provider)
    results = {result.check_id: (result.status.value, result.evidence) for result in report.results}
    for check in ("startup", "reward_well_formed", "observation_schema", "state_contract"):
        assert results[f"runtime.{check}"][0] == "pass", results[f"runtime.{check}"]
    assert not [name for name, (status, _) in results.items() if status in ("fail", "error")]
    assert provider.stopped


def test_the_declared_range_is_that_of_the_score(package: Path) -> None:
    report = run_validation(package, max_level=Level.STATIC)
    worst, best = float(tier(Fraction(0)) + PENALTY), float(tier(Fraction(1)) + sum(BONUSES.values()))
    assert report.manifest.reward.range == (worst, best)
