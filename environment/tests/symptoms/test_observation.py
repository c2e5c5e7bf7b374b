"""What counts as the same symptom, and how it is shown."""

from __future__ import annotations

import pytest

from environment.causes import one_line
from environment.symptoms.observation import Observation, Said, Trouble, constant
from environment.symptoms.probes import chosen
from environment.symptoms.table import Row, markdown

REFUSED = "ConnectionError: broker {} refused after {} s, request {}"


def seen(
    reason: str = "why", state: str = "exited", outcome: str = "failed", message: str = "assert 1 == 2"
) -> Observation:
    return Observation(
        {"migrate": Trouble(state, reason)}, ("auth",), {"tests/system/x/test_a.py::test_b": Said(outcome, message)}
    )


def verdict(local: Observation, containers: Observation) -> str:
    return Row("L1", "A title", local, containers).verdict


def test_times_addresses_ids_and_numbers_make_no_difference() -> None:
    one = REFUSED.format("127.0.0.1:16006", "0.2", "3f0f7a0e-6c1f-4f0e-9d26-8f6f2f7f2b11")
    other = REFUSED.format("kafka:9092", "1.75", "a0d5c0de-1b1c-4a7e-8c58-0c4b1e5a7d92")
    assert constant(one) == constant(other)
    assert verdict(seen(one), seen(other)) == "same"


@pytest.mark.parametrize("words", ["no such table", "ConnectionError: broker ADDRESS hung"])
def test_other_words_show(words: str) -> None:
    assert verdict(seen(REFUSED), seen(words)) == "same, other words"


def test_a_file_is_the_same_wherever_it_lies() -> None:
    words = "the keys in {}/keys.json don't open this Vault"
    assert constant(words.format("/vault/keys")) == constant(words.format("/home/me/x/.omnicloud/volumes/vault-keys"))
    assert constant("GET /api/auth/v1/users") != constant("GET /api/auth/v1/roles")


def test_a_refusal_at_set_up_says_nothing_new() -> None:
    assert constant("audit is not healthy: blocked: topics failed") == constant(
        "audit is not healthy: created: Created"
    )


def test_what_is_passed_over_is_only_what_changes() -> None:
    assert constant('column "reserved" of relation "quota"') != constant('column "reserved" of relation "quotas"')


@pytest.mark.parametrize(
    "other",
    [
        seen(state="unhealthy"),
        seen(outcome="passed"),
        Observation({}, ("auth",), seen().tests),
        Observation(seen().troubles, ("auth", "audit"), seen().tests),
    ],
)
def test_another_state_outcome_or_service_is_a_difference(other: Observation) -> None:
    assert verdict(seen(), other) == "DIFFERENT"


@pytest.mark.parametrize("nothing", [Observation(), Observation(seen().troubles, (), {"a": Said("missing", "")})])
def test_two_fleets_that_show_nothing_are_not_alike(nothing: Observation) -> None:
    assert verdict(nothing, nothing) == "NOT SEEN"
    assert not Row("L1", "A title", nothing, nothing).alike


def test_the_table_groups_services_by_reason_and_escapes_what_would_break_it() -> None:
    names = ["auth", "billing", "compute", "config", "deploy", "dns", "gateway"]
    row = Row("L2", "A | title", Observation({name: Trouble("exited", "a|b") for name in names}), Observation())
    assert markdown([row]).splitlines()[2] == (
        "| **L2** A \\| title | auth, billing, compute, config, deploy, dns and 1 more exited: a\\|b "
        "| everything healthy | NOT SEEN |"
    )


def test_probes_come_from_as_many_categories_as_there_are_and_never_from_unit() -> None:
    triggers = [
        f"tests/{name}/x/test_a.py::test_{n}" for name in ("unit", "chaos", "system", "contract") for n in (1, 2)
    ]
    assert [test.split("/")[1] for test in chosen(triggers, 4)] == ["system", "contract", "chaos", "system"]
    assert chosen(triggers[:2], 3) == []


def test_a_line_is_the_first_that_says_something_and_has_a_limit() -> None:
    assert one_line("\n  first\nsecond") == "first"
    assert one_line("x" * 200, 10) == "x" * 9 + "…"
