"""docs/errors.md is what the list of error codes says."""

from pathlib import Path

from shared.error_codes import as_markdown

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_of_error_codes_is_current() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert page == as_markdown(), "docs/errors.md is out of date: run `make docs`"
