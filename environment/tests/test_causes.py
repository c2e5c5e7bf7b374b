"""What counts as one cause."""

from __future__ import annotations

import pytest

from environment.causes import constant, core, grouped, one_line

ERROR = "ImportError: cannot import name 'X' from 'shared.clients' (/tmp/{}/shared/clients/http.py)"


@pytest.mark.parametrize(
    "passed_on",
    [
        "{}",
        "exit status 1: {}",
        "migrate failed: exit status 1: {}",
        "auth is blocked: migrate failed: exit status 1: {}",
        "Failed: gateway is not healthy: blocked: auth is blocked: migrate failed: exit status 1: {}",
        "didn't run: {}",
        "\n  kafka exited: killed by SIGKILL: {}\n--- last lines of kafka's log",
    ],
)
def test_who_passes_an_error_on_makes_no_difference(passed_on: str) -> None:
    assert core(passed_on.format(ERROR)) == ERROR


@pytest.mark.parametrize(
    "text",
    ["Validation failed: exit", "ValueError: auth failed: no such user", "403: failed", "is not healthy: x", ""],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert core(text) == text


def test_where_a_copy_lies_when_it_ran_and_how_it_was_numbered_makes_no_difference() -> None:
    assert constant(ERROR.format("oc-1")) == constant(ERROR.format("oc-gsh1k5is/tree"))
    assert constant("2024-01-01T00:00:00Z auth:8001 pid 7") == constant("2025-02-03T04:05:06Z dns:8006 pid 4711")
    assert constant("no such table") != constant("no such column")


def test_the_largest_group_comes_first_and_order_is_kept_else() -> None:
    assert grouped(["b", "a", "c", "a"], str) == [["a", "a"], ["b"], ["c"]]


def test_a_line_is_cut_where_it_gets_too_long() -> None:
    assert one_line("\n  abcdef\nxyz", 4) == "abc…"
    assert one_line("\n\n") == ""
