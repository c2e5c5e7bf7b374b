"""Opening Vault: once initialised, unsealed after every restart."""

import json
import socket
import stat
import threading
import time
from pathlib import Path

import pytest

from shared.jobs.vault_init import (
    LOOK_SECONDS,
    SHARES,
    THRESHOLD,
    Keys,
    KeysFile,
    KeysMissing,
    Opener,
    Presence,
    SealStatus,
    watch,
)


class Vault:
    """A Vault in memory. `keys_file` must exist by the time the first share is submitted."""

    def __init__(self, keys_file: Path) -> None:
        self.initialized = False
        self.sealed = True
        self.shares: tuple[str, ...] = ()
        self.submitted: set[str] = set()
        self.initializations = 0
        self._keys_file = keys_file

    def status(self) -> SealStatus:
        return SealStatus(self.initialized, self.sealed)

    def initialize(self, shares: int, threshold: int) -> Keys:
        self.initializations += 1
        self.initialized = True
        self.shares = tuple(f"share-{number}" for number in range(shares))
        return Keys(self.shares, "root-token")

    def submit_share(self, share: str) -> bool:
        assert self._keys_file.exists(), "unsealed before the keys were safe"
        if share in self.shares:
            self.submitted.add(share)
        self.sealed = len(self.submitted) < THRESHOLD
        return self.sealed

    def restart(self) -> None:
        """A restarted Vault is sealed and has forgotten the shares it was given."""
        self.sealed = True
        self.submitted.clear()


@pytest.fixture
def keys_file(tmp_path: Path) -> KeysFile:
    return KeysFile(tmp_path / "keys.json")


@pytest.fixture
def vault(keys_file: KeysFile) -> Vault:
    return Vault(keys_file.path)


def test_a_new_vault_is_initialised_and_unsealed(vault: Vault, keys_file: KeysFile) -> None:
    keys = Opener(vault, keys_file).open()
    assert (vault.initialized, vault.sealed) == (True, False)
    assert (len(keys.shares), keys.root_token) == (SHARES, "root-token")
    assert len(vault.submitted) == THRESHOLD


def test_a_restarted_vault_is_unsealed_with_the_keys_on_file(vault: Vault, keys_file: KeysFile) -> None:
    Opener(vault, keys_file).open()
    for _ in range(3):
        vault.restart()
        assert Opener(vault, keys_file).unseal_if_sealed() is True
        assert vault.sealed is False
    assert vault.initializations == 1


def test_an_open_vault_is_left_alone(vault: Vault, keys_file: KeysFile) -> None:
    opener = Opener(vault, keys_file)
    first = opener.open()
    assert opener.unseal_if_sealed() is False
    assert opener.open() == first
    assert vault.initializations == 1


def test_the_watch_unseals_a_vault_that_it_finds_sealed(vault: Vault, keys_file: KeysFile) -> None:
    opener = Opener(vault, keys_file)
    opener.open()
    vault.restart()
    stop = threading.Event()

    class StopsOnceOpen(Opener):
        def unseal_if_sealed(self) -> bool:
            done = super().unseal_if_sealed()
            stop.set()
            return done

    with socket.create_server(("127.0.0.1", 0)) as server:
        watch(StopsOnceOpen(vault, keys_file), presence_of(server), stop)
    assert vault.sealed is False


def presence_of(server: socket.socket) -> Presence:
    return Presence(f"http://127.0.0.1:{server.getsockname()[1]}")


def test_the_watch_looks_as_soon_as_vault_goes(vault: Vault, keys_file: KeysFile) -> None:
    opener = Opener(vault, keys_file)
    opener.open()
    stop, looks = threading.Event(), threading.Semaphore(0)

    class Counted(Opener):
        def unseal_if_sealed(self) -> bool:
            try:
                return super().unseal_if_sealed()
            finally:
                looks.release()

    with socket.create_server(("127.0.0.1", 0)) as server:
        arguments = (Counted(vault, keys_file), presence_of(server), stop)
        watching = threading.Thread(target=watch, args=arguments, daemon=True)
        watching.start()
        connection, _ = server.accept()
        assert looks.acquire(timeout=5.0)
        began = time.monotonic()
        vault.restart()
        connection.close()
        server.accept()
        assert looks.acquire(timeout=5.0)
        assert time.monotonic() - began < LOOK_SECONDS / 2
        stop.set()
    assert vault.sealed is False


def test_only_the_owner_can_read_the_keys(vault: Vault, keys_file: KeysFile) -> None:
    Opener(vault, keys_file).open()
    assert stat.S_IMODE(keys_file.path.stat().st_mode) == 0o600
    assert json.loads(keys_file.path.read_text())["root_token"] == "root-token"
    assert [path.name for path in keys_file.path.parent.iterdir()] == ["keys.json"]


def test_a_vault_whose_keys_are_lost_is_not_initialised_again(vault: Vault, keys_file: KeysFile) -> None:
    Opener(vault, keys_file).open()
    keys_file.path.unlink()
    vault.restart()
    with pytest.raises(KeysMissing, match="restore the file"):
        Opener(vault, keys_file).open()
    assert (vault.initializations, vault.sealed) == (1, True)


def test_the_keys_of_another_vault_are_an_error(vault: Vault, keys_file: KeysFile) -> None:
    Opener(vault, keys_file).open()
    keys_file.write(Keys(("x", "y", "z", "p", "q"), "t"))
    vault.restart()
    with pytest.raises(KeysMissing, match="don't open this Vault"):
        Opener(vault, keys_file).unseal_if_sealed()


def test_nothing_is_initialised_when_the_keys_could_not_be_kept(tmp_path: Path) -> None:
    missing = KeysFile(tmp_path / "nowhere" / "keys.json")
    vault = Vault(missing.path)
    with pytest.raises(FileNotFoundError):
        Opener(vault, missing).open()
    assert vault.initialized is False


def test_keys_do_not_show_in_a_representation() -> None:
    assert "share" not in repr(Keys(("share-1",), "root-token")).replace("Keys", "")
    assert "root" not in repr(Keys(("share-1",), "root-token"))
