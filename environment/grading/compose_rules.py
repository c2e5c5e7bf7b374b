"""What of a submitted compose file is taken over.

The compose file says what runs: a service, a job or a health check that it adds would run beside what is judged. So
only what a repair can need is taken from it, checked value by value; everything else stays as it was in the untouched
workspace (never as in the reference: that would repair it), and is named in the result. What a repair puts back to the
reference's value is always taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from environment.fleet.compose.document import UnreadableDocument, load_document

COMPOSE = "docker-compose.yml"
MOST_WORDS = 64
LONGEST_TEXT = 4096
CONDITIONS = ("service_started", "service_healthy", "service_completed_successfully")
_VARIABLE = re.compile(r"(?!LD_|PYTHON)[A-Z][A-Z0-9_]{0,63}")
_VOLUME = re.compile(r"([a-z][a-z0-9-]*):/[\w./-]+(:ro|:rw)?")
_PORT = re.compile(r"(\d{1,5}:)?\d{1,5}")
_DURATION = re.compile(r"(\d+(\.\d+)?(us|ms|s|m|h))+")
_URL = re.compile(r"https?://[\w.:/?=&-]+")

Document = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A field of a service, with what is known about it."""

    document: Document
    """The untouched workspace's compose file."""
    service: str
    field: str

    @property
    def before(self) -> Any:
        """The untouched value."""
        return self.document["services"][self.service].get(self.field)


def keep_rules(
    files: Mapping[str, bytes], untouched: Mapping[str, bytes], reference: Mapping[str, bytes]
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The files that are graded, with a compose file in which nothing has changed that may not, and the names of what
    was left out. A file that can't be read is kept: the fleet's runner refuses it, too."""
    submitted, before, right = (_parsed(tree.get(COMPOSE)) for tree in (files, untouched, reference))
    if submitted is None or before is None or right is None or files[COMPOSE] == untouched[COMPOSE]:
        return dict(files), ()
    taken, ignored = _taken(submitted, before, right)
    if not ignored:
        return dict(files), ()
    return {**files, COMPOSE: yaml.safe_dump(taken, sort_keys=False).encode()}, tuple(ignored)


def _parsed(content: bytes | None) -> Document | None:
    """A compose file's content; None for one that no fleet can be started from."""
    try:
        document = load_document(content or b"")
    except UnreadableDocument:
        return None
    whole = isinstance(document, dict) and isinstance(document.get("services"), dict)
    return document if whole and all(isinstance(body, dict) for body in document["services"].values()) else None


def _taken(submitted: Document, before: Document, right: Document) -> tuple[Document, list[str]]:
    ignored = [
        key
        for key in sorted({*submitted, *before}, key=str)
        if key != "services" and not str(key).startswith("x-") and submitted.get(key) != before.get(key)
    ]
    services: Document = {}
    for name, body in submitted["services"].items():
        if name not in before["services"]:
            ignored.append(f"services.{name}")
            continue
        services[name] = {}
        old, good = before["services"][name], right["services"].get(name, {})
        for field in [*old, *(field for field in body if field not in old)]:
            value = body.get(field)
            if value in (old.get(field), good.get(field)) or _may_be(Place(before, name, field), value):
                kept = value
            else:
                ignored.append(f"services.{name}.{field}")
                kept = old.get(field)
            if kept is not None:
                services[name][field] = kept
    return {**{key: value for key, value in before.items() if key != "services"}, "services": services}, ignored


def _may_be(place: Place, value: Any) -> bool:
    check = CHECKS.get(place.field)
    return value is None or (check is not None and check(place, value))


def _environment(place: Place, value: Any) -> bool:
    known = place.before if isinstance(place.before, dict) else {}
    return isinstance(value, dict) and all(
        (name in known or (isinstance(name, str) and bool(_VARIABLE.fullmatch(name))))
        and isinstance(text, str | int | float | bool | None)
        and len(str(text)) <= LONGEST_TEXT
        for name, text in value.items()
    )


def _command(place: Place, value: Any) -> bool:
    """The same module, with other arguments."""
    before = place.before
    return (
        isinstance(before, list)
        and before[:2] == ["python", "-m"]
        and _are_texts(value)
        and value[:3] == before[:3]
        and len(value) <= MOST_WORDS
    )


def _depends_on(place: Place, value: Any) -> bool:
    if isinstance(value, list):
        return all(name in place.document["services"] for name in value if isinstance(name, str)) and _are_texts(value)
    return isinstance(value, dict) and all(
        name in place.document["services"]
        and isinstance(body, dict)
        and set(body) <= {"condition", "restart", "required"}
        and body.get("condition") in CONDITIONS
        for name, body in value.items()
    )


def _healthcheck(place: Place, value: Any) -> bool:
    """Other times, and the same check of another address."""
    if not isinstance(value, dict) or not isinstance(place.before, dict):
        return False
    test: Any = value.get("test")
    before: Any = place.before.get("test")
    other = _are_texts(test) and _are_texts(before) and test[:-1] == before[:-1]
    same = test == before or (other and bool(_URL.fullmatch(test[-1])))
    times = {key: entry for key, entry in value.items() if key not in ("test", "retries", "disable")}
    return (
        same
        and set(times) <= {"interval", "timeout", "start_period", "start_interval"}
        and all(isinstance(entry, str) and _DURATION.fullmatch(entry) for entry in times.values())
        and isinstance(value.get("retries", 1), int)
        and isinstance(value.get("disable", False), bool)
    )


def _volumes(place: Place, value: Any) -> bool:
    """Volumes that the file declares already, and no folders of the host."""
    declared = place.document.get("volumes") or {}
    return _are_texts(value) and all(
        (match := _VOLUME.fullmatch(entry)) is not None and match[1] in declared for entry in value
    )


def _ports(place: Place, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(e, str | int) and _PORT.fullmatch(str(e)) for e in value)


def _plain(place: Place, value: Any) -> bool:
    return isinstance(value, str | int | bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) for word in value)


CHECKS: Mapping[str, Callable[[Place, Any], bool]] = {
    "environment": _environment,
    "command": _command,
    "depends_on": _depends_on,
    "healthcheck": _healthcheck,
    "volumes": _volumes,
    "ports": _ports,
    "expose": _ports,
    "mem_limit": _plain,
    "restart": _plain,
    "stop_grace_period": _plain,
}
"""The fields of a service that may have another value, and which."""
