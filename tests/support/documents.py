"""Whether answers are those that an OpenAPI document promises: their status, their content type and their body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

METHODS = ("get", "put", "post", "delete", "patch", "head")
_PARAMETER = re.compile(r"\{[^}]*\}")
MAX_SHOWN = 300


@dataclass(frozen=True)
class Answered:
    """An answer, as far as a document can say something of it."""

    status: int
    media_type: str
    content: bytes
    headers: Mapping[str, str]


class Document:
    """An OpenAPI document, by which answers are judged."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._validators: dict[str, Draft202012Validator] = {}
        self._templates = sorted(
            ((_matching(path), path) for path in document["paths"]),
            key=lambda entry: len(_PARAMETER.sub("", entry[1])),
            reverse=True,
        )

    def operations(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Method, path and operation, in the document's order."""
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield method.upper(), path, item[method]

    def path_of(self, path: str) -> str | None:
        """The path of the document that a request's path is one of; None for none. Parameters may hold slashes where
        nothing else fits, as the keys of objects do."""
        for loose in (False, True):
            for (strict_form, loose_form), template in self._templates:
                if (loose_form if loose else strict_form).fullmatch(path):
                    return template
        return None

    def complaints(self, method: str, path: str, answer: Answered) -> list[str]:
        """What in the answer the document doesn't know, in words; `path` is one of the document's."""
        operation = self.document["paths"][path].get(method.lower())
        if operation is None:
            return [] if answer.status == 405 else [f"{method} isn't documented"]
        documented = operation["responses"].get(str(answer.status))
        if documented is None:
            return [f"{answer.status} isn't documented"]
        documented = self.resolved(documented)
        return [*self._headers(documented, answer), *self._content(documented, answer, method)]

    def resolved(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a part of the document refers to; itself where it refers to nothing."""
        while "$ref" in part:
            target: Any = self.document
            for name in part["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            part = target
        return part

    def value_complaint(self, schema: Mapping[str, Any], value: Any) -> str | None:
        """What is wrong with a value by a schema of the document; None for nothing."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._validators[key] = Draft202012Validator(whole)
        error = best_match(self._validators[key].iter_errors(value))
        return None if error is None else f"{error.json_path}: {error.message[:MAX_SHOWN]}"

    def _headers(self, documented: Mapping[str, Any], answer: Answered) -> list[str]:
        found = []
        for name, entry in documented.get("headers", {}).items():
            header = self.resolved(entry)
            if name not in answer.headers:
                found += [f"the header {name} is missing"] if header.get("required") else []
            elif complaint := self.value_complaint(header["schema"], answer.headers[name]):
                found.append(f"the header {name}: {complaint}")
        return found

    def _content(self, documented: Mapping[str, Any], answer: Answered, method: str) -> list[str]:
        contents = documented.get("content", {})
        if not answer.content:
            # Text and bytes may be of no length; JSON can't.
            due = method != "HEAD" and any(kind.endswith("json") and "ndjson" not in kind for kind in contents)
            return ["there is no body"] if due else []
        if not contents:
            return [f"a body of {answer.media_type} isn't documented"]
        kind = answer.media_type.partition(";")[0].strip().lower()
        entry = contents.get(kind, contents.get("*/*"))
        if entry is None:
            return [f"{kind or 'no content type'} isn't documented"]
        if not (kind == "application/json" or kind.endswith("+json")) or "*/*" in contents:
            return []
        try:
            value = json.loads(answer.content)
        except ValueError:
            return ["the body isn't JSON"]
        complaint = self.value_complaint(entry.get("schema", {}), value)
        return [complaint] if complaint else []


def _matching(path: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A pattern for one part of a path a parameter, and one for any number of them."""
    parts = [re.escape(part) for part in _PARAMETER.split(path)]
    return re.compile("[^/]+".join(parts)), re.compile(".+".join(parts))
