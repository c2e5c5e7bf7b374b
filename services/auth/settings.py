"""Settings of the auth service."""

from __future__ import annotations

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Password hashing, sealing at rest, and the first operator."""

    service_name: str = "auth"
    listen_address: str = "0.0.0.0:8001"
    advertise_address: str = "auth:8001"

    argon2_time_cost: int = Field(default=3, ge=1)
    argon2_memory_kib: int = Field(default=65_536, ge=8)
    argon2_parallelism: int = Field(default=4, ge=1)
    """Argon2id's cost: RFC 9106 §4, second recommended option. Lower it only where nothing real is protected (tests);
    after a change, stored hashes are renewed at the next log-in."""

    sealing_key: SecretStr = SecretStr("")
    """Secret from which the key is derived that seals private keys and one-time-code secrets in the database;
    `identity_signing_key` where it is empty. Changing it makes what was sealed before unreadable."""

    bootstrap_operator_email: str = ""
    bootstrap_operator_password: SecretStr = SecretStr("")
    """The first operator of the platform, made at start unless it is there; an existing one is left as it is."""

    def sealing_secret(self) -> bytes:
        """The secret that the sealing key is derived from."""
        return (self.sealing_key.get_secret_value() or self.identity_signing_key).encode()
