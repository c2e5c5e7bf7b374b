"""The measured manifest: what `omnicloud bugs verify` found, and what grading goes by.

`manifest.json` is generated, never edited. Its form (format 1)::

    {"format": 1,
     "reference": "<digest of the reference that was measured>",
     "tests": {"tests/unit/compute/test_x.py::test_y":
               {"category": "unit", "services": ["compute"], "infrastructure_state": false}},
     "bugs": {"A1": {"patch": "<digest>", "reference": "<digest>", "triggers": ["tests/…"],
                     "held_out": {"files": "<digest>", "fail": ["tests/…"], "pass": ["tests/…"]}}},
     "edges": [{"bug": "A1", "depends_on": "L5", "masked": ["tests/…"]}]}

The digest of the reference covers every file of a workspace that a verdict can depend on; a bug's own `reference` tells
on which reference it was measured, so that a stale measurement shows itself. `held_out` is there when a bug has
held-out tests: those that fail with the bug, and those that pass with it; all of them pass on the reference.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from environment.bugs.catalogue import PATCHES, Bug
from environment.bugs.errors import ManifestError
from environment.services import SERVICES

FORMAT = 1
CATEGORIES = ("unit", "integration", "contract", "chaos", "security", "performance", "system")


@dataclass(frozen=True)
class TestInfo:
    """One visible test of the reference."""

    __test__ = False  # not a test class of pytest's

    category: str
    services: tuple[str, ...]
    infrastructure_state: bool = False


@dataclass(frozen=True)
class HeldOutMeasurement:
    """What one bug alone does to its held-out tests."""

    files: str
    """Digest of the files that were measured."""
    tests: Mapping[str, bool]
    """Test id -> whether it fails with the bug."""


@dataclass(frozen=True)
class Measurement:
    """What one bug alone does: the visible tests that fail with it, and what its held-out tests say."""

    patch: str
    reference: str
    triggers: tuple[str, ...]
    held_out: HeldOutMeasurement | None = None


class Standing(StrEnum):
    """Whether what is known of a bug holds for today's patch and reference."""

    TODAY = "yes"
    EARLIER = "earlier"
    NOT = "no"

    @property
    def meaning(self) -> str:
        """In words."""
        return {"yes": "measured", "earlier": "measured on an earlier reference", "no": "not measured"}[self.value]


@dataclass(frozen=True)
class Manifest:
    """Tests of the reference and measurements of the bugs."""

    reference: str
    tests: Mapping[str, TestInfo] = field(default_factory=dict)
    bugs: Mapping[str, Measurement] = field(default_factory=dict)
    edges: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """(bug, what it depends on) -> the bug's triggers that fail with only the other injected."""

    def of(self, bug: Bug) -> Measurement | None:
        """The measurement of a bug as its patch is now; None when there is none."""
        item = self.bugs.get(bug.id)
        return item if item is not None and item.patch == bug.digest else None

    def standing(self, bug: Bug, reference: str) -> Standing:
        """Whether a bug is measured, on the reference of this digest or on an earlier one."""
        item = self.of(bug)
        if item is None:
            return Standing.NOT
        return Standing.TODAY if item.reference == reference else Standing.EARLIER


def category_of(test_id: str) -> str:
    """The category of a test id, by its folder; raises `ManifestError` when it lies in none."""
    parts = test_id.split("::")[0].split("/")
    if len(parts) < 3 or parts[0] != "tests" or parts[1] not in CATEGORIES:
        raise ManifestError(f"{test_id} doesn't lie in one of tests/{{{','.join(CATEGORIES)}}}/<service>/")
    return parts[1]


def services_of(test_id: str, further: tuple[str, ...]) -> tuple[str, ...]:
    """The services of a test: those that its folders are named after, and those that its marker names."""
    folders = test_id.split("::")[0].split("/")[2:-1]
    names = (set(folders) | set(further)) & set(SERVICES)
    return tuple(name for name in SERVICES if name in names)


def to_json(manifest: Manifest) -> str:
    """The manifest as text; equal manifests give equal text."""
    document = {
        "format": FORMAT,
        "reference": manifest.reference,
        "tests": {
            test_id: {
                "category": info.category,
                "services": list(info.services),
                "infrastructure_state": info.infrastructure_state,
            }
            for test_id, info in sorted(manifest.tests.items())
        },
        "bugs": {
            bug_id: {
                "patch": item.patch,
                "reference": item.reference,
                "triggers": sorted(item.triggers),
                **_held_out_document(item.held_out),
            }
            for bug_id, item in manifest.bugs.items()
        },
        "edges": [
            {"bug": bug_id, "depends_on": other, "masked": sorted(masked)}
            for (bug_id, other), masked in manifest.edges.items()
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _held_out_document(measured: HeldOutMeasurement | None) -> dict[str, Any]:
    if measured is None:
        return {}
    fail, passed = (
        sorted(test_id for test_id, fails in measured.tests.items() if fails is kind) for kind in (True, False)
    )
    return {"held_out": {"files": measured.files, "fail": fail, "pass": passed}}


def _held_out_of(document: Mapping[str, Any] | None) -> HeldOutMeasurement | None:
    if document is None:
        return None
    tests = {**dict.fromkeys(document["fail"], True), **dict.fromkeys(document["pass"], False)}
    return HeldOutMeasurement(document["files"], tests)


def from_json(text: str) -> Manifest:
    """Read a manifest; raises `ManifestError` when it isn't one of this format."""
    try:
        document: dict[str, Any] = json.loads(text)
        if document["format"] != FORMAT:
            raise ManifestError(f"manifest.json has format {document['format']}, this version reads {FORMAT}.")
        return Manifest(
            reference=document["reference"],
            tests={
                test_id: TestInfo(item["category"], tuple(item["services"]), bool(item["infrastructure_state"]))
                for test_id, item in document["tests"].items()
            },
            bugs={
                bug_id: Measurement(
                    item["patch"], item["reference"], tuple(item["triggers"]), _held_out_of(item.get("held_out"))
                )
                for bug_id, item in document["bugs"].items()
            },
            edges={(item["bug"], item["depends_on"]): tuple(item["masked"]) for item in document["edges"]},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ManifestError("manifest.json can't be read. Make it anew with `omnicloud bugs verify`.") from error


def manifest_path(folder: Path = PATCHES) -> Path:
    """Where a catalogue's manifest lies."""
    return folder / "manifest.json"


def load_manifest(folder: Path = PATCHES) -> Manifest:
    """The manifest of a catalogue; raises `ManifestError` when there is none."""
    path = manifest_path(folder)
    if not path.is_file():
        raise ManifestError(f"{path.name} is missing. Make it with `omnicloud bugs verify`.")
    return from_json(path.read_text())


def manifest_or_empty(folder: Path = PATCHES) -> Manifest:
    """The manifest of a catalogue; one that knows nothing when there is none that can be read."""
    try:
        return load_manifest(folder)
    except ManifestError:
        return Manifest("")


def save_manifest(manifest: Manifest, folder: Path = PATCHES) -> None:
    """Write the manifest in one step: a crash leaves the old one or the new one."""
    path = manifest_path(folder)
    scratch = path.with_suffix(".json.new")
    scratch.write_text(to_json(manifest))
    os.replace(scratch, path)
