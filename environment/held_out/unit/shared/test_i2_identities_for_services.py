"""A forwarded identity is signed in one way, by one issuer and for the platform's services."""

from __future__ import annotations

import jwt
import pytest

from shared.errors import Unauthenticated
from shared.kernel.identity import Grant, Identity, sign_identity, verify_identity
from tests.unit.clocks import NOW

KEY = "a key that is long enough for every one of the algorithms that there are: sixty-four bytes"
OPERATOR = Identity("user:9", "platform", "operator", (Grant("operator", "tenant"),))
CLAIMS = jwt.decode(sign_identity(OPERATOR, KEY, NOW), options={"verify_signature": False})


@pytest.mark.parametrize(
    "audience", ["omnicloud", "omnicloud-services ", "OMNICLOUD-SERVICES", "", [], ["a", "b"], "omnicloud-gateway"]
)
def test_what_was_issued_for_others_is_nobody(audience: object) -> None:
    with pytest.raises(Unauthenticated):
        verify_identity(jwt.encode({**CLAIMS, "aud": audience}, KEY, algorithm="HS256"), KEY, NOW)


def test_an_audience_among_others_is_still_the_audience() -> None:
    shared = jwt.encode({**CLAIMS, "aud": ["others", "omnicloud-services"]}, KEY, algorithm="HS256")
    assert verify_identity(shared, KEY, NOW) == OPERATOR


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
def test_another_algorithm_is_nobody_even_under_the_right_key(algorithm: str) -> None:
    forged = jwt.encode(CLAIMS, "" if algorithm == "none" else KEY, algorithm=algorithm)
    with pytest.raises(Unauthenticated):
        verify_identity(forged, KEY, NOW)


def test_an_algorithm_that_nobody_knows_is_nobody() -> None:
    _, body, signature = jwt.encode(CLAIMS, KEY, algorithm="HS256", headers={"kid": "x"}).split(".")
    unknown = jwt.utils.base64url_encode(b'{"alg":"HS257","typ":"JWT"}').decode()
    for first in (unknown, jwt.utils.base64url_encode(b'{"typ":"JWT"}').decode()):
        with pytest.raises(Unauthenticated):
            verify_identity(f"{first}.{body}.{signature}", KEY, NOW)
