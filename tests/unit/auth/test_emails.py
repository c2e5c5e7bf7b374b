"""E-mail addresses as account names."""

import pytest

from services.auth.domain.emails import InvalidEmail, normalise_email


@pytest.mark.parametrize("text", ["Ann@Example.COM", "  ann@example.com ", "ａｎｎ@example.com"])
def test_one_account_however_the_address_is_typed(text: str) -> None:
    assert normalise_email(text) == "ann@example.com"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "a b@example.com",
        pytest.param("a" * 250 + "@b.cd", id="too-long"),
    ],
)
def test_what_is_not_an_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidEmail):
        normalise_email(text)
