"""The five incidents as they stand: what they quote, what is behind them, and what they must not give away."""

from __future__ import annotations

import re

import pytest

from environment.bugs.catalogue import load_catalogue
from environment.symptoms.scenarios.documents import ScenarioError, quoted
from environment.symptoms.scenarios.scenario import SCENARIOS, Scenario, bugs_behind, find_scenario
from environment.workspace.contents import bears_on_verdicts, is_visible
from environment.workspace.reference import default_reference


@pytest.fixture(params=SCENARIOS, ids=lambda scenario: scenario.slug)
def scenario(request: pytest.FixtureRequest) -> Scenario:
    found: Scenario = request.param
    return found


def text_of(scenario: Scenario) -> str:
    return (default_reference().root / scenario.document).read_text()


def test_every_figure_stands_in_a_quotation(scenario: Scenario) -> None:
    found = quoted(text_of(scenario))
    assert len(found.quotations) >= 3
    assert all(text.strip() for text in found.quotations.values()), "made by `omnicloud scenario N --reproduce --write`"
    assert found.loose == ()


def test_several_bugs_are_behind_it_and_none_keeps_the_fleet_from_starting(scenario: Scenario) -> None:
    behind = scenario.bugs(load_catalogue())
    assert len(behind) >= 3
    assert all(bug.difficulty != "setup" for bug in behind)


def test_it_names_neither_bug_nor_file_nor_cause(scenario: Scenario) -> None:
    catalogue, text = load_catalogue(), text_of(scenario)
    for bug in scenario.bugs(catalogue):
        assert not re.search(rf"\b{bug.id}\b", text)
        assert bug.hint not in text
        assert not [path for path in bug.paths if path in text]


def test_it_goes_into_workspaces_and_changes_no_verdict(scenario: Scenario) -> None:
    assert is_visible(scenario.document)
    assert not bears_on_verdicts(scenario.document)


def test_the_headers_of_bugs_name_scenarios_that_there_are() -> None:
    known = {"", *(scenario.name for scenario in SCENARIOS)}
    assert {bug.scenario for bug in load_catalogue().values()} <= known


def test_what_is_behind_a_scenario_can_be_narrowed_and_not_widened() -> None:
    catalogue = load_catalogue()
    assert "H1" in bugs_behind(1, (), catalogue)
    assert bugs_behind(1, ("H1", "F1"), catalogue) == ("H1",)
    with pytest.raises(ScenarioError):
        bugs_behind(1, ("F1",), catalogue)
    with pytest.raises(ScenarioError, match="There are 1"):
        find_scenario(6)
