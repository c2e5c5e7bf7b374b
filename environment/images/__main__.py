"""`python -m environment.images [--force]`."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from environment.fleet.errors import FleetError
from environment.images.build import Builder
from environment.images.plan import planned_images

ROOT = Path(__file__).resolve().parents[2]


def main(
    force: bool = typer.Option(False, help="Make every image anew, also in place of originals."),
) -> None:
    """Make every base image that the compose file and the Dockerfiles name, with nothing but package registries."""
    try:
        Builder(ROOT, force).make(planned_images(ROOT))
    except FleetError as error:
        print(f"error: {error.message}\n{error.hint}".rstrip(), file=sys.stderr)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
