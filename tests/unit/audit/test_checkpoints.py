"""Checkpoints, their signatures, and that nothing which was done to a signed chain can be hidden afterwards."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from services.audit.domain.chain import EMPTY, Entry, Head, Record, append, verify
from services.audit.domain.checkpoints import (
    FIRST,
    BrokenCheckpoints,
    Checkpoint,
    as_document,
    from_document,
    is_authentic,
    linked,
    sign,
    signing_key,
)
from services.audit.ports.checkpoints import CheckpointStore
from services.audit.settings import Settings
from shared.infra.object_store import ObjectStore
from shared.utils.clock import FixedClock

KEY = signing_key("a secret")
PUBLIC = KEY.public_key()
TENANT = "t-1"
TIME = "2020-01-01T00:00:00.000000Z"
ATTACKS, SEEDS = 1_000, 10
"""Ten thousand altogether."""


def checkpoints(*sequences: int) -> list[Checkpoint]:
    found: list[Checkpoint] = []
    for sequence in sequences:
        previous = found[-1].signature if found else FIRST
        found.append(sign(TENANT, Head(sequence, f"{sequence:064d}"), TIME, previous, KEY))
    return found


def test_checkpoint_is_authentic_only_under_its_key_and_content() -> None:
    checkpoint = sign(TENANT, Head(4, "a" * 64), TIME, FIRST, KEY)
    assert is_authentic(checkpoint, PUBLIC)
    assert not is_authentic(checkpoint, signing_key("another secret").public_key())
    for change in ({"head": Head(3, "a" * 64)}, {"tenant_id": "t-2"}, {"time": ""}, {"previous": "00"}):
        assert not is_authentic(replace(checkpoint, **change), PUBLIC)
    assert not is_authentic(replace(checkpoint, signature="nonsense"), PUBLIC)


def test_checkpoints_one_after_the_other_are_what_they_are() -> None:
    assert list(linked(TENANT, checkpoints(1, 4, 9), PUBLIC)) == checkpoints(1, 4, 9)
    assert [from_document(as_document(each)) for each in checkpoints(1, 4)] == checkpoints(1, 4)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda found: found[1:], "a checkpoint before that of record 4 is missing"),
        (lambda found: [found[0], found[2]], "a checkpoint before that of record 9 is missing"),
        (lambda found: [found[1], found[0], found[2]], "a checkpoint before that of record 4 is missing"),
        (lambda found: [*found, found[2]], "a checkpoint before that of record 9 is missing"),
        (lambda found: [replace(found[0], time="")], "the checkpoint of record 1 is not authentic"),
        (lambda found: [sign("t-2", Head(1, "a"), TIME, FIRST, KEY)], "the checkpoint of record 1 is not authentic"),
        (
            lambda found: [*found, sign(TENANT, Head(5, "a"), TIME, found[2].signature, KEY)],
            "the checkpoint of record 5 comes after that of 9",
        ),
    ],
)
def test_checkpoints_that_were_touched_are_told(
    damage: Callable[[list[Checkpoint]], list[Checkpoint]], reason: str
) -> None:
    with pytest.raises(BrokenCheckpoints, match=reason):
        list(linked(TENANT, damage(checkpoints(1, 4, 9)), PUBLIC))


@pytest.mark.parametrize("document", [{}, {"tenant_id": 1}, {"sequence": "x"}, [], None, "x"])
def test_what_is_no_checkpoint_is_told(document: object) -> None:
    with pytest.raises(BrokenCheckpoints):
        from_document(document)  # type: ignore[arg-type]


@dataclass
class Trail:
    """Records that somebody may edit, and checkpoints that nobody can, kept by the platform's rules."""

    records: list[Record] = field(default_factory=list)
    signed: list[Checkpoint] = field(default_factory=list)

    @property
    def head(self) -> Head:
        return Head(self.records[-1].sequence, self.records[-1].hash) if self.records else EMPTY

    def happen(self, number: int) -> None:
        entry = Entry(f"e-{number}", "compute.instance.created", f"i-{number}", "user:1", TIME, "c-1", {"n": number})
        self.records.append(append(TENANT, self.head, entry))

    def checkpoint(self) -> None:
        """As the platform does: nothing is signed but what goes on from what was signed."""
        known = self.signed[-1].head if self.signed else EMPTY
        holds = known == EMPTY or any(record.hash == known.hash for record in self.records[: known.sequence])
        later = [record for record in self.records if record.sequence > known.sequence]
        if holds and self.head.sequence > known.sequence and verify(TENANT, later, (self.head,), known).valid:
            previous = self.signed[-1].signature if self.signed else FIRST
            self.signed.append(sign(TENANT, self.head, TIME, previous, KEY))

    def made_anew(self, entries: list[Entry]) -> None:
        """As who has the database could: every hash fits again."""
        self.records = []
        for entry in entries:
            self.records.append(append(TENANT, self.head, entry))

    @property
    def valid(self) -> bool:
        return verify(TENANT, self.records, (each.head for each in linked(TENANT, self.signed, PUBLIC))).valid


