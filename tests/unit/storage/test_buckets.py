"""Bucket names, by S3's rules."""

from __future__ import annotations

import pytest

from services.storage.domain.buckets import InvalidBucketName, valid_bucket_name


@pytest.mark.parametrize("name", ["abc", "my-bucket", "log.2026.eu", "1-2-3", "a" * 63, "999.999.1.1"])
def test_a_name_by_the_rules_is_taken(name: str) -> None:
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
def test_a_name_against_the_rules_is_refused(name: str) -> None:
    with pytest.raises(InvalidBucketName):
        valid_bucket_name(name)
