"""What Consul's key-value store is asked."""

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
