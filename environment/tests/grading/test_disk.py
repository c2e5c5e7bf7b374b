"""Whoever fills a disk is ended before others lack room on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from environment.grading import disk
from environment.grading.disk import Disk
from environment.grading.nanny import Ending, Order

MIB = 2**20


@pytest.mark.parametrize("named", [True, False])
def test_files_count_only_while_little_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool) -> None:
    # Given a party with a file of 3 MiB, with a name or held open only
    watch = Disk(os.getppid(), [str(tmp_path)])
    with (tmp_path / "file").open("wb") as file:
        file.write(os.urandom(3 * MIB))
        file.flush()
        os.fsync(file.fileno())
        if not named:
            (tmp_path / "file").unlink()
            monkeypatch.setattr(disk, "descendants", lambda root: [os.getpid()])
        # When it may have 2, and the disk has room, Then it may go on
        monkeypatch.setattr(disk, "MOST_MIB", 2)
        monkeypatch.setattr(disk, "_free_mib", lambda folder: disk.SPARE_MIB)
        assert not watch.look()
        # But not when little is left; and who takes less isn't to blame for that
        monkeypatch.setattr(disk, "_free_mib", lambda folder: disk.SPARE_MIB - 1)
        assert watch.look()
        monkeypatch.setattr(disk, "MOST_MIB", 3000)
        watch.due = 0.0
        assert not watch.look()


def test_a_command_that_fills_the_disk_is_ended_while_it_runs(tmp_path: Path) -> None:
    # Given a nanny on whose machine little is left, of which a party may have 8 MiB
    fill = "import os, time\nfor i in range(32): open(f'{i}', 'wb').write(os.urandom(1 << 20))\ntime.sleep(60)"
    small = "from environment.grading import disk, nanny; disk.SPARE_MIB, disk.MOST_MIB = 1 << 40, 8; nanny.main()"
    read, write = os.pipe()
    order = Order([sys.executable, "-c", fill], str(tmp_path), {}, (), write, os.getpid(), folders=[str(tmp_path)])
    root = Path(__file__).resolve().parents[3]
    ended = subprocess.run(
        [sys.executable, "-c", small],
        cwd=root,
        input=order.to_json().encode(),
        pass_fds=(write,),
        timeout=50,
        check=True,
    )
    os.close(write)
    assert ended.returncode == 0
    with os.fdopen(read) as told:
        ending = json.loads(told.read())
    # Then what fills it ends long before it would by itself, and it is told why
    assert Ending(**ending).excess.endswith("of disk")
