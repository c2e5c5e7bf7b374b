"""A key that has content all the time has some for whoever reads it, though it is replaced meanwhile."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from fastapi import Response

from services.storage.api import objects as api
from services.storage.domain.conditions import Conditions
from services.storage.operations import objects
from services.storage.operations.contents import Reading
from shared.infra.object_store import ObjectNotFound

READING = Reading(Conditions())


def answer(monkeypatch: pytest.MonkeyPatch, *read: str, gone: str) -> bytes:
    """What is answered when the row is read as each of these versions in turn, and the content of one is gone."""
    rows = iter(read)

    def content(_ports: object, version: Any, _reading: object) -> Response:
        if version.id == gone:
            raise ObjectNotFound(f"there is no {gone}")
        return Response(version.id)

    monkeypatch.setattr(objects, "read", lambda *_: SimpleNamespace(id=next(rows)))
    monkeypatch.setattr(objects, "let_go", lambda _session: None)
    monkeypatch.setattr(api, "content_answer", content)
    nothing = cast(Any, None)
    return bytes(api.read_answer(nothing, nothing, "photos", "a", None, READING).body)


def test_what_was_replaced_before_it_was_read_is_answered_by_what_replaced_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer(monkeypatch, "old", "new", gone="old") == b"new"


def test_content_that_is_lost_is_not_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ObjectNotFound):
        answer(monkeypatch, "lost", "lost", gone="lost")
