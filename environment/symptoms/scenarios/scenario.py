"""The five scenarios: which document belongs to which play, and which bugs are behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from environment.bugs.catalogue import Bug, Catalogue
from environment.symptoms.scenarios.documents import ScenarioError, differences, rewritten
from environment.symptoms.scenarios.stage import Stage, staged
from environment.workspace.reference import Reference

FOLDER = "scenarios"
"""Of the documents, in the repository and in workspaces."""

Play = Callable[[Stage], Mapping[str, str]]


@dataclass(frozen=True)
class Scenario:
    """One incident. Its bugs are those whose header names it."""

    number: int
    slug: str
    title: str
    at: datetime
    """When the engineer on call looks at it: the platform's clock begins here."""

    @property
    def name(self) -> str:
        """As bugs' headers and the document's file name have it."""
        return f"scenario_{self.number:02}_{self.slug}"

    @property
    def document(self) -> str:
        """The path of its document in the repository."""
        return f"{FOLDER}/{self.name}.md"

    def bugs(self, catalogue: Catalogue) -> list[Bug]:
        """What is behind it, in catalogue order."""
        return [bug for bug in catalogue.values() if bug.scenario == self.name]

    def play(self, stage: Stage) -> Mapping[str, str]:
        """Do what the document tells; what the fleet said, by the quotations' names."""
        play: Play = import_module(f"environment.symptoms.scenarios.plays.{self.slug}").play
        return play(stage)


SCENARIOS = (
    Scenario(1, "billing_discrepancies", "Billing discrepancies", datetime(2027, 3, 2, 9, 40, tzinfo=UTC)),
    Scenario(2, "deployment_failures", "Deployment failures", datetime(2027, 4, 14, 16, 5, tzinfo=UTC)),
    Scenario(3, "network_connectivity", "Network connectivity", datetime(2027, 5, 20, 7, 25, tzinfo=UTC)),
    Scenario(4, "resource_scheduling", "Resource scheduling", datetime(2027, 6, 8, 13, 15, tzinfo=UTC)),
    Scenario(5, "distributed_consensus", "Distributed consensus", datetime(2027, 7, 1, 2, 50, tzinfo=UTC)),
)


def find_scenario(number: int) -> Scenario:
    """The scenario of a number. Raises ScenarioError with what there is."""
    for scenario in SCENARIOS:
        if scenario.number == number:
            return scenario
    known = ", ".join(f"{scenario.number} ({scenario.title.lower()})" for scenario in SCENARIOS)
    raise ScenarioError(f"There is no scenario {number}. There are {known}.")


def bugs_behind(number: int, ids: Sequence[str], catalogue: Catalogue) -> tuple[str, ...]:
    """The ids of what is behind a scenario; of `ids` alone where some are named. Raises ScenarioError."""
    scenario = find_scenario(number)
    behind = tuple(bug.id for bug in scenario.bugs(catalogue) if not ids or bug.id in ids)
    if not behind:
        raise ScenarioError(f"Nothing of the choice is behind scenario {number}.")
    return behind


def reproduce(scenario: Scenario, reference: Reference, catalogue: Catalogue, *, buggy: bool = True) -> dict[str, str]:
    """What the scenario's fleet says today; with `buggy` False, what the correct platform says to the same."""
    with staged(reference, scenario.bugs(catalogue) if buggy else [], scenario.at) as stage:
        return dict(scenario.play(stage))


def check(scenario: Scenario, root: Path, said: Mapping[str, str], *, write: bool = False) -> list[str]:
    """What the document says otherwise than its fleet; with `write` the document is changed first."""
    path = root / scenario.document
    document = path.read_text()
    if write:
        document = rewritten(document, said)
        path.write_text(document)
    return differences(document, said)
