"""Zone files (RFC 1035 §5), rendered so that `named-checkzone` accepts them, and parsed with dnspython.

A name server knows no routing, so a routed record set is written as the answers that it can serve, behind a comment
that holds all of it. Whoever reads the file back here gets the routing again; nothing is lost silently.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.SOA
import dns.tokenizer
import dns.zonefile

from services.dns.domain import plain_lines, routing
from services.dns.domain.errors import InvalidZoneFile
from services.dns.domain.names import canonical, check_owner, labels, relative
from services.dns.domain.records import (
    TARGET_FIELD,
    RecordType,
    check_coexistence,
    check_count,
    check_null_mx,
    check_place,
    check_single_alias,
    check_size,
    check_ttl,
    normalise,
    normalise_all,
)
from services.dns.domain.resolution import RecordSet
from services.dns.domain.routing import Answer, Policy, Role
from services.dns.domain.soa import Soa
from shared.errors import OmniCloudError
from shared.web.input import parse_json

DIRECTIVES = ["$ORIGIN", "$TTL", "$GENERATE"]
"""A tenant's text opens no file here, so there is no $INCLUDE."""
MAX_RECORDS = 50_000
"""In one file."""
MAX_GENERATED = 5_000
"""By all $GENERATE of a file, each of which makes any number of records in a few letters: more than the addresses of a
/20, and about a second's work.
"""
TYPE_ORDER = {RecordType.NS: 0}
"""Name servers come first, as people write it; the rest follows by name."""
UNSTATED = -1
"""The TTL of a record for which the file has none."""
ROUTING = ";routing"
ROUTING_LINE = re.compile(rf"^{ROUTING} (\S+) ([A-Z]+) (\{{.*\}})\s*$", re.MULTILINE)


@dataclass(frozen=True)
class ParsedSet:
    """A record set as a zone file has it."""

    name: str
    type: RecordType
    ttl: int
    policy: Policy
    answers: tuple[Answer, ...]

    @property
    def values(self) -> list[str]:
        """All values, whatever the routing."""
        return [answer.value for answer in self.answers]


@dataclass(frozen=True)
class ParsedZone:
    """What a zone file holds. Without an SOA in the file there is none here."""

    sets: list[ParsedSet]
    soa: Soa | None = None


def render(zone: str, soa: Soa, record_sets: Iterable[RecordSet]) -> str:
    """The zone's file: origin, SOA, then the record sets by name and type. All names are relative to the origin."""
    lines = [f"$ORIGIN {zone}", f"$TTL {soa.ttl}", f"@\t{soa.ttl}\tIN\tSOA\t{soa.data()}"]
    for record_set in sorted(record_sets, key=lambda found: _order(found, zone)):
        name = relative(record_set.name, zone)
        if record_set.policy is not Policy.SIMPLE:
            lines.append(f"{ROUTING} {name} {record_set.type} {_routing(record_set)}")
        served = servable(record_set.policy, record_set.type, record_set.answers)
        lines += [f"{name}\t{record_set.ttl}\tIN\t{record_set.type}\t{answer.value}" for answer in served]
    return "\n".join(lines) + "\n"


def servable(policy: Policy, kind: RecordType, answers: Sequence[Answer]) -> Sequence[Answer]:
    """What a name server without routing is to serve of a record set: all answers that may get traffic.

    An alias has one target: the primary one, else the heaviest, else the first.
    """
    if policy is Policy.FAILOVER:
        answers = [answer for answer in answers if answer.role is Role.PRIMARY]
    elif policy is Policy.WEIGHTED:
        answers = [answer for answer in answers if answer.weight] or answers
    if kind is RecordType.CNAME:
        return [max(answers, key=lambda answer: answer.weight)]
    return answers


def parse(text: str, zone: str, default_ttl: int) -> ParsedZone:
    """The record sets of a zone file and its SOA.

    A TTL that is left out is that of the last $TTL (RFC 2308 §4); until there is one, the last that was written
    (RFC 1035 §5.1), else the minimum of the file's SOA, as name servers have it, and before that `default_ttl`.
    $ORIGIN, $TTL and $GENERATE are followed. Every record must lie in the zone. Raises InvalidZoneFile, InvalidRecord,
    InvalidName, NameOutsideZone, InvalidRouting or CnameConflict.
    """
    read = _read(text, zone, default_ttl)
    by_set: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for name, kind, ttl, value in read.found:
        by_set.setdefault((check_owner(name, zone), kind), []).append((ttl, value))
    if len(read.soas) > 1 or any(name != zone for name, _ in read.soas):
        raise InvalidZoneFile("a zone has one SOA record, at its apex", name=read.soas[-1][0])
    soa = read.soas[0][1] if read.soas else None
    routed = _routed(text, zone)
    sets = [_parsed_set(*key, records, zone, routed.pop(key, None)) for key, records in by_set.items()]
    if routed:
        name, kind = next(iter(routed))
        raise InvalidZoneFile(f"there is a routing comment for {name} {kind}, but no such record", name=name)
    _check_names(sets, zone)
    return ParsedZone(sets, soa)


