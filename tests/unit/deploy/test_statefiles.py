"""What a state document says of itself, read without touching the rest."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from services.deploy.domain.statefiles import WINDOW_BYTES, Label, NotAStateDocument, label_of
from shared.errors import BadRequest


@pytest.mark.parametrize(
    ("document", "label"),
    [
        (b'{"serial":1,"lineage":"l"}', Label(1, "l")),
        (b' {"a":[1,2,{"x":[]},[],[[1]]],"serial":0 , "lineage":"","f":1e400,"z":{}} \n', Label(0, "")),
        (
            b'{"lineage":"\xc3\xa9","serial":9007199254740991,"r":[{"a":{"b":[true,null,-1.5e+3]}},{}]}',
            Label(2**53 - 1, "é"),
        ),
        (b'{"x":{"serial":9,"lineage":"inner"},"serial":2,"lineage":"outer"}', Label(2, "outer")),
        (b'{"ser\\u0069al":7,"lineage":"escaped \\"}"}', Label(7, 'escaped "}')),
        (b'{"serial":1,"serial":2,"lineage":"the last counts"}', Label(2, "the last counts")),
        (b'{"serial":1,"lineage":"encrypted","meta":{"k":"v"},"encrypted_data":"q83v"}', Label(1, "encrypted")),
    ],
)
def test_serial_and_lineage_are_those_of_the_outermost_object(document: bytes, label: Label) -> None:
    assert label_of(document) == label


# fmt: off
BROKEN = [
    b"{", b'{"serial":1,"lineage":"l"', b'{"serial":1,"lineage":"l"}}', b'{"serial":1 "lineage":"l"}',
    b'{"serial":1,"lineage":"l",}', b'{,"serial":1,"lineage":"l"}', b'{"serial":1,"lineage":"l","v":NaN}',
    b'{"serial":01,"lineage":"l"}', b'{"serial":1,"lineage":"l","a":[1,]}', b'{"serial":1,"lineage":"l","a":[1 2]}',
    b'{"serial":1,"lineage":"l","a":{1:2}}', b'{"serial":1,"lineage":"l","a":[}',
    b'{"serial":1,"lineage":"l","a":"\x01"}', b'{"serial":1,"lineage":"l","a":[{}{}]}',
    b'{"serial":1,"lineage":"l","a":[{},]}', b"\xff\xfe{}",
    b'{"a":' * 100_000,
    b'{"serial":1,"lineage":"l","a":"\xc3"}',
]


@pytest.mark.parametrize("document", BROKEN)
def test_what_is_not_json_is_refused(document: bytes) -> None:
    with pytest.raises(BadRequest) as refused:
        label_of(document)
    assert (refused.value.status, refused.value.code) == (400, "bad_request")


UNLABELLED = [
    b"", b"[]", b"7", b"[" * 100_000, b'{"version":4}', b'{"serial":1.0,"lineage":"l"}',
    b'{"serial":true,"lineage":"l"}',
    b'{"serial":-1,"lineage":"l"}', b'{"serial":9007199254740992,"lineage":"l"}', b'{"serial":{},"lineage":"l"}',
    b'{"serial":"1","lineage":"l"}', b'{"serial":1,"lineage":null}', b'{"serial":1,"lineage":"a\\u0000"}',
    b'{"serial":1,"lineage":"\\ud800"}', b'{"serial":' + b"1" * 6000 + b',"lineage":"l"}',
    b'{"serial":1,"lineage":"' + b"l" * 256 + b'"}',
]
# fmt: on


@pytest.mark.parametrize("document", UNLABELLED)
def test_what_has_no_serial_or_no_lineage_that_can_be_recorded_is_refused(document: bytes) -> None:
    with pytest.raises(NotAStateDocument):
        label_of(document)


def some_value(draw: random.Random, depth: int) -> Any:
    kinds: list[Callable[[], Any]] = [
        lambda: draw.choice([None, True, False, 0, -1, 1.5, 1e300, 10**30]),
        lambda: "".join(draw.choice('aé\\"{}[]:, \n☃') for _ in range(draw.randrange(6))),
        lambda: [some_value(draw, depth - 1) for _ in range(draw.randrange(4))],
        lambda: {f"k{number}": some_value(draw, depth - 1) for number in range(draw.randrange(4))},
    ]
    return draw.choice(kinds if depth else kinds[:2])()


@pytest.mark.parametrize("seed", range(40))
def test_it_agrees_with_the_standard_library_on_documents_and_on_broken_ones(seed: int) -> None:
    draw = random.Random(seed)
    document = {"a": some_value(draw, 5), "serial": seed, "b": some_value(draw, 5), "lineage": "l"}
    for spelling in ({"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}):
        text = json.dumps(document, **spelling).encode()
        assert label_of(text) == Label(seed, "l")
        for _ in range(20):
            at = draw.randrange(1, len(text))
            damaged = text[:at] + draw.choice([b"", b",", b"]", b"}", b'"', b"x"]) + text[at + 1 :]
            assert reads(label_of, damaged) == reads(strictly, damaged), damaged


def reads(reader: Callable[[bytes], object], document: bytes) -> bool:
    try:
        reader(document)
    except NotAStateDocument:
        return True
    except (BadRequest, ValueError):
        return False
    return True


def strictly(document: bytes) -> object:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(document.decode(), parse_constant=refuse)


def test_it_tells_how_far_it_has_read_so_that_memory_can_be_given_back() -> None:
    told: list[int] = []
    document = b'{"r":[' + b",".join([b'{"a":"' + b"x" * 1000 + b'"}'] * 12_000) + b'],"serial":1,"lineage":"l"}'
    assert label_of(document, told.append) == Label(1, "l")
    # Twice: for its characters, and for its brackets
    windows = len(document) // WINDOW_BYTES
    assert len(told) == 2 * windows + 1
    assert told == sorted(told[: windows + 1]) + sorted(told[windows + 1 :])
