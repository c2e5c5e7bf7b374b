"""A subject has one place, in whatever process it is asked for."""

import json
import os
import subprocess
import sys

from services.config.domain.flags import Flag, bucket, is_on

CODE = """
import json
from services.config.domain.flags import Flag, bucket, is_on
places = [bucket(f"flag-{n % 3}", f"subject-{n}") for n in range(60)]
print(json.dumps([places, [is_on(Flag("f", True, 30), f"s-{n}") for n in range(60)]]))
"""


def test_every_process_gives_the_same_places() -> None:
    places = [bucket(f"flag-{n % 3}", f"subject-{n}") for n in range(60)]
    states = [is_on(Flag("f", True, 30), f"s-{n}") for n in range(60)]
    for seed in ("0", "1", "4242"):
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=True)
        assert json.loads(done.stdout) == [places, states]


def test_flags_do_not_share_their_first_subjects() -> None:
    inside = [{n for n in range(300) if is_on(Flag(name, True, 20), f"s-{n}")} for name in ("one", "another")]
    assert 30 <= len(inside[0]) <= 90
    assert inside[0] != inside[1]
