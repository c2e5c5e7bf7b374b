"""A broker that takes no tasks is known to be away in less time than the rows of what is sent may be held."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from kombu.exceptions import OperationalError

from services.deploy.ports.tasks import TaskQueue, make_celery
from services.deploy.settings import Settings

APPLY: Any = SimpleNamespace(id="apply-1", tenant_id="t-1", actor="ana", correlation_id="c-1", traceparent="00-1-2-01")
STEP: Any = SimpleNamespace(id="step-1")


def queue(port: int) -> TaskQueue:
    return TaskQueue(make_celery(Settings(celery_broker_url=f"redis://127.0.0.1:{port}/1")))


def send_apply(tasks: TaskQueue) -> None:
    tasks.send(APPLY)


def send_step(tasks: TaskQueue) -> None:
    tasks.send_step(APPLY, STEP)


@pytest.mark.parametrize("send", [send_apply, send_step])
@pytest.mark.parametrize("hangs", [True, False], ids=["hangs", "refuses"])
def test_a_task_that_the_broker_does_not_take_is_refused_while_its_rows_may_still_be_held(
    send: Callable[[TaskQueue], None], hangs: bool
) -> None:
    # Given a broker that takes connections and says nothing, or one that isn't there
    with socket.create_server(("127.0.0.1", 0)) as broker:
        tasks = queue(broker.getsockname()[1])
        if not hangs:
            broker.close()
        # When something is sent, for the first time and again
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(OperationalError):
                send(tasks)
            # Then whoever sends can note it before the database ends the transaction, which says nothing meanwhile
            assert time.monotonic() - began < Settings().execution_lock_seconds
