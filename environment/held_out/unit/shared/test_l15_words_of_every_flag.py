"""Every flag is read by its word, however it is written; what is no such word stops the process."""

from __future__ import annotations

import os
from unittest.mock import patch

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.settings import ServiceSettings

FLAGS = sorted(name for name, field in ServiceSettings.model_fields.items() if field.annotation is bool)
YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
SHAPES = st.sampled_from([str.lower, str.upper, str.title, lambda word: f" {word}\t", lambda word: f"{word.upper()} "])


def read(flag: str, word: str) -> bool:
    with patch.dict(os.environ, {flag.upper(): word}):
        return bool(getattr(ServiceSettings(service_name="x"), flag))


def test_there_are_flags() -> None:
    assert {"kafka_tls", "consul_tls", "etcd_tls", "s3_tls", "debug", "kafka_auto_create_topics"} <= set(FLAGS)


@settings(derandomize=True, phases=[Phase.generate], max_examples=150, deadline=None)
@given(flag=st.sampled_from(FLAGS), word=st.sampled_from(YES + NO), shape=SHAPES)
def test_a_flag_is_what_its_word_says(flag: str, word: str, shape: object) -> None:
    written = shape(word)  # type: ignore[operator]
    assert read(flag, written) is (word in YES)


@pytest.mark.parametrize("word", ["treu", "2", "-1", "none", "null", "disabled", "true false", "enabled", "1.0"])
@pytest.mark.parametrize("flag", ["kafka_tls", "etcd_tls", "debug"])
def test_another_word_stops_the_process(flag: str, word: str) -> None:
    with pytest.raises(ValidationError, match=flag):
        read(flag, word)


@pytest.mark.parametrize("value", [True, False])
def test_what_is_a_truth_value_already_stays_one(value: bool) -> None:
    assert ServiceSettings(service_name="x", s3_tls=value).s3_tls is value
