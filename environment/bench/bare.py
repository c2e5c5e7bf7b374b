"""The yardstick: an end point of FastAPI under uvicorn that does nothing. `python -m environment.bench.bare PORT`."""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/items")
def items() -> dict[str, object]:
    """What an empty list of the platform looks like."""
    return {"items": [], "next_cursor": None}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="warning")
