"""Bucket names and object keys, by S3's rules."""

import pytest

from services.storage.domain.bucket_names import (
    InvalidBucketName,
    InvalidObjectKey,
    valid_bucket_name,
    valid_object_key,
)


@pytest.mark.parametrize("name", ["abc", "my-bucket", "log.2026.eu", "1-2-3", "a" * 63, "999.999.1.1"])
def test_a_name_by_the_rules_is_taken(name):
    assert valid_bucket_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "Upper",
        "under_score",
        "-start",
        "end-",
        ".start",
        "end.",
        "two..dots",
        "192.168.5.4",
        "xn--bucket",
        "sthree-bucket",
        "amzn-s3-demo-bucket",
        "bucket-s3alias",
        "bucket--ol-s3",
        "name.mrap",
        "bücket",
        "name\n",
    ],
)
def test_a_name_against_the_rules_is_refused(name):
    with pytest.raises(InvalidBucketName):
        valid_bucket_name(name)


def test_a_key_is_measured_in_bytes_of_utf8():
    assert valid_object_key("ü" * 512) == "ü" * 512
    with pytest.raises(InvalidObjectKey):
        valid_object_key("ü" * 512 + "a")


@pytest.mark.parametrize("key", ["", "a\x00b", "a\nb", "\x7f"])
def test_an_empty_key_or_one_with_control_characters_is_refused(key):
    with pytest.raises(InvalidObjectKey):
        valid_object_key(key)
