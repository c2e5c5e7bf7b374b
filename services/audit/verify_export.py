"""Verifies an exported trail without the platform: `python -m services.audit.verify_export EXPORT`.

EXPORT is what `/v1/export` gave, `--checkpoints` what `/v1/checkpoints` gave, `--key` the public key of
`/v1/checkpoint-key`, which is best kept apart from both. Without checkpoints only the hashes are verified: a tail that
was cut off, or a chain that was made anew from its beginning, shows by what was signed alone.

Ends with 0 for a valid trail, 1 for one that isn't, 2 when the files can't be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.audit.domain.chain import Entry, Head, Record, Verification, verify
from services.audit.domain.checkpoints import BrokenCheckpoints, from_document, linked

VALID, INVALID, UNREADABLE = 0, 1, 2


class Unreadable(Exception):
    """A file isn't what it is said to be; the message says which and why."""


def main(arguments: Sequence[str]) -> int:
    """Verify and print one line on what was found."""
    parser = argparse.ArgumentParser(prog="verify_export", description="Verify an exported audit trail.")
    parser.add_argument("export", type=Path, help="records, a line each")
    parser.add_argument("--checkpoints", type=Path, help="checkpoints, a line each")
    parser.add_argument("--key", help="the public key of the checkpoints, 64 hexadecimal digits")
    parser.add_argument("--tenant", help="whose trail it must be; by default whose the first record is")
    options = parser.parse_args(arguments)
    if (options.checkpoints is None) != (options.key is None):
        parser.error("--checkpoints and --key go together")
    try:
        tenant = options.tenant or _tenant_of(options.export)
        signed = _heads(options.checkpoints, tenant, options.key) if options.checkpoints else []
        result = verify(tenant, _records(options.export), signed)
    except BrokenCheckpoints as error:
        print(f"INVALID: {error}")
        return INVALID
    except Unreadable as error:
        print(f"unreadable: {error}", file=sys.stderr)
        return UNREADABLE
    print(_told(result, tenant, len(signed), options.checkpoints is not None))
    return VALID if result.valid else INVALID


def _told(result: Verification, tenant: str, checkpoints: int, with_checkpoints: bool) -> str:
    if not result.valid:
        return f"INVALID at record {result.first_invalid}: {result.reason}"
    under = f"{checkpoints} checkpoints" if with_checkpoints else "hashes alone: a cut-off tail wouldn't show"
    return f"valid: {result.records} records of {tenant}, head {result.head.hash[:16]}…, {under}"


def _heads(path: Path, tenant: str, key: str) -> list[Head]:
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    except ValueError as error:
        raise Unreadable("the key is 64 hexadecimal digits") from error
    checkpoints = (from_document(document) for document in _lines(path))
    return [checkpoint.head for checkpoint in linked(tenant, checkpoints, public)]


def _tenant_of(path: Path) -> str:
    first = next(_records(path), None)
    if first is None:
        raise Unreadable(f"{path} has no records: say with --tenant whose it is")
    return first.tenant_id


def _records(path: Path) -> Iterator[Record]:
    for number, line in enumerate(_lines(path), 1):
        try:
            entry = Entry(
                line["event_id"],
                line["type"],
                line["subject"],
                line["actor"],
                line["time"],
                line["correlation_id"],
                line["data"],
            )
            yield Record(line["tenant_id"], line["sequence"], entry, line["previous_hash"], line["hash"])
        except (KeyError, TypeError) as error:
            raise Unreadable(f"{path}:{number} is no record: {error}") from error


def _lines(path: Path) -> Iterator[Any]:
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise Unreadable(f"{path}:{number} isn't JSON: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: {error}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
