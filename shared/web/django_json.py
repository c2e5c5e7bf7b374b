"""How JSON is read in Django services. A module of its own: the framework loads it while it loads its views."""

from __future__ import annotations

from typing import Any

from rest_framework.parsers import JSONParser

from shared.web.input import MAX_JSON_BYTES, parse_json


class StrictJsonParser(JSONParser):
    """Reads JSON by the rules of this API (`shared.web.input`)."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The value of the body. Raises BadRequest or PayloadTooLarge."""
        return parse_json(stream.read(MAX_JSON_BYTES + 1))
