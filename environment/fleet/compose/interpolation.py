"""Variable interpolation of the Compose specification: `$VAR`, `${VAR:-default}`, `${VAR:?error}`, `$$` and kin.

Source: compose-spec, 12-interpolation.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from environment.fleet.errors import ComposeError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")


def interpolate(text: str, variables: Mapping[str, str], place: str = "") -> str:
    """`text` with its variables replaced; an unset variable without default becomes empty.

    Raises ComposeError, naming `place`, for a malformed expression or a required variable that is not set.
    """
    pieces: list[str] = []
    index = 0
    while True:
        dollar = text.find("$", index)
        if dollar < 0:
            return "".join(pieces) + text[index:]
        pieces.append(text[index:dollar])
        if text.startswith("$$", dollar):
            pieces.append("$")
            index = dollar + 2
        elif text.startswith("${", dollar):
            end = _closing_brace(text, dollar + 2, place)
            pieces.append(_expression(text[dollar + 2 : end], variables, place))
            index = end + 1
        elif name := _NAME.match(text, dollar + 1):
            pieces.append(variables.get(name.group(), ""))
            index = name.end()
        else:
            raise ComposeError(f"{place}: a lone `$` in {text!r}", "Write `$$` for a literal dollar sign.")


def interpolate_tree(node: Any, variables: Mapping[str, str], place: str = "") -> Any:
    """Every string value of a parsed YAML tree interpolated; keys stay."""
    if isinstance(node, str):
        return interpolate(node, variables, place) if "$" in node else node
    if isinstance(node, dict):
        return {key: interpolate_tree(value, variables, f"{place}.{key}") for key, value in node.items()}
    if isinstance(node, list):
        return [interpolate_tree(value, variables, f"{place}[{number}]") for number, value in enumerate(node)]
    return node


def _closing_brace(text: str, start: int, place: str) -> int:
    depth = 1
    for index in range(start, len(text)):
        if text[index] == "{" and text[index - 1] == "$":
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    raise ComposeError(f"{place}: `${{` without `}}` in {text!r}", "Close the brace, or write `$$` for a dollar sign.")


def _expression(body: str, variables: Mapping[str, str], place: str) -> str:
    name = _NAME.match(body)
    operator = _OPERATOR.match(body, name.end()) if name else None
    if name is None or (operator is None and name.end() != len(body)):
        raise ComposeError(f"{place}: `${{{body}}}` is not a variable", "Write `${NAME}` or `${NAME:-default}`.")
    value = variables.get(name.group())
    if operator is None:
        return value or ""
    word = body[operator.end() :]
    present = bool(value) if operator.group().startswith(":") else value is not None
    match operator.group()[-1]:
        case "-":
            return (value or "") if present else interpolate(word, variables, place)
        case "+":
            return interpolate(word, variables, place) if present else ""
        case _:
            if present:
                return value or ""
            reason = interpolate(word, variables, place) or "it is required"
            raise ComposeError(f"{place}: variable {name.group()} is not set: {reason}", f"Set {name.group()}.")