def _check_names(sets: Iterable[ParsedSet], zone: str) -> None:
    types: dict[str, list[RecordType]] = {}
    for each in sets:
        types.setdefault(each.name, []).append(each.type)
    for each in sets:
        check_coexistence(each.type, each.name, zone, types[each.name])
        check_place(each.type, each.name, zone)


@dataclass
class _Records:
    """What dnspython's reader writes into: every record as it stands, where its zones drop and merge some.

    `found` has name, type, TTL and data as text; `soas` has the starts of authority by name.
    """

    default_ttl: int
    found: list[tuple[str, str, int, str]] = field(default_factory=list)
    soas: list[tuple[str, Soa]] = field(default_factory=list)
    generating: bool = False
    generated: int = 0

    @property
    def manager(self) -> _Records:
        return self

    def origin_information(self) -> tuple[dns.name.Name, bool, dns.name.Name]:
        return dns.name.root, False, dns.name.root

    def check_put_rdataset(self, check: object) -> None:
        """The reader's own checks need whole sets; ours come later."""

    def _set_origin(self, origin: dns.name.Name) -> None:
        """The reader keeps its origin itself."""

    def add(self, name: dns.name.Name, ttl: int, data: dns.rdata.Rdata) -> None:
        self.generated += self.generating
        if self.generated > MAX_GENERATED:
            raise InvalidZoneFile(f"$GENERATE makes at most {MAX_GENERATED} records in a file")
        owner_name = name.canonicalize().to_text()
        if isinstance(data, dns.rdtypes.ANY.SOA.SOA):
            self.soas.append((owner_name, _soa(data, data.minimum if ttl == UNSTATED else ttl)))
        else:
            self.take(owner_name, dns.rdatatype.to_text(data.rdtype), ttl, data.to_text())

    def take(self, name: str, kind: str, ttl: int, value: str) -> None:
        """One record. Raises InvalidZoneFile for one too many."""
        if len(self.found) >= MAX_RECORDS:
            raise InvalidZoneFile(f"a zone file has at most {MAX_RECORDS} records")
        self.found.append((name, kind, self.default_ttl if ttl == UNSTATED else ttl, value))


class _Reader(dns.zonefile.Reader):
    """Says of which records a $GENERATE is the source, and which TTL holds where none is written."""

    def _implicit_ttl(self) -> int:
        ttl = super()._implicit_ttl()
        return UNSTATED if ttl is None else ttl

    def left_out(self) -> int:
        """The TTL of a record that comes now without one."""
        return self._implicit_ttl()

    def _generate_line(self) -> None:
        records = cast(_Records, self.txn)
        records.generating = True
        super()._generate_line()  # type: ignore[no-untyped-call]
        records.generating = False


class _Lines(dns.tokenizer.Tokenizer):
    """Counts lines as people do: an error belongs to the line that its record begins in, however far was read.

    Plain lines are taken out before the reader sees them.
    """

    def __init__(self, text: str, records: _Records) -> None:
        super().__init__(text, "line")
        self._records = records
        self.reader: _Reader | None = None
        self.began = 1

    def get(self, want_leading: bool = False, want_comment: bool = False) -> dns.tokenizer.Token:
        if want_leading and want_comment:  # the reader asks so for the first word of a record
            self._take_plain_lines()
            self.began = self.line_number
        return super().get(want_leading, want_comment)

    def where(self) -> tuple[str, int]:
        return self.filename, self.began

    def _take_plain_lines(self) -> None:
        """Read plain lines from here on; the reader's defaults hold for them, and theirs for what follows."""
        reader = self.reader
        if reader is None or reader.current_origin is None or self.ungotten_char or self.ungotten_token:
            return
        origin, last = reader.current_origin.canonicalize().to_text(), None
        here = self.file.tell()
        while (record := plain_lines.read(self.file.readline(), origin)) is not None:
            ttl = reader.left_out() if record.ttl is None else record.ttl
            self._records.take(record.name, record.type, ttl, record.value)
            if record.ttl is not None:
                reader.last_ttl, reader.last_ttl_known = record.ttl, True
            self.line_number += 1
            here, last = self.file.tell(), record
        self.file.seek(here)
        if last is not None:
            reader.last_name = dns.name.from_text(last.name)


def _read(text: str, zone: str, default_ttl: int) -> _Records:
    records = _Records(default_ttl)
    lines = _Lines(text, records)
    reader = _Reader(lines, dns.rdataclass.IN, cast(Any, records), allow_directives=DIRECTIVES)
    reader.current_origin = reader.last_name = dns.name.from_text(zone)
    lines.reader = reader
    try:
        reader.read()
    except (dns.exception.DNSException, UnicodeError, ValueError) as error:
        raise InvalidZoneFile(f"the zone file is not valid: {error}") from error
    return records


