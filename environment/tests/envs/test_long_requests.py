"""What an agent asks for may be long, and in any script: it ends nothing that it has running."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from environment.envs.shell import FileTrouble, Shell
from environment.grading.parties import parties

pytestmark = pytest.mark.skipif(bool(parties().host.holes), reason=f"this host has no walls: {parties().host.holes}")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A session in which a daemon runs."""
    tmp_path.chmod(0o711)
    (tmp_path / "w").mkdir()
    shell = Shell(tmp_path / "w", tmp_path / "session", parties(), seconds=60)
    assert shell.run("sleep 1000 > /dev/null 2>&1 & echo $! > $HOME/daemon").status == 0
    yield shell
    shell.close()


def is_alive(shell: Shell) -> bool:
    return shell.run("kill -0 $(cat $HOME/daemon)").status == 0


@pytest.mark.parametrize(
    "text", ["д" * 49_000, "語" * 33_000, '"\n' * 49_000], ids=["cyrillic", "chinese", "quotes-and-lines"]
)
def test_a_long_command_runs_in_any_script(shell: Shell, text: str) -> None:
    done = shell.run(f"cat > $HOME/long <<'E'\n{text}\nE\nwc -c < $HOME/long")
    assert (done.status, done.output.strip()) == (0, str(len(text.encode()) + 1)), done
    assert is_alive(shell)


def test_a_path_that_is_too_long_is_told_so(shell: Shell, tmp_path: Path) -> None:
    with pytest.raises(FileTrouble, match="too long"):
        shell.read(tmp_path / ("ы" * 60_000), 10)
    assert is_alive(shell)
