"""The map, end to end on the fake platform and on recordings made by hand."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from environment.bugs.catalogue import load_catalogue
from environment.bugs.errors import ManifestError
from environment.bugs.manifest import load_manifest
from environment.grading.runner import Options
from environment.reach import plugin, recorder
from environment.reach.changes import Changes
from environment.reach.functions import take_apart
from environment.reach.instrument import function_names, instrument, is_instrumented
from environment.reach.map_file import from_bytes, load_map, map_path, save_map, to_bytes
from environment.reach.reach_map import ReachMap, Selection, module_imports
from environment.reach.recording import Recording, TestReach, merged_recordings, read_recording
from environment.reach.remembered import LASTING, REMEMBERED
from environment.tests.fake_platform import FILES
from environment.verification.runs import run_recorded
from environment.workspace.contents import is_visible
from environment.workspace.make import make_workspace
from environment.workspace.reference import Reference, default_reference

CAPACITY = "services/compute/capacity.py"
LIVE_FITS = {
    "tests/integration/compute/test_claims.py::test_a_claim_up_to_the_last_unit",
    "tests/chaos/compute/test_borders.py::test_a_claim_beyond_the_last_unit",
}
UNIT_FITS = {
    "tests/unit/compute/test_capacity.py::test_what_fits[1]",
    "tests/unit/compute/test_capacity.py::test_what_fits[2]",
    "tests/unit/compute/test_capacity.py::test_what_does_not_fit",
}
FIXTURES = {
    "tests/conftest.py": b'pytest_plugins = ("tests.support.shared",)\n',
    "tests/support/shared.py": (
        b"import pytest\n\nfrom tests.support.fleet import ask\n\n\n"
        b'@pytest.fixture(scope="session")\ndef base():\n    return ask("total_of", 3)\n\n\n'
        b'@pytest.fixture\ndef above(base):\n    return base\n\n\n'
        b'@pytest.fixture(scope="module")\ndef made():\n    yield ask("made")\n    ask("unmade")\n'
    ),
    "tests/support/identities.py": (
        b"from tests.support.fleet import ask\n\n\nclass OperatorSession:\n    token = None\n\n"
        b"    def api(self):\n        if self.token is None:\n            OperatorSession.token = ask(\"made\")\n"
        b"        return self.token\n"
    ),
    "services/compute/capacity.py": FILES[CAPACITY].encode() + (
        b"\n\ndef total_of(n):\n    return n\n\n\ndef made():\n    return 1\n\n\ndef unmade():\n    return 0\n"
    ),
    "tests/integration/compute/test_fixtures.py": (
        b"from tests.support.fleet import ask\nfrom tests.support.identities import OperatorSession\n\n\n"
        b"def test_one(base):\n    assert base\n\n\ndef test_two(above):\n    assert above\n\n\n"
        b"def test_three(request):\n    assert request.getfixturevalue('made')\n\n\n"
        b"def test_four(made):\n    assert made\n\n\ndef test_none():\n    pass\n\n\n"
        b"def test_five():\n    assert OperatorSession().api()\n\n\n"
        b"def test_six():\n    assert OperatorSession().api()\n"
    ),
}  # fmt: skip


def recorded(files: dict[str, bytes]) -> ReachMap:
    run, recording = run_recorded(files, None, Options(twins=False), idle_seconds=0.0)
    assert run.failed == frozenset()
    return ReachMap(recording, module_imports(files, (test_id.partition("::")[0] for test_id in run.outcomes)))


@pytest.fixture(scope="session")
def fake() -> ReachMap:
    """The fake platform's map."""
    return recorded({path: content.encode() for path, content in FILES.items() if is_visible(path)})


def test_a_test_reaches_what_it_calls_in_its_own_process_and_in_others(fake: ReachMap) -> None:
    assert fake.tests(f"{CAPACITY}::fits") == LIVE_FITS | UNIT_FITS
    assert fake.functions("tests/unit/billing/test_proration.py::test_february") == {
        "services/billing/proration.py::days"
    }
    assert fake.seconds("tests/unit/billing/test_proration.py::test_february") > 0
    assert fake.live == LIVE_FITS | {"tests/integration/compute/test_claims.py::test_release_ends_at_zero"}
    assert (fake.functions("nowhere"), fake.tests("nothing"), fake.seconds("nowhere")) == (frozenset(), frozenset(), 0)


def test_what_outlives_a_test_belongs_to_every_test_that_has_it() -> None:
    files = {path: content.encode() for path, content in FILES.items() if is_visible(path)} | FIXTURES
    reach = recorded(files)
    module = "tests/integration/compute/test_fixtures.py::test_"
    assert reach.tests(f"{CAPACITY}::total_of") == {f"{module}one", f"{module}two"}
    assert reach.tests(f"{CAPACITY}::made") == {f"{module}{name}" for name in ("three", "four", "five", "six")}


