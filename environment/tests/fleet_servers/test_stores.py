"""PostgreSQL, Redis, etcd, Vault and the object store, through the clients that the platform uses."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import etcd3
import grpc
import hvac
import psycopg2
import pytest
import redis
import urllib3
from minio import Minio
from minio.commonconfig import ENABLED
from minio.error import S3Error
from minio.versioningconfig import VersioningConfig

from environment.fleet.compose import read_compose
from environment.fleet.servers import BadServerSettings, ServerContext, server_for
from environment.fleet.servers.programs import import_root
from environment.tests.fleet_servers.conftest import Rig, Running, free_port
from tests.support.eventually import eventually

MINIO_USER = {"MINIO_ROOT_USER": "omnicloud", "MINIO_ROOT_PASSWORD": "object-store-secret"}


def postgres_group(rig: Rig, port: int) -> list[ServerContext]:
    def member(name: str, user: str, database: str) -> ServerContext:
        settings = {"POSTGRES_USER": user, "POSTGRES_PASSWORD": f"pw-{user}", "POSTGRES_DB": database}
        return rig.context(name, "postgres:15", 5432, settings, port)

    return [member("infra-db", "infra", "infra_db"), member("billing-db", "billing", "billing_db")]


@pytest.fixture(scope="session")
def databases(rig: Rig) -> list[Running]:
    return rig.start_group(postgres_group(rig, free_port()))


@pytest.fixture(scope="session")
def postgres(databases: list[Running]) -> Running:
    return databases[0]


def query(port: int, user: str, database: str, statement: str, password: str = "") -> list[tuple[object, ...]]:
    connection = psycopg2.connect(
        host="127.0.0.1", port=port, user=user, password=password or f"pw-{user}", dbname=database
    )
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_each_database_service_has_its_user_and_its_database_in_utc(databases: list[Running]) -> None:
    for running, user, database in zip(databases, ("infra", "billing"), ("infra_db", "billing_db"), strict=True):
        assert query(running.port, user, database, "SELECT current_user, extract(timezone FROM now())") == [(user, 0)]


def test_a_wrong_database_password_is_refused(postgres: Running) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        query(postgres.port, "infra", "infra_db", "SELECT 1", "wrong")


@pytest.mark.stand_in
def test_the_second_database_service_shares_the_first_ones_process(rig: Rig, postgres: Running) -> None:
    group = postgres_group(rig, postgres.port)
    launch = server_for("postgres:15").launch(group[1], group)
    assert (launch.argv, launch.shares_with, launch.ready()) == ((), "infra-db", True)


def test_rows_outlive_a_killed_database_server(rig: Rig) -> None:
    group = [rig.context("kept-db", "postgres:15", 5432, {"POSTGRES_USER": "infra", "POSTGRES_PASSWORD": "pw-infra"})]
    first = rig.start(group[0], group)
    query(first.port, "infra", "infra", "CREATE TABLE t AS SELECT 7 AS n")
    first.kill()
    again = rig.start(group[0], group)
    assert query(again.port, "infra", "infra", "SELECT n FROM t") == [(7,)]
    assert again.stop() == 0


@pytest.mark.stand_in
def test_one_user_with_two_passwords_is_refused_with_advice(rig: Rig) -> None:
    group = [
        rig.context(name, "postgres:15", 5432, {"POSTGRES_USER": "one", "POSTGRES_PASSWORD": name}, 1)
        for name in ("a-db", "b-db")
    ]
    with pytest.raises(BadServerSettings, match="'one' different passwords"):
        server_for("postgres:15").launch(group[0], group)


@pytest.mark.stand_in
@pytest.mark.parametrize("variable", ["POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"])
@pytest.mark.parametrize(
    "text", ["x\nCOPY (SELECT 1) TO PROGRAM 'touch {}'\n", "x;\n\nCOPY (SELECT 1) TO PROGRAM 'touch {}';\n\n"],
    ids=["line", "statement"],
)  # fmt: skip
def test_names_and_passwords_are_no_statements(rig: Rig, tmp_path: Path, variable: str, text: str) -> None:
    """A database is prepared by the fleet's runner, which has more rights than the server has later."""
    made = tmp_path / "made"
    settings = {"POSTGRES_USER": "infra", "POSTGRES_PASSWORD": "pw", variable: text.format(made)}
    context = rig.context("stated-db", "postgres:15", 5432, settings, 1)
    with pytest.raises(BadServerSettings, match=variable):
        server_for("postgres:15").launch(context, [context])
    assert not made.exists()


