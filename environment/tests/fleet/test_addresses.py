"""Ports and addresses: what a process is told instead of container names."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from environment.fleet import ports as port_blocks
from environment.fleet.addresses import Rewriter, endpoints
from environment.fleet.compose import ComposeFile, Mount, Port, Service
from environment.fleet.errors import NoFreePorts, PortInUse
from environment.fleet.ports import FIRST_PORT, LAST_PORT, Block, Endpoint, assign


@pytest.fixture
def compose() -> ComposeFile:
    services = [
        Service("db", image="postgres:15", ports=(Port(5432, 5432),)),
        Service("infra-db", image="postgres:15", ports=(Port(5432, 5433),)),
        Service("kafka", image="kafka", ports=(Port(29092, 9092),), expose=(9092,)),
        Service(
            "web",
            built=True,
            ports=(Port(8000, 8000),),
            environment={
                "LISTEN_ADDRESS": "0.0.0.0:8000",
                "DATABASE_URL": "postgresql://user:pass@infra-db:5432/infra_db",
                "BOTH": "db:5432,kafka:9092",
                "WRONG_PORT": "kafka:9093",
                "STRANGER": "example.org:5432 notdb:5432 db:5432.5",
                "KEYS_FILE": "/vault/keys/keys.json",
                "OTHER_PATH": "/other/vault/keys/keys.json",
            },
            mounts=(Mount("keys", "/vault/keys"),),
        ),
    ]
    return ComposeFile(Path("docker-compose.yml"), {service.name: service for service in services})


@pytest.fixture
def rewritten(compose: ComposeFile) -> dict[str, str]:
    ports = {("db", 5432): 1, ("infra-db", 5432): 2, ("kafka", 9092): 3, ("kafka", 9093): 4, ("web", 8000): 5}
    rewriter = Rewriter(compose, ports, Path("/project"), Path("/fleet/volumes"))
    return rewriter.environment(compose.services["web"])


def test_addresses_of_services_become_loopback_ports(rewritten: dict[str, str]) -> None:
    assert rewritten["LISTEN_ADDRESS"] == "127.0.0.1:5"
    assert rewritten["DATABASE_URL"] == "postgresql://user:pass@127.0.0.1:2/infra_db"
    assert rewritten["BOTH"] == "127.0.0.1:1,127.0.0.1:3"


def test_names_that_only_look_like_services_stay(rewritten: dict[str, str]) -> None:
    assert rewritten["STRANGER"] == "example.org:5432 notdb:5432 db:5432.5"


def test_mounted_paths_become_folders_of_the_fleet(rewritten: dict[str, str]) -> None:
    assert rewritten["KEYS_FILE"] == "/fleet/volumes/keys/keys.json"
    assert rewritten["OTHER_PATH"] == "/other/vault/keys/keys.json"


def test_every_port_of_a_server_leads_to_its_one_listener_and_a_wrong_port_nowhere(compose: ComposeFile) -> None:
    block = Block.reserve()
    try:
        ports = assign(endpoints(compose, list(compose.services), {}), block, published=False)
    finally:
        block.release()
    assert ports["kafka", 29092] == ports["kafka", 9092]
    assert ports["kafka", 9093] != ports["kafka", 9092]
    assert ports["db", 5432] != ports["infra-db", 5432]


def test_services_of_a_shared_server_get_one_port(compose: ComposeFile) -> None:
    block = Block.reserve()
    try:
        ports = assign(endpoints(compose, ["db", "infra-db"], {"db": "pg", "infra-db": "pg"}), block, published=False)
    finally:
        block.release()
    assert ports["db", 5432] == ports["infra-db", 5432]


def test_blocks_never_overlap_and_stay_below_the_ephemeral_range() -> None:
    blocks = [Block.reserve() for _ in range(3)]
    try:
        firsts = {block.first for block in blocks}
        assert len(firsts) == 3
        for block in blocks:
            assert FIRST_PORT <= block.take("a") < block.take("b") <= LAST_PORT
            assert block.take("a") == block.take("a")
    finally:
        for block in blocks:
            block.release()


def test_threads_that_ask_at_once_get_different_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a look at a port that lets other threads in
    def slowly_free(port: int) -> bool:
        time.sleep(0.002)
        return True

    monkeypatch.setattr(port_blocks, "is_free", slowly_free)
    block = Block.reserve()
    # when
    try:
        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(block.take, [f"label {number}" for number in range(24)]))
    finally:
        block.release()
    # then
    assert sorted(taken) == list(range(block.first, block.first + 24))


def test_a_block_of_a_process_that_died_is_free_again() -> None:
    script = (
        "import os; from environment.fleet.ports import Block; "
        "print(Block.reserve(31000).first, flush=True); os.kill(os.getpid(), 9)"
    )
    root = Path(__file__).resolve().parents[3]
    died = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, check=False
    )
    assert (died.returncode, died.stdout) == (-9, b"31000\n")
    Block.reserve(31000).release()


def test_a_block_that_another_fleet_holds_is_refused() -> None:
    block = Block.reserve(31200)
    try:
        with pytest.raises(NoFreePorts, match="another fleet holds the ports from 31200"):
            Block.reserve(31200)
    finally:
        block.release()


def test_a_published_port_in_use_names_port_service_and_process() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        block = Block.reserve()
        try:
            with pytest.raises(PortInUse) as caught:
                assign([Endpoint("web", 80, port)], block, published=True)
        finally:
            block.release()
    assert f"port {port}, which web publishes, is in use by" in caught.value.message
    assert f"(pid {os.getpid()})" in caught.value.message
    assert "--ports auto" in caught.value.hint
