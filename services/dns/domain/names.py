"""Domain names: absolute, in lower case, in their ASCII form. One name has one spelling (RFC 1035, RFC 4343)."""

from __future__ import annotations

import re

import dns.exception
import dns.name

from services.dns.domain.errors import InvalidName, NameOutsideZone

APEX = "@"
ROOT = "."
LABEL = re.compile(r"(?:\\.|[^.\\])+", re.DOTALL)
"""One label of a canonical name; a dot behind a backslash is part of it (RFC 1035 §5.1)."""

BLANK = re.compile(r"[\x00-\x20\x7f]|\s")


def canonical(text: str, origin: str = ROOT) -> str:
    """The one spelling of a name below its origin: lower case, IDNA for what is not ASCII, with the trailing dot.

    Raises InvalidName, also for blanks and control characters: whoever means one writes it as \\DDD (RFC 1035 §5.1).
    """
    if BLANK.search(text):
        raise InvalidName(f"{text!r} is not a domain name: write what isn't printed as \\DDD")
    try:
        return dns.name.from_text(text, dns.name.from_text(origin)).canonicalize().to_text()
    except (dns.exception.DNSException, UnicodeError) as error:
        raise InvalidName(f"{text!r} is not a domain name") from error


def zone_name(text: str) -> str:
    """The name of a zone; it has at least two labels and no asterisk in any. Raises InvalidName."""
    name = canonical(text)
    if len(labels(name)) < 2 or "*" in name:
        raise InvalidName(f"{text!r} is not the name of a zone")
    return name


def labels(name: str) -> list[str]:
    """The labels of a canonical name, from the left."""
    return LABEL.findall(name)


def is_within(name: str, zone: str) -> bool:
    """Whether a canonical name is the zone's apex or lies below it, label by label."""
    if zone in (name, ROOT):
        return True
    if not name.endswith(f".{zone}"):
        return False
    above = name[: -len(zone) - 1]
    # A dot behind an odd number of backslashes is no border between labels.
    return (len(above) - len(above.rstrip("\\"))) % 2 == 0


def absolute(text: str, zone: str) -> str:
    """A name as written in the context of a zone, made absolute.

    `@` is the apex. A trailing dot says that the name is complete. Without it the name is relative and gets the zone,
    once: a name that ends in the zone already is complete. Raises InvalidName.
    """
    if text == APEX:
        return zone
    name = canonical(text)
    if text.endswith(".") or is_within(name, zone):
        return name
    return canonical(f"{name}{zone}")


def owner(text: str, zone: str) -> str:
    """The absolute owner name of a record in a zone. Raises InvalidName or NameOutsideZone."""
    return check_owner(absolute(text, zone), zone)


def check_owner(name: str, zone: str) -> str:
    """A canonical name that records of the zone may have. Raises InvalidName or NameOutsideZone."""
    if not is_within(name, zone):
        raise NameOutsideZone(f"{name} does not lie in {zone}")
    if "*" in name.removeprefix("*."):
        raise InvalidName(f"{name}: an asterisk is a whole label, and the first one (RFC 4592)")
    return name


def relative(name: str, zone: str) -> str:
    """A canonical name as it is written in the zone's file: `@` for the apex, no zone behind the others."""
    if name == zone:
        return APEX
    return name.removesuffix(f".{zone}")


def ancestors(name: str, zone: str) -> list[str]:
    """The names above a name, from its parent up to and with the apex of the zone."""
    found: list[str] = []
    if not is_within(name, zone):
        return found
    left = labels(name)
    while name != zone and len(left) > 1:
        name = name[len(left.pop(0)) + 1 :]
        found.append(name)
    return found


def enclosing_zone(name: str, zones: list[str]) -> str | None:
    """The zone that is authoritative for a name: of those that hold it, the one with most labels."""
    return max((zone for zone in zones if is_within(name, zone)), key=len, default=None)
