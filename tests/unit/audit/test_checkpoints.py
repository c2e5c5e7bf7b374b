"""Checkpoints and their signatures."""

from dataclasses import replace

from services.audit.domain.chain import Head
from services.audit.domain.checkpoints import is_authentic, sign


def test_checkpoint_is_authentic_only_under_its_key_and_content() -> None:
    checkpoint = sign("t-1", Head(4, "a" * 64), "2026-01-01T00:00:00.000000Z", b"key")
    assert is_authentic(checkpoint, b"key")
    assert not is_authentic(checkpoint, b"other")
    assert not is_authentic(replace(checkpoint, head=Head(3, "a" * 64)), b"key")
    assert not is_authentic(replace(checkpoint, tenant_id="t-2"), b"key")
