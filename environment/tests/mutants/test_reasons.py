"""The file of reasons: what it must say, and that reasons about nothing are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from environment.mutants.reasons import ReasonsError, load_reasons, stale
from environment.mutants.sample import Change
from environment.tests.affected.conftest import CAPACITY
from environment.workspace.reference import Reference, default_reference

WHOLE = """
[[reason]]
function = "services/compute/capacity.py::fits"
before = "return used + wanted <= capacity"
after = "return used + wanted < capacity"
why = "It is a fake."
"""


def test_a_reason_is_known_by_what_it_is_about(tmp_path: Path, reference: Reference) -> None:
    file = tmp_path / "reasons.toml"
    file.write_text(WHOLE)
    fits = Change(f"{CAPACITY}::fits", "return used + wanted <= capacity", "return used + wanted < capacity")
    assert load_reasons(file) == {fits: "It is a fake."}
    assert stale(load_reasons(file), reference.files) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("::fits", "::fit"), ("capacity.py", "gone.py"), ("<= capacity", "== capacity"), ("why", "place = 2\nwhy")],
)
def test_a_reason_about_nothing_is_told(tmp_path: Path, reference: Reference, old: str, new: str) -> None:
    file = tmp_path / "reasons.toml"
    file.write_text(WHOLE.replace(old, new))
    assert stale(load_reasons(file), reference.files) == list(load_reasons(file))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[reason]\n", "can't be read"),
        ("[[raison]]\n", "not 'raison'"),
        (WHOLE.replace("why", "because"), "as texts"),
        (WHOLE.replace('"It is a fake."', '""'), "as texts"),
        (WHOLE + "line = 7\n", "as texts"),
        (WHOLE + WHOLE, "two reasons"),
    ],
)
def test_what_is_no_reason_is_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "reasons.toml"
    file.write_text(text)
    with pytest.raises(ReasonsError, match=words):
        load_reasons(file)


def test_the_reasons_that_are_kept_are_about_what_is_there() -> None:
    assert stale(load_reasons(), default_reference().files) == []
