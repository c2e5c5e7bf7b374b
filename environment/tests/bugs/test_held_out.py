"""The files of held-out tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from environment.bugs.catalogue import load_catalogue
from environment.bugs.errors import CatalogueError
from environment.bugs.held_out import all_files, load_held_out
from environment.tests.fake_platform import HELD_OUT, make_held_out
from tests.unit.clock_readings import clock_readings, near_dates


def test_they_are_told_by_bug_and_lie_where_they_are_laid(tmp_path: Path) -> None:
    found = load_held_out(make_held_out(tmp_path))
    assert list(found) == ["E1", "H2"]
    assert found["H2"].files == {
        "tests/unit/billing/test_h2_months.py": HELD_OUT["unit/billing/test_h2_months.py"].encode()
    }
    assert "tests/unit/billing/test_h2_months.py::test_april" in found["H2"]
    assert "tests/unit/billing/test_h2_months.py::test_april" not in found["E1"]


def test_a_digest_is_of_places_and_contents(tmp_path: Path) -> None:
    before = load_held_out(make_held_out(tmp_path))
    assert load_held_out(tmp_path)["E1"].digest == before["E1"].digest
    (tmp_path / "unit/compute/test_e1_rule.py").rename(tmp_path / "unit/compute/test_e1_rules.py")
    after = load_held_out(tmp_path)
    assert (after["E1"].digest != before["E1"].digest, after["H2"].digest) == (True, before["H2"].digest)


@pytest.mark.parametrize(
    "place",
    ["unit/test_e1_x.py", "unit/compute/deep/test_e1_x.py", "units/compute/test_e1_x.py", "unit/compute/test_x.py"],
)
def test_a_file_that_belongs_to_no_bug_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("")
    with pytest.raises(CatalogueError, match="a held-out test is"):
        load_held_out(tmp_path)


def test_those_of_the_catalogue_are_of_its_bugs() -> None:
    assert set(load_held_out()) <= set(load_catalogue())


def test_tests_of_a_fleet_import_nothing_of_what_they_judge() -> None:
    barred = re.compile(r"^(?:from|import) (?:services|shared)\b", re.MULTILINE)
    found = [
        path
        for path, content in all_files(load_held_out()).items()
        if not path.startswith("tests/unit/") and barred.search(content.decode())
    ]
    assert found == []


def test_those_of_a_fleet_have_its_clock_and_name_no_day_that_a_run_may_come_near() -> None:
    """They lie among the visible ones while they are measured, and a visible test looks for such days."""
    files = {path: text.decode() for path, text in all_files(load_held_out()).items() if "/unit/" not in path}
    offences = {path: found for path, text in files.items() if (found := near_dates(text) + clock_readings(text))}
    assert (len(files) > 20, offences) == (True, {})
