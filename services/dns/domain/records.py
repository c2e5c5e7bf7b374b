"""Record data: what each type allows, in the one spelling it is stored in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdtypes.ANY.LOC
import dns.rdtypes.IN.NAPTR

from services.dns.domain.errors import ApexNameServers, CnameConflict, InvalidRecord
from services.dns.domain.names import absolute

MAX_TTL = 2**31 - 1
"""Seconds; RFC 2181 §8."""
MAX_TXT_STRING = 255
"""Octets of one character-string (RFC 1035 §3.3); longer text is several strings."""
MAX_VALUES = 100
MAX_SET_OCTETS = 65_535
"""Of all data of a record set: it has to fit into one message (RFC 1035 §4.2.2)."""
ESCAPED = re.compile(r"\\(?:[0-9]{3}|.)", re.ASCII | re.DOTALL)
"""One octet in the notation of zone files that isn't written as itself."""

SUBSTITUTION = re.compile(rb"([^0-9\\i\0])((?:(?!\1)[^\\\0]|\\[^\0])+)\1((?:(?!\1)[^\\\0]|\\[^0\0])*)\1i*", re.DOTALL)
"""What a NAPTR record does to a name: delimiter, extended regular expression, delimiter, what it puts there, delimiter,
flags (RFC 3402 §3.2). No name server takes a digit for a delimiter, or \\0.
"""
CLASS = rb"\[:(?:alnum|alpha|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit):\]"
PIECE = re.compile(
    rb"(\{[0-9]+(?:,[0-9]*)?\})|\\.|\[\^?\]?(?:" + CLASS + rb"|\[([.=])[^]]+\2\]|[^][]|\[(?![.:=]))*\]"
    rb"|\{(?![0-9])|[^\\[(){|^$*+?]",
    re.DOTALL,
)
"""Of an extended regular expression: a bound, or whatever else stands for one character."""
BRANCHES = rb"(?:[\^$]|a[*+?]?)+(?:\|(?:[\^$]|a[*+?]?)+)*"
"""Alternatives without groups, with `a` for every character and `*` for every bound."""
GROUP = re.compile(rb"\((?:" + BRANCHES + rb")?\)")
REFERENCE = re.compile(rb"\\(.)", re.DOTALL)
MAX_LATITUDE, MAX_LONGITUDE = 90, 180
MIN_ALTITUDE, MAX_ALTITUDE = -10_000_000, 4_284_967_295
"""Centimetres (RFC 1876 §2), as all lengths of a place."""
MAX_SIZE = 9_000_000_000

LITERAL = re.compile(r'"(?:\\.|[^"\\])*"|\\.', re.DOTALL)
"""What stands for itself in the notation of zone files, semicolons included: a quoted string, an escaped character."""


class RecordType(StrEnum):
    """What can be kept in a zone; its SOA record is the zone's own."""

    A = "A"
    AAAA = "AAAA"
    CNAME = "CNAME"
    MX = "MX"
    TXT = "TXT"
    SRV = "SRV"
    CAA = "CAA"
    NS = "NS"
    PTR = "PTR"
    DS = "DS"
    NAPTR = "NAPTR"
    SSHFP = "SSHFP"
    TLSA = "TLSA"
    SVCB = "SVCB"
    HTTPS = "HTTPS"
    URI = "URI"
    LOC = "LOC"
    HINFO = "HINFO"
    RP = "RP"


TARGET_FIELD = {RecordType.CNAME: 0, RecordType.NS: 0, RecordType.PTR: 0, RecordType.MX: 1, RecordType.SRV: 3}
"""Which field of the data is a name, and so is made absolute. Other types' names are relative without a last dot."""


def normalise(kind: RecordType, value: str, zone: str) -> str:
    """A value in its one spelling: names absolute and in lower case, addresses compressed, text quoted.

    Raises InvalidRecord or InvalidName.
    """
    try:
        text = _presentation(kind, value, zone)
        # Without an origin a name stays as it is written, and `absolute` says what it means.
        origin = None if kind in TARGET_FIELD else dns.name.from_text(zone)
        data = dns.rdata.from_text(dns.rdataclass.IN, kind.value, text, origin, relativize=False)
        _check(data)
    except (dns.exception.DNSException, ValueError) as error:
        raise InvalidRecord(f"{value!r} is no {kind} record: {error}", type=kind.value, value=value) from error
    if kind not in TARGET_FIELD:
        return data.to_text()
    *before, name = data.to_text().split(" ")  # parentheses and the notation of RFC 3597 have been read by now
    return " ".join([*before, absolute(name, zone)])


def normalise_all(kind: RecordType, values: Sequence[str], zone: str) -> list[str]:
    """The values of a record set, each once. Raises InvalidRecord for values that don't make a record set together."""
    check_count(values)
    normal = [normalise(kind, value, zone) for value in values]
    if len(set(normal)) < len(normal):
        raise InvalidRecord("a record set holds each value once (RFC 2181 §5)")
    check_size(normal)
    check_null_mx(kind, normal)
    return normal


def check_count(values: Sequence[str]) -> None:
    """Raises InvalidRecord for no values, or too many."""
    if not 1 <= len(values) <= MAX_VALUES:
        raise InvalidRecord(f"a record set has 1 to {MAX_VALUES} values, not {len(values)}")


def check_size(values: Iterable[str]) -> None:
    """Raises InvalidRecord for values in their one spelling that don't fit into one answer together."""
    octets = sum(len(ESCAPED.sub("x", value)) for value in values)
    if octets > MAX_SET_OCTETS:
        raise InvalidRecord(f"a record set has at most {MAX_SET_OCTETS} octets of data, not {octets}")


