"""What the services need of an open Vault: engines, a policy, and the AppRole of the secrets service."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import unquote, urlsplit

from hvac.exceptions import VaultError

from shared.infra.secrets import KEPT_VERSIONS, KV_MOUNT

log = logging.getLogger(__name__)

ROLE = "omnicloud-secrets"
POLICY = """\
path "secret/*" { capabilities = ["create", "read", "update", "patch", "delete", "list"] }
path "transit/*" { capabilities = ["create", "read", "update", "delete", "list"] }
path "database/creds/*" { capabilities = ["read"] }
path "sys/leases/renew" { capabilities = ["update"] }
path "sys/leases/revoke" { capabilities = ["update"] }
path "sys/leases/lookup" { capabilities = ["update"] }
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
"""
TOKEN_PERIOD = "1h"
"""A periodic token can be renewed without end; the leases it holds would die with any other at its maximum TTL."""

DATABASE = "infra"
DATABASE_ROLE = "readonly"
DATABASE_LEASE = "1h"
DATABASE_MAX_LEASE = "24h"
CREATE_LOGIN = (
    "CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}' IN ROLE pg_read_all_data;"
)
DROP_LOGIN = 'DROP ROLE IF EXISTS "{{name}}";'


class ConfigurationFailed(Exception):
    """Vault is configured in a way the platform can't work with; the text says how."""


class VaultConfiguration:
    """The steps, each of which can be taken again. They raise the client's errors."""

    def __init__(self, client: Any, role_id: str, secret_id: str, database_url: str = "") -> None:
        self._client = client
        self._role_id = role_id
        self._secret_id = secret_id
        self._database_url = database_url

    def run(self) -> None:
        """All steps, and a login at the end as proof."""
        self.ensure_engines()
        self.ensure_role()
        if self._database_url:
            self.ensure_database(self._database_url)
        self.verify()

    def ensure_engines(self) -> None:
        """KV version 2 at `secret/` with as many versions as are promised, transit, and database when it is used.

        Raises ConfigurationFailed.
        """
        mounted = self._client.sys.list_mounted_secrets_engines()["data"]
        if "secret/" not in mounted:
            self._client.sys.enable_secrets_engine("kv", path="secret", options={"version": "2"})
        elif (mounted["secret/"].get("options") or {}).get("version") != "2":
            raise ConfigurationFailed("the engine at secret/ is not KV version 2: move it away")
        self._client.secrets.kv.v2.configure(max_versions=KEPT_VERSIONS, mount_point=KV_MOUNT)
        wanted = ["transit", *(["database"] if self._database_url else [])]
        for engine in wanted:
            if f"{engine}/" not in mounted:
                self._client.sys.enable_secrets_engine(engine, path=engine)

    def ensure_role(self) -> None:
        """The AppRole with its fixed role id and secret id, and its policy."""
        self._client.sys.create_or_update_policy(ROLE, POLICY)
        if "approle/" not in self._client.sys.list_auth_methods()["data"]:
            self._client.sys.enable_auth_method("approle")
        approle = self._client.auth.approle
        approle.create_or_update_approle(ROLE, token_policies=[ROLE], token_period=TOKEN_PERIOD, bind_secret_id=True)
        approle.update_role_id(ROLE, self._role_id)
        if not self._knows_secret_id():
            approle.create_custom_secret_id(ROLE, self._secret_id)
            log.info("secret id of role %s registered", ROLE)

    def ensure_database(self, url: str) -> None:
        """Dynamic logins of the infrastructure database. Raises ConfigurationFailed for an unusable URL."""
        parts = urlsplit(url)
        if not parts.hostname or not parts.username or parts.password is None:
            raise ConfigurationFailed("VAULT_DATABASE_URL must be postgresql://user:password@host:port/database")
        self._client.secrets.database.configure(
            DATABASE,
            "postgresql-database-plugin",
            allowed_roles=[DATABASE_ROLE],
            connection_url=f"postgresql://{{{{username}}}}:{{{{password}}}}@{parts.hostname}:{parts.port or 5432}"
            f"{parts.path}?sslmode=disable",
            username=unquote(parts.username),
            password=unquote(parts.password),
        )
        self._client.secrets.database.create_role(
            DATABASE_ROLE,
            DATABASE,
            creation_statements=[CREATE_LOGIN],
            revocation_statements=[DROP_LOGIN],
            default_ttl=DATABASE_LEASE,
            max_ttl=DATABASE_MAX_LEASE,
        )

    def verify(self) -> None:
        """Log in as the secrets service. Raises ConfigurationFailed."""
        try:
            self._client.auth.approle.login(self._role_id, self._secret_id, use_token=False)
        except VaultError as error:
            raise ConfigurationFailed(f"role {ROLE} can't log in ({type(error).__name__})") from None

    def _knows_secret_id(self) -> bool:
        """Vault answers 200 with the properties of a secret id, 204 or 404 for one that it doesn't know."""
        answer = self._client.adapter.request(
            "post",
            f"/v1/auth/approle/role/{ROLE}/secret-id/lookup",
            json={"secret_id": self._secret_id},
            raise_exception=False,
        )
        return isinstance(answer, dict) and bool(answer.get("data"))