@pytest.mark.stand_in
def test_a_database_of_a_fleet_that_keeps_nothing_is_none_for_later_ones(rig: Rig, tmp_path: Path) -> None:
    """Each submission may have another password: each would leave a cluster of its own in the cache."""
    settings = {"POSTGRES_USER": "infra", "POSTGRES_PASSWORD": "of-one-grading"}
    context = rig.context("passing-db", "postgres:15", 5432, settings)
    running = rig.start(replace(context, cache_dir=tmp_path, keeps=False))
    assert query(running.port, "infra", "infra", "SELECT 1", "of-one-grading") == [(1,)]
    assert running.stop() == 0
    assert not list(tmp_path.iterdir())


def test_redis_keeps_its_databases_apart_and_its_keys_over_a_restart(rig: Rig) -> None:
    context = rig.context("redis", "redis:7", 6379)
    first = rig.start(context)
    redis.Redis(port=first.port, db=1).set("key", "value")
    assert redis.Redis(port=first.port, db=0).get("key") is None
    assert first.stop() == 0
    again = rig.start(context)
    assert redis.Redis(port=again.port, db=1).get("key") == b"value"
    again.stop()


def test_etcd_serves_locks_leases_and_keeps_keys_over_a_kill(rig: Rig) -> None:
    context = rig.context("etcd", "quay.io/coreos/etcd:v3.5.9", 2379)
    first = rig.start(context)
    client = etcd3.client(port=first.port)
    client.put("key", "value", client.lease(30))
    with client.lock("lock", ttl=10) as lock:
        assert lock.is_acquired()
    first.kill()
    again = rig.start(context)
    assert etcd3.client(port=again.port).get("key")[0] == b"value"
    again.stop()


@pytest.mark.stand_in
def test_etcd_forgets_history_as_its_compose_command_says_and_is_told_nothing_else_by_it(rig: Rig) -> None:
    # Given a command that has history kept for a second, and would have the store lie elsewhere
    command = ("etcd", "--auto-compaction-mode=periodic", "--auto-compaction-retention=1s", "--data-dir=/etcd-data")
    context = replace(rig.context("forgetful-etcd", "quay.io/coreos/etcd:v3.5.13", 2379), command=command)
    with etcd3.client(port=rig.start(context).port) as client:
        # When a key is written again and again
        first = client.put("key", "first").header.revision

        def is_forgotten() -> bool:
            client.put("key", "later")
            try:
                client.get_range_response("key", "key0", revision=first)
            except grpc.RpcError as refused:
                return "compacted" in (refused.details() or "")
            return False

        # Then what it was first is gone, and what it is now isn't
        assert eventually(is_forgotten, 30.0)
        assert client.get("key")[0] == b"later"


@pytest.mark.stand_in
def test_a_fleets_etcd_keeps_as_much_history_as_the_compose_files(rig: Rig) -> None:
    service = read_compose(import_root() / "docker-compose.yml", {}).services["etcd"]
    image = "quay.io/coreos/etcd:v3.5.13"
    context = replace(rig.context("etcd-of-compose", image, 2379), command=service.command)
    launched = server_for(image).launch(context, [context]).argv
    growth = {word for word in service.command or () if word.startswith("--auto-compaction-")}
    assert len(growth) == 2
    assert growth <= set(launched)


