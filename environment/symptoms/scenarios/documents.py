"""Reads what a scenario's document quotes.

A fenced block whose info string has a second word is a *quotation* of that name: the fleet said its text, byte for
byte. In the text around, whatever stands in back-quotes and has a digit in it is a *figure*; it must occur in one of
the quotations. Times and names of people's doing stand without back-quotes: no fleet says them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from environment.bugs.errors import EpisodeError

_BLOCK = re.compile(r"^```(?P<language>[a-z]+)(?: (?P<name>[a-z0-9-]+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]*\d[^`\n]*)`")


class ScenarioError(EpisodeError):
    """A scenario that isn't there, or whose document and fleet contradict each other."""


@dataclass(frozen=True)
class Quoted:
    """What one document quotes."""

    quotations: Mapping[str, str]
    figures: tuple[str, ...]

    @property
    def loose(self) -> tuple[str, ...]:
        """Figures that no quotation has."""
        return tuple(each for each in self.figures if not any(each in text for text in self.quotations.values()))


def quoted(document: str) -> Quoted:
    """The quotations and figures of a document. Raises ScenarioError when a name occurs twice."""
    quotations: dict[str, str] = {}
    for match in _BLOCK.finditer(document):
        name = match["name"]
        if name is None:
            continue
        if name in quotations:
            raise ScenarioError(f"two quotations are called {name!r}")
        quotations[name] = match["text"]
    prose = _BLOCK.sub("", document)
    return Quoted(quotations, tuple(dict.fromkeys(_SPAN.findall(prose))))


def rewritten(document: str, said: Mapping[str, str]) -> str:
    """The document with what the fleet says now in the place of its quotations."""

    def anew(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None or name not in said:
            return match[0]
        return f"```{match['language']} {name}\n{said[name]}```"

    return _BLOCK.sub(anew, document)


def differences(document: str, said: Mapping[str, str]) -> list[str]:
    """What is wrong with a document whose fleet says this; nothing when all holds."""
    found = quoted(document)
    wrong = [f"quotes {name!r}, which the play doesn't give" for name in found.quotations if name not in said]
    wrong += [f"doesn't quote {name!r}" for name in said if name not in found.quotations]
    wrong += [
        f"{name!r} is another one now:\n{_beside(found.quotations[name], text)}"
        for name, text in said.items()
        if name in found.quotations and found.quotations[name] != text
    ]
    wrong += [f"the figure {figure!r} stands in no quotation" for figure in found.loose]
    return wrong


def _beside(before: str, now: str) -> str:
    left, right = before.splitlines(), now.splitlines()
    lines = [f"  - {line}" for line in left if line not in right] + [
        f"  + {line}" for line in right if line not in left
    ]
    return "\n".join(lines) or "  (the same lines in another order)"
