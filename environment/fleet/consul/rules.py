"""The rules of ACL policies: HCL or JSON. https://developer.hashicorp.com/consul/docs/security/acl/acl-rules"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from environment.fleet.consul.errors import BadRequest

NAMED = ("key", "service", "node", "session", "agent", "event", "query")
PLAIN = ("acl", "operator", "keyring", "mesh", "peering")
_LEVELS = {"deny": 0, "read": 1, "list": 2, "write": 3}

_COMMENT = r"#[^\n]*|//[^\n]*|/\*.*?\*/"
_TOKEN = re.compile(rf'\s+|{_COMMENT}|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[\w-]+)|(?P<sign>[{{}}=,])', re.S)


@dataclass
class Rules:
    """What a set of rules says: (resource, exact?, name) -> level, and a level for each resource without names."""

    named: dict[tuple[str, bool, str], str] = field(default_factory=dict)
    plain: dict[str, str] = field(default_factory=dict)

    def level(self, resource: str, name: str) -> str | None:
        """The level that the most specific rule gives: the exact name first, then the longest prefix."""
        if resource in PLAIN:
            return self.plain.get(resource)
        exact = self.named.get((resource, True, name))
        if exact is not None:
            return exact
        prefixes = [
            prefix
            for kind, is_exact, prefix in self.named
            if kind == resource and not is_exact and name.startswith(prefix)
        ]
        return self.named[(resource, False, max(prefixes, key=len))] if prefixes else None


def merged(several: list[Rules]) -> Rules:
    """The rules of several policies as one. Where they meet, deny wins, then the higher level."""
    result = Rules()
    for rules in several:
        for key, level in rules.named.items():
            result.named[key] = _stronger(result.named.get(key), level)
        for resource, level in rules.plain.items():
            result.plain[resource] = _stronger(result.plain.get(resource), level)
    return result


def allows(level: str | None, wanted: str) -> bool | None:
    """Whether a level is enough for "read", "list" or "write"; None when no rule speaks."""
    if level is None:
        return None
    return level != "deny" and _LEVELS[level] >= _LEVELS[wanted]


def parse(text: str) -> Rules:
    """Read a policy's rules. Raises BadRequest for what Consul would not accept."""
    if text.lstrip().startswith("{"):
        try:
            document = json.loads(text)
        except ValueError as error:
            raise BadRequest(f"Failed to parse ACL rules: {error}") from error
        entries = [
            (resource, name, body if isinstance(body, str) else body.get("policy"))
            for resource, value in document.items()
            for name, body in (value.items() if isinstance(value, dict) else [(None, value)])
        ]
    else:
        entries = _Hcl(text).entries()
    rules = Rules()
    for resource, name, level in entries:
        _add(rules, resource, name, level)
    return rules


def _add(rules: Rules, resource: str, name: str | None, level: object) -> None:
    if not isinstance(level, str) or level not in _LEVELS:
        raise BadRequest(f"Failed to parse ACL rules: Invalid {resource} policy: {level!r}")
    base = resource.removesuffix("_prefix")
    if name is None and resource in PLAIN:
        rules.plain[resource] = level
    elif name is not None and base in NAMED:
        rules.named[(base, base == resource, name)] = level
    else:
        raise BadRequest(f"Failed to parse ACL rules: Invalid resource {resource!r}")


def _stronger(first: str | None, second: str) -> str:
    if first is None:
        return second
    if "deny" in (first, second):
        return "deny"
    return max(first, second, key=lambda level: _LEVELS[level])


class _Hcl:
    """The part of HCL that rules are written in: `key_prefix "a/" { policy = "write" }` and `acl = "read"`."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise BadRequest(f"Failed to parse ACL rules: unexpected {text[at]!r}")
            if found.lastgroup:
                self._tokens.append(found.group())
            at = found.end()

    def entries(self) -> list[tuple[str, str | None, object]]:
        found: list[tuple[str, str | None, object]] = []
        while self._tokens:
            resource = _unquoted(self._next())
            if self._tokens[:1] == ["="]:
                self._next()
                found.append((resource, None, _unquoted(self._next())))
            else:
                name = _unquoted(self._next())
                found.append((resource, name, self._block().get("policy")))
        return found

    def _block(self) -> dict[str, str]:
        self._expect("{")
        body: dict[str, str] = {}
        while self._tokens[:1] != ["}"]:
            name = _unquoted(self._next())
            self._expect("=")
            body[name] = _unquoted(self._next())
            if self._tokens[:1] == [","]:
                self._next()
        self._expect("}")
        return body

    def _next(self) -> str:
        if not self._tokens:
            raise BadRequest("Failed to parse ACL rules: unexpected end")
        return self._tokens.pop(0)

    def _expect(self, sign: str) -> None:
        found = self._next()
        if found != sign:
            raise BadRequest(f"Failed to parse ACL rules: expected {sign!r}, found {found!r}")


def _unquoted(token: str) -> str:
    return str(json.loads(token)) if token.startswith('"') else token