def test_vault_is_sealed_after_a_restart_and_hands_out_database_credentials(rig: Rig, postgres: Running) -> None:
    context = rig.context("vault", "hashicorp/vault:1.15", 8200)
    first = rig.start(context)
    vault = hvac.Client(f"http://127.0.0.1:{first.port}")
    assert not vault.sys.is_initialized()
    keys = vault.sys.initialize(1, 1)
    vault.sys.submit_unseal_key(keys["keys"][0])
    vault.token = keys["root_token"]
    vault.sys.enable_secrets_engine("kv", path="secret", options={"version": 2})
    vault.sys.enable_secrets_engine("transit")
    vault.sys.enable_auth_method("approle")
    vault.secrets.kv.v2.create_or_update_secret("app", {"a": "b"})
    first.kill()

    again = rig.start(context)
    assert vault.sys.is_sealed()
    vault.sys.submit_unseal_key(keys["keys"][0])
    assert vault.secrets.kv.v2.read_secret_version("app")["data"]["data"] == {"a": "b"}

    vault.sys.enable_secrets_engine("database")
    vault.secrets.database.configure(
        "infra",
        plugin_name="postgresql-database-plugin",
        allowed_roles=["reader"],
        connection_url=f"postgresql://{{{{username}}}}:{{{{password}}}}@{rig.host}:{postgres.port}/infra_db?sslmode=disable",
        username="infra",
        password="pw-infra",
    )
    statement = "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"
    vault.secrets.database.create_role("reader", "infra", [statement], default_ttl="1h", max_ttl="2h")
    made = vault.secrets.database.generate_credentials("reader")["data"]
    answer = query(postgres.port, made["username"], "infra_db", "SELECT current_user", made["password"])
    assert answer == [(made["username"],)]
    again.stop()


@pytest.fixture(scope="session")
def store(rig: Rig) -> Minio:
    running = rig.start(rig.context("minio", "minio/minio:latest", 9000, MINIO_USER))
    return Minio(f"127.0.0.1:{running.port}", *MINIO_USER.values(), secure=False)


def test_object_versions_are_kept(store: Minio) -> None:
    store.make_bucket("versioned")
    store.set_bucket_versioning("versioned", VersioningConfig(ENABLED))
    first = store.put_object("versioned", "state", io.BytesIO(b"one"), 3)
    store.put_object("versioned", "state", io.BytesIO(b"two"), 3)
    store.remove_object("versioned", "state")
    assert store.get_object("versioned", "state", version_id=first.version_id).data == b"one"
    with pytest.raises(S3Error, match="NoSuchKey"):
        store.get_object("versioned", "state")


def test_a_multipart_upload_is_one_object(store: Minio) -> None:
    store.make_bucket("multipart")
    store.put_object("multipart", "large", io.BytesIO(b"x" * 11_000_000), 11_000_000, part_size=5 << 20)
    assert store.stat_object("multipart", "large").size == 11_000_000


def test_a_conditional_write_creates_an_object_once(store: Minio) -> None:
    store.make_bucket("conditional")
    url = store.get_presigned_url("PUT", "conditional", "lock")
    answers = [urllib3.PoolManager().request("PUT", url, headers={"If-None-Match": "*"}).status for _ in range(2)]
    assert answers == [200, 412]


def test_a_bucket_made_twice_and_a_wrong_secret_are_refused(store: Minio) -> None:
    store.make_bucket("twice-made")
    with pytest.raises(S3Error, match="BucketAlreadyOwnedByYou"):
        store.make_bucket("twice-made")
    stranger = Minio(store._base_url.host, "omnicloud", "another-secret", secure=False)
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        stranger.list_buckets()


def test_objects_outlive_a_killed_store(rig: Rig, eventually: Callable[..., None]) -> None:
    context = rig.context("kept-minio", "minio/minio:latest", 9000, MINIO_USER)
    first = rig.start(context)
    client = Minio(f"127.0.0.1:{first.port}", *MINIO_USER.values(), secure=False)
    client.make_bucket("kept")
    client.put_object("kept", "key", io.BytesIO(b"value"), 5)
    first.kill()
    again = rig.start(context)
    assert client.get_object("kept", "key").data == b"value"
    again.kill()
