"""The yardstick and the load that it is measured with."""

from __future__ import annotations

import os
import time

import pytest

from environment.bench.http_load import Sent, UnexpectedAnswer, load
from environment.bench.requests import RequestCost, RequestCosts, bare_server, cpu_seconds

HEADERS = [("Accept", "application/json")]


def test_a_bare_end_point_answers_over_as_many_connections_as_there_are_makers() -> None:
    with bare_server() as (url, pid):
        before = cpu_seconds(pid)
        always = Sent.of(url, "GET", "/items", HEADERS)
        done = load(url, [lambda: always] * 8, 0.3)
        assert done.requests >= 8
        assert done.seconds >= 0.3
        assert done.rate == done.requests / done.seconds
        assert cpu_seconds(pid) >= before
        assert pid != os.getpid()


def test_another_answer_than_the_one_that_is_measured_is_told() -> None:
    with bare_server() as (url, _):
        wrong = Sent.of(url, "POST", "/items", HEADERS, b"{}")
        with pytest.raises(UnexpectedAnswer, match="405 instead of 200"):
            load(url, [lambda: wrong], 0.1)


def test_the_processor_time_of_a_process_grows_with_its_work() -> None:
    before = cpu_seconds(os.getpid())
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert 0.05 <= cpu_seconds(os.getpid()) - before <= 1.0


def test_costs_add_up_and_compare() -> None:
    kind = RequestCost("GET", "monitor", rate=300.0, gateway_ms=1.25, service_ms=1.5)
    assert kind.total_ms == 2.75
    assert RequestCosts(1000.0, 0.5, (kind,)).share(kind) == 0.3
