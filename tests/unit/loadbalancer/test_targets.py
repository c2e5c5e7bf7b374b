"""Where backends may be."""

from __future__ import annotations

import pytest

from services.loadbalancer.domain.errors import AddressRefused
from services.loadbalancer.domain.targets import check_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.5", "10.0.0.5"),
        ("2001:DB8::5", "2001:db8::5"),
        ("::ffff:10.0.0.5", "10.0.0.5"),
        ("App-1.Example.NET.", "app-1.example.net"),
    ],
)
def test_addresses_have_one_spelling(text: str, expected: str) -> None:
    assert check_address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "127.8.8.8", "::1", "169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1", "240.0.0.1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "localhost", "api.localhost", "vault.service.consul",
        "metadata.google.internal", "10.0.0.256", "2130706433", "bad_host", "-x.net", "x.net\n    bind :1", "",
        "0x7f000001", "0177.0x1", "0xa9fea9fe", "1.2.3.0x4", "2002:a9fe:a9fe::1", "2002:7f00:1::", "64:ff9b::7f00:1",
        "2001:0:4136:e378:8000:63bf:5601:5601", "fe80::1%eth0", "fd00:ec2::254", "168.63.129.16", "metadata", "vault",
        "localhost.localdomain", "0x7f.1", "a.0x", "fd00:ec2::23", "fd20:ce::254", "192.0.0.192", "100.100.100.200",
        "::ffff:100.100.100.200", "2002:6464:64c8::1", "fec0::1", "db.lan", "db.home.arpa", "1.0.0.127.in-addr.arpa",
        "vault.corp.", "x.net..", "127.0.0.1.", "\u0661.1.1.1", "\uff11.1.1.1", "127\u30020.0.1",
        "2002:f000::1", "2002:ffff:ffff::1",
    ],
)  # fmt: skip
def test_the_platforms_own_machines_are_out_of_reach(text: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(text)
