"""Settings of the deploy service, its worker and its controllers."""

from __future__ import annotations

from pydantic import Field

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """How long locks and leases last, and how often the controller looks."""

    service_name: str = "deploy"
    listen_address: str = "0.0.0.0:8010"
    advertise_address: str = "deploy:8010"
    quota_sweep_interval_seconds: float = Field(default=600.0, gt=0)
    """How often reservations of quota are compared with the deployments under way."""
    controller_name: str = ""
    """This process's name in the controller's election; its address, which no other process has, when it isn't set."""
    controller_lease_seconds: int = Field(default=2, ge=2)
    """How long a dead leader blocks the next one; etcd grants no shorter lease than two seconds."""
    controller_tick_seconds: float = Field(default=0.2, gt=0)
    """How often the leader moves rollouts on, while there are any."""
    controller_idle_seconds: float = Field(default=2.0, gt=0)
    """How often a candidate tells what it believes, and looks, without having been told that something changed."""
    execution_lock_seconds: int = Field(default=5, ge=2)
    """How long a dead worker's lock keeps its step from the worker that takes it up."""
    task_visibility_timeout_seconds: int = Field(default=5, ge=1)
    """After this long without an acknowledgement the broker gives a task to another worker: its worker is dead, or
    the task is long, and then the other one finds the step locked and waits."""
    dispatch_interval_seconds: float = Field(default=1.0, gt=0)
    """How often applies that could not be handed to the broker are tried again."""
    left_alone_seconds: float = Field(default=20.0, gt=0)
    """An apply that nobody has moved for so long is handed over again: the broker has lost its task. Longer than the
    visibility time-out, within which the broker itself gives what a dead worker had."""

    @property
    def candidate(self) -> str:
        """The name to stand for election under."""
        return self.controller_name or self.advertise_address
