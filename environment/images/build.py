"""Makes images in order, and leaves alone what is already made from the same input."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from environment.images import artefacts, host
from environment.images.artefacts import GATHER
from environment.images.plan import Image

LABEL = "omnicloud.offline.inputs"
"""Digest of what an image was made from: its folder, how its artefacts are gathered, and the images below it."""
_NO_IMAGE = "none"


class Builder:
    """`force` makes every image anew, and also replaces an original of the same name, which is left alone otherwise."""

    def __init__(self, root: Path, force: bool = False) -> None:
        self._root = root
        self._offline = root / "docker" / "offline"
        self._force = force

    def make(self, images: Sequence[Image]) -> None:
        """Make what is missing, saying so line by line. Raises FleetError with what went wrong."""
        host.need_engine()
        began = time.monotonic()
        digests: dict[str, str] = {}
        for number, image in enumerate(images, start=1):
            wanted = digests[image.name] = self._digest(image, [digests[base] for base in image.bases])
            print(f"[{number}/{len(images)}] {image.name:48} ", end="", flush=True)
            print(self._make_one(image, wanted), flush=True)
        print(f"All {len(images)} images are there ({time.monotonic() - began:.0f} s).")

    def _make_one(self, image: Image, wanted: str) -> str:
        present = _label(image.name)
        if present == wanted and not self._force:
            return "is there"
        if present == "" and not self._force:
            return "is there, and not from here: it stays as it is (--force replaces it)"
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="omnicloud-image-") as folder:
            context = Path(folder) / image.folder
            shutil.copytree(self._offline / image.folder, context)
            if gather := GATHER.get(image.folder):
                gather(context)
            labels = ["--label", f"{LABEL}={wanted}"]
            argv = ["docker", "build", "-t", image.name, *labels, *host.proxy_arguments(), str(context)]
            host.run(argv, f"building {image.name}")
        return f"made in {time.monotonic() - began:.0f} s"

    def _digest(self, image: Image, below: Sequence[str]) -> str:
        digest = hashlib.sha256("\n".join(below).encode())
        folder = self._offline / image.folder
        made_from = [self._root / "requirements.lock", Path(artefacts.__file__)] if image.folder in GATHER else []
        for file in [*made_from, *sorted(path for path in folder.rglob("*") if path.is_file())]:
            digest.update(f"{file.name}\0".encode() + file.read_bytes())
        return digest.hexdigest()


def _label(name: str) -> str:
    """The digest that an image carries; empty for an image that was not made here, `none` when there is no image."""
    argv = ["docker", "image", "inspect", "--format", f'{{{{index .Config.Labels "{LABEL}"}}}}', name]
    asked = subprocess.run(argv, capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else _NO_IMAGE
