"""The measured manifest as a file."""

from __future__ import annotations

import pytest

from environment.bugs.errors import ManifestError
from environment.bugs.manifest import Manifest, from_json, to_json


def test_the_manifest_survives_its_own_form(measured: Manifest) -> None:
    assert from_json(to_json(measured)) == measured
    with pytest.raises(ManifestError, match="can't be read"):
        from_json("{}")
