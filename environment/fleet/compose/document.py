"""YAML of a compose file, read with bounds: it may have been written to exhaust or to crash whoever reads it."""

from __future__ import annotations

from typing import Any

import yaml

MOST_BYTES = 2**18
MOST_NODES = 50_000
"""Values and keys, those of an alias counted wherever it stands: a few lines can ask for more than any memory holds.
Merges (`<<`) lay copies into mappings, so theirs are counted while the file is read."""
DEEPEST = 64
"""Collections within each other. The parser in C recurses without a limit, so that a deeper file ends the process."""
LONGEST_NUMBER = 40
"""Characters. Longer integers overflow floats, take quadratic time, and have no text (`sys.set_int_max_str_digits`)."""


class UnreadableDocument(ValueError):
    """It isn't YAML, isn't UTF-8, or is more than a compose file can need. Lines and columns count from 1."""

    def __init__(self, problem: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(problem)
        self.line = line
        self.column = column


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """The safe loader, which gives up when merges or numbers grow too large."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._merged = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        own = len(node.value)
        super().flatten_mapping(node)
        self._merged += max(0, len(node.value) - own)
        if self._merged > MOST_NODES:
            raise _too_much(f"merges lay more than {MOST_NODES} entries into mappings", node)

    def bounded_int(self, node: yaml.ScalarNode) -> int:
        _check_length(node)
        return int(self.construct_yaml_int(node))

    def bounded_float(self, node: yaml.ScalarNode) -> float:
        _check_length(node)
        return float(self.construct_yaml_float(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.bounded_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.bounded_float)


def _too_much(problem: str, place: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)


def _check_length(node: yaml.ScalarNode) -> None:
    if len(node.value) > LONGEST_NUMBER:
        raise _too_much(f"a number of more than {LONGEST_NUMBER} characters", node)


_TROUBLES = (yaml.YAMLError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""The loader trips over values that don't fit their tags (`!!bool maybe`), with whatever error comes of that."""


def _check_events(text: str) -> None:
    """Raises YAMLError before values are made of a file that is too deep or too long."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Loader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _too_much(f"more than {DEEPEST} levels", event)
        if number > 2 * MOST_NODES:
            raise _too_much(f"more than {MOST_NODES} values", event)


def load_document(content: bytes) -> Any:
    """What the YAML says. Raises UnreadableDocument, and nothing else, for whatever can't be read."""
    if len(content) > MOST_BYTES:
        raise UnreadableDocument(f"it is larger than {MOST_BYTES} bytes")
    try:
        text = content.decode()
        _check_events(text)
        document = yaml.load(text, Loader=_Loader)
        _count(document, {})
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = (mark.line + 1, mark.column + 1) if mark else ()
        raise UnreadableDocument(error.problem or str(error), *where) from None
    # The constructors trip over values that don't fit their tags (`!!bool maybe`) with whatever error comes of it
    except (
        yaml.YAMLError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise UnreadableDocument(str(error) or type(error).__name__) from None
    return document


def _count(value: Any, known: dict[int, int]) -> int:
    """How many nodes a value has. `known` holds the sizes of what was counted, zero for what is being counted."""
    if isinstance(value, str) and "\0" in value:
        raise ValueError("a text with a zero character, which no process can be given")
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = 0
        parts = value if isinstance(value, list) else [*value, *value.values()]
        known[id(value)] = 1 + sum(_count(part, known) for part in parts)
    size = known[id(value)]
    if size == 0:
        raise ValueError("a value that contains itself")
    if size > MOST_NODES:
        raise ValueError(f"more than {MOST_NODES} values, those of aliases counted wherever they stand")
    return size
