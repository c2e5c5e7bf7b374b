"""Password rules (NIST SP 800-63B §5.1.1.2)."""

import pytest

from services.auth.domain.passwords import MAX_LENGTH, WeakPassword, check_password, normalise_password


def test_a_long_unusual_password_is_accepted_as_it_is() -> None:
    assert check_password("violet harbour 42") == "violet harbour 42"


def test_composition_is_not_prescribed() -> None:
    assert check_password("onlylowercaseletters") == "onlylowercaseletters"


@pytest.mark.parametrize(("length", "accepted"), [(11, False), (12, True), (MAX_LENGTH, True), (MAX_LENGTH + 1, False)])
def test_length_counts_in_characters_with_both_bounds_included(length: int, accepted: bool) -> None:
    password = ("äbcdefghij" * 20)[:length]
    if accepted:
        assert len(check_password(password)) == length
    else:
        with pytest.raises(WeakPassword):
            check_password(password)


@pytest.mark.parametrize("password", ["password1234", "PassWord1234", "Password1234"])
def test_a_leaked_password_is_refused_in_any_case_and_width(password: str) -> None:
    with pytest.raises(WeakPassword, match="most common"):
        check_password(password)


def test_a_repeated_pattern_is_refused() -> None:
    with pytest.raises(WeakPassword, match="5 different"):
        check_password("abcdabcdabcdabcd")


def test_the_owners_name_may_not_be_in_it() -> None:
    with pytest.raises(WeakPassword, match="owner"):
        check_password("my-Marianne-password", email="marianne@example.com")
    assert check_password("my-Marianne-password", email="jan@example.com") == "my-Marianne-password"


def test_two_spellings_of_one_character_are_one_password() -> None:
    assert normalise_password("pa\u0308ssword-sentence") == normalise_password("p\u00e4ssword-sentence")


def test_the_refusal_never_quotes_the_password() -> None:
    with pytest.raises(WeakPassword) as refused:
        check_password("sesame-open")
    assert "sesame" not in refused.value.detail
