"""Splits live tests into shards that take about the same time, by what is known of how long tests take.

Tests of one file stay together: a shard then collects only its own files. What is known comes with the tree, in
`tests/durations.json`; it decides nothing but who runs what.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Collection, Mapping

DURATIONS = "tests/durations.json"
SHORT_SECONDS = 0.3
"""What a test takes of which nothing is known."""
LEAST_SECONDS = 20.0
"""Less than this is not worth a fleet of its own."""
_TEST = re.compile(rb"^\s*(?:async )?def test_", re.MULTILINE)


def shards(
    files: Mapping[str, bytes], paths: Collection[str], ids: Collection[str] | None, most: int
) -> list[list[str]]:
    """At most so many lists of files that together hold the wanted ids (None: all of the paths, folders too).

    The same input gives the same shards.
    """
    seconds = _seconds(files, paths, ids)
    number = max(1, min(most, len(seconds), math.ceil(sum(seconds.values()) / LEAST_SECONDS)))
    if number == 1:
        return [sorted(paths)]
    loads = [0.0] * number
    found: list[list[str]] = [[] for _ in loads]
    for path in sorted(seconds, key=lambda path: (-seconds[path], path)):
        lightest = loads.index(min(loads))
        loads[lightest] += seconds[path]
        found[lightest].append(path)
    return [sorted(shard) for shard in found]


def _seconds(files: Mapping[str, bytes], paths: Collection[str], ids: Collection[str] | None) -> dict[str, float]:
    """How long each file takes."""
    known: Mapping[str, float] = json.loads(files.get(DURATIONS, b"{}"))
    found: defaultdict[str, float] = defaultdict(float)
    if ids is not None:
        for test_id in ids:
            path = test_id.partition("::")[0]
            if path in files:
                found[path] += known.get(test_id, SHORT_SECONDS)
        return found
    for path, content in files.items():
        if path.rpartition("/")[2].startswith("test_") and any(_lies_in(path, folder) for folder in paths):
            found[path] = SHORT_SECONDS * len(_TEST.findall(content))
    for test_id, took in known.items():
        path = test_id.partition("::")[0]
        if path in found:
            found[path] += took
    return found


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
