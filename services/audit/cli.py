"""Verifies an exported trail without the platform: `python -m services.audit.cli EXPORT`.

EXPORT is what `/v1/export` gave, `--checkpoints` what `/v1/checkpoints` gave, `--key` the public key of
`/v1/checkpoint-key`, which is best kept apart from both. Without checkpoints only the hashes are verified: a tail that
was cut off, or a chain that was made anew from its beginning, shows by what was signed alone. Checkpoints must not be
newer than the export: get them first, for a record that was signed after the export was made is missing in it.

Ends with 0 for a valid trail, 1 for one that isn't, 2 when the files can't be read, and 3 for a valid one in which
events are missing that a source has sent: they never arrived, or were still on their way when it was exported.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from services.audit.domain.chain import Verification
from services.audit.domain.checkpoints import BrokenCheckpoints, Checkpoint
from services.audit.domain.exports import UnreadableExport, signed_checkpoints, tenant_of, verify_export
from services.audit.domain.removals import NOTHING_REMOVED

VALID, INVALID, UNREADABLE, INCOMPLETE = 0, 1, 2, 3


def main(arguments: Sequence[str]) -> int:
    """Verify and print one line on what was found."""
    parser = argparse.ArgumentParser(prog="services.audit.cli", description="Verify an exported audit trail.")
    parser.add_argument("export", type=Path, help="records, a line each")
    parser.add_argument("--checkpoints", type=Path, help="checkpoints, a line each")
    parser.add_argument("--key", help="the public key of the checkpoints, 64 hexadecimal digits")
    parser.add_argument("--tenant", help="whose trail it must be; by default whose the first record is")
    options = parser.parse_args(arguments)
    if (options.checkpoints is None) != (options.key is None):
        parser.error("--checkpoints and --key go together")
    try:
        tenant = options.tenant or tenant_of(_lines(options.export))
        signed: list[Checkpoint] | None = None
        if options.checkpoints is not None:
            signed = signed_checkpoints(_lines(options.checkpoints), tenant, options.key)
        heads = [checkpoint.head for checkpoint in signed or ()]
        removal = signed[-1].removal if signed else NOTHING_REMOVED
        result = verify_export(_lines(options.export), tenant, heads, removal)
    except BrokenCheckpoints as error:
        print(f"INVALID: {error}")
        return INVALID
    except (UnreadableExport, OSError, UnicodeDecodeError) as error:
        print(f"unreadable: {error}", file=sys.stderr)
        return UNREADABLE
    print(_told(result, tenant, signed))
    for gap in result.gaps:
        print(f"missing: events {gap.first} to {gap.last} of {gap.source}")
    if not result.valid:
        return INVALID
    return VALID if result.complete else INCOMPLETE


def _told(result: Verification, tenant: str, signed: list[Checkpoint] | None) -> str:
    if not result.valid:
        return f"INVALID at record {result.first_invalid}: {result.reason}"
    under = "hashes alone: a cut-off tail wouldn't show" if signed is None else f"{len(signed)} checkpoints"
    return f"valid: {result.records} records of {tenant}, head {result.head.hash[:16]}…, {under}"


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as lines:
        yield from lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
