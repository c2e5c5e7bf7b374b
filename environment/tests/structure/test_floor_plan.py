"""All fifteen services have one floor plan: whoever knows one knows all of them.

The rules are read from the source tree itself, one test a rule and service. They aren't among the platform's own
tests, because those are graded: a rule about the source would tell where somebody has changed it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from shared import services

ROOT = Path(__file__).resolve().parents[3]
EVENT_TYPES = frozenset(
    path.stem for path in (ROOT / "shared/events/schemas").glob("*.json") if path.stem.count(".") == 2
)
"""`<service>.<noun>.<verb>`. `<service>.usage.recorded` is told by shared.metering alone and isn't among them."""

REQUIRED = ("Dockerfile", "__init__.py", "app.py", "settings.py", "domain", "operations", "api", "ports")
REQUIRED_WITH_DATABASE = ("repository", "schemas.py", "migrations", "persistence")
ONE_OF = {
    "operations": ("operations.py", "operations"),
    "api": ("api.py", "api"),
    "ports": ("ports.py", "ports"),
    "repository": ("repository.py", "repository"),
    "persistence": ("models.py", "tables.py"),
}
"""Rooms that are a file or a folder, or have another name by framework."""
OPTIONAL = ("published.py", "handlers.py", "cli.py")

STORIES = {
    "contract": "wire",
    "chaos": "outages",
    "security": "access",
    "performance": "queries",
    "system": "stories",
}
"""What a category's file is called where it isn't about a noun. Integration tests always are."""
NOUNS_WITHOUT_A_PATH = {"gateway": {"requests"}}
"""The gateway's path is that of whatever it carries."""

CLOCKS = frozenset(
    {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "timezone.now", "func.now"}
)
CLOCK_ARGUMENTS = frozenset({"auto_now", "auto_now_add"})
READS_THE_CLOCK = {
    "shared/utils/clock.py": CLOCKS,
    # The server's default stands beside the clock's, for rows that are written by hand.
    "shared/infra/db/sqlalchemy.py": frozenset({"func.now"}),
    # The Date header says when the server itself answered, to whoever reads HTTP.
    "shared/web/asgi_server.py": frozenset({"time.time"}),
}

FURTHER_ROOMS = {
    "audit": ("ports.checkpoints", "settings"),
    "deploy": ("ports.providers", "ports.tasks", "settings"),
    "gateway": ("api", "ports", "settings"),
    "monitor": (
        "operations.samples",
        "operations.retention",
        "operations.tenancy",
        "operations.turns",
        "ports",
        "tables",
    ),
    "storage": ("operations.uploads", "operations.bodies", "operations.contents", "settings"),
    "loadbalancer": ("ports.probes",),
}
"""Rooms that unit tests may enter beside the rules: the gateway's way through HTTP has edges that no live service
shows, such as a connection that ends at the wrong moment, or a token that is shown while its key changes; the local
fleet's object store keeps the parts that others replace; names lead where a test's resolver says; a
broker says nothing, and owners of resources fail, at the very call that is asked about; nobody waits for the
checkpoints of a week, or for six hours of a read; and nobody sends the millions of samples that are too many."""

each_service = pytest.mark.parametrize("service", services.NAMES)


# ---------------------------------------------------------------------- reading the tree


def house(service: str) -> Path:
    return ROOT / "services" / service


def entries(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name != "__pycache__"}


