"""What the end points of network have in common."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from services.network.ports import Ports
from shared.errors import BadRequest
from shared.web.django_views import ApiView
from shared.web.storable import refuse_unstorable

READ, WRITE = "network:read", "network:write"

Body = dict[str, Any]


class View(ApiView):
    """A view of this service. It sees addresses and bodies that can be stored, and no others."""

    ports: Ports

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Before a request is answered. Raises BadRequest."""
        super().initial(request, *args, **kwargs)
        refuse_unstorable([*kwargs.values(), *request.query_params.items()], "the address")
        refuse_unstorable(body_of(request))


def body_of(request: Request) -> Any:
    """A request's body. Raises BadRequest for one that is nested deeper than anybody can read."""
    try:
        return request.data
    except RecursionError:
        raise BadRequest("the body is nested too deep") from None


def filters(request: Request, *names: str) -> dict[str, str]:
    """Those of the query parameters that are given."""
    return {name: request.query_params[name] for name in names if name in request.query_params}
