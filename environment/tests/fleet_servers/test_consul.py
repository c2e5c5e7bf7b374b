import http.server
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import consul
import httpx
import pytest

from environment.tests.fleet_servers.conftest import Rig, Running, free_port

IMAGE = "hashicorp/consul:1.16"
ROOT = "7d2a9bb4-6cf1-4a55-9a1c-0b6f7b1f3a01"
SERVICE_TOKEN = "7d2a9bb4-6cf1-4a55-9a1c-0b6f7b1f3a02"


@pytest.fixture(scope="session")
def server(rig: Rig) -> Running:
    return rig.start(rig.context("consul", IMAGE, 8500, {"CONSUL_LOCAL_CONFIG": '{"session_ttl_min": "200ms"}'}))


@pytest.fixture
def client(server: Running) -> consul.Consul:
    return consul.Consul(port=server.port)


@pytest.fixture
def raw(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as made:
        yield made


class HealthServer(http.server.ThreadingHTTPServer):
    """Answers every request with its present status."""

    status = 200


class _Health(http.server.BaseHTTPRequestHandler):
    server: HealthServer

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b"state of health")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def healthy_service(rig: Rig) -> Iterator[HealthServer]:
    served = HealthServer((rig.host, free_port()), _Health)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield served
    served.shutdown()


def test_a_value_is_read_back_with_flags_and_indexes(client: consul.Consul) -> None:
    assert client.kv.put("kv/read", b"\x00value", flags=42)
    index, entry = client.kv.get("kv/read")
    assert (entry["Value"], entry["Flags"], entry["LockIndex"]) == (b"\x00value", 42, 0)
    assert entry["CreateIndex"] == entry["ModifyIndex"] == int(index)
    client.kv.put("kv/read", "other")
    assert client.kv.get("kv/read")[1]["ModifyIndex"] > entry["ModifyIndex"]
    assert client.kv.get("kv/none")[1] is None


def test_prefix_keys_and_raw_reads(client: consul.Consul, raw: httpx.Client) -> None:
    for key in ("tree/a", "tree/b/c", "tree/b/d"):
        client.kv.put(key, key)
    assert [entry["Key"] for entry in client.kv.get("tree/", recurse=True)[1]] == ["tree/a", "tree/b/c", "tree/b/d"]
    assert client.kv.get("tree/", keys=True, separator="/")[1] == ["tree/a", "tree/b/"]
    assert raw.get("/v1/kv/tree/a?raw").content == b"tree/a"
    assert client.kv.delete("tree/", recurse=True)
    assert client.kv.get("tree/", recurse=True)[1] is None


def test_check_and_set_writes_only_over_the_version_it_saw(client: consul.Consul) -> None:
    assert client.kv.put("cas", "1", cas=0)
    assert not client.kv.put("cas", "2", cas=0)
    index = client.kv.get("cas")[1]["ModifyIndex"]
    assert client.kv.put("cas", "2", cas=index)
    assert not client.kv.put("cas", "3", cas=index)
    assert client.kv.get("cas")[1]["Value"] == b"2"


def test_a_blocking_query_returns_on_the_change_and_not_before(client: consul.Consul, server: Running) -> None:
    client.kv.put("watched", "1")
    index = client.kv.get("watched")[0]
    began = time.monotonic()
    assert client.kv.get("watched", index=index, wait="200ms")[1]["Value"] == b"1"
    assert time.monotonic() - began >= 0.2
    changer = threading.Timer(0.1, lambda: consul.Consul(port=server.port).kv.put("watched", "2"))
    changer.start()
    assert client.kv.get("watched", index=index, wait="10s")[1]["Value"] == b"2"


def test_a_snapshot_brings_back_what_there_was_with_its_index_and_whoever_waits_is_answered(
    client: consul.Consul, raw: httpx.Client, server: Running
) -> None:
    client.kv.put("saved/a", "1")
    saved = raw.get("/v1/snapshot")
    before, _ = client.kv.get("saved/", recurse=True)
    client.kv.put("saved/a", "2")
    client.kv.put("saved/b", "3")
    later, _ = client.kv.get("saved/", recurse=True)
    began = time.monotonic()
    restorer = threading.Timer(
        0.1, lambda: httpx.put(f"http://127.0.0.1:{server.port}/v1/snapshot", content=saved.content)
    )
    restorer.start()
    answered, entries = client.kv.get("saved/", recurse=True, index=later, wait="8s")
    assert time.monotonic() - began < 5
    assert [(entry["Key"], entry["Value"]) for entry in entries] == [("saved/a", b"1")]
    assert int(answered) == int(before) < int(later)
    client.kv.put("saved/a", "4")
    assert client.kv.get("saved/a")[1]["Value"] == b"4"


