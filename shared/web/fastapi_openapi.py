"""The OpenAPI document of a FastAPI service."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.web.openapi import completed


class DocumentedApi(FastAPI):
    """An application whose document tells all that its operations can answer."""

    def __init__(self, service: str, **options: Any) -> None:
        """`options` are the framework's own."""
        super().__init__(title=f"OmniCloud {service}", version="1", redoc_url=None, redirect_slashes=False, **options)
        self._service = service

    def openapi(self) -> dict[str, Any]:
        """The document; made once, since end points are all there before the first request."""
        if self.openapi_schema is None:
            document = get_openapi(title=self.title, version=self.version, routes=self.routes)
            self.openapi_schema = completed(document, self._service)
        return self.openapi_schema
