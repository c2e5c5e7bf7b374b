"""A Vault opens with as many different shares as it was told at its initialisation, as often as it is sealed."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.jobs.vault_init import Keys, KeysFile, Opener, SealStatus


class Vault:
    """A Vault that remembers how it was initialised."""

    def __init__(self) -> None:
        self.threshold = 0
        self.shares: tuple[str, ...] = ()
        self.given: set[str] = set()

    @property
    def sealed(self) -> bool:
        return not self.shares or len(self.given) < self.threshold

    def status(self) -> SealStatus:
        return SealStatus(bool(self.shares), self.sealed)

    def initialize(self, shares: int, threshold: int) -> Keys:
        self.threshold, self.shares = threshold, tuple(f"share-{number}" for number in range(shares))
        return Keys(self.shares, "root")

    def submit_share(self, share: str) -> bool:
        self.given |= {share} & set(self.shares)
        return self.sealed

    def restart(self) -> None:
        self.given.clear()


@pytest.fixture
def keys(tmp_path: Path) -> KeysFile:
    return KeysFile(tmp_path / "keys.json")


def test_a_vault_opens_again_after_every_restart(keys: KeysFile) -> None:
    vault = Vault()
    assert len(Opener(vault, keys).open().shares) == 5
    assert (vault.sealed, vault.threshold) == (False, 3)
    for _ in range(4):
        vault.restart()
        assert Opener(vault, keys).unseal_if_sealed() is True
        assert vault.sealed is False


def test_one_that_was_initialised_before_opens_too(keys: KeysFile) -> None:
    vault = Vault()
    keys.write(vault.initialize(5, 3))
    for opener in (Opener(vault, keys), Opener(vault, keys)):
        vault.restart()
        opener.open()
        assert vault.sealed is False


@pytest.mark.parametrize("already", [1, 2])
def test_shares_that_somebody_has_given_do_no_harm(keys: KeysFile, already: int) -> None:
    vault = Vault()
    keys.write(vault.initialize(5, 3))
    vault.given = set(vault.shares[-already:])
    assert Opener(vault, keys).unseal_if_sealed() is True
    assert vault.sealed is False
