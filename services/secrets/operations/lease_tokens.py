"""Tokens that leases are made under."""

from __future__ import annotations

from collections.abc import Callable

from services.secrets import published
from services.secrets.domain import leases as rules
from services.secrets.domain.limits import ensure_token_allowed
from services.secrets.models import LeaseToken
from services.secrets.operations import endings
from services.secrets.ports import Ports
from services.secrets.repository import leases, tokens
from shared.infra.db.django import check_version
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_token(name: str, parent_id: str | None) -> LeaseToken:
    """A new token, at the top or below another.

    Raises NotFound for the parent, TokenRevoked, LeaseTokenLimitReached.
    """
    if parent_id is not None:
        usable(parent_id)
    ensure_token_allowed(tokens.count())
    token = tokens.add(LeaseToken(id=new_id("ltk"), tenant_id=current_tenant(), name=name, parent_id=parent_id))
    published.lease_token_created(token)
    return token


def revoke_token(ports: Ports, token_id: str, expected_version: EntityTags | None) -> LeaseToken:
    """Revoke a token with all tokens below it, and every lease made under any of them. May be repeated.

    Nothing is given out under them from now on; what the leases stood for goes from Vault in the next sweep. Raises
    NotFound, VersionConflict.
    """
    tokens.revoke_alone()
    token = tokens.get(token_id, lock=True)
    check_version(token, expected_version)
    _revoke(ports, lambda: rules.with_descendants(tokens.parents(), token_id))
    token.refresh_from_db()
    return token


def revoke_all(ports: Ports) -> None:
    """Revoke every token and lease of the tenant."""
    tokens.revoke_alone()
    _revoke(ports, lambda: set(tokens.parents()))


def forget_all(ports: Ports) -> None:
    """Remove all tokens of a tenant that is gone, and their leases with what they stood for; all were revoked before.

    Raises SecretsUnavailable.
    """
    for lease in leases.uncleared():
        endings.sweep(ports, lease)
    tokens.delete_all()


def usable(token_id: str) -> LeaseToken:
    """A token that isn't revoked, held so that it isn't while something is made under it.

    Raises NotFound or TokenRevoked.
    """
    token = tokens.get(token_id, lock=True)
    if token.revoked_at is not None:
        raise rules.TokenRevoked("the token was revoked")
    return token


def _revoke(ports: Ports, reached: Callable[[], set[str]]) -> None:
    """Revoke tokens and the leases under them.

    `reached` tells which, and is asked again after they were locked, until there are no more: below one that wasn't
    locked yet another may have been made meanwhile. Who makes one holds the token above it.
    """
    now = ports.clock.now()
    token_ids: set[str] = set()
    locked: list[LeaseToken] = []
    while new := reached() - token_ids:
        locked += tokens.lock(new)
        token_ids |= new
    for token in locked:
        if token.revoked_at is None:
            token.revoked_at = now
            tokens.save(token)
            published.lease_token_revoked(token)
    for lease in leases.live_under(token_ids):
        endings.mark_revoked(ports, lease)