def test_what_is_no_snapshot_changes_nothing(client: consul.Consul, raw: httpx.Client) -> None:
    client.kv.put("kept", "1")
    assert raw.put("/v1/snapshot", content=b"no snapshot").status_code in (400, 500)
    assert client.kv.get("kept")[1]["Value"] == b"1"


def test_only_one_session_holds_a_lock_and_its_end_frees_it_after_the_delay(client: consul.Consul) -> None:
    first = client.session.create(lock_delay=1)
    second = client.session.create(lock_delay=1)
    assert client.kv.put("lock", "first", acquire=first)
    assert not client.kv.put("lock", "second", acquire=second)
    entry = client.kv.get("lock")[1]
    assert (entry["Session"], entry["LockIndex"]) == (first, 1)
    assert client.session.destroy(first)
    assert "Session" not in client.kv.get("lock")[1]
    assert not client.kv.put("lock", "second", acquire=second)  # the lock-delay


def test_a_released_lock_is_free_at_once(client: consul.Consul) -> None:
    first, second = client.session.create(lock_delay=15), client.session.create(lock_delay=15)
    client.kv.put("handed-over", "first", acquire=first)
    assert not client.kv.put("handed-over", "x", release=second)
    assert client.kv.put("handed-over", "x", release=first)
    assert client.kv.put("handed-over", "second", acquire=second)


def test_a_session_without_renewal_ends_and_deletes_what_it_held(
    raw: httpx.Client, client: consul.Consul, eventually: Callable[..., None]
) -> None:
    wanted = {"TTL": "200ms", "Behavior": "delete", "LockDelay": "0s"}
    session = raw.put("/v1/session/create", json=wanted).json()["ID"]
    assert client.kv.put("ephemeral", "x", acquire=session)
    eventually(lambda: client.session.info(session)[1] is None)
    assert client.kv.get("ephemeral")[1] is None
    assert raw.put(f"/v1/session/renew/{session}").status_code == 404


def test_a_service_passes_once_its_http_check_has_run_and_not_without(
    rig: Rig, client: consul.Consul, healthy_service: HealthServer, eventually: Callable[..., None]
) -> None:
    url = f"http://{rig.host}:{healthy_service.server_port}/readyz"
    check = consul.Check.http(url, "1s", timeout="1s")
    client.agent.service.register("web", "web-1", address="127.0.0.1", port=80, tags=["v1"], check=check)
    eventually(lambda: client.health.service("web", passing=True)[1])
    entry = client.health.service("web", passing=True)[1][0]
    assert (entry["Service"]["ID"], entry["Service"]["Port"], entry["Service"]["Tags"]) == ("web-1", 80, ["v1"])
    index = client.health.service("web", passing=True)[0]
    healthy_service.status = 500
    assert client.health.service("web", passing=True, index=index, wait="5s")[1] == []
    states = {row["CheckID"]: row["Status"] for row in client.health.state("critical")[1]}
    assert states["service:web-1"] == "critical"
    assert client.agent.service.deregister("web-1")
    assert client.catalog.service("web")[1] == []


def test_a_ttl_check_lives_by_the_services_word(client: consul.Consul, eventually: Callable[..., None]) -> None:
    client.agent.service.register("worker", check=consul.Check.ttl("300ms"))
    assert client.health.service("worker", passing=True)[1] == []
    client.agent.check.ttl_pass("service:worker")
    assert len(client.health.service("worker", passing=True)[1]) == 1
    eventually(lambda: client.health.service("worker", passing=True)[1] == [])
    assert client.agent.services()["worker"]["Service"] == "worker"
    assert "worker" in client.catalog.services()[1]


def test_unknown_paths_services_and_methods_are_refused(raw: httpx.Client) -> None:
    assert raw.get("/v1/nothing").status_code == 404
    assert raw.put("/v1/health/service/web").status_code == 405
    assert raw.put("/v1/agent/service/register", content=b"{").status_code == 400
    assert raw.put("/v1/acl/bootstrap").status_code == 401


def test_who_insists_on_tls_is_refused_at_once(server: Running) -> None:
    context = ssl.create_default_context()
    with socket.create_connection(("127.0.0.1", server.port), 2) as plain, pytest.raises(ssl.SSLError, match="WRONG_"):
        context.wrap_socket(plain, server_hostname="localhost")


def test_a_service_that_is_not_registered_cannot_be_deregistered(rig: Rig, raw: httpx.Client) -> None:
    if not rig.stands_in and (version := raw.get("/v1/agent/self").json()["Config"]["Version"]).startswith("1.8."):
        pytest.skip(f"Consul {version} does not mind; the version that the compose file names does")
    assert raw.put("/v1/agent/service/deregister/nobody").status_code == 404


# Access control


@pytest.fixture(scope="session")
def guarded(rig: Rig) -> Running:
    config = json.dumps({"acl": {"enabled": True, "default_policy": "deny"}})
    return rig.start(rig.context("consul-acl", IMAGE, 8500, {"CONSUL_LOCAL_CONFIG": config}))