def attack(trail: Trail, signed: int, dice: random.Random) -> None:
    """Change something among the first `signed` records, with or without making the hashes fit."""
    entries = [record.entry for record in trail.records]
    place = dice.randrange(signed)
    match dice.choice(["edit", "delete", "swap", "cut", "insert"]):
        case "edit":
            change = dice.choice([{"actor": "user:2"}, {"data": {"n": -1}}, {"subject": "i-x"}, {"time": ""}])
            entries[place] = replace(entries[place], **change)  # type: ignore[arg-type]
        case "delete":
            del entries[place]
        case "swap" if len(entries) > 1:
            other = (place + 1) % len(entries)
            entries[place], entries[other] = entries[other], entries[place]
        case "insert":
            entries.insert(place, replace(entries[place], event_id="e-x"))
        case _:
            del entries[place:]
    if dice.random() < 0.7:
        trail.made_anew(entries)
    else:
        trail.records = [
            replace(trail.records[min(number, len(trail.records) - 1)], entry=entry)
            for number, entry in enumerate(entries)
        ]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_is_done_to_a_signed_trail_shows_for_ever(seed: int) -> None:
    dice = random.Random(20200101 + seed)
    for _ in range(ATTACKS):
        trail, numbers = Trail(), iter(range(1_000))
        for _ in range(dice.randint(1, 6)):
            trail.happen(next(numbers))
            if dice.random() < 0.5:
                trail.checkpoint()
        trail.checkpoint()
        assert trail.valid
        before = list(trail.records)
        attack(trail, len(trail.records), dice)
        if trail.records == before:
            continue
        # When the platform goes on as if nothing had happened
        for _ in range(dice.randint(0, 6)):
            trail.happen(next(numbers))
            trail.checkpoint()
        assert not trail.valid, (before, trail.records)


class Objects(ObjectStore):
    """Objects of one bucket, which tell how many were listed."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.listed = 0

    def put(self, bucket: str, name: str, data: bytes, **options: Any) -> Any:
        self.kept[name] = data

    def get(self, bucket: str, name: str, version_id: str | None = None) -> bytes:
        return self.kept[name]

    def list(self, bucket: str, prefix: str = "", *, start_after: str = "", limit: int = 1000) -> Any:
        found = sorted(name for name in self.kept if name.startswith(prefix) and name > start_after)[:limit]
        self.listed += len(found)
        return tuple(SimpleNamespace(name=name) for name in found)


@pytest.fixture
def objects() -> Objects:
    return Objects()


@pytest.fixture
def store(objects: Objects) -> CheckpointStore:
    """With checkpoints of the places 10, 20, and so on up to 25,000; all but the last one are no more than names."""
    made = CheckpointStore(Settings(checkpoint_signing_key="a"), objects, FixedClock(datetime(2026, 1, 1, tzinfo=UTC)))
    objects.kept = {f"{TENANT}/{place:020d}.json": b"" for place in range(10, 25_000, 10)}
    made.write(TENANT, Head(25_000, "a" * 64), None)
    return made


@pytest.mark.parametrize(("signed", "listed"), [(25_000, 1), (24_990, 2), (24_985, 2), (25_001, 2_500), (0, 2_500)])
def test_the_newest_checkpoint_is_found_from_where_there_was_one(
    store: CheckpointStore, objects: Objects, signed: int, listed: int
) -> None:
    newest = store.newest(TENANT, signed)
    assert newest is not None
    assert (newest.head.sequence, objects.listed) == (25_000, listed)


def test_where_nothing_is_signed_there_is_no_newest_checkpoint(store: CheckpointStore) -> None:
    assert [store.newest("t-2", signed) for signed in (0, 5)] == [None, None]


def test_the_last_place_that_was_signed_is_looked_for_between_two(store: CheckpointStore, objects: Objects) -> None:
    assert store.last_until(TENANT, 12_345) == 12_340
    objects.listed = 0
    assert [store.last_until(TENANT, until, 24_981) for until in (24_995, 24_980)] == [24_990, 0]
    assert objects.listed == 4
