"""Folded listings, against what a few lines make of all keys: any prefix, delimiter and page, from any place on."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.identities import Tenant
from tests.support.storing import make_bucket, put_object

LAST = "\U0010ffff"
LETTERS = ["a", "b", "/", "//", "é", "\ud7ff", "\ue000", LAST]
"""At the edges of what keys are compared by: surrogates are left out of UTF-8, and nothing follows the last."""
ROUNDS = 40


def folded(keys: list[str], prefix: str, delimiter: str) -> list[str]:
    """All entries, in byte order."""
    entries = set()
    for key in keys:
        if key.startswith(prefix):
            rest = key[len(prefix) :]
            head, found, _ = rest.partition(delimiter)
            entries.add(prefix + head + found)
    return sorted(entries, key=str.encode)


def paged(tenant: Tenant, bucket: str, **params: Any) -> list[str]:
    """All entries of a listing in their order, over as many pages as there are."""
    found: list[str] = []
    while True:
        page = tenant.api.ok("GET", f"{bucket}/objects", params=params)
        entries = sorted([*(each["key"] for each in page["objects"]), *page["common_prefixes"]], key=str.encode)
        assert len(entries) <= params["max_keys"]
        found += entries
        if page["next_after"] is None:
            return found
        assert (page["next_after"], len(entries)) == (entries[-1], params["max_keys"])
        params["after"] = page["next_after"]


@pytest.mark.timeout(180)
def test_a_folded_listing_is_what_folding_all_keys_gives(tenant: Tenant) -> None:
    # Given keys of a few characters, and some that were deleted and must not be seen
    chance = random.Random("folded listings")
    keys = sorted({"".join(chance.choices(LETTERS, k=chance.randint(1, 5))) for _ in range(60)})
    bucket = make_bucket(tenant.api, versioning="enabled")
    for key in keys:
        put_object(tenant.api, bucket, quote(key, safe=""))
    hidden = set(chance.sample(keys, 10))
    for key in hidden:
        tenant.api.ok("DELETE", f"{bucket}/objects/{quote(key, safe='')}")
    seen = [key for key in keys if key not in hidden]
    # When they are listed under any prefix, folded at any delimiter, from a key, an entry or another place on
    for _ in range(ROUNDS):
        prefix = "".join(chance.choices(LETTERS, k=chance.choice([0, 0, 1, 2])))
        delimiter = "".join(chance.choices(LETTERS, k=chance.choice([1, 1, 2])))
        entries = folded(seen, prefix, delimiter)
        after = chance.choice(["", "", "".join(chance.choices(LETTERS, k=2)), *entries[:2]])
        # Then it is what all of them give; behind a place within a folded prefix what follows that prefix
        behind = folded([after], prefix, delimiter)[0] if after.startswith(prefix) and after else after
        expected = [entry for entry in entries if entry.encode() > behind.encode()]
        asked = {"prefix": prefix, "delimiter": delimiter, "after": after, "max_keys": chance.choice([1, 2, 7])}
        assert paged(tenant, bucket, **asked) == expected, asked
