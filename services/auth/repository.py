"""Every query of the auth service. What happens before anybody is known names its tenant; the rest is scoped to it.

Row locks, always in this order: the attempts of a name, an account, a session, its refresh token.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet

from services.auth.domain.grants import TENANT_ADMIN, RoleGrant, Scope
from services.auth.domain.lockout import Attempts
from services.auth.models import (
    Account,
    ApiKey,
    Grant,
    GrantScope,
    LoginAttempts,
    RefreshToken,
    Session,
    SigningKey,
    TenantStanding,
)
from shared.errors import Conflict, NotFound
from shared.infra.db.django import TenantRepository
from shared.utils.pagination import Page, PageRequest


class AccountExists(Conflict):
    """The tenant has an account with this e-mail address or name."""

    code = "account_exists"


class AccountRows(TenantRepository[Account]):
    """Users, operators and service accounts."""

    model = Account

    def add(self, row: Account) -> Account:
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as error:
            raise AccountExists(f"there is an account {row.email or row.name} already") from error
        return row

    def by_email(self, tenant_id: str, email: str) -> Account | None:
        """The account that logs in under an address."""
        row: Account | None = Account.objects.select_for_update().filter(tenant_id=tenant_id, email=email).first()
        return row

    def anywhere(self, account_id: str) -> Account | None:
        """An account of any tenant; for tokens that name it."""
        row: Account | None = Account.objects.filter(id=account_id).first()
        return row

    def of_kinds(self, kinds: Iterable[str], id: str, *, lock: bool = False) -> Account:
        """One account of the tenant, if it is of one of the kinds. Raises NotFound."""
        query = self.scoped().select_for_update() if lock else self.scoped()
        row: Account | None = query.filter(id=id, kind__in=kinds).first()
        if row is None:
            raise NotFound(f"there is no account {id}")
        return row


class ApiKeyRows(TenantRepository[ApiKey]):
    """Keys of service accounts."""

    model = ApiKey

    def anywhere(self, key_id: str) -> ApiKey | None:
        """A key of any tenant with its account; for whoever shows it."""
        row: ApiKey | None = ApiKey.objects.select_related("account").filter(id=key_id).first()
        return row

    def is_revoked(self, key_id: str) -> bool:
        """Whether a key of any tenant is over."""
        return bool(ApiKey.objects.filter(id=key_id, revoked_at__isnull=False).exists())

    def in_force(self, account_id: str) -> list[ApiKey]:
        """The keys of an account that aren't revoked, held until the transaction ends."""
        rows = self.scoped().select_for_update().filter(account_id=account_id, revoked_at=None)
        return list(rows.order_by("id"))


class SessionRows:
    """Log-ins and their refresh tokens."""

    def add(self, row: Session) -> Session:
        """Begin a log-in."""
        row.save(force_insert=True)
        return row

    def add_token(self, row: RefreshToken) -> None:
        """Note a refresh token that is given out."""
        row.save(force_insert=True)

    def hold_token(self, digest: str) -> RefreshToken | None:
        """The token with that digest; its session's row and its own are held until the transaction ends."""
        session_id = RefreshToken.objects.filter(digest=digest).values_list("session_id", flat=True).first()
        if session_id is None:
            return None
        Session.objects.select_for_update().get(id=session_id)
        rows = RefreshToken.objects.select_for_update(of=("self",)).select_related("session__account")
        token: RefreshToken = rows.get(digest=digest)
        return token

    def mark_used(self, token: RefreshToken, now: datetime) -> None:
        """A token works once."""
        token.used_at = now
        token.save(update_fields=["used_at"])

    def revoke(self, session: Session, now: datetime) -> None:
        """End a log-in; its tokens are worthless from now on."""
        session.revoked_at = now
        session.version += 1
        session.updated_at = now
        session.save(update_fields=["revoked_at", "version", "updated_at"])

    def is_over(self, session_id: str) -> bool:
        """Whether a log-in of any tenant has ended."""
        return bool(Session.objects.filter(id=session_id, revoked_at__isnull=False).exists())

    def hold_open(self, **of: str) -> list[Session]:
        """The log-ins in force of an account (`account_id=`) or a tenant (`tenant_id=`), held."""
        return list(Session.objects.select_for_update().filter(revoked_at=None, **of).order_by("id"))


