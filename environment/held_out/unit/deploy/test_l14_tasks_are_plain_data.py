"""What lies in the queue is JSON, whichever task it is: the workers take nothing else."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from kombu import Connection

from services.deploy.ports.tasks import APPLY_TASK, QUEUE, SERIALIZER, STEP_TASK, TaskQueue, make_celery
from services.deploy.settings import Settings
from services.deploy.tables import Apply, ApplyStep

APPLY = SimpleNamespace(id="a-1", tenant_id="t-1", actor="user:1", correlation_id="c-1", traceparent="00-1")
COMMON = {"tenant_id": "t-1", "actor": "user:1", "correlation_id": "c-1", "traceparent": "00-1"}


def sent(task: str) -> Any:
    """The message that a worker would get."""
    celery = make_celery(Settings())
    celery.conf.update(broker_url="memory://", broker_transport="memory", broker_transport_options={})
    queue = TaskQueue(celery)
    apply = cast(Apply, APPLY)
    if task == APPLY_TASK:
        queue.send(apply)
    else:
        queue.send_step(apply, cast(ApplyStep, SimpleNamespace(id="s-1")))
    with Connection("memory://") as connection:
        simple = connection.SimpleQueue(QUEUE, serializer=SERIALIZER)
        message = simple.get(block=False)
        message.ack()
        simple.close()
    return message


@pytest.mark.parametrize(("task", "subject"), [(APPLY_TASK, {"apply_id": "a-1"}), (STEP_TASK, {"step_id": "s-1"})])
def test_a_task_is_sent_as_json(task: str, subject: dict[str, str]) -> None:
    message = sent(task)
    assert (message.content_type, message.headers["task"]) == ("application/json", task)
    body = message.body if isinstance(message.body, str) else message.body.decode()
    assert json.loads(body)[1] == {**COMMON, **subject}


def test_both_ends_speak_json() -> None:
    assert SERIALIZER == "json"
    assert make_celery(Settings()).conf.task_serializer == "json"
