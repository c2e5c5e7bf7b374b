"""A platform of two services in a few files, so that the episode side is tested in seconds.

It has the shape of the real one: domain code that unit tests import, "live" tests that reach the code only through a
process of its own, markers, and a catalogue of four bugs with an edge.
"""

from __future__ import annotations

from pathlib import Path

from environment.bugs.diff import unified

BEHIND_WALLS = Path(__file__).with_name("behind_walls.py")
"""What the runner of the real platform's fleet does for services: it puts a command behind the walls it is told of."""

FILES = {
    "docker-compose.yml": "name: fake\nservices: {}\n",
    "pyproject.toml": (
        "[tool.pytest.ini_options]\n"
        # Plugins that these tests don't use take longer to import than the tests to run.
        'addopts = "--strict-markers --timeout=60 -p no:cacheprovider '
        '-p no:randomly -p no:hypothesispytest -p no:anyio"\n'
        'markers = ["services(*names): further services", "infrastructure_state: about state"]\n'
    ),
    ".gitignore": "__pycache__/\n.omnicloud/\n",
    "README.md": "The reference's own README.\n",
    "Makefile": "all:\n",
    "environment/__init__.py": "",
    "environment/cli.py": "",
    "environment/fleet/__init__.py": "",
    "environment/bugs/secret.py": "ANSWER = 1\n",
    "environment/commands/bugs.py": "ANSWER = 1\n",
    "environment/tests/test_secret.py": "",
    "shared/__init__.py": '"""Shared."""\n\nREADY = True\n',
    "services/compute/__init__.py": "from shared import READY\n\nassert READY\n",
    "services/compute/capacity.py": (
        '"""Rules of capacity."""\n'
        "\n"
        "\n"
        "def fits(used: int, wanted: int, capacity: int) -> bool:\n"
        "    return used + wanted <= capacity\n"
        "\n"
        "\n"
        "def release(used: int, freed: int) -> int:\n"
        "    return max(0, used - freed)\n"
        "\n"
        "\n"
        "def total(claims: list[int]) -> int:\n"
        "    return sum(claims)\n"
    ),
    "services/compute/app.py": (
        "import sys\n"
        "\n"
        "from services.compute import capacity\n"
        "\n"
        "print(getattr(capacity, sys.argv[1])(*map(int, sys.argv[2:])))\n"
    ),
    "services/billing/__init__.py": "from shared import READY\n\nassert READY\n",
    "services/billing/proration.py": (
        "def days(month: int) -> int:\n    return 30 if month in (4, 6, 9, 11) else 28 if month == 2 else 31\n"
    ),
    "tests/support/__init__.py": "",
    "tests/support/fleet.py": (
        "import subprocess\n"
        "import sys\n"
        "\n"
        "SERVICE = [sys.executable, '-m', 'services.compute.app']\n"
        f"BEHIND_WALLS = [sys.executable, '-P', '-s', {str(BEHIND_WALLS)!r}]\n"
        "\n"
        "\n"
        "def ask(*words: object) -> str:\n"
        "    command = [*BEHIND_WALLS, *SERVICE, *map(str, words)]\n"
        "    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()\n"
    ),
    "tests/unit/compute/test_capacity.py": (
        "import pytest\n"
        "\n"
        "from services.compute.capacity import fits, release, total\n"
        "\n"
        "\n"
        '@pytest.mark.parametrize("wanted", [1, 2])\n'
        "def test_what_fits(wanted):\n"
        "    assert fits(2, wanted, 4)\n"
        "\n"
        "\n"
        "def test_what_does_not_fit():\n"
        "    assert not fits(2, 3, 4)\n"
        "\n"
        "\n"
        "def test_total():\n"
        "    assert total([1, 2, 3]) == 6\n"
        "\n"
        "\n"
        "class TestRelease:\n"
        "    def test_release(self):\n"
        "        assert release(3, 1) == 2\n"
        "\n"
        "    def test_nothing_below_zero(self):\n"
        "        assert release(1, 3) == 0\n"
    ),
    "tests/unit/billing/test_proration.py": (
        "from services.billing.proration import days\n"
        "\n"
        "\n"
        "def test_january():\n"
        "    assert days(1) == 31\n"
        "\n"
        "\n"
        "def test_february():\n"
        "    assert days(2) == 28\n"
    ),
    "tests/integration/compute/test_claims.py": (
        "import pytest\n"
        "\n"
        "from tests.support.fleet import ask\n"
        "\n"
        "\n"
        "def test_a_claim_up_to_the_last_unit():\n"
        '    assert ask("fits", 3, 1, 4) == "True"\n'
        "\n"
        "\n"
        "@pytest.mark.infrastructure_state\n"
        "def test_release_ends_at_zero():\n"
        '    assert ask("release", 1, 3) == "0"\n'
    ),
    "tests/chaos/compute/test_borders.py": (
        "import pytest\n"
        "\n"
        "from tests.support.fleet import ask\n"
        "\n"
        "\n"
        '@pytest.mark.services("billing")\n'
        "def test_a_claim_beyond_the_last_unit():\n"
        '    assert ask("fits", 3, 2, 4) == "False"\n'
    ),
}

