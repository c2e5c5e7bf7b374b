"""What a process shares, and a fork doesn't."""

import itertools
import os

import pytest

from shared.clients.process import PerProcess


def test_a_value_is_made_once_and_only_when_it_is_asked_for() -> None:
    made = itertools.count(1)
    value = PerProcess(lambda: next(made))

    assert [value.get(), value.get()] == [1, 1]
    assert next(made) == 2


def test_another_process_makes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made = itertools.count(1)
    value = PerProcess(lambda: next(made))
    value.get()

    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert value.get() == 2
