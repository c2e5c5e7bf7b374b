"""What a Django end point reads of a query, it declares: an OpenAPI document has no other way to know."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import services

ROOT = Path(__file__).resolve().parents[3]
DJANGO = [service.name for service in services.ALL if service.framework == "django"]
NOT_OF_THE_QUERY = frozenset({"expected_version", "client_address", "self.committed_refusal"})
"""What is handed a request for its headers or its path."""


def end_points(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.Call]]:
    """Methods of views, each with its declaration."""
    for method in ast.walk(tree):
        if isinstance(method, ast.FunctionDef):
            for decorator in method.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "endpoint":
                    yield method, decorator


def reads_the_query(method: ast.FunctionDef) -> bool:
    """Whether the query is read in a method, or by what is handed the request."""
    return any(
        (isinstance(part, ast.Attribute) and part.attr in ("query_params", "GET"))
        or (
            isinstance(part, ast.Call)
            and ast.unparse(part.func) not in NOT_OF_THE_QUERY
            and any(isinstance(given, ast.Name) and given.id == "request" for given in part.args)
        )
        for statement in method.body
        for part in ast.walk(statement)
    )


@pytest.mark.parametrize("service", DJANGO)
def test_an_end_point_that_reads_the_query_declares_what(service: str) -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{method.lineno}"
        for path in sorted((ROOT / "services" / service / "api").glob("*.py"))
        for method, declaration in end_points(ast.parse(path.read_text()))
        if reads_the_query(method) and not any(keyword.arg == "query" for keyword in declaration.keywords)
    ]
    assert silent == []
