"""What the end points share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request

from services.auth.ports import Ports
from shared.web.django_problems import problem_response
from shared.web.django_views import ApiView
from shared.web.idempotency import IdempotencyNotSupported
from shared.web.problems import problem_body

READ, WRITE = "auth:read", "auth:write"

Body = dict[str, Any]


class View(ApiView):
    """A view of the auth service."""

    ports: Ports


class SecretView(View):
    """Answers hold secrets, so they are never saved for a repetition; an `Idempotency-Key` is refused."""

    keyed = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST" and "Idempotency-Key" in request.headers:
            error = IdempotencyNotSupported("this answer is given once: leave the Idempotency-Key out")
            return problem_response(problem_body(error, request.path))
        return super().dispatch(request, *args, **kwargs)


def client_address(request: Request) -> str:
    """The client's address, which the gateway sets; the peer's where a request didn't come through it."""
    forwarded = str(request.headers.get("X-Forwarded-For", "")).rpartition(",")[2].strip()
    return forwarded or str(request.META.get("REMOTE_ADDR", ""))