def sources(folder: Path) -> list[Path]:
    """The folder's modules; migrations, which are written by tools, left out."""
    return sorted(path for path in folder.rglob("*.py") if "migrations" not in path.relative_to(folder).parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def stems(service: str, room: str) -> set[str]:
    """Names of the modules in a room that is a folder; none where it is a file."""
    return {path.stem for path in (house(service) / room).glob("**/*.py") if path.stem != "__init__"}


@cache
def processes(service: str) -> set[str]:
    """The service's modules that the compose file runs beside its web server."""
    compose = (ROOT / "docker-compose.yml").read_text()
    return {f"{module}.py" for module in re.findall(rf"\bservices\.{service}\.(\w+)\b", compose)}


def roots(service: str) -> set[Path]:
    """The composition roots: the application's and each process's."""
    return {house(service) / name for name in {"app.py", *processes(service)}}


def dotted(node: ast.AST) -> str:
    """`a.b` for a name or an attribute of one, the last two parts of longer ones; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value).rpartition(".")[2]
        return f"{owner}.{node.attr}" if owner else node.attr
    return ""


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the name that is called."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def imported(path: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Every import with the full name of what is imported."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)


def texts(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Every string with its node; of an f-string its beginning."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node, node.value


# ---------------------------------------------------------------------- rooms


@each_service
def test_a_service_has_the_rooms_of_the_floor_plan_and_no_others(service: str) -> None:
    known = {name for room in (*REQUIRED, *REQUIRED_WITH_DATABASE, *OPTIONAL) for name in ONE_OF.get(room, (room,))}
    strange = entries(house(service)) - known - processes(service)
    assert not strange, (
        f"services/{service} has {sorted(strange)}: adapters belong into ports/, use cases into operations/, what is "
        "told into published.py, what is heard into handlers.py; a process of its own is run by docker-compose.yml"
    )


@each_service
def test_a_service_has_every_room_that_it_needs(service: str) -> None:
    needed = (*REQUIRED, *(REQUIRED_WITH_DATABASE if services.BY_NAME[service].has_database else ()))
    there = entries(house(service))
    missing = [room for room in needed if not there & set(ONE_OF.get(room, (room,)))]
    assert not missing, f"services/{service} lacks {missing}"


@each_service
def test_no_room_is_there_twice(service: str) -> None:
    there = entries(house(service))
    twice = [names for names in ONE_OF.values() if set(names) <= there]
    assert not twice, f"services/{service} has {twice}: a room is a file or a folder"


@each_service
def test_no_room_is_empty(service: str) -> None:
    folders = {path.parent for path in sources(house(service))} - {house(service)}
    empty = [folder.name for folder in folders if not [path for path in folder.glob("*.py") if path.stem != "__init__"]]
    bare = [path.name for path in sources(house(service)) if path.stem != "__init__" and len(tree(path).body) < 2]
    assert not empty + bare, f"services/{service} has nothing in {empty + bare}: a room without contents goes"


@each_service
def test_api_and_operations_are_folders_both_or_files_both(service: str) -> None:
    kinds = {(house(service) / room).is_dir() for room in ("api", "operations")}
    assert len(kinds) == 1, f"services/{service}: several nouns have a folder api/ and a folder operations/"


@each_service
def test_what_is_in_the_api_is_found_under_the_same_name_in_the_operations(service: str) -> None:
    nouns = stems(service, "api") - {"common"}
    lost = nouns - stems(service, "operations") - stems(service, "domain")
    assert not lost, (
        f"services/{service}/api has {sorted(lost)}, which operations/ doesn't: one noun, one file name (a catalogue "
        "without a use case has it in domain/)"
    )


@each_service
def test_rules_about_a_noun_bear_its_name(service: str) -> None:
    singular = {noun.removesuffix("s") for noun in stems(service, "api") - {"common"} if noun.endswith("s")}
    wrong = stems(service, "domain") & singular - stems(service, "api")
    assert not wrong, f"services/{service}/domain: call {sorted(wrong)} as api/ does, in the plural"


# ---------------------------------------------------------------------- what is told and heard


@each_service
def test_published_knows_nothing_of_the_service_but_its_rows(service: str) -> None:
    path = house(service) / "published.py"
    own = f"services.{service}."
    allowed = (f"{own}models.", f"{own}tables.")
    if path.exists():
        wrong = [
            f"{where(path, node)} {name}"
            for node, name in imported(path)
            if name.startswith(own) and not name.startswith(allowed)
        ]
        assert not wrong, f"{wrong}: hand in what is told of as arguments"


@each_service
def test_every_event_of_the_service_has_a_function_of_its_name(service: str) -> None:
    path = house(service) / "published.py"
    own = {type for type in EVENT_TYPES if type.startswith(f"{service}.")}
    told = {
        value: function.name
        for function in (functions(path) if path.exists() else [])
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and (value := node.value) in EVENT_TYPES
    }
    wanted = {type: type.removeprefix(f"{service}.").replace(".", "_") for type in own}
    assert told == wanted, f"services/{service}/published.py: one function an event, dns.zone.created by zone_created()"


@each_service
def test_types_of_events_stand_where_they_are_told_or_heard_and_nowhere_else(service: str) -> None:
    prefixes = tuple({type.rpartition(".")[0] + "." for type in EVENT_TYPES})
    wrong = []
    for path in sources(house(service)):
        if path.parent == house(service) and path.name in ("published.py", "handlers.py"):
            continue
        wrong += [
            f"{where(path, node)} {value!r}" for node, value in texts(path) if value in EVENT_TYPES or value in prefixes
        ]
    assert not wrong, f"{wrong}: tell it by a function of published.py, hear it in handlers.py"


@each_service
def test_unit_tests_import_the_rules_of_a_service_and_nothing_else_of_it(service: str) -> None:
    rooms = tuple(f"services.{service}.{room}" for room in ("domain", *FURTHER_ROOMS.get(service, ())))
    wrong = [
        f"{where(path, node)} {name}"
        for path in sorted((ROOT / "tests" / "unit" / service).glob("**/*.py"))
        for node, name in imported(path)
        if name.startswith("services.") and not name.startswith(rooms)
    ]
    assert not wrong, f"{wrong}: what needs a database, a broker or a framework is tested on the live fleet"


@pytest.mark.parametrize("root", [ROOT / "tests", ROOT / "environment/held_out"], ids=["tests", "held out"])
def test_tests_with_a_fleet_import_nothing_of_what_they_judge(root: Path) -> None:
    wrong = [
        f"{where(path, node)} {name}"
        for path in sorted(root.glob("**/*.py"))
        if path.relative_to(root).parts[0] != "unit"
        for node, name in imported(path)
        if name.partition(".")[0] in ("services", "shared", "environment")
    ]
    assert not wrong, f"{wrong}: they run where it can't be imported, so that it can't change them"


@each_service
def test_nothing_is_published_but_in_published(service: str) -> None:
    wrong = [
        where(path, node)
        for path in sources(house(service))
        if path != house(service) / "published.py"
        for node, name in imported(path)
        if name in ("shared.events.publish", "shared.events.outbox.publish")
    ]
    assert not wrong, f"{wrong}: call a function of published.py"


@each_service
def test_what_is_heard_is_made_from_the_ports(service: str) -> None:
    path = house(service) / "handlers.py"
    if path.exists():
        made = [node for node in tree(path).body if isinstance(node, ast.FunctionDef) and node.name == "handlers"]
        assert [[argument.arg.lstrip("_") for argument in node.args.args] for node in made] == [["ports"]], (
            f"{path.relative_to(ROOT)}: def handlers(ports: Ports) -> Mapping[str, Handler]"
        )


# ---------------------------------------------------------------------- composition


@each_service
def test_only_composition_roots_make_settings_and_clocks(service: str) -> None:
    wrong = [
        f"{where(path, node)} {name}()"
        for path in sources(house(service))
        if path not in roots(service)
        for node, name in calls(path)
        if name in ("Settings", "system_clock", "SystemClock", "clock.SystemClock")
    ]
    assert not wrong, f"{wrong}: app.py makes them and hands them in with the ports"


@each_service
def test_settings_and_ports_are_handed_in_and_not_looked_up(service: str) -> None:
    wrong = [
        f"{where(path, node)} {found}"
        for path in sources(house(service))
        for node in ast.walk(tree(path))
        if (found := dotted(node) or getattr(node, "name", ""))
        in ("service_settings", "app.state", "django_settings.OMNICLOUD_SETTINGS", "settings.OMNICLOUD_SETTINGS")
        and isinstance(node, ast.Name | ast.Attribute | ast.alias)
    ]
    assert not wrong, f"{wrong}: FastAPI has ports_of_app(), Django views have self.ports"


@each_service
def test_ports_are_one_frozen_dataclass_with_a_clock(service: str) -> None:
    folder = house(service)
    path = folder / "ports.py" if (folder / "ports.py").exists() else folder / "ports" / "__init__.py"
    assert path.exists(), f"services/{service} has no ports"
    found = [node for node in tree(path).body if isinstance(node, ast.ClassDef) and node.name == "Ports"]
    assert found, f"{path.relative_to(ROOT)} has no class Ports"
    decorators = [ast.unparse(decorator) for decorator in found[0].decorator_list]
    fields = [ast.unparse(node) for node in found[0].body if isinstance(node, ast.AnnAssign)]
    assert (decorators, "clock: Clock" in fields) == (["dataclass(frozen=True)"], True), (
        f"{path.relative_to(ROOT)}: @dataclass(frozen=True) class Ports with `clock: Clock`"
    )


@each_service
def test_only_processes_have_threads_of_their_own(service: str) -> None:
    wrong = [
        where(path, node)
        for path in sources(house(service))
        if path.name not in processes(service)
        for node, name in calls(path)
        if name in ("threading.Thread", "Thread")
    ]
    assert not wrong, f"{wrong}: loops are a shared.infra.periodic.Periodic"


# ---------------------------------------------------------------------- inside the files


@each_service
def test_imports_stand_at_the_top_of_their_file(service: str) -> None:
    wrong = [
        where(path, node)
        for path in sources(house(service))
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not wrong, f"{wrong}: an import inside a function hides a circle; no import runs back"


@pytest.mark.parametrize("house_of", [*(f"services/{name}" for name in services.NAMES), "shared"])
def test_no_time_is_told_but_by_the_clock_of_the_process(house_of: str) -> None:
    wrong = []
    for path in sources(ROOT / house_of):
        allowed = READS_THE_CLOCK.get(str(path.relative_to(ROOT)), frozenset())
        wrong += [
            f"{where(path, node)} {name}"
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Attribute | ast.keyword)
            and (name := dotted(node) if isinstance(node, ast.Attribute) else str(node.arg))
            in CLOCKS - allowed | CLOCK_ARGUMENTS
        ]
    assert not wrong, f"{wrong}: use ports.clock, or current_time() of shared.kernel.context"


@each_service
def test_permissions_that_nobody_reads_are_dependencies_of_their_route(service: str) -> None:
    wrong = []
    for path in sources(house(service)):
        for function in functions(path):
            arguments = [*function.args.posonlyargs, *function.args.args]
            defaults = zip(reversed(arguments), reversed(function.args.defaults), strict=False)
            only_named = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
            read = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
            wrong += [
                f"{where(path, function)} {argument.arg}"
                for argument, default in (*defaults, *only_named)
                if isinstance(default, ast.Call) and dotted(default.func) == "requires" and argument.arg not in read
            ]
    assert not wrong, f'{wrong}: @router.get("/x", dependencies=[requires(READ)])'


# ---------------------------------------------------------------------- tests


@cache
def nouns(service: str) -> set[str]:
    """What tests may be about: files of api/ and operations/, or the words of the paths of a single api.py."""
    names = stems(service, "api") | stems(service, "operations") | NOUNS_WITHOUT_A_PATH.get(service, set())
    api = house(service) / "api.py"
    if api.exists():
        paths = [value for _, value in texts(api) if "/" in value and " " not in value]
        words = re.findall(r"(?<![\w<{:-])[a-z][a-z-]*(?![\w>}:.-])", " ".join(paths))
        names |= {word.replace("-", "_") for word in words}
    return names - {"common"}


@each_service
@pytest.mark.parametrize("category", ["unit", "integration", *STORIES])
def test_tests_are_called_after_what_they_test(service: str, category: str) -> None:
    common = stems(service, "domain") if category == "unit" else {STORIES[category]} if category in STORIES else set()
    if category == "unit" and service in FURTHER_ROOMS:
        common |= stems(service, "ports")
    allowed = common | nouns(service)
    folder = ROOT / "tests" / category / service
    wrong = sorted(path.name for path in folder.glob("**/test_*.py") if path.stem.removeprefix("test_") not in allowed)
    assert not wrong, (
        f"tests/{category}/{service} has {wrong}: call it test_<x>.py, where x is one of {sorted(allowed)}"
    )
