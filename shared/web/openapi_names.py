"""Names of operations, made of method and path alone, so that both frameworks' are alike and stay as they are."""

from __future__ import annotations

import re

_VERBS = {"GET": "get", "HEAD": "head", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
_PARAMETER = re.compile(r"\{([^}:]+)[^}]*\}")
_WORDS = re.compile(r"[^a-z0-9]+")


def operation_id(method: str, path: str, *, is_list: bool = False, creates: bool = False) -> str:
    """`list_zones`, `get_zone_record`, `create_zone`, and for what is neither read nor made `instance_stop`.

    A part of the path that a parameter follows is one of many, so its name is in the singular.
    """
    parts = [part for part in path.strip("/").split("/") if part != "v1"]
    words: list[str] = []
    for place, part in enumerate(parts):
        if _PARAMETER.fullmatch(part):
            if place and _PARAMETER.fullmatch(parts[place - 1]):
                words.append(_word(_PARAMETER.sub(r"\1", part)))
            continue
        followed = place + 1 < len(parts) and _PARAMETER.fullmatch(parts[place + 1]) is not None
        words.append(_singular(_word(part)) if followed else _word(part))
    if is_list:
        return "_".join(["list", *words])
    if method == "POST" and creates:
        return "_".join(["create", *words[:-1], _singular(words[-1])])
    if method == "POST":
        return "_".join(words if not _PARAMETER.fullmatch(parts[-1]) else ["post", *words])
    return "_".join([_VERBS[method], *words])


def noun_of(path: str) -> str:
    """What a path is about, for grouping: the first part after the version."""
    parts = [part for part in path.strip("/").split("/") if part != "v1"]
    return parts[0] if parts else ""


def _word(part: str) -> str:
    return _WORDS.sub("_", part.lower()).strip("_")


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
