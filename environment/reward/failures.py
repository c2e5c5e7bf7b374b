"""Failures by cause: hundreds of tests that fail for one reason are told as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from environment.causes import constant, core, first_line, grouped

MESSAGE_LIMIT = 500
"""Characters of a message that are looked at. A grading keeps no more than 400 of one; longer ones, whoever brings
them, shan't make the comparison slow."""


@dataclass(frozen=True)
class FailureCause:
    """Tests that fail and say the same, but for ids, ports, numbers, times and who passes it on."""

    message: str
    """What went wrong in the first place, in the example's words; the outcome when the example says nothing."""
    count: int
    example: str
    """The first of the tests, in the order of their ids."""


def failure_causes(failures: Mapping[str, tuple[str, str]]) -> list[FailureCause]:
    """The causes of failures (test id -> outcome and message), the most frequent first."""
    return [
        FailureCause(_said(*failures[ids[0]]), len(ids), ids[0])
        for ids in grouped(sorted(failures), lambda test_id: _key(test_id, *failures[test_id]))
    ]


def _said(outcome: str, message: str) -> str:
    begins = message.lstrip()[:MESSAGE_LIMIT]
    return core(begins) or first_line(begins) or outcome


def _key(test_id: str, outcome: str, message: str) -> tuple[str, str]:
    """Equal for tests with one cause. A comparison without words means something else in every test file."""
    said = _said(outcome, message)
    bare = said.removeprefix("AssertionError: ").startswith("assert ")
    return constant(said), test_id.partition("::")[0] if bare else ""
