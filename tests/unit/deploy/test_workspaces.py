"""Names of workspaces, and lock info."""

import json

import pytest

from services.deploy.domain.statefiles import NotAStateDocument
from services.deploy.domain.workspaces import ClientLock, InvalidWorkspaceName, client_lock, valid_workspace
from shared.errors import BadRequest

INFO = {
    "ID": "6f1c5b7e-0000-4c1e-8f1d-2b7d9a3c1a11",
    "Operation": "OperationTypeApply",
    "Info": "two\nlines",
    "Who": "ana@laptop",
    "Version": "1.11.4",
    "Created": "2026-02-01T12:00:00.123456789Z",
    "Path": "prod.tfstate",
}


@pytest.mark.parametrize("name", ["prod", "prod_eu", "Team-A", "app.v2", "a" * 128, "7", "x~1", "a+b", "a=b:c@d&e$f"])
def test_names_are_what_terraform_takes_for_one(name: str) -> None:
    assert valid_workspace(name) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "a b", "a%2Fb", "größe", "a\n", "a" * 129, "a?b", "a#b", "\x00"]
)
def test_what_a_path_would_have_to_escape_is_no_name(name: str) -> None:
    with pytest.raises(InvalidWorkspaceName):
        valid_workspace(name)


def test_lock_info_is_kept_whole() -> None:
    assert client_lock(json.dumps(INFO).encode()) == ClientLock(
        INFO["ID"], INFO["Operation"], INFO["Info"], INFO["Who"], INFO["Version"], INFO["Created"], INFO["Path"]
    )


def test_an_id_alone_is_enough() -> None:
    assert client_lock(b'{"ID":"x"}') == ClientLock("x", "", "", "", "", "", "")


@pytest.mark.parametrize(
    "body", [b"{}", b'{"ID":""}', b'{"ID":7}', b"[]", b'{"ID":"a\\u0000"}', b'{"ID":"\\ud800"}', b'{"ID":"x","Who":7}']
)
def test_what_can_not_be_recorded_is_no_lock_info(body: bytes) -> None:
    with pytest.raises(NotAStateDocument):
        client_lock(body)


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[" * 100_000, b"\xff"])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        client_lock(body)
