"""Lines that are read without a tokenizer mean what they mean to the reader for everything."""

from __future__ import annotations

import random

import pytest

from services.dns.domain.errors import InvalidZoneFile
from services.dns.domain.plain_lines import PlainRecord, read
from services.dns.domain.zonefile import parse

ZONE = "example.com."


@pytest.mark.parametrize(
    ("line", "record"),
    [
        ("www IN A 192.0.2.1\n", PlainRecord("www.example.com.", None, "A", "192.0.2.1")),
        ("WWW\t300\tIN\tA\t192.0.2.1", PlainRecord("www.example.com.", 300, "A", "192.0.2.1")),
        ("@ 5 AAAA 2001:DB8:0:0::1 \r\n", PlainRecord(ZONE, 5, "AAAA", "2001:db8::1")),
        ("a.b CNAME Other.Example.NET.\n", PlainRecord("a.b.example.com.", None, "CNAME", "other.example.net.")),
        ("_srv CNAME @\n", PlainRecord("_srv.example.com.", None, "CNAME", ZONE)),
    ],
)
def test_plain_lines_are_read(line: str, record: PlainRecord) -> None:
    assert read(line, ZONE) == record


@pytest.mark.parametrize(
    "line",
    [
        " A 192.0.2.1\n",
        "www A 192.0.2.1 ; why\n",
        "www 1h A 192.0.2.1\n",
        "www 99999999999 A 192.0.2.1\n",
        "www 2147483648 A 192.0.2.1\n",
        "www A 192.0.2\n",
        "www A 192.0.2.010\n",
        "www AAAA ::ffff:192.0.2.1\n",
        "www AAAA ::192.0.2.1\n",
        "www AAAA fe80::1%eth0\n",
        "*.www A 192.0.2.1\n",
        'www TXT "x"\n',
        "www A ( 192.0.2.1 )\n",
        "$TTL 300\n",
        "a\\.b A 192.0.2.1\n",
        f"{'a.' * 126}a A 192.0.2.1\n",
        f"{'a' * 64} A 192.0.2.1\n",
        "\n",
        "",
    ],
)
def test_anything_else_is_left_to_the_reader(line: str) -> None:
    assert read(line, ZONE) is None


PIECES = (
    "$TTL 120",
    "$ORIGIN sub.example.com.",
    "$ORIGIN example.com.",
    "host-{n} A 192.0.2.{n}",
    "Host-{n} {n} IN AAAA 2001:db8::{n}",
    "alias-{n} CNAME Target-{n}",
    'text-{n} TXT "a ; b" ( "c"\n "d" )',
    "mail-{n} MX 10 mail",
    "  300 A 192.0.3.{n}",
    "; a comment",
    "",
)


@pytest.mark.parametrize("seed", range(30))
def test_a_file_means_the_same_whichever_way_its_lines_are_read(seed: int) -> None:
    chance = random.Random(seed)
    lines = ["first A 192.0.2.250"]
    for number in range(1, 60):
        piece = chance.choice(PIECES)
        owned = [line for line in lines if line[:1] not in ("", "$", ";")]
        if piece.startswith("  ") and any("CNAME" in line for line in owned[-1:]):
            continue  # an alias has no other records
        lines.append(piece.replace("{n}", str(number)))
    slowly = [f"{line} ;" if read(line, ZONE) is not None else line for line in lines]

    assert parse("\n".join(lines), ZONE, 300) == parse("\n".join(slowly), ZONE, 300)


def test_names_below_the_root_are_complete() -> None:
    """Name servers begin their dumps of zones with `$ORIGIN .`."""
    text = (
        "$ORIGIN .\nexample.com IN A 192.0.2.1\nwww.example.com CNAME host.example.com\nmail.example.com. A 192.0.2.2\n"
    )
    slowly = text.replace("\n", " ;\n").replace(". ;", ".", 1)

    found = parse(text, ZONE, 300)

    assert found == parse(slowly, ZONE, 300)
    assert "host.example.com." in repr(found)


def test_an_error_after_plain_lines_belongs_to_its_own_line() -> None:
    text = "a A 192.0.2.1\nb A 192.0.2.2\n\nc A nonsense\n"
    with pytest.raises(InvalidZoneFile, match="line:4"):
        parse(text, ZONE, 300)
