"""Statements needed, not seconds."""

from tests.support.api import queries_of
from tests.support.identities import Tenant
from tests.support.monitoring import ALERTS, MONITOR, at, evaluate, make_rule, sample, send


def test_an_evaluation_takes_as_many_queries_however_many_rules_and_series_there_are(tenant: Tenant) -> None:
    def queries() -> int:
        # The evaluation in the background looks at the present, finds no data there and notes it in the rules; what
        # it noted is noted anew here, in one more statement. It comes every few seconds, not three times in a row.
        return min(queries_of(tenant.api.post(f"{MONITOR}/evaluate", json={"at": at(0)})) for _ in range(3))

    make_rule(tenant.api)
    send(tenant.api, sample(0, 1))
    evaluate(tenant.api, 0)
    with_one = queries()
    for number in range(4):
        make_rule(tenant.api, f"rule {number}")
    send(tenant.api, *(sample(0, 1, host=str(number)) for number in range(20)))
    evaluate(tenant.api, 0)
    assert queries() == with_one


def test_a_list_of_alerts_takes_as_many_queries_however_many_rules_they_are_of(tenant: Tenant) -> None:
    make_rule(tenant.api)
    send(tenant.api, sample(0, 9))
    evaluate(tenant.api, 0)
    short = tenant.api.get(ALERTS)
    for number in range(4):
        make_rule(tenant.api, f"rule {number}")
    evaluate(tenant.api, 0)
    long = tenant.api.get(ALERTS)
    assert (len(short.json()["items"]), len(long.json()["items"])) == (1, 5)
    assert queries_of(short) == queries_of(long)


def test_samples_are_kept_in_as_many_queries_however_many_come_at_once(tenant: Tenant) -> None:
    def queries(name: str, count: int) -> int:
        samples = [sample(0, 1, name=name, host=str(number)) for number in range(count)]
        return queries_of(tenant.api.post(f"{MONITOR}/samples", json={"samples": samples}))

    assert queries("few", 1) == queries("many", 50)
