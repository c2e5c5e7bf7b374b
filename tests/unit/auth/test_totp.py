"""One-time codes against the vectors of RFC 6238 appendix B, and their single use."""

from datetime import UTC, datetime, timedelta

import pytest

from services.auth.domain.totp import InvalidCode, code_for, encode_secret, provisioning_uri, step_at, verify

SECRET = b"12345678901234567890"
VECTORS = [
    (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
    (2000000000, "69279037"), (20000000000, "65353130"),
]  # fmt: skip
NOW = datetime.fromtimestamp(1_700_000_010, UTC)


@pytest.mark.parametrize(("seconds", "expected"), VECTORS)
def test_codes_are_those_of_the_rfc(seconds: int, expected: str) -> None:
    assert code_for(SECRET, step_at(datetime.fromtimestamp(seconds, UTC)), digits=8) == expected


def test_a_code_keeps_its_leading_zeros() -> None:
    assert code_for(SECRET, 1111111109 // 30) == "081804"


def test_the_present_code_is_accepted_and_its_step_returned() -> None:
    assert verify(SECRET, code_for(SECRET, step_at(NOW)), NOW, last_step=None) == step_at(NOW)


def test_one_step_of_drift_is_accepted_and_two_are_not() -> None:
    present = step_at(NOW)
    for step in (present - 1, present + 1):
        assert verify(SECRET, code_for(SECRET, step), NOW, last_step=None) == step
    for step in (present - 2, present + 2):
        with pytest.raises(InvalidCode):
            verify(SECRET, code_for(SECRET, step), NOW, last_step=None)


def test_a_code_is_accepted_once() -> None:
    code = code_for(SECRET, step_at(NOW))
    spent = verify(SECRET, code, NOW, last_step=None)
    with pytest.raises(InvalidCode):
        verify(SECRET, code, NOW + timedelta(seconds=1), last_step=spent)


def test_a_clock_that_is_set_back_keeps_nobody_out_for_as_long_as_it_was_ahead() -> None:
    present, ahead = step_at(NOW), step_at(NOW + timedelta(days=3))
    assert verify(SECRET, code_for(SECRET, present), NOW, last_step=ahead) == present


def test_a_clock_that_is_a_little_behind_takes_no_code_twice() -> None:
    present = step_at(NOW)
    with pytest.raises(InvalidCode):
        verify(SECRET, code_for(SECRET, present + 1), NOW, last_step=present + 3)


def test_an_older_code_is_refused_after_a_newer_one() -> None:
    present = step_at(NOW)
    with pytest.raises(InvalidCode):
        verify(SECRET, code_for(SECRET, present - 1), NOW, last_step=present)
    assert verify(SECRET, code_for(SECRET, present + 1), NOW, last_step=present) == present + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "٠٨١٨٠٤"])
def test_what_is_not_a_code_is_refused(code: str) -> None:
    with pytest.raises(InvalidCode):
        verify(SECRET, code, NOW, last_step=None)


def test_the_provisioning_uri_is_what_authenticators_read() -> None:
    assert encode_secret(SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert provisioning_uri(SECRET, "ann@example.com") == (
        "otpauth://totp/OmniCloud%3Aann%40example.com"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=OmniCloud&digits=6&period=30"
    )