@pytest.fixture(scope="session")
def root(rig: Rig, guarded: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{guarded.port}", headers={"X-Consul-Token": ROOT}) as made:
        answer = made.put("/v1/acl/bootstrap", json={"BootstrapSecret": ROOT}, headers={"X-Consul-Token": ""})
        given = answer.json()["SecretID"]
        if rig.stands_in:
            assert given == ROOT
        elif given != ROOT:  # Consul before 1.11 makes one up
            management = {"SecretID": ROOT, "Policies": [{"Name": "global-management"}]}
            made.put("/v1/acl/token", json=management, headers={"X-Consul-Token": given}).raise_for_status()
        rules = 'service_prefix "" { policy = "read" }\nservice "web" { policy = "write" }\n# all nodes\n'
        rules += 'node_prefix "" { policy = "read" }\n'
        rules += 'key_prefix "app/" { policy = "write" } key "app/no" { policy = "deny" }'
        made.put("/v1/acl/policy", json={"Name": "web", "Rules": rules}).raise_for_status()
        wanted = {"SecretID": SERVICE_TOKEN, "Policies": [{"Name": "web"}]}
        made.put("/v1/acl/token", json=wanted).raise_for_status()
        yield made


def test_the_first_management_token_is_given_once(root: httpx.Client) -> None:
    again = root.put("/v1/acl/bootstrap")
    assert again.status_code == 403
    assert again.text.startswith("Permission denied: ")
    assert "ACL bootstrap no longer allowed (reset index: " in again.text


def test_an_unknown_token_is_not_found(root: httpx.Client) -> None:
    answer = root.get("/v1/kv/app/a", headers={"X-Consul-Token": "nobody"})
    assert (answer.status_code, answer.text) == (403, "ACL not found")


def test_without_a_token_nothing_is_registered_written_or_seen(root: httpx.Client) -> None:
    nobody = {"X-Consul-Token": ""}
    refused = root.put("/v1/agent/service/register", json={"Name": "web"}, headers=nobody)
    assert refused.status_code == 403
    assert "service:write" in refused.text
    assert "web" in refused.text
    assert root.put("/v1/kv/app/x", content=b"1", headers=nobody).status_code == 403
    assert root.get("/v1/kv/app/x").status_code == 404
    assert root.get("/v1/catalog/services", headers=nobody).json() == {}


def test_a_token_may_do_what_its_policy_grants_and_no_more(root: httpx.Client) -> None:
    service = {"X-Consul-Token": SERVICE_TOKEN}
    assert root.put("/v1/agent/service/register", json={"Name": "web"}, headers=service).status_code == 200
    assert root.put("/v1/agent/service/register", json={"Name": "db"}, headers=service).status_code == 403
    assert root.put("/v1/kv/app/a", content=b"1", headers=service).json() is True
    assert root.put("/v1/kv/app/no", content=b"1", headers=service).status_code == 403
    assert root.get("/v1/kv/other", headers=service).status_code == 403
    assert root.put("/v1/session/create", headers=service).status_code == 403
    assert root.get("/v1/acl/tokens", headers=service).status_code == 403
    assert root.get("/v1/snapshot", headers=service).status_code == 403
    assert list(root.get("/v1/agent/services", headers=service).json()) == ["web"]


def test_a_malformed_policy_is_refused(rig: Rig, root: httpx.Client) -> None:
    # Consul 1.8 takes it for a fault of its own, and passes over words that it does not know.
    refusals = {400} if rig.stands_in else {400, 500}
    unknown_word = ['nonsense "a" { policy = "read" }'] if rig.stands_in else []
    for rules in ('key_prefix "a" { policy = "all" }', 'key "a" {', *unknown_word):
        assert root.put("/v1/acl/policy", json={"Name": "bad", "Rules": rules}).status_code in refusals
    assert "bad" not in [policy["Name"] for policy in root.get("/v1/acl/policies").json()]


def test_a_killed_server_comes_back_with_values_locks_and_tokens(rig: Rig) -> None:
    config = json.dumps({"acl": {"enabled": True, "default_policy": "deny", "tokens": {"initial_management": ROOT}}})
    context = rig.context("consul-kept", IMAGE, 8500, {"CONSUL_LOCAL_CONFIG": config})
    first = rig.start(context)
    client = consul.Consul(port=first.port, token=ROOT)
    session = client.session.create()
    client.kv.put("held", "value", acquire=session)
    client.agent.service.register("kept")
    before = client.kv.get("held")
    first.kill()
    again = rig.start(context)
    assert client.kv.get("held") == before
    assert "kept" in client.catalog.services()[1]
    client.kv.put("next", "value")
    assert client.kv.get("next")[1]["ModifyIndex"] > before[1]["ModifyIndex"]
    assert again.stop() == 0
