"""Names in the cache, and when a value is invalidated."""

from collections.abc import Callable

from shared.infra.cache import Cache, cache_key


def test_a_key_belongs_to_its_tenant() -> None:
    assert cache_key("t1", "flags", "dark-mode") == "cache:t1:flags:dark-mode"
    assert cache_key("t1", "flags", "x") != cache_key("t2", "flags", "x")


def test_no_two_triples_share_a_name() -> None:
    assert cache_key("t:1", "n", "k") != cache_key("t", "1:n", "k")
    assert cache_key("t", "a:b", "c") != cache_key("t", "a", "b:c")


def test_a_value_is_invalidated_when_the_transaction_commits_and_not_before() -> None:
    deleted: list[tuple[str, str, str]] = []

    class Recorded(Cache):
        def __init__(self) -> None:
            """No Redis behind it."""

        def delete(self, tenant_id: str, namespace: str, key: str) -> None:
            deleted.append((tenant_id, namespace, key))

    hooks: list[Callable[[], None]] = []
    Recorded().invalidate_after_commit(hooks.append, "t1", "flags", "x")
    assert deleted == []
    hooks[0]()
    assert deleted == [("t1", "flags", "x")]
