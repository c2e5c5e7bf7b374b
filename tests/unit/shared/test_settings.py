"""Settings are read by what they say, never by their truthiness."""

import pytest
from pydantic import ValidationError

from services.auth.settings import Settings as AuthSettings
from services.gateway.settings import Settings as GatewaySettings
from shared.settings import ServiceSettings, parse_flag, split_address


@pytest.mark.parametrize("word", ["false", "False", "FALSE", "0", "no", "off", " false ", ""])
def test_words_that_mean_no(word: str) -> None:
    assert parse_flag(word) is False


@pytest.mark.parametrize("word", ["true", "True", "1", "yes", "on", " TRUE "])
def test_words_that_mean_yes(word: str) -> None:
    assert parse_flag(word) is True


@pytest.mark.parametrize("word", ["flase", "2", "enabled", "-"])
def test_a_typo_chooses_no_side(word: str) -> None:
    with pytest.raises(ValueError, match="not a flag"):
        parse_flag(word)


def test_security_flags_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA_TLS", "CONSUL_TLS", "ETCD_TLS", "S3_TLS", "DEBUG"):
        monkeypatch.setenv(name, "false")
    settings = ServiceSettings(service_name="x")
    assert (settings.kafka_tls, settings.consul_tls, settings.etcd_tls, settings.s3_tls, settings.debug) == (False,) * 5


def test_a_flag_that_is_on_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_AUTO_CREATE_TOPICS", "on")
    assert ServiceSettings(service_name="x").kafka_auto_create_topics is True


def test_a_typo_in_the_environment_stops_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSUL_TLS", "ture")
    with pytest.raises(ValidationError, match="consul_tls"):
        ServiceSettings(service_name="x")


def test_settings_do_not_change_while_running() -> None:
    settings = ServiceSettings(service_name="x")
    with pytest.raises(ValidationError):
        settings.debug = True


def test_address_splits_at_the_last_colon() -> None:
    assert split_address("compute:8003") == ("compute", 8003)
    for wrong in ("compute", "compute:", ":8003", "compute:²", "compute:٨٠٠٣"):
        with pytest.raises(ValueError, match="host:port"):
            split_address(wrong)


def test_own_advertised_name_is_an_allowed_host() -> None:
    settings = ServiceSettings(service_name="x", advertise_address="compute:8003", allowed_hosts="localhost")
    assert settings.hosts() == ["localhost", "compute"]


@pytest.mark.parametrize("issuer", ["https://omnicloud.example", "https://cloud.example:8443", "https://[2001:db8::1]"])
def test_the_issuer_is_one_for_who_issues_tokens_and_who_checks_them(
    monkeypatch: pytest.MonkeyPatch, issuer: str
) -> None:
    monkeypatch.setenv("TOKEN_ISSUER", issuer)
    assert (AuthSettings().token_issuer, GatewaySettings().token_issuer) == (issuer, issuer)


@pytest.mark.parametrize(
    "issuer",
    ["omnicloud-auth", "http://cloud.example", "https://", "https://cloud.example/", "https://cloud.example/auth",
     "https://cloud.example?a=b", "https://cloud.example#a", "https://me@cloud.example", "https://cloud.example\n", ""],
)  # fmt: skip
def test_an_issuer_is_an_https_address_without_path_query_and_fragment(issuer: str) -> None:
    with pytest.raises(ValidationError):
        ServiceSettings(service_name="x", token_issuer=issuer)
