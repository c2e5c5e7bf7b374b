"""What a client writes into X-Forwarded-For changes nothing."""

from ipaddress import IPv4Address

from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.domain.client_address import client_address, parse_networks

TRUSTED = parse_networks("127.0.0.0/8,172.16.0.0/12")


def between(first: str, last: str) -> st.SearchStrategy[str]:
    return st.integers(int(IPv4Address(first)), int(IPv4Address(last))).map(lambda number: str(IPv4Address(number)))


ours = st.one_of(between("172.16.0.1", "172.31.255.254"), between("127.0.0.1", "127.0.0.9"))
strangers = between("198.18.0.0", "198.19.255.255")
written = st.lists(st.one_of(strangers, ours, st.sampled_from(["nonsense", "", "::1", "6.6.6.6:1"])), max_size=4)


@settings(derandomize=True, deadline=None)
@given(peer=ours, client=strangers, words=written, proxies=st.lists(ours, max_size=3), cut=st.integers(0, 8))
def test_the_client_is_who_called_our_outermost_proxy(
    peer: str, client: str, words: list[str], proxies: list[str], cut: int
) -> None:
    entries = [*words, client, *proxies]
    headers = [", ".join(part) for part in (entries[:cut], entries[cut:]) if part]
    assert client_address(peer, headers, TRUSTED) == client


@settings(derandomize=True, deadline=None)
@given(peer=strangers, words=written)
def test_who_calls_without_a_proxy_of_ours_is_who_calls(peer: str, words: list[str]) -> None:
    assert client_address(peer, [", ".join(words)], TRUSTED) == peer
