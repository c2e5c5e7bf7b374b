"""The command that verifies an exported trail without the platform."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from services.audit.domain.chain import EMPTY, Entry, Head, append
from services.audit.domain.checkpoints import FIRST, as_document, sign, signing_key
from services.audit.verify_export import main

KEY = signing_key("a secret")
PUBLIC = KEY.public_key().public_bytes_raw().hex()
TIME = "2020-01-01T00:00:00.000000Z"


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    """A folder with `records` and `checkpoints` as they are exported: four records, signed after two and four."""
    head, previous, records, checkpoints = EMPTY, FIRST, [], []
    for number in range(1, 5):
        entry = Entry(f"e-{number}", "dns.zone.created", f"z-{number}", "user:1", TIME, "c-1", {"ttl": 300.5})
        made = append("t-1", head, entry)
        head = Head(made.sequence, made.hash)
        members = {
            "tenant_id": "t-1",
            "sequence": made.sequence,
            "previous_hash": made.previous_hash,
            "hash": made.hash,
        }
        records.append({**members, **asdict(entry)})
        if number in (2, 4):
            checkpoints.append(sign("t-1", head, TIME, previous, KEY))
            previous = checkpoints[-1].signature
    write(tmp_path / "records", records)
    write(tmp_path / "checkpoints", map(as_document, checkpoints))
    return tmp_path


def write(path: Path, documents: Any) -> None:
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))


def read(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def verified(trail: Path, *more: str) -> int:
    return main([str(trail / "records"), "--checkpoints", str(trail / "checkpoints"), "--key", PUBLIC, *more])


def test_a_trail_as_it_was_exported_is_valid(trail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(trail) == 0
    assert capsys.readouterr().out.startswith("valid: 4 records of t-1, head ")


def test_without_checkpoints_it_says_what_would_not_show(trail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(trail / "records")]) == 0
    assert "a cut-off tail wouldn't show" in capsys.readouterr().out


def test_an_edited_record_is_named(trail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = read(trail / "records")
    records[2]["actor"] = "user:2"
    write(trail / "records", records)
    assert verified(trail) == 1
    assert capsys.readouterr().out == "INVALID at record 3: the content doesn't match its hash\n"


def test_a_cut_off_tail_shows_by_what_was_signed(trail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(trail / "records", read(trail / "records")[:3])
    assert verified(trail) == 1
    assert capsys.readouterr().out == "INVALID at record 4: 4 records were signed for, the chain has 3\n"


def test_a_checkpoint_that_is_gone_shows(trail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(trail / "checkpoints", read(trail / "checkpoints")[1:])
    assert verified(trail) == 1
    assert "a checkpoint before that of record 4 is missing" in capsys.readouterr().out


def test_another_key_or_tenant_verifies_nothing(trail: Path) -> None:
    other = signing_key("another secret").public_key().public_bytes_raw().hex()
    files = [str(trail / "records"), "--checkpoints", str(trail / "checkpoints")]
    assert main([*files, "--key", other]) == 1
    assert verified(trail, "--tenant", "t-2") == 1


@pytest.mark.parametrize("content", ["{", "[]", "{}", "\xff"])
def test_what_is_no_export_is_unreadable(trail: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    (trail / "records").write_bytes(content.encode("latin-1"))
    assert verified(trail) == 2
    assert capsys.readouterr().err.startswith("unreadable: ")


def test_a_file_that_is_not_there_is_unreadable(trail: Path) -> None:
    assert main([str(trail / "nothing")]) == 2


def test_checkpoints_need_their_key(trail: Path) -> None:
    with pytest.raises(SystemExit) as refusal:
        main([str(trail / "records"), "--checkpoints", str(trail / "checkpoints")])
    assert refusal.value.code == 2
