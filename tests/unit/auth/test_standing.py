"""Who may enter a tenant, by its state; and e-mail addresses as account names."""

import pytest

from services.auth.domain.emails import InvalidEmail, normalise_email
from services.auth.domain.standing import TenantClosed, TenantSuspended, check_may_enter


def test_an_active_tenant_lets_its_people_in():
    check_may_enter("active")


@pytest.mark.parametrize(
    ("status", "refusal"), [("suspended", TenantSuspended), ("closed", TenantClosed), ("unheard-of", TenantClosed)]
)
def test_every_other_state_keeps_them_out(status, refusal):
    with pytest.raises(refusal):
        check_may_enter(status)


@pytest.mark.parametrize("text", ["Ann@Example.COM", "  ann@example.com ", "ａｎｎ@example.com"])
def test_one_account_however_the_address_is_typed(text):
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
def test_what_is_not_an_address_is_refused(text):
    with pytest.raises(InvalidEmail):
        normalise_email(text)
