"""`python -m shared.jobs.consul_bootstrap` completes Consul's ACL bootstrap.

Consul denies everything by default. The job makes the management token (once in the life of a cluster), the policy of
the services and the token they share, and then proves with that token that registration works. Run again, it changes
nothing. Environment: CONSUL_HTTP_ADDR, CONSUL_TLS, CONSUL_BOOTSTRAP_TOKEN (management), CONSUL_HTTP_TOKEN (services).
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import httpx

from shared.settings import ServiceSettings
from shared.utils.deadline import Deadline
from shared.utils.retry import call_with_retry

log = logging.getLogger(__name__)

POLICY = "omnicloud-services"
RULES = """\
service_prefix "" { policy = "write" }
node_prefix "" { policy = "read" }
agent_prefix "" { policy = "read" }
key_prefix "" { policy = "write" }
session_prefix "" { policy = "write" }
"""
"""Services register and find each other, and keep configuration; they don't touch nodes, agents or ACLs."""

MANAGEMENT_POLICY = "global-management"
"""Consul's own policy of whoever may do everything."""

PROBE = "omnicloud-bootstrap-probe"
PATIENCE_SECONDS = 30.0
CALL_TIMEOUT_SECONDS = 5.0


class BootstrapFailed(Exception):
    """The bootstrap can't be completed; the text says why and what to do."""


class NotReady(Exception):
    """Consul has no leader yet, or doesn't answer yet."""


class AclBootstrap:
    """The steps, each of which leaves what is right alone."""

    def __init__(self, client: httpx.Client, management_token: str, service_token: str) -> None:
        self._client = client
        self._management = management_token
        self._service = service_token

    def run(self) -> None:
        """All steps in order. Raises BootstrapFailed and NotReady."""
        self.bootstrap()
        self.ensure_policy()
        self.ensure_token()
        self.verify()

    def bootstrap(self) -> None:
        """Make the management token, or find that it is the one that was made before."""
        answer = self._send("PUT", "/v1/acl/bootstrap", json={"BootstrapSecret": self._management})
        if answer.status_code == httpx.codes.OK:
            self._take_over(answer.json()["SecretID"])
            log.info("ACL system bootstrapped")
            return
        if answer.status_code != httpx.codes.FORBIDDEN:
            raise BootstrapFailed(f"Consul refuses the bootstrap: {answer.status_code} {answer.text.strip()}")
        if self._token_of(self._management) is None:
            raise BootstrapFailed(
                "Consul was bootstrapped with another management token: set CONSUL_BOOTSTRAP_TOKEN to that one"
            )
        log.info("ACL system was bootstrapped before")

    def _take_over(self, given: str) -> None:
        """Before version 1.11 Consul hands out a secret of its own: a token with ours takes its place."""
        if given == self._management:
            return
        wanted = {"SecretID": self._management, "Policies": [{"Name": MANAGEMENT_POLICY}]}
        self._expect("PUT", "/v1/acl/token", given, json={"Description": "Management", **wanted})
        handed_out = self._expect("GET", "/v1/acl/token/self", given)
        self._expect("DELETE", f"/v1/acl/token/{handed_out['AccessorID']}", self._management)

    def ensure_policy(self) -> None:
        """Make the services' policy, or bring its rules up to date."""
        body = {"Name": POLICY, "Description": "What every service may do", "Rules": RULES}
        policies = self._expect("GET", "/v1/acl/policies", self._management)
        present = next((policy["ID"] for policy in policies if policy["Name"] == POLICY), None)
        path = "/v1/acl/policy" if present is None else f"/v1/acl/policy/{present}"
        self._expect("PUT", path, self._management, json=body if present is None else {"ID": present, **body})
        log.info("policy %s %s", POLICY, "created" if present is None else "up to date")

    def ensure_token(self) -> None:
        """Make the services' token with the secret they have been given, or give the present one its policy."""
        body: dict[str, Any] = {"Description": "Shared by the services", "Policies": [{"Name": POLICY}]}
        present = self._token_of(self._service)
        if present is None:
            self._expect("PUT", "/v1/acl/token", self._management, json={"SecretID": self._service, **body})
            log.info("services' token created")
        elif POLICY not in [policy["Name"] for policy in present.get("Policies") or ()]:
            self._expect("PUT", f"/v1/acl/token/{present['AccessorID']}", self._management, json=body)
            log.info("services' token given its policy")

    def verify(self) -> None:
        """Register and deregister an instance with the services' token."""
        self._expect("PUT", "/v1/agent/service/register", self._service, json={"ID": PROBE, "Name": PROBE})
        self._expect("PUT", f"/v1/agent/service/deregister/{PROBE}", self._service)
        log.info("the services' token may register")

    def _token_of(self, secret: str) -> dict[str, Any] | None:
        answer = self._send("GET", "/v1/acl/token/self", secret)
        return answer.json() if answer.status_code == httpx.codes.OK else None

    def _expect(self, method: str, path: str, token: str, json: dict[str, Any] | None = None) -> Any:
        answer = self._send(method, path, token, json)
        if answer.status_code != httpx.codes.OK:
            raise BootstrapFailed(f"{method} {path}: {answer.status_code} {answer.text.strip()}")
        return answer.json() if answer.content.strip() else None

    def _send(self, method: str, path: str, token: str = "", json: dict[str, Any] | None = None) -> httpx.Response:
        headers = {"X-Consul-Token": token} if token else {}
        try:
            answer = self._client.request(method, path, headers=headers, json=json)
        except httpx.TransportError as error:
            raise NotReady(f"Consul doesn't answer: {error}") from error
        if answer.is_server_error:
            raise NotReady(f"Consul isn't ready: {answer.status_code} {answer.text.strip()}")
        return answer


def main() -> int:
    """Complete the bootstrap; the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = ServiceSettings(service_name="consul-bootstrap")
    management = os.environ.get("CONSUL_BOOTSTRAP_TOKEN", "")
    if not management or not settings.consul_http_token:
        log.error("set CONSUL_BOOTSTRAP_TOKEN (management) and CONSUL_HTTP_TOKEN (services), both UUIDs")
        return 2
    scheme = "https" if settings.consul_tls else "http"
    url = f"{scheme}://{settings.consul_http_addr}"
    with httpx.Client(base_url=url, timeout=CALL_TIMEOUT_SECONDS, trust_env=False) as client:
        try:
            call_with_retry(
                AclBootstrap(client, management, settings.consul_http_token).run,
                retry_on=lambda error: isinstance(error, NotReady),
                attempts=1000,
                deadline=Deadline.after(PATIENCE_SECONDS),
            )
        except (BootstrapFailed, NotReady) as error:
            log.error("Consul's ACL bootstrap is not complete: %s", error)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
