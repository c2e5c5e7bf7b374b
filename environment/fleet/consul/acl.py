"""Access control: tokens, policies, and what a token may do. https://developer.hashicorp.com/consul/api-docs/acl"""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass

from environment.fleet.consul import rules
from environment.fleet.consul.errors import AclDisabled, ApiError, BadRequest, Denied, Missing, TokenNotFound
from environment.fleet.consul.store import Row, Store

ANONYMOUS = "00000000-0000-0000-0000-000000000002"
GLOBAL_MANAGEMENT = "00000000-0000-0000-0000-000000000001"
_TOKENS, _POLICIES = "acl-token", "acl-policy"


@dataclass(frozen=True)
class AclSettings:
    """The `acl` object of the agent's configuration."""

    enabled: bool = False
    default_policy: str = "allow"
    initial_management: str | None = None

    @classmethod
    def of(cls, config: Row) -> AclSettings:
        """Read the agent's configuration. Raises BadRequest for a default policy that there is not."""
        acl = config.get("acl") or {}
        policy = acl.get("default_policy", "allow")
        if policy not in ("allow", "deny"):
            raise BadRequest(f"acl.default_policy must be allow or deny, not {policy!r}")
        return cls(bool(acl.get("enabled")), policy, (acl.get("tokens") or {}).get("initial_management"))


class Authorizer:
    """What one request's token may do."""

    def __init__(self, accessor: str, management: bool, granted: rules.Rules, default_allow: bool) -> None:
        self.accessor = accessor
        self._management = management
        self._granted = granted
        self._default_allow = default_allow

    def allows(self, resource: str, name: str, level: str) -> bool:
        """Whether `level` ("read", "list" or "write") on the resource is granted."""
        if self._management:
            return True
        answer = rules.allows(self._granted.level(resource, name), level)
        return self._default_allow and resource not in ("acl", "operator") if answer is None else answer

    def demand(self, resource: str, name: str, level: str) -> None:
        """Raises Denied, with Consul's message, unless granted."""
        if not self.allows(resource, name, level):
            on = f' on "{name}"' if name else ""
            raise Denied(
                f"Permission denied: token with AccessorID '{self.accessor}' lacks permission '{resource}:{level}'{on}"
            )


