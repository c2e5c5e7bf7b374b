"""A read ends before what it reads may be gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from services.storage.operations.contents import in_time
from services.storage.settings import Settings
from shared.errors import DeadlineExceeded
from tests.unit.clocks import standing_clock


def test_a_read_breaks_off_when_it_takes_longer_than_content_is_kept_for_it() -> None:
    clock = standing_clock()
    ports: Any = SimpleNamespace(clock=clock, settings=SimpleNamespace(read_seconds=60.0))
    chunks = in_time(ports, iter([b"a", b"b", b"c"]))
    assert next(chunks) == b"a"
    clock.advance(timedelta(seconds=60))
    assert next(chunks) == b"b"
    clock.advance(timedelta(seconds=1))
    with pytest.raises(DeadlineExceeded):
        next(chunks)


def test_a_clock_that_is_set_breaks_off_nothing() -> None:
    clock = standing_clock()
    ports: Any = SimpleNamespace(clock=clock, settings=SimpleNamespace(read_seconds=60.0))

    def chunks() -> Iterator[bytes]:
        yield b"a"
        clock.step(timedelta(days=1))
        yield b"b"

    assert list(in_time(ports, chunks())) == [b"a", b"b"]


def test_content_rests_longer_than_it_may_be_read() -> None:
    settings = Settings()
    assert settings.garbage_rest_seconds > settings.read_seconds + settings.request_timeout_seconds
    with pytest.raises(ValueError, match="longer than a read"):
        Settings(read_seconds=3600.0, garbage_rest_seconds=3600.0)
