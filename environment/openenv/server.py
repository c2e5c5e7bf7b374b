"""The application for `uvicorn environment.openenv.server:app`, as OpenEnv's providers start it.

`omnicloud serve` is the same with options.
"""

from __future__ import annotations

from environment.openenv.app import make_app
from environment.openenv.door import Door

app = make_app(Door())