class Acl:
    """Tokens and policies."""

    def __init__(self, store: Store, settings: AclSettings) -> None:
        self._store = store
        self._settings = settings
        if store.get(_POLICIES, GLOBAL_MANAGEMENT) is None:
            management = {"Name": "global-management", "Description": "Builtin Policy that grants unlimited access"}
            self._put_policy(GLOBAL_MANAGEMENT, {**management, "Rules": ""})
        secret = settings.initial_management
        if settings.enabled and secret and self._by_secret(secret) is None:
            self._make_management_token(secret, "Initial Management Token")

    def authorize(self, secret: str) -> Authorizer:
        """What the holder of a secret may do; the anonymous token without one. Raises TokenNotFound."""
        if not self._settings.enabled:
            return Authorizer(ANONYMOUS, True, rules.Rules(), True)
        token = self._by_secret(secret) if secret else self._store.get(_TOKENS, ANONYMOUS)
        if token is None:
            if secret:
                raise TokenNotFound
            token = {"AccessorID": ANONYMOUS, "Policies": []}
        ids = [policy["ID"] for policy in token["Policies"]]
        found = [row for row in (self._store.get(_POLICIES, policy) for policy in ids) if row is not None]
        granted = rules.merged([rules.parse(row["Rules"]) for row in found])
        default_allow = self._settings.default_policy == "allow"
        return Authorizer(token["AccessorID"], GLOBAL_MANAGEMENT in ids, granted, default_allow)

    def require_enabled(self) -> None:
        """Raises AclDisabled when ACLs are off."""
        if not self._settings.enabled:
            raise AclDisabled

    def bootstrap(self, wanted: Row) -> Row:
        """Make the first management token, once in the server's life. Raises Denied the second time."""
        done = self._store.get("meta", "acl-bootstrap")
        if done is not None:
            raise Denied(
                "Permission denied: rpc error making call: ACL bootstrap no longer allowed "
                f"(reset index: {done['index']})"
            )
        secret = wanted.get("BootstrapSecret") or str(uuid.uuid4())
        _check_uuid(secret, "BootstrapSecret")
        return self._make_management_token(secret, "Bootstrap Token (Global Management)")

    # Tokens

    def create_token(self, wanted: Row) -> Row:
        """A token with given or new ids. Raises ApiError when an id is in use or a policy is unknown."""
        accessor, secret = wanted.get("AccessorID") or str(uuid.uuid4()), wanted.get("SecretID") or str(uuid.uuid4())
        _check_uuid(accessor, "AccessorID")
        _check_uuid(secret, "SecretID")
        if self._store.get(_TOKENS, accessor) is not None:
            raise ApiError(f"Invalid Token: AccessorID is already in use: {accessor}")
        if self._by_secret(secret) is not None:
            raise ApiError("Invalid Token: SecretID is already in use")
        return self._put_token(accessor, secret, wanted, None)

    def update_token(self, accessor: str, wanted: Row) -> Row:
        """Change a token's description and policies; its secret stays. Raises Missing."""
        before = self.token(accessor)
        if wanted.get("SecretID") not in (None, "", before["SecretID"]):
            raise ApiError("Changing a token's SecretID is not permitted")
        return self._put_token(accessor, before["SecretID"], wanted, before)

    def token(self, accessor: str) -> Row:
        """One token. Raises Missing."""
        row = self._store.get(_TOKENS, accessor)
        if row is None:
            raise Missing(f"token does not exist: accessor ID {accessor!r} not found")
        return row

    def token_by_secret(self, secret: str) -> Row:
        """The token of a secret. Raises TokenNotFound."""
        row = self._by_secret(secret)
        if row is None:
            raise TokenNotFound
        return row

    def tokens(self) -> list[Row]:
        """Every token."""
        return [row for _, row in self._store.rows(_TOKENS)]

    def delete_token(self, accessor: str) -> None:
        """Forget a token. Raises Missing."""
        self.token(accessor)
        self._store.next_index()
        self._store.delete(_TOKENS, accessor)

    # Policies

    def create_policy(self, wanted: Row) -> Row:
        """A named set of rules. Raises ApiError when the name is in use."""
        name = wanted.get("Name") or ""
        if not name:
            raise BadRequest("Invalid Policy: no Name is set")
        if self._policy_named(name) is not None:
            raise ApiError(f'Invalid Policy: A Policy with Name "{name}" already exists')
        return self._put_policy(str(uuid.uuid4()), wanted)

    def update_policy(self, policy_id: str, wanted: Row) -> Row:
        """Change a policy. Raises Missing."""
        before = self.policy(policy_id)
        return self._put_policy(policy_id, {**before, **wanted}, before)

    def policy(self, policy_id: str) -> Row:
        """One policy by id. Raises Missing."""
        row = self._store.get(_POLICIES, policy_id)
        if row is None:
            raise Missing("policy does not exist")
        return row

    def policy_named(self, name: str) -> Row:
        """One policy by name. Raises Missing."""
        row = self._policy_named(name)
        if row is None:
            raise Missing("policy does not exist")
        return row

    def policies(self) -> list[Row]:
        """Every policy, without its rules."""
        return [{key: row[key] for key in row if key != "Rules"} for _, row in self._store.rows(_POLICIES)]

    def delete_policy(self, policy_id: str) -> None:
        """Forget a policy; tokens lose what it granted. Raises Missing, Denied for the built-in one."""
        self.policy(policy_id)
        if policy_id == GLOBAL_MANAGEMENT:
            raise Denied("Permission denied: Delete operation not permitted on the builtin global-management policy")
        self._store.next_index()
        self._store.delete(_POLICIES, policy_id)

    def _by_secret(self, secret: str) -> Row | None:
        return next((row for _, row in self._store.rows(_TOKENS) if row["SecretID"] == secret), None)

    def _policy_named(self, name: str) -> Row | None:
        return next((row for _, row in self._store.rows(_POLICIES) if row["Name"] == name), None)

    def _make_management_token(self, secret: str, description: str) -> Row:
        wanted = {"Description": description, "Policies": [{"ID": GLOBAL_MANAGEMENT}]}
        token = self._put_token(str(uuid.uuid4()), secret, wanted, None)
        self._store.put("meta", "acl-bootstrap", {"index": token["CreateIndex"]})
        return token

    def _put_token(self, accessor: str, secret: str, wanted: Row, before: Row | None) -> Row:
        policies = [self._link(link) for link in wanted.get("Policies") or []]
        index = self._store.next_index()
        row = {
            "AccessorID": accessor,
            "SecretID": secret,
            "Description": wanted.get("Description") or "",
            "Policies": policies,
            "Local": bool(wanted.get("Local")),
            "CreateTime": before["CreateTime"] if before else datetime.datetime.now(datetime.UTC).isoformat(),
            "CreateIndex": before["CreateIndex"] if before else index,
            "ModifyIndex": index,
        }
        self._store.put(_TOKENS, accessor, row)
        return row

    def _link(self, link: Row) -> Row:
        row = self._store.get(_POLICIES, link["ID"]) if link.get("ID") else self._policy_named(link.get("Name") or "")
        if row is None:
            raise ApiError(f"No such ACL policy with {'ID' if link.get('ID') else 'Name'}: {link}")
        return {"ID": row["ID"], "Name": row["Name"]}

    def _put_policy(self, policy_id: str, wanted: Row, before: Row | None = None) -> Row:
        text = wanted.get("Rules") or ""
        rules.parse(text)
        index = self._store.next_index()
        row = {
            "ID": policy_id,
            "Name": wanted["Name"],
            "Description": wanted.get("Description") or "",
            "Rules": text,
            "CreateIndex": before["CreateIndex"] if before else index,
            "ModifyIndex": index,
        }
        self._store.put(_POLICIES, policy_id, row)
        return row


def _check_uuid(text: str, what: str) -> None:
    try:
        valid = str(uuid.UUID(text)) == text.lower()
    except ValueError:
        valid = False
    if not valid:
        raise BadRequest(f"{what} must be a valid UUID")
