"""The platform's own commands (`python -m services.audit.cli …`), run as one of its services runs.

Whoever tests a fleet has rights that the code under test mustn't have: a command of that code is run by the fleet, with
the user, behind the walls and in the environment of a service.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from environment.fleet.errors import FleetError
from environment.fleet.health import CheckedFleet
from environment.fleet.patience import patience
from environment.fleet.processes import kill_group

SECONDS = 30.0
"""For a command to end, on a quiet machine."""
MOST_BYTES = 1 << 20
"""Of what a command says; the rest isn't told."""


async def run(
    fleet: CheckedFleet, service: str, module: str, arguments: Sequence[str], files: Mapping[str, str]
) -> tuple[int, str]:
    """Run `python -m module arguments…` as `service`; its status, and what it wrote on both streams.

    Arguments that are names of `files` become the paths of files with those texts. Raises FleetError when it doesn't
    end in time.
    """
    settings = fleet.plan.paths.settings
    settings.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=settings, prefix="command-"))
    try:
        # The folder and its files belong to the fleet's runner; the command may read them.
        folder.chmod(0o755)
        paths = {name: _written(folder, name, text) for name, text in files.items()}
        log = folder / "said"
        command = ["python", "-m", module, *(paths.get(word, word) for word in arguments)]
        pid, ended = await fleet.run_aside(f"{service}-cmd", command, fleet.plan.environment(service), log)
        limit = SECONDS * patience()
        try:
            status = await asyncio.wait_for(ended, limit)
        except TimeoutError:
            raise FleetError(f"{module} did not end within {limit:g} s") from None
        finally:
            kill_group(pid, signal.SIGKILL)
        with log.open("rb") as said:
            return status, said.read(MOST_BYTES).decode(errors="replace")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(folder: Path, name: str, text: str) -> str:
    """The path of a new file. Raises ValueError for a name that leads elsewhere."""
    if name != Path(name).name or name in ("said", ".."):
        raise ValueError(f"{name!r} is no name for a command's file")
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    return str(path)
