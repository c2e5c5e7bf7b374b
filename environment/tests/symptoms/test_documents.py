"""What documents quote, and how a contradiction is told."""

from __future__ import annotations

import pytest

from environment.symptoms.scenarios.documents import ScenarioError, differences, quoted, rewritten

DOCUMENT = """\
# An incident

It was `12.50` at 09:40, as `GET /x` says:

```text invoice
> GET /x
< 200 {"total": "12.50"}
```

```text
`99` is nobody's figure: this block has no name
```
"""
SAID = {"invoice": '> GET /x\n< 200 {"total": "12.50"}\n'}


def test_named_blocks_are_quotations_and_code_with_digits_is_a_figure() -> None:
    found = quoted(DOCUMENT)
    assert dict(found.quotations) == SAID
    assert found.figures == ("12.50",)
    assert found.loose == ()
    assert differences(DOCUMENT, SAID) == []


def test_a_figure_that_no_quotation_has_is_told() -> None:
    assert differences(DOCUMENT.replace("`12.50`", "`12.51`"), SAID) == ["the figure '12.51' stands in no quotation"]


def test_what_the_fleet_says_now_is_set_beside_what_is_quoted() -> None:
    now = {"invoice": '> GET /x\n< 200 {"total": "12.51"}\n'}
    [wrong] = differences(DOCUMENT, now)
    assert wrong.splitlines()[1:] == ['  - < 200 {"total": "12.50"}', '  + < 200 {"total": "12.51"}']
    [loose] = differences(rewritten(DOCUMENT, now), now)
    assert loose == "the figure '12.50' stands in no quotation"


def test_a_quotation_too_many_or_too_few_is_told() -> None:
    assert differences(DOCUMENT, {}) == ["quotes 'invoice', which the play doesn't give"]
    assert differences(DOCUMENT, {**SAID, "more": "x\n"}) == ["doesn't quote 'more'"]


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(ScenarioError, match="invoice"):
        quoted(DOCUMENT + "```text invoice\nx\n```\n")
