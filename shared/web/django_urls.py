"""Root routes of every Django service: the standard ones and the service's own."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from shared.errors import NotFound
from shared.web import metrics, problems
from shared.web.django_openapi import openapi_document
from shared.web.django_problems import problem_response


def healthz(_request: HttpRequest) -> HttpResponse:
    """Liveness: the process answers."""
    return JsonResponse({"status": "alive"})


def readyz(_request: HttpRequest) -> HttpResponse:
    """Readiness: every required dependency answers."""
    report = settings.OMNICLOUD_READINESS.report()
    return JsonResponse(report.body(), status=report.status)


def metrics_page(_request: HttpRequest) -> HttpResponse:
    """Prometheus metrics."""
    content, media_type = metrics.exposition()
    return HttpResponse(content, content_type=media_type)


def problem_catalogue(_request: HttpRequest) -> HttpResponse:
    """Every error code."""
    return JsonResponse(problems.catalogue())


def problem_explanation(request: HttpRequest, code: str) -> HttpResponse:
    """What one error code means."""
    try:
        return JsonResponse(problems.explanation(code))
    except NotFound as error:
        return problem_response(problems.problem_body(error, request.path))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Problem body for a path that no route matches."""
    return problem_response(problems.http_problem(404, "there is nothing at this path", request.path))


def server_error(request: HttpRequest) -> HttpResponse:
    """Problem body for what nobody expected."""
    return problem_response(problems.internal_problem(request.path))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Problem body for what Django refused before any view ran."""
    return problem_response(problems.http_problem(400, str(exception), request.path))


handler404 = not_found
handler500 = server_error
handler400 = bad_request

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics_page),
    path("problems", problem_catalogue),
    path("problems/<str:code>", problem_explanation),
    path("openapi.json", openapi_document, {"service": settings.OMNICLOUD_SERVICE}),
    *settings.OMNICLOUD_ROUTES,
]