HELD_OUT = {
    "integration/compute/test_e1_other_sizes.py": (
        'from tests.support.fleet import ask\n\n\ndef test_seven_units():\n    assert ask("fits", 5, 2, 7) == "True"\n'
    ),
    "unit/compute/test_e1_rule.py": (
        "import pytest\n"
        "\n"
        "from services.compute.capacity import fits\n"
        "\n"
        "\n"
        '@pytest.mark.parametrize("used", [0, 4])\n'
        "def test_full(used):\n"
        "    assert fits(used, 4, 4 + used)\n"
    ),
    "unit/billing/test_h2_months.py": (
        "from services.billing.proration import days\n"
        "\n"
        "\n"
        "def test_march():\n"
        "    assert days(3) == 31\n"
        "\n"
        "\n"
        "def test_april():\n"
        "    assert days(4) == 30\n"
    ),
}

EDITS = {
    "L1": ("shared/__init__.py", "READY = True", "READY = False", "setup", "-"),
    "E1": ("services/compute/capacity.py", "used + wanted <= capacity", "used + wanted < capacity", "subtle", "L1"),
    "E9": ("services/compute/capacity.py", "max(0, used - freed)", "used - freed", "moderate", "-"),
    "H2": ("services/billing/proration.py", "30 if month in (4, 6, 9, 11) else 28 if month == 2 else 31", "30",
           "obvious", "L1"),
}  # fmt: skip
FOLDERS = {"L": "setup", "E": "scheduling", "H": "billing"}
SERVICES = {"L": "platform", "E": "compute", "H": "billing"}


def make_reference(root: Path) -> Path:
    """Write the platform below a folder."""
    for path, content in FILES.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return root


def patch_text(bug_id: str, path: str, old: str, new: str, difficulty: str, depends_on: str) -> bytes:
    """A patch file of the catalogue."""
    source = FILES[path]
    assert source.count(old) == 1
    head = (
        f"Id: {bug_id}\nTitle: Title of {path}\nFamily: {FOLDERS[bug_id[0]]}\nDifficulty: {difficulty}\n"
        f"Services: {SERVICES[bug_id[0]]}\nDepends-On: {depends_on}\nScenario: -\n"
        f"Symptom: Something about {path.split('/')[1]}\n is odd.\nHint: Look closely.\nExplanation: Because.\n\n"
    )
    return head.encode() + unified(path, source.encode(), source.replace(old, new).encode())


def make_held_out(folder: Path) -> Path:
    """Write the held-out tests below a folder; two bugs have some."""
    for path, content in HELD_OUT.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return folder


def make_catalogue(folder: Path) -> Path:
    """Write the four patches below a folder."""
    for bug_id, (path, old, new, difficulty, depends_on) in EDITS.items():
        file = folder / FOLDERS[bug_id[0]] / f"{bug_id}.patch"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(patch_text(bug_id, path, old, new, difficulty, depends_on))
    return folder