def test_a_function_that_loading_calls_is_not_lost() -> None:
    files = {path: content.encode() for path, content in FILES.items() if is_visible(path)}
    files["services/billing/proration.py"] += b"\n\ndef table():\n    return [days(1)]\n\n\nTABLE = table()\n"
    reach = recorded(files)
    name = "services/billing/proration.py::table"
    assert reach.named(reach.recording.unit_start) == {name, "services/billing/proration.py::days"}
    assert reach.selection(Changes(frozenset({name}))).tests == {
        "tests/unit/billing/test_proration.py::test_january",
        "tests/unit/billing/test_proration.py::test_february",
    }


NAMES = ("shared/a.py::f", "shared/a.py::g", "services/x/b.py::h", "services/x/b.py::i")
UNIT, OTHER_UNIT, LIVE, OTHER_LIVE = (
    "tests/unit/x/test_u.py::test_u",
    "tests/unit/x/test_v.py::test_v",
    "tests/integration/x/test_l.py::test_l",
    "tests/chaos/x/test_m.py::test_m",
)


@pytest.fixture
def made() -> ReachMap:
    """f is reached by a unit test and by one with a fleet, g by the start of a fleet, h by an idle one, i by none."""
    recording = Recording(
        NAMES,
        {
            UNIT: TestReach(0b0001, 1.0),
            OTHER_UNIT: TestReach(0b0010, 1.0),
            LIVE: TestReach(0b0001, 2.0),
            OTHER_LIVE: TestReach(0b0100, 3.0),
        },
        start=0b0010,
        unit_start=0b1000,
        idle=0b0100,
    )
    imports = {
        "tests/unit/x/test_u.py": frozenset({"tests/unit/x/test_u.py", "shared/a.py", "tests/support/s.py"}),
        "tests/unit/x/test_v.py": frozenset({"tests/unit/x/test_v.py", "shared/a.py", "services/x/b.py"}),
        "tests/integration/x/test_l.py": frozenset({"tests/integration/x/test_l.py", "tests/support/s.py"}),
        "tests/chaos/x/test_m.py": frozenset({"tests/chaos/x/test_m.py"}),
    }
    return ReachMap(recording, imports)


EVERYTHING = {UNIT, OTHER_UNIT, LIVE, OTHER_LIVE}


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        (Changes(), set()),
        (Changes(functions=frozenset({"shared/a.py::f"})), {UNIT, LIVE}),
        (Changes(functions=frozenset({"shared/a.py::g"})), {OTHER_UNIT, LIVE, OTHER_LIVE}),
        (Changes(functions=frozenset({"services/x/b.py::h"})), {LIVE, OTHER_LIVE}),
        (Changes(functions=frozenset({"services/x/b.py::i"})), {OTHER_UNIT}),
        (Changes(functions=frozenset({"services/x/b.py::new"})), {OTHER_UNIT, LIVE, OTHER_LIVE}),
        (Changes(modules=frozenset({"services/x/b.py"})), {OTHER_UNIT, LIVE, OTHER_LIVE}),
        (Changes(modules=frozenset({"shared/a.py"})), EVERYTHING),
        (Changes(files=frozenset({"docker-compose.yml"})), EVERYTHING),
        (Changes(files=frozenset({"tests/support/s.py"})), {UNIT, LIVE}),
        (Changes(files=frozenset({"tests/chaos/x/test_m.py"})), {OTHER_LIVE}),
        (Changes(files=frozenset({"services/x/Dockerfile", ".gitignore"})), set()),
    ],
)
def test_what_a_change_can_touch(made: ReachMap, changed: Changes, tests: set[str]) -> None:
    selection = made.selection(changed)
    assert selection.tests == tests
    assert selection.everything == (tests == EVERYTHING)


@pytest.mark.parametrize(
    ("changed", "tests"),
    [
        (Changes(functions=frozenset({"services/x/app.py::start"})), {"of x", "of y, moves x", "of the platform"}),
        (Changes(functions=frozenset({"services/x/app.py::poll"})), {"of x", "of y, moves x", "of the platform"}),
        (Changes(functions=frozenset({"services/x/app.py::new"})), {"of x", "of y, moves x", "of the platform"}),
        (Changes(modules=frozenset({"services/x/app.py"})), {"of x", "of y, moves x", "of the platform"}),
        (Changes(functions=frozenset({"services/y/app.py::start"})), {"of y", "of y, moves x", "of the platform"}),
        (Changes(modules=frozenset({"shared/a.py"})), {"of x", "of y", "of y, moves x", "of the platform"}),
    ],
)
def test_what_a_service_does_by_itself_touches_the_tests_that_have_to_do_with_it(
    changed: Changes, tests: set[str]
) -> None:
    names = tuple(f"services/{service}/app.py::{name}" for service in "xy" for name in ("start", "poll", "answer"))
    ids = {
        "of x": "tests/chaos/x/test_x.py::test_it",
        "of y": "tests/chaos/y/test_y.py::test_it",
        "of y, moves x": "tests/system/y/test_y.py::test_it",
        "of the platform": "tests/system/platform/test_all.py::test_it",
    }
    # In whatever test's time both stand idle now and then; only one test makes the other's service answer, too
    reached = {ids["of x"]: 0b000010, ids["of y"]: 0b110010, ids["of y, moves x"]: 0b110110, ids["of the platform"]: 0}
    recording = Recording(
        names, {name: TestReach(mask, 1.0) for name, mask in reached.items()}, start=0b001001, idle=0b010010
    )
    assert ReachMap(recording).selection(changed).tests == {ids[name] for name in tests}


