"""Logs stay below their cap and can be read from their end."""

from __future__ import annotations

from pathlib import Path

import pytest

from environment.fleet import logs


def test_the_last_lines_are_read(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("".join(f"line {number}\n" for number in range(1000)))
    assert logs.last_lines(log, 2) == ["line 998", "line 999"]
    assert logs.last_lines(log, 0) == []
    assert logs.last_lines(tmp_path / "none.log", 5) == []


def test_a_log_that_grew_too_large_keeps_its_end_and_its_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MAXIMUM_BYTES", 1000)
    log = tmp_path / "x.log"
    with log.open("a") as writer:
        writer.write("".join(f"line {number:03}\n" for number in range(200)))
        writer.flush()
        logs.trim(log)
        writer.write("after\n")
    lines = log.read_text().splitlines()
    assert log.stat().st_size < 200
    assert lines[-2:] == ["line 199", "after"]
    assert all(line.startswith("line ") for line in lines[:-1])