class AttemptRows:
    """Failed log-ins by name."""

    def hold(self, key: str) -> Attempts:
        """The count for a name; others who try the same name wait until this transaction ends."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"login:{key}",))
        row = LoginAttempts.objects.filter(key=key).first()
        return Attempts(row.failures, row.window_started_at, row.locked_until) if row else Attempts()

    def keep(self, key: str, attempts: Attempts) -> None:
        """Store the count."""
        LoginAttempts.objects.update_or_create(
            key=key,
            defaults={
                "failures": attempts.failures,
                "window_started_at": attempts.window_started_at,
                "locked_until": attempts.locked_until,
            },
        )

    def forget(self, key: str) -> None:
        """A successful log-in clears the count."""
        LoginAttempts.objects.filter(key=key).delete()


class SigningKeyRows:
    """Keys that tokens are signed with."""

    def in_use(self) -> SigningKey | None:
        """The one that signs now."""
        row: SigningKey | None = SigningKey.objects.filter(retired_at=None).first()
        return row

    def published(self, retired_after: datetime) -> QuerySet[SigningKey]:
        """The one in use and those retired after a time, oldest first."""
        return SigningKey.objects.filter(Q(retired_at=None) | Q(retired_at__gt=retired_after)).order_by("kid")

    def add_unless_in_use(self, row: SigningKey) -> None:
        """Insert a key, unless another one is in use by now."""
        SigningKey.objects.bulk_create([row], ignore_conflicts=True)

    def retire_in_use(self, now: datetime) -> None:
        """The key in use signs no more."""
        SigningKey.objects.filter(retired_at=None).update(retired_at=now)


class GrantRows(TenantRepository[Grant]):
    """Roles of accounts, and what they are narrowed to."""

    model = Grant

    def scoped(self) -> Any:
        return super().scoped().select_related("narrowing")

    def page(self, request: PageRequest, **filters: Any) -> Page[Grant]:
        """One page; `account_id=` narrows it to one subject."""
        return super().page(request, **filters)

    def narrow(self, grant: Grant, project_id: str) -> None:
        """Limit a grant to one project."""
        GrantScope.objects.create(grant=grant, project_id=project_id)

    def granted_to(self, account_id: str) -> dict[str, RoleGrant]:
        """All roles of an account, each in its scope, by the grants' ids."""
        rows = Grant.objects.filter(account_id=account_id).order_by("id")
        held = rows.values_list("id", "role", "narrowing__project_id")
        return {id: RoleGrant(role, Scope(project_id)) for id, role, project_id in held}

    def hold_administrators(self, tenant_id: str) -> set[str]:
        """The accounts in force that administer the whole tenant. Others who ask so wait until this transaction ends:
        of two administrators who remove each other at once, one stays."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"administrators:{tenant_id}",))
        rows = Grant.objects.filter(tenant_id=tenant_id, role=TENANT_ADMIN, narrowing=None, account__state="active")
        return set(rows.values_list("account_id", flat=True))

    def administers_by_another(self, grant: Grant) -> bool:
        """Whether the account administers the whole tenant by another grant, too."""
        others = Grant.objects.filter(account_id=grant.account_id, role=TENANT_ADMIN, narrowing=None)
        found: bool = others.exclude(id=grant.id).exists()
        return found

    def delete(self, row: Grant) -> None:
        """Take a role back."""
        row.delete()


class StandingRows:
    """What was heard of tenants."""

    def status(self, tenant_id: str) -> str | None:
        """The last state heard of; None for a tenant never heard of."""
        found: str | None = TenantStanding.objects.filter(tenant_id=tenant_id).values_list("status", flat=True).first()
        return found

    def learn(self, tenant_id: str, status: str, sequence: int) -> bool:
        """Note a state unless a later one is known; whether it was news."""
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO tenant_standings (tenant_id, status, sequence) VALUES (%s, %s, %s) "
                "ON CONFLICT (tenant_id) DO UPDATE SET status = EXCLUDED.status, sequence = EXCLUDED.sequence "
                "WHERE tenant_standings.sequence < EXCLUDED.sequence",
                (tenant_id, status, sequence),
            )
            return bool(cursor.rowcount == 1)


accounts = AccountRows()
api_keys = ApiKeyRows()
sessions = SessionRows()
attempts = AttemptRows()
signing_keys = SigningKeyRows()
grants = GrantRows()
standings = StandingRows()
