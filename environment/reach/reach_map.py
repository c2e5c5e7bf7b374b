"""The reach map: which test reaches which function, and what follows for a change.

A changed function can touch the tests that reach it. If a fleet's start reaches it, or a fleet that nobody asks for
anything, every test can be touched that has to do with its service; if only the imports of unit tests do, those that
import its file. A module-level part runs when a service starts, so it is taken for the same tests, and for the unit
tests that import it. Any other file that verdicts depend on is taken for everything, except what only tests import.

Every test with a fleet has to do with what is shared. With a service of its own folder (`services/<name>/`, which no
other service imports) have to do the tests of that service, those of the platform, and those in whose time it does more
than start and stand idle, if only because it hears of what they made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from environment.reach.changes import Changes
from environment.reach.imports import Closures
from environment.reach.recording import Recording, TestReach, is_unit
from environment.reach.remembered import readers_of
from environment.workspace.contents import bears_on_verdicts


@dataclass(frozen=True)
class Selection:
    """The tests that a change can touch."""

    tests: frozenset[str]
    everything: bool
    """Whether these are all tests that the map knows."""
    why: Mapping[str, str]
    """For each part of the change, in words, what it can touch."""


@dataclass(frozen=True)
class ReachMap:
    """What was recorded on one tree, and which files each test module imports there."""

    recording: Recording
    imports: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Test module -> the files of the tree that are read when it is imported, its support and conftests included."""

    @property
    def names(self) -> tuple[str, ...]:
        """All functions, as `path::name`."""
        return self.recording.names

    @property
    def tests_known(self) -> frozenset[str]:
        """All tests that were recorded."""
        return frozenset(self.recording.tests)

    def functions(self, test_id: str) -> frozenset[str]:
        """What a test reaches; nothing for a test that isn't known."""
        return self.named(self._reach(test_id).mask)

    def tests(self, function: str) -> frozenset[str]:
        """The tests that reach a function themselves; start-up and what is remembered aside."""
        if function not in self._reaching:
            bit = self._bits.get(function, 0)
            self._reaching[function] = frozenset(
                test_id for test_id, reach in self.recording.tests.items() if reach.mask & bit
            )
        return self._reaching[function]

    def seconds(self, test_id: str) -> float:
        """How long a test took, set-up and teardown included; 0 when it isn't known."""
        return self._reach(test_id).seconds

    def named(self, mask: int) -> frozenset[str]:
        """The functions of a mask."""
        return frozenset(name for place, name in enumerate(self.names) if mask >> place & 1)

    def selection(self, changed: Changes) -> Selection:
        """The tests that a change can touch."""
        found: set[str] = set()
        why: dict[str, str] = {}
        for part, tests, words in self._touched(changed):
            found |= tests
            why[part] = f"{words}: {len(tests)} tests"
        return Selection(frozenset(found), found == self.tests_known, why)

    def _touched(self, changed: Changes) -> Iterator[tuple[str, frozenset[str], str]]:
        for function in sorted(changed.functions):
            yield function, *self._by_function(function)
        for path in sorted(changed.modules):
            yield path, self._concerned(path) | self._importing(path), "what it does when it is loaded differs"
        for path in sorted(filter(bears_on_verdicts, changed.files)):
            yield path, *self._by_file(path)

    def _by_function(self, function: str) -> tuple[frozenset[str], str]:
        path = function.partition("::")[0]
        bit = self._bits.get(function)
        if bit is None:
            return self._concerned(path) | self._importing(path), "the map doesn't know it"
        tests = self.tests(function)
        for reader in readers_of(function):
            tests |= self.tests(reader)
        words = "reach it"
        if self.recording.unit_start & bit:
            tests |= self._importing(path)
            words = "reach it or import it"
        for mask, when in ((self.recording.start, "the start of a fleet"), (self.recording.idle, "an idle fleet")):
            if mask & bit:  # Then it runs in the time of tests that have nothing to do with it, too.
                return tests - self.live | self._concerned(path), f"{when} reaches it"
        return tests, words

    def _by_file(self, path: str) -> tuple[frozenset[str], str]:
        if not (path.startswith("tests/") and path.endswith(".py")):
            return self.tests_known, "anything may read it"
        return self._importing(path, only_unit=False), "are or import it"

    @cached_property
    def live(self) -> frozenset[str]:
        """The tests that use a fleet."""
        return frozenset(test_id for test_id in self.recording.tests if not is_unit(test_id))

    def _concerned(self, path: str) -> frozenset[str]:
        """The tests with a fleet in which it can show what the service of a file does by itself."""
        service = service_of(path)
        if service not in self._of_service:
            self._of_service[service] = frozenset(filter(self._concerns(service), self.live))
        return self._of_service[service]

    def _concerns(self, service: str) -> Callable[[str], bool]:
        if not service:
            return lambda test_id: True
        known = frozenset(map(service_of, self.names))
        prefix, common = f"services/{service}/", self.recording.start | self.recording.idle
        own = sum(bit for name, bit in self._bits.items() if name.startswith(prefix)) & ~common

        def concerns(test_id: str) -> bool:
            named = known & frozenset(test_id.partition("::")[0].split("/")[2:-1])
            return service in named or not named or bool(self._reach(test_id).mask & own)

        return concerns

    def _importing(self, path: str, *, only_unit: bool = True) -> frozenset[str]:
        modules = (self._of_module[module] for module in self._importers.get(path, ()) if module in self._of_module)
        found = frozenset[str]().union(*modules)
        return found - self.live if only_unit else found

    @cached_property
    def _importers(self) -> Mapping[str, list[str]]:
        """File -> the test modules that import it."""
        found: dict[str, list[str]] = {}
        for module, files in self.imports.items():
            for path in files:
                found.setdefault(path, []).append(module)
        return found

    @cached_property
    def _of_module(self) -> Mapping[str, frozenset[str]]:
        """Test module -> its tests."""
        found: dict[str, set[str]] = {}
        for test_id in self.recording.tests:
            found.setdefault(test_id.partition("::")[0], set()).add(test_id)
        return {module: frozenset(tests) for module, tests in found.items()}

    def _reach(self, test_id: str) -> TestReach:
        return self.recording.tests.get(test_id, TestReach(0, 0.0))

    @cached_property
    def _of_service(self) -> dict[str, frozenset[str]]:
        """Service -> the tests that have to do with it, as far as it was asked."""
        return {}

    @cached_property
    def _reaching(self) -> dict[str, frozenset[str]]:
        """What was asked before: the same change is looked up for every bug."""
        return {}

    @cached_property
    def _bits(self) -> Mapping[str, int]:
        return {name: 1 << place for place, name in enumerate(self.names)}


def service_of(path: str) -> str:
    """The service in whose folder a file lies; nothing when it is shared."""
    parts = path.split("/")
    return parts[1] if parts[0] == "services" and len(parts) > 2 else ""


def module_imports(files: Mapping[str, bytes], modules: Iterable[str]) -> dict[str, frozenset[str]]:
    """For each test module the files that are read when it is imported, conftests above it included."""
    closures = Closures(files)
    return {module: closures.of([module, *_conftests(module)]) for module in sorted(set(modules))}


def _conftests(module: str) -> list[str]:
    folders = module.split("/")[:-1]
    return ["/".join([*folders[:depth], "conftest.py"]) for depth in range(1, len(folders) + 1)]
