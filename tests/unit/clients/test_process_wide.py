"""What a process shares, and a fork doesn't."""

import os

from shared.clients.process import PerProcess


def test_a_value_is_made_once_and_only_when_it_is_asked_for():
    made = []
    value = PerProcess(lambda: made.append(1) or len(made))

    assert made == []
    assert [value.get(), value.get()] == [1, 1]


def test_another_process_makes_its_own(monkeypatch):
    made = []
    value = PerProcess(lambda: made.append(1) or len(made))
    value.get()

    monkeypatch.setattr(os, "getpid", lambda: -1)

    assert value.get() == 2
