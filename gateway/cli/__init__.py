"""Commands of the gateway: serve, and print any stage as text (compose a supergraph, plan an operation).

A module per command; this one only collects them. ``console`` and ``options`` are what they share.
"""

from __future__ import annotations

import typer

from .compose import compose
from .plan import plan
from .serve import gateway

__all__ = ["app"]

app = typer.Typer(help="The federation gateway.", no_args_is_help=True, rich_markup_mode="rich")
for command in (gateway, compose, plan):
    app.command()(command)
