"""Writes down requests and what was answered, as an engineer would paste them into an incident's channel."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.api import Api

WIDTH = 110
"""Characters of a line; a longer answer is written over several."""


class Transcript:
    """What was asked and answered under one heading. Ids and whatever else differs from run to run are left out."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def asked(
        self,
        api: Api,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        shown_as: str = "",
        fields: Sequence[str] = (),
        of: Sequence[str] = (),
        unsaid: Sequence[str] = (),
    ) -> Any:
        """Ask, and write it down: the request (its path `shown_as` where it has an id, its body without the fields
        that are `unsaid`), the status, and of the answer these fields, of each of its lists' items those of `of`.

        Returns the whole answer.
        """
        answer = api.request(method, path, **({} if body is None else {"json": body}))
        said = answer.json() if answer.content else None
        written = {key: value for key, value in (body or {}).items() if key not in unsaid}
        self.line(f"> {method} {shown_as or path} {_text(written)}".rstrip())
        self.line(f"< {answer.status_code} {_text(_picked(said, fields, of))}".rstrip())
        return said

    def line(self, text: str) -> None:
        """Write a line down."""
        self._lines.append(text)

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)


def _picked(said: Any, fields: Sequence[str], of: Sequence[str]) -> Any:
    if not isinstance(said, Mapping):
        return None
    chosen = {name: said[name] for name in fields if name in said}
    return {
        name: [{key: each[key] for key in of if key in each} for each in value] if isinstance(value, list) else value
        for name, value in chosen.items()
    }


def _text(value: Any) -> str:
    if value is None or value == {}:
        return ""
    flat = json.dumps(value, ensure_ascii=False)
    return flat if len(flat) <= WIDTH else json.dumps(value, ensure_ascii=False, indent=2)
