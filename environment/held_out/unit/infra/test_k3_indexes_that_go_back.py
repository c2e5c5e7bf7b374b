"""A watch never waits for an index that has been taken back."""

import threading
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from shared.infra.consul_kv import ConsulKv

FEW = settings(max_examples=60, phases=[Phase.generate], derandomize=True, deadline=None)


class Client:
    """A Consul that answers with these indexes, one after the other, and notes what it is asked."""

    def __init__(self, indexes: list[int], stop: threading.Event) -> None:
        self.kv = self
        self.asked: list[int] = []
        self._indexes, self._stop = indexes, stop

    def get(self, prefix: str, index: int, **_: Any) -> tuple[str, list[dict[str, Any]]]:
        self.asked.append(index)
        returned = self._indexes[len(self.asked) - 1]
        if len(self.asked) == len(self._indexes):
            self._stop.set()
        return str(returned), [{"Key": f"{prefix}/k", "Value": b"v", "ModifyIndex": len(self.asked)}]


@FEW
@given(st.lists(st.integers(1, 30), min_size=2, max_size=12))
def test_no_question_names_an_index_above_the_last_answers(indexes: list[int]) -> None:
    stop = threading.Event()
    client = Client(indexes, stop)
    changes = list(ConsulKv(client).watch("p", stop))
    assert len(changes) == len(indexes)
    assert client.asked[0] == 0
    for asked, answered in zip(client.asked[1:], indexes, strict=False):
        assert asked in (0, answered)
    for number in range(1, len(client.asked)):
        before, after = client.asked[number - 1], indexes[number - 1]
        assert client.asked[number] == after or after < before, "what is known already is waited for no longer"