def check_null_mx(kind: RecordType, values: Sequence[str]) -> None:
    """A name that takes no mail, by an exchanger `.`, has no other exchanger (RFC 7505 §3).

    `values` are in their one spelling. Raises InvalidRecord.
    """
    if kind is RecordType.MX and len(values) > 1 and any(value.endswith(" .") for value in values):
        raise InvalidRecord("a null MX stands alone: no mail is taken, or there is an exchanger (RFC 7505 §3)")


def check_ttl(ttl: int) -> int:
    """A time to live in seconds. Raises InvalidRecord outside 0..2^31-1."""
    if not 0 <= ttl <= MAX_TTL:
        raise InvalidRecord(f"a TTL is 0 to {MAX_TTL} seconds, not {ttl}")
    return ttl


def check_coexistence(kind: RecordType, name: str, zone: str, others: Iterable[RecordType]) -> None:
    """Refuse a CNAME at the apex or beside other types, and other types beside a CNAME.

    `others` are the types that the name has already. Raises CnameConflict.
    """
    present = set(others) - {kind}
    if kind is RecordType.CNAME and name == zone:
        raise CnameConflict("the apex has SOA and NS records, so it can't be an alias", name=name)
    if kind is RecordType.CNAME and present:
        raise CnameConflict(f"{name} has other records, so it can't be an alias", name=name, types=sorted(present))
    if RecordType.CNAME in present:
        raise CnameConflict(f"{name} is an alias, so it can't have other records", name=name, types=["CNAME"])


def check_place(kind: RecordType, name: str, zone: str) -> None:
    """Refuse what no name server loads: name servers of a wildcard, and signers (DS) of the zone itself, which belong
    into its parent. Raises InvalidRecord.
    """
    if kind is RecordType.NS and name.startswith("*."):
        raise InvalidRecord("a wildcard can't be delegated (RFC 4592 §4.2)", name=name)
    if kind is RecordType.DS and name == zone:
        raise InvalidRecord("a zone's DS records stand in its parent (RFC 4035 §2.4)", name=name)


def check_single_alias(kind: RecordType, answers_at_once: int) -> None:
    """An alias has one target (RFC 2181 §10.1). Raises CnameConflict."""
    if kind is RecordType.CNAME and answers_at_once > 1:
        raise CnameConflict("an alias has one target", values=answers_at_once)


def check_removable(kind: RecordType, name: str, zone: str) -> None:
    """The name servers at the apex may be replaced, not removed. Raises ApexNameServers."""
    if kind is RecordType.NS and name == zone:
        raise ApexNameServers("the name servers of a zone can be replaced, not removed")


def txt_strings(text: str) -> list[bytes]:
    """Text as the character-strings of a TXT record, each as long as one may be."""
    data = text.encode()
    return [data[start : start + MAX_TXT_STRING] for start in range(0, len(data), MAX_TXT_STRING)] or [b""]


def _check(data: dns.rdata.Rdata) -> None:
    """Refuse what the reader takes and no name server loads. Raises ValueError."""
    if isinstance(data, dns.rdtypes.IN.NAPTR.NAPTR) and data.regexp and not _substitutes(data.regexp):
        raise ValueError("its expression is !pattern!replacement! (RFC 3402 §3.2)")
    if isinstance(data, dns.rdtypes.ANY.LOC.LOC):
        if abs(data.float_latitude) > MAX_LATITUDE or abs(data.float_longitude) > MAX_LONGITUDE:
            raise ValueError("a place lies within 90 and 180 degrees (RFC 1876 §2)")
        if not MIN_ALTITUDE - 0.5 < data.altitude < MAX_ALTITUDE + 0.5:  # it is a metre's binary fraction times 100
            raise ValueError("a place lies between -100000 m and 42849672.95 m (RFC 1876 §2)")
        if max(data.size, data.horizontal_precision, data.vertical_precision) > MAX_SIZE:
            raise ValueError("a size or precision is at most 90000000 m (RFC 1876 §2)")


def _substitutes(expression: bytes) -> bool:
    """Whether a NAPTR's expression is one: its parts, its groups, and no reference to one that there isn't."""
    found = SUBSTITUTION.fullmatch(expression)
    if found is None:
        return False
    pattern = PIECE.sub(lambda piece: b"*" if piece[1] else b"a", found[2])
    groups, before = pattern.count(b"("), b""
    while pattern != before:  # from the inner ones to the outer ones
        before, pattern = pattern, GROUP.sub(b"a", pattern)
    if not re.fullmatch(BRANCHES, pattern.replace(b")", b"a")):  # one that closes nothing is a character
        return False
    return all(int(each) <= groups for each in REFERENCE.findall(found[3]) if each.isdigit())


def _presentation(kind: RecordType, value: str, zone: str) -> str:
    """The value in the notation of zone files, with complete names."""
    if "\n" in value or "\r" in value:
        raise InvalidRecord("a value is one line", type=kind.value)
    if kind is RecordType.TXT and not value.startswith('"'):
        return " ".join(_quoted(string) for string in txt_strings(value))
    if ";" in LITERAL.sub("", value):
        raise InvalidRecord("a value has no comment: put what holds a semicolon between quotes", type=kind.value)
    place = TARGET_FIELD.get(kind)
    fields = value.split()
    if place is None or len(fields) != place + 1:
        return value
    return " ".join([*fields[:place], absolute(fields[place], zone)])


def _quoted(string: bytes) -> str:
    """A character-string between quotes; what is not printable ASCII as \\DDD (RFC 1035 §5.1)."""
    inner = "".join(
        f"\\{chr(octet)}" if octet in b'"\\' else chr(octet) if 0x20 <= octet < 0x7F else f"\\{octet:03d}"
        for octet in string
    )
    return f'"{inner}"'
