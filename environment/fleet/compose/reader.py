"""Reads a compose file: YAML with anchors and merges, interpolation, then typed values with clear errors."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

from environment.fleet.compose.document import UnreadableDocument, load_document
from environment.fleet.compose.interpolation import interpolate_tree
from environment.fleet.compose.model import ComposeFile, Condition, HealthCheck, Mount, Port, Service
from environment.fleet.errors import ComposeError

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def read_compose(path: Path, variables: Mapping[str, str]) -> ComposeFile:
    """The services of a compose file. Raises ComposeError with the line of a YAML error or the place of another."""
    try:
        document = load_document(path.read_bytes())
    except FileNotFoundError:
        raise ComposeError(f"{path} does not exist", "Run this in a project that has a docker-compose.yml.") from None
    except OSError as error:
        raise ComposeError(f"{path} can't be read: {error.strerror}", "It must be a file that you may read.") from None
    except UnreadableDocument as error:
        raise _yaml_problem(path, error) from None
    if not isinstance(document, dict) or not isinstance(document.get("services"), dict) or not document["services"]:
        raise ComposeError(f"{path.name} has no `services:` mapping", "Add the services below `services:`.")
    services = {
        str(name): _service(str(name), interpolate_tree(body, variables, f"services.{name}"))
        for name, body in document["services"].items()
        if not _is_image_only(body)
    }
    absent = document["services"].keys() - services.keys()
    return ComposeFile(path, {name: _without(service, absent) for name, service in services.items()})


def _is_image_only(body: Any) -> bool:
    """`scale: 0`: the entry is there for its image, and no container of it is ever started."""
    return isinstance(body, dict) and body.get("scale") == 0


def _without(service: Service, absent: Set[str]) -> Service:
    """The service, waiting only for what runs."""
    left = {name: condition for name, condition in service.depends_on.items() if name not in absent}
    return replace(service, depends_on=left)


def _yaml_problem(path: Path, error: UnreadableDocument) -> ComposeError:
    where = path.name if error.line is None else f"{path.name}, line {error.line}, column {error.column}"
    return ComposeError(f"{where}: {error}", "Correct the YAML there; `docker compose config -q` shows the same.")


def _service(name: str, body: Any) -> Service:
    place = f"services.{name}"
    if not isinstance(body, dict):
        raise ComposeError(f"{place} must be a mapping", "Give it `image:` or `build:`.")
    if "image" not in body and "build" not in body:
        raise ComposeError(f"{place} has neither `image:` nor `build:`", "Add one of them.")
    return Service(
        name=name,
        image=body.get("image"),
        built="build" in body,
        command=_command(body.get("command"), f"{place}.command"),
        environment=_environment(body.get("environment"), f"{place}.environment"),
        ports=tuple(_port(entry, f"{place}.ports") for entry in _list(body.get("ports"), f"{place}.ports")),
        expose=tuple(_number(entry, f"{place}.expose") for entry in _list(body.get("expose"), f"{place}.expose")),
        mounts=tuple(
            mount
            for entry in _list(body.get("volumes"), f"{place}.volumes")
            if (mount := _mount(entry, f"{place}.volumes"))
        ),
        depends_on=_depends_on(body.get("depends_on"), f"{place}.depends_on"),
        healthcheck=_healthcheck(body.get("healthcheck"), f"{place}.healthcheck"),
        stop_grace=_duration(body.get("stop_grace_period", "10s"), f"{place}.stop_grace_period"),
    )


def _list(value: Any, place: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ComposeError(f"{place} must be a list", "Write one entry a line, each after `- `.")
    return value


def _command(value: Any, place: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value))
        except ValueError as error:
            raise ComposeError(f"{place}: {error}", "Quote as a shell does, or write the command as a list.") from None
    return tuple(str(word) for word in _list(value, place))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _environment(value: Any, place: str) -> dict[str, str]:
    """Both forms: a mapping, or a list of NAME=value."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return {str(name): _text(entry) for name, entry in value.items()}
    pairs = (str(entry).partition("=") for entry in _list(value, place))
    return {name: text for name, _, text in pairs}


def _number(value: Any, place: str) -> int:
    text = str(value).split("/")[0]
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise ComposeError(f"{place}: {value!r} is not a port number", "Use a number from 1 to 65535.")
    return int(text)


def _port(entry: Any, place: str) -> Port:
    """Short form `[[address:]host:]container[/protocol]` or the long form."""
    if isinstance(entry, dict):
        published = entry.get("published")
        return Port(_number(entry.get("target"), place), _number(published, place) if published else None)
    parts = str(entry).split(":")
    return Port(_number(parts[-1], place), _number(parts[-2], place) if len(parts) > 1 else None)


def _mount(entry: Any, place: str) -> Mount | None:
    """A named volume or bind mount; None for tmpfs and anonymous volumes, which need no folder of their own."""
    if isinstance(entry, dict):
        if entry.get("type") == "tmpfs" or not entry.get("source"):
            return None
        return Mount(str(entry["source"]), str(entry.get("target", "")))
    parts = str(entry).split(":")
    if len(parts) < 2:
        return None
    if not parts[1].startswith("/"):
        raise ComposeError(f"{place}: {entry!r} does not mount to an absolute path", "Write `volume:/path`.")
    return Mount(parts[0], parts[1])


def _depends_on(value: Any, place: str) -> dict[str, Condition]:
    if value is None:
        return {}
    if isinstance(value, list):
        return {str(name): Condition.STARTED for name in value}
    if not isinstance(value, dict):
        raise ComposeError(f"{place} must be a list or a mapping", "Name the services to wait for.")
    conditions: dict[str, Condition] = {}
    for name, body in value.items():
        if not isinstance(body, dict | None):
            raise ComposeError(f"{place}.{name} must be a mapping", "Give it a `condition:`.")
        word = (body or {}).get("condition", Condition.STARTED)
        try:
            conditions[str(name)] = Condition(word)
        except (ValueError, TypeError):
            known = ", ".join(Condition)
            raise ComposeError(f"{place}.{name}: condition {word!r} does not exist", f"Use one of {known}.") from None
    return conditions


def _healthcheck(value: Any, place: str) -> HealthCheck | None:
    """None when there is none or it is disabled."""
    if not isinstance(value, dict | None):
        raise ComposeError(f"{place} must be a mapping", "Give it a `test:`.")
    if not value or value.get("disable"):
        return None
    test = value.get("test")
    words = ("CMD-SHELL", test) if isinstance(test, str) else tuple(str(word) for word in _list(test, f"{place}.test"))
    if words and words[0] == "NONE":
        return None
    if len(words) < 2 or words[0] not in {"CMD", "CMD-SHELL"}:
        raise ComposeError(f"{place}.test must be a command", 'Write ["CMD", "program", …] or a shell line.')
    return HealthCheck(
        test=words,
        interval=_duration(value.get("interval", "30s"), f"{place}.interval"),
        timeout=_duration(value.get("timeout", "30s"), f"{place}.timeout"),
        retries=_retries(value.get("retries", 3), f"{place}.retries"),
        start_period=_duration(value.get("start_period", "0s"), f"{place}.start_period"),
    )


def _retries(value: Any, place: str) -> int:
    if not str(value).isdecimal():
        raise ComposeError(f"{place}: {value!r} is not a number of attempts", "Use a whole number.")
    return int(value)


def _duration(value: Any, place: str) -> float:
    """`1m30s` in seconds."""
    text = str(value)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ComposeError(f"{place}: {text!r} is not a duration", "Write it like 500ms, 10s or 1m30s.")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