def _parsed_set(
    name: str, kind: str, records: Sequence[tuple[int, str]], zone: str, routed: tuple[Policy, list[Answer]] | None
) -> ParsedSet:
    known = _type(kind)
    values = list(dict.fromkeys(value for _, value in records))
    if known in TARGET_FIELD:  # the names in these have a spelling of their own; the reader's is ours for all others
        values = list(dict.fromkeys(normalise(known, value, zone) for value in values))
    elif known in (RecordType.NAPTR, RecordType.LOC):  # of these the reader takes more than name servers do
        for value in values:
            normalise(known, value, zone)
    check_count(values)
    check_size(values)
    check_null_mx(known, values)
    # One set has one TTL (RFC 2181 §5.2); of several the shortest is the safe one.
    ttl = check_ttl(min(ttl for ttl, _ in records))
    if routed is None:
        check_single_alias(known, len(values))
    policy, answers = routed or (Policy.SIMPLE, [Answer(value) for value in values])
    if sorted(answer.value for answer in servable(policy, known, answers)) != sorted(values):
        raise InvalidZoneFile(
            f"the routing comment of {name} {kind} doesn't fit its records: take it away, or mend it", name=name
        )
    return ParsedSet(name, known, ttl, policy, tuple(answers))


def _routing(record_set: RecordSet) -> str:
    """A routed record set as a comment has it. Health is of the moment and stays out."""
    answers = [
        {"value": each.value, "weight": each.weight, "role": each.role.value, "latency_ms": dict(each.latency_ms)}
        for each in record_set.answers
    ]
    return json.dumps({"policy": record_set.policy.value, "answers": answers}, separators=(",", ":"))


def _routed(text: str, zone: str) -> dict[tuple[str, str], tuple[Policy, list[Answer]]]:
    """The routing comments of a file, by name and type."""
    found: dict[tuple[str, str], tuple[Policy, list[Answer]]] = {}
    line, counted = 1, 0
    for comment in ROUTING_LINE.finditer(text):
        line, counted = line + text.count("\n", counted, comment.start()), comment.start()
        name, kind, document = comment.groups()
        # As in the lines below it: without a last dot a name is relative, also one that ends as the zone does.
        key = (check_owner(canonical(name, zone), zone), kind)
        if key in found:
            raise InvalidZoneFile(f"line:{line}: there are two routing comments for {key[0]} {kind}", name=key[0])
        policy, answers = _policy(document, line)
        values = normalise_all(_type(kind), [answer.value for answer in answers], zone)
        answers = [replace(answer, value=value) for answer, value in zip(answers, values, strict=True)]
        routing.check_answers(policy, _type(kind), answers)
        found[key] = policy, answers
    return found


def _policy(document: str, line: int) -> tuple[Policy, list[Answer]]:
    """What a routing comment says, read as strictly as the body of a request. Raises InvalidZoneFile."""
    try:
        body = parse_json(document.encode())
        return Policy(body["policy"]), [_answer(each) for each in body["answers"]]
    except OmniCloudError as error:
        raise InvalidZoneFile(f"line:{line}: a routing comment can't be read: {error.detail}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidZoneFile(f"line:{line}: a routing comment can't be read: {error}") from error


def _answer(given: Mapping[str, Any]) -> Answer:
    value, latencies = given["value"], given["latency_ms"].items()
    if not isinstance(value, str):
        raise ValueError(f"a value is a text, not {value!r:.40}")
    latency_ms = {region: _whole(each, routing.MAX_LATENCY_MS, "a latency") for region, each in latencies}
    return Answer(value, _whole(given["weight"], routing.MAX_WEIGHT, "a weight"), Role(given["role"]), latency_ms)


def _whole(number: Any, largest: int, what: str) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= largest:
        raise ValueError(f"{what} is a whole number from 0 to {largest}, not {number!r:.40}")
    return number


def _soa(data: dns.rdtypes.ANY.SOA.SOA, ttl: int) -> Soa:
    primary, mailbox = (name.canonicalize().to_text() for name in (data.mname, data.rname))
    times = [check_ttl(seconds) for seconds in (data.refresh, data.retry, data.expire, data.minimum, ttl)]
    return Soa(primary, mailbox, data.serial, *times)


def _type(text: str) -> RecordType:
    try:
        return RecordType(text)
    except ValueError as error:
        raise InvalidZoneFile(f"records of type {text} are not kept here", type=text) from error


def _order(record_set: RecordSet, zone: str) -> tuple[bool, list[str], int, str]:
    path = labels(record_set.name)[::-1]
    return record_set.name != zone, path, TYPE_ORDER.get(record_set.type, 1), record_set.type.value