def test_a_selection_says_why(made: ReachMap) -> None:
    changed = Changes(frozenset({"shared/a.py::f", "shared/a.py::g"}), files=frozenset({"docker-compose.yml"}))
    assert made.selection(changed) == Selection(
        frozenset(EVERYTHING),
        True,
        {
            "shared/a.py::f": "reach it: 2 tests",
            "shared/a.py::g": "the start of a fleet reaches it: 3 tests",
            "docker-compose.yml": "anything may read it: 4 tests",
        },
    )


masks = st.integers(0, 15)


@given(st.dictionaries(st.sampled_from(sorted(EVERYTHING)), masks), masks, masks, masks)
def test_a_map_is_what_its_file_says(tests: dict[str, int], start: int, unit_start: int, idle: int) -> None:
    recording = Recording(
        NAMES, {test_id: TestReach(mask, 0.5) for test_id, mask in tests.items()}, start, unit_start, idle
    )
    imports = {test_id.partition("::")[0]: frozenset({"shared/a.py"}) for test_id in tests}
    content = to_bytes(ReachMap(recording, imports))
    assert from_bytes(content) == ReachMap(recording, imports)
    assert to_bytes(from_bytes(content)) == content


def test_a_file_that_is_no_map_is_refused_in_words(tmp_path: Path, made: ReachMap) -> None:
    with pytest.raises(ManifestError, match="missing"):
        load_map(tmp_path)
    save_map(made, tmp_path)
    assert load_map(tmp_path) == made
    map_path(tmp_path).write_bytes(b"no map")
    with pytest.raises(ManifestError, match="can't be read"):
        load_map(tmp_path)


def test_shards_are_one_recording() -> None:
    one = Recording(NAMES, {UNIT: TestReach(1, 1.0)}, 1, 0, 0)
    two = Recording(NAMES, {UNIT: TestReach(2, 3.0), LIVE: TestReach(4, 1.0)}, 2, 4, 8)
    assert merged_recordings(one, two) == Recording(NAMES, {UNIT: TestReach(3, 3.0), LIVE: TestReach(4, 1.0)}, 3, 4, 8)
    with pytest.raises(ValueError, match="different functions"):
        merged_recordings(one, Recording(("a.py::f",)))


def test_a_copy_on_which_nothing_ran_has_an_empty_recording(tmp_path: Path) -> None:
    assert read_recording(tmp_path, NAMES) == Recording(NAMES)


def test_a_workspace_has_neither_the_map_nor_the_recorder(
    reference: Reference, fake: ReachMap, catalogue_folder: Path, tmp_path: Path
) -> None:
    # Given a repository whose catalogue has its map, and a map in its state folder
    folder = reference.root / "environment/bugs"
    save_map(fake, folder)
    save_map(fake, reference.root)
    # When a workspace is made, Then nothing of it is there
    make_workspace(Reference(reference.root), list(load_catalogue(catalogue_folder).values()), tmp_path / "workspace")
    names = {path.name for path in (tmp_path / "workspace").rglob("*")}
    assert "capacity.py" in names
    assert not names & {map_path().name, f"{recorder.MODULE}.py", f"{plugin.MODULE}.py", recorder.LAYOUT}


def test_a_map_names_no_bug_and_holds_no_digest(fake: ReachMap, tmp_path: Path) -> None:
    save_map(fake, tmp_path)
    text = gzip.decompress(map_path(tmp_path).read_bytes()).decode()
    assert not re.search(r"\b[A-L][1-9][0-9]?\b", text)
    digests = {digest for content in FILES.values() for digest in _digests(content)}
    assert not any(digest in text for digest in digests)


def _digests(content: str) -> set[str]:
    try:
        source = take_apart(content.encode())
    except SyntaxError:
        return set()
    return {*source.functions.values(), *source.module, source.module_digest}


def test_the_map_of_the_catalogue_is_of_the_tests_of_its_manifest() -> None:
    assert load_map().tests_known == set(load_manifest().tests)


def function_files(files: Mapping[str, bytes]) -> list[str]:
    return [path for path in files if is_instrumented(path)]


def test_what_is_remembered_is_there() -> None:
    files = default_reference().files
    names = set(function_names(files))
    for reader, fetchers in REMEMBERED.items():
        assert {reader, *fetchers} <= names
    for name in LASTING:
        path, _, place = name.partition("::")
        assert place in take_apart(files[path]).functions


def test_every_cached_function_of_the_platform_is_listed() -> None:
    files = default_reference().files
    copy = instrument(files)
    for path, content in copy.files.items():
        for number in re.findall(rb"@__reach_each__\((\d+)\)", content) if path in files else ():
            functions = [name for name in copy.names if name.startswith(f"{path}::")]
            assert functions[int(number)] in REMEMBERED
    # Properties that are remembered are rare enough to be looked at one by one.
    remembered = {path for path in function_files(files) if b"cached_property" in files[path]}
    assert remembered == {"services/compute/domain/resources.py"}
