"""What Consul's key-value store is asked."""

import threading
from typing import Any

import pytest

from shared.infra.consul_kv import ConsulKv
from shared.settings import ServiceSettings


class Asked:
    """Stands for the client's HTTP side: keeps the parameters of each question and finds nothing."""

    def __init__(self) -> None:
        self.questions: list[dict[str, Any]] = []

    def get(self, callback: Any, path: str, params: Any = (), **_: Any) -> tuple[int, None]:
        self.questions.append(dict(params))
        return 7, None


def test_keys_are_read_consistently_so_that_a_server_that_has_just_become_leader_hides_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IDENTITY_SIGNING_KEY", "k" * 32)
    kv = ConsulKv.from_settings(ServiceSettings(service_name="x"))
    kv._client.http = kv._client.kv.agent.http = asked = Asked()
    assert kv.get("a") is None
    assert kv.list("b") == ()
    assert ["consistent" in question for question in asked.questions] == [True, True]


class Restored:
    """A client of a Consul that goes back to an earlier index after its second answer, and notes what it is asked."""

    ANSWERS = ((7, b"a"), (9, b"b"), (4, b"a"), (5, b"c"))

    def __init__(self, stop: threading.Event) -> None:
        self.kv = self
        self.asked: list[int] = []
        self._stop = stop

    def get(self, prefix: str, index: int, **_: Any) -> tuple[str, list[dict[str, Any]]]:
        self.asked.append(index)
        returned, value = self.ANSWERS[len(self.asked) - 1]
        if len(self.asked) == len(self.ANSWERS):
            self._stop.set()
        return str(returned), [{"Key": f"{prefix}/k", "Value": value, "ModifyIndex": returned}]


def test_a_watch_begins_anew_when_the_index_has_gone_backwards() -> None:
    stop = threading.Event()
    client = Restored(stop)
    seen = [entry.value for [entry] in ConsulKv(client).watch("p", stop)]
    assert seen == [b"a", b"b", b"a", b"c"]
    assert client.asked[:3] == [0, 7, 9]
    assert client.asked[3] <= 4, "nobody waits for an index that has been taken back"
