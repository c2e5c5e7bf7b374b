"""Tokens over the days of a log-in, by the fleet's clock."""

import jwt

from tests.support.fleet import FleetControl
from tests.support.identities import Tenant
from tests.support.people import new_person

DAY = 24 * 3600
LEFT = 300
"""Seconds that a log-in has left when the clock is right again."""


def test_no_token_outlives_the_thirty_days_of_its_log_in(fleet: FleetControl, tenant: Tenant) -> None:
    # Given a log-in of almost thirty days ago, which was refreshed every six days
    person = new_person(tenant, "member")
    fleet.step_clock(LEFT - 30 * DAY)
    tokens = person.log_in()
    began = jwt.decode(tokens["access_token"], options={"verify_signature": False})["iat"]
    for days in (24, 18, 12, 6):
        fleet.step_clock(LEFT - days * DAY)
        answer = person.refresh(tokens["refresh_token"])
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        assert tokens["expires_in"] == 900
    # When it is refreshed once more, then the token ends with it
    fleet.step_clock(0)
    tokens = person.refresh(tokens["refresh_token"]).json()
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert tokens["expires_in"] == claims["exp"] - claims["iat"] <= LEFT
    assert began + 30 * DAY <= claims["exp"] <= began + 30 * DAY + 1
