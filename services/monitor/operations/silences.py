"""Silences: for a while, alerts that match notify nobody. They are evaluated all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from services.monitor import published
from services.monitor.domain.errors import InvalidRule, SilenceLimitReached
from services.monitor.ports import Ports
from services.monitor.repository import SilenceRepository
from services.monitor.tables import Silence
from shared.infra.db.sqlalchemy import check_version, touch
from shared.kernel.context import current_tenant
from shared.kernel.preconditions import EntityTags
from shared.utils.ids import new_id


def create_silence(session: Session, ports: Ports, values: Mapping[str, Any]) -> Silence:
    """A new silence. Raises InvalidRule when it would silence everything or nothing, and SilenceLimitReached."""
    # A matcher of the empty text matches whatever lacks its label (Alertmanager refuses such silences, too).
    if not any(values["matchers"].values()) or values["ends_at"] <= values["starts_at"]:
        raise InvalidRule("a silence has at least one matcher that asks for a label, and ends after it starts")
    limit = ports.settings.max_silences
    if SilenceRepository(session).count_after(ports.clock.now()) >= limit:
        raise SilenceLimitReached(f"there are {limit} silences, as many as there may be", limit=limit)
    silence = SilenceRepository(session).add(
        Silence(id=new_id("silence"), tenant_id=current_tenant(), version=1, **values)
    )
    published.silence_created(session, silence)
    return silence


def delete_silence(session: Session, id: str, expected: EntityTags | None) -> None:
    """End a silence. Raises NotFound or VersionConflict."""
    silence = SilenceRepository(session).get(id, lock=True)
    check_version(silence, expected)
    touch(silence)
    published.silence_deleted(session, silence)
    SilenceRepository(session).remove(silence)
