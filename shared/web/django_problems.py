"""Problem bodies as Django answers."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse

from shared.web import problems


def problem_response(body: dict[str, object]) -> HttpResponse:
    """A problem body as an answer."""
    return JsonResponse(body, status=int(str(body["status"])), content_type=problems.MEDIA_TYPE)
