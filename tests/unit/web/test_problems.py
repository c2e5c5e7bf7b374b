"""Problem bodies (RFC 9457) and the pages that they link to."""

import pytest

from shared.clients.errors import error_class
from shared.error_codes import ALL
from shared.errors import Conflict, NotFound
from shared.web import problems


def test_a_problem_links_to_the_explanation_of_its_code() -> None:
    body = problems.problem_body(Conflict("it is in use", used_by=["a"]), "/v1/things/1")

    assert body == {
        "type": "/problems/conflict",
        "title": "Conflict",
        "status": 409,
        "detail": "it is in use",
        "code": "conflict",
        "instance": "/v1/things/1",
        "correlation_id": None,
        "used_by": ["a"],
    }


def test_a_code_of_another_service_that_nobody_explains_here_links_to_nothing() -> None:
    body = problems.problem_body(error_class(409, "from_a_newer_release")(), "/v1/things")
    assert (body["type"], body["code"]) == ("about:blank", "from_a_newer_release")


@pytest.mark.parametrize(
    ("status", "code", "title"),
    [
        (404, "not_found", "Not found"),
        (406, "not_acceptable", "Not acceptable"),
        (415, "unsupported_media_type", "Unsupported media type"),
        (418, "bad_request", "Bad request"),
    ],
)
def test_what_a_framework_refuses_has_a_listed_code(status: int, code: str, title: str) -> None:
    body = problems.http_problem(status, "", "/v1/things")
    assert (body["type"], body["status"], body["title"], body["detail"]) == (f"/problems/{code}", status, title, title)


def test_every_code_is_explained() -> None:
    listed = problems.catalogue()["items"]
    assert [problems.explanation(item["code"]) for item in listed] == listed
    assert len(listed) == len(ALL)
    assert problems.explanation("not_found").keys() == {"code", "status", "title", "explanation"}


def test_an_unknown_code_is_not_found() -> None:
    with pytest.raises(NotFound, match="no error code 'nonsense'"):
        problems.explanation("nonsense")
