"""`omnicloud serve`: the OpenEnv server."""

from __future__ import annotations

import ipaddress
from importlib.util import find_spec
from typing import Annotated

import typer

# The episode side is imported inside of the functions: the fleet's commands start without it.

NEEDED = "openenv"


def register(app: typer.Typer) -> None:
    """Add `serve`."""
    app.command("serve")(serve)


def serve(
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes any that is free.", min=0, max=65535)] = 8000,
    sessions: Annotated[int, typer.Option(help="How many play at a time at most.", min=1)] = 4,
    idle: Annotated[
        float, typer.Option(help="Minutes after which a silent session is closed.", min=0.1, metavar="MINUTES")
    ] = 30.0,
    untrusted: Annotated[
        bool, typer.Option("--untrusted", help="Serve also where this host can't keep agents from the grader.")
    ] = False,
) -> None:
    """Serve episodes to clients of OpenEnv, until Ctrl-C or SIGTERM; then every session is closed and removed."""
    from environment.grading.console import BAD_INPUT, errors_as_messages

    if find_spec(NEEDED) is None:
        typer.echo("This needs the package openenv: pip install 'omnicloud[environment,openenv]'", err=True)
        raise typer.Exit(BAD_INPUT)
    from environment.openenv.door import Door
    from environment.openenv.serve import serve as run

    door = Door(sessions=sessions, idle_seconds=idle * 60, untrusted=untrusted)
    if not _is_loopback(host):
        typer.echo("Whoever reaches this address can play: there is no password. Put one before it.", err=True)
    with errors_as_messages():
        run(door, host, port, lambda url: typer.echo(f"OmniCloud's OpenEnv server: {url} (WebSocket: /ws)"))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
