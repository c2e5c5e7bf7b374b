"""The page of a grading: what it tells, and that nothing that tests say can break it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from environment.bugs.manifest import TestInfo
from environment.report_page.score_page import Before, before, score_page
from environment.report_page.text import plain, shown
from environment.reward.bug_status import BugReport, BugStatus, Tally
from environment.reward.score import Score, baseline, score
from environment.services import SERVICES
from environment.tests.report_page.test_page import Elements
from environment.workspace.episode import Episode

TESTS = {
    f"tests/{category}/{service}/test_a.py::test_{number}": TestInfo(category, (service,), category == "chaos")
    for category, service in (("unit", "auth"), ("chaos", "dns"))
    for number in range(4)
}
IDS = sorted(TESTS)
CHAOS, UNIT = IDS[:4], IDS[4:]
HOSTILE = (
    "</script><script>alert(1)</script>",
    "</style></section></body>",
    "\x1b[31mred\x1b[0m and \x1b]8;;https://evil.example\x07a link",
    "\x00\x08\x7f\x9b1A\ud800",
    "safe \u202egnp.exe",
    "$style ${score} %s {0}",
    "&amp;<!-- -->]]>",
)


def graded(failures: dict[str, tuple[str, str]]) -> Score:
    return score(TESTS, failures, baseline(TESTS, set()))


def test_it_tells_score_tier_and_what_is_missing() -> None:
    # Given all unit tests and no other pass: 200 of 440 of the pass rate, the tier 0.22
    text = score_page(graded(dict.fromkeys(CHAOS, ("failed", "no"))), Before(), spoil=False)
    # Then the ladder says where that stands, and each of the fifteen services has its row
    assert "Tier 0.220 begins at 40.00%; the next, 0.380, at 55.00%: 9.55% to go." in text
    assert "45.45%" in text
    assert [text.count(f'<th scope="row">{name}</th>') for name in SERVICES] == [1] * 15
    assert text.count('<b class="good">+0.015</b>') == 1
    assert "4 tests don’t pass yet." in text


def test_it_is_one_file_that_asks_for_nothing_and_runs_nothing() -> None:
    text = score_page(graded({CHAOS[0]: ("failed", HOSTILE[2])}), Before(), spoil=True)
    elements = Elements(text)
    assert [tag for tag, _ in elements.found if tag in ("script", "iframe", "img", "object", "form")] == []
    assert {attrs["href"] for _, attrs in elements.found if attrs.get("href")} == {"#main"}
    assert not [attrs for _, attrs in elements.found if "src" in attrs]
    assert "default-src 'none'; style-src 'unsafe-inline'\"" in text
    assert "url(" not in text


@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_that_is_said_anywhere_becomes_markup(words: str) -> None:
    # Given words that are said by a test, by its id, by a phase, by the host and by a compose file
    tests = {**TESTS, f"tests/unit/auth/test_a.py::test_x[{words}]": TestInfo("unit", ("auth",))}
    failures = dict.fromkeys(sorted(tests)[-2:], ("failed", words))
    result = score(tests, failures, baseline(tests, set(tests)))
    result = replace(result, void=words, void_phases={"unit": words}, holes=(words,), ignored=(words,))
    # When the page is made
    text = score_page(result, Before(), spoil=True)
    # Then it has the elements of the page of a harmless grading, and can be written as UTF-8
    harmless = replace(
        score(TESTS, dict.fromkeys(UNIT[-2:], ("failed", "x")), baseline(TESTS, set(TESTS))),
        void="x", void_phases={"unit": "x"}, holes=("x",), ignored=("x",),
    )  # fmt: skip
    page = Elements(score_page(harmless, Before(), spoil=True))
    assert [tag for tag, _ in Elements(text).found] == [tag for tag, _ in page.found]
    assert text.encode()
    assert not set(text) & set("\x00\x08\x1b\x7f\x9b\u202e")


def test_a_line_of_a_megabyte_is_cut_and_said_to_be() -> None:
    text = score_page(
        graded({UNIT[0]: ("failed", "x" * 2**20), UNIT[1]: ("failed", "/a" * 2**19)}), Before(), spoil=False
    )
    assert len(text) < 100_000
    assert plain("y" * 2**20, 10) == "yyyyyyyyyy … (1,048,576 characters in all)"
    assert plain("\x1b[1m" * 2**18 + "end", 10).endswith("(1,048,579 characters in all)")


def test_text_is_one_line_of_what_can_be_seen() -> None:
    assert plain("a\tb\r\n\n c", 10) == "a b c"
    assert plain("\x1b[38;5;196mred\x1b[m\x1b(B", 10) == "red"
    assert plain("a\u202eb\x00", 10) == "a\ufffdb\ufffd"
    assert shown("<b>&\"'") == "&lt;b&gt;&amp;&quot;&#x27;"


def test_every_cause_has_a_row_and_the_rare_ones_can_be_unfolded() -> None:
    tests = {
        f"tests/unit/auth/test_a.py::test_{word}": TestInfo("unit", ("auth",)) for word in map(word_of, range(400))
    }
    failures = {test_id: ("failed", f"Error {test_id.rpartition('_')[2]}") for test_id in tests}
    text = score_page(score(tests, failures, baseline(tests, set())), Before(), spoil=False)
    assert "400 tests fail with 400 different errors" in text
    assert "300 of 388 more" in text
    assert text.count("<br><code>") == 312


def word_of(number: int) -> str:
    """A word for a number: messages that differ in figures only are one cause."""
    return "".join("abcdefghij"[int(digit)] for digit in f"{number:03}")


def test_it_tells_what_changed_since_the_earlier_gradings() -> None:
    # Given an episode that was graded twice, and a test that passed then and fails now
    episode = Episode("w", "c", "r", ("A1",), tuple(UNIT), ("0", "11/50", "-1/5"))
    earlier = before(episode)
    assert earlier == Before((Fraction(0), Fraction(11, 50), Fraction(-1, 5)), frozenset(UNIT))
    failures = {UNIT[0]: ("failed", "x"), **dict.fromkeys(CHAOS[1:], ("failed", "x"))}
    result = score(TESTS, failures, baseline(TESTS, set()), ever_passed=UNIT)
    # When it is graded again: 200/440 × 3/4 + 240/440 × 1/4, the tier 0.22, the penalty
    text = score_page(result, earlier, spoil=False)
    # Then each step is told, and what was lost and gained
    assert '<span class="good">+0.220</span>' in text
    assert '<span class="bad">−0.420</span>' in text
    assert "1 test passes for the first time, 1 that passed before fails." in text
    assert f"<li><code>{UNIT[0]}</code></li>" in text


def test_a_long_history_shows_its_end() -> None:
    earlier = Before((Fraction(0),) * 30)
    text = score_page(graded({}), earlier, spoil=False)
    assert "The 19 gradings before are left out." in text
    assert (text.count("grading 18<"), text.count("grading 19<"), text.count(">now<")) == (0, 1, 1)


def test_bugs_are_named_only_to_those_who_may_know() -> None:
    bugs = (BugReport("A1", BugStatus.FIXED, 0, 2, Tally(1, 1)), BugReport("K5", BugStatus.NOT_FIXED, 2, 2))
    result = replace(graded({}), bugs=bugs)
    open_page, closed = (score_page(result, Before(), spoil=spoil) for spoil in (True, False))
    assert ">A1<" in open_page
    assert ">K5<" in open_page
    assert ">A1<" not in closed
    assert "2 causes: 1 fixed, 1 not fixed. 1 of 1 repairs hold" in closed


def test_equal_gradings_give_equal_pages() -> None:
    pages = {score_page(graded({UNIT[0]: ("failed", "x")}), Before(), spoil=True) for _ in range(3)}
    assert len(pages) == 1
