"""Builds the distribution: setuptools', with the archive of the reference added to what a wheel holds.

A build front end imports this by the name that pyproject.toml gives, from this folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools.build_meta import *  # noqa: F403 - it is setuptools' back end but for one step
from setuptools.command import build_py

ROOT = Path(__file__).resolve().parents[1]


class BuildPy(build_py.build_py):
    """Copies the packages, and packs the reference beside them. An editable install has the repository instead."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            sys.path.insert(0, str(ROOT))
            from environment.packaged.archive import pack
            from environment.workspace.reference import Reference

            folder = Path(self.build_lib) / "environment" / "packaged"
            folder.mkdir(parents=True, exist_ok=True)
            pack(Reference(ROOT).files, folder)
