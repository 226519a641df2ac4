"""Commands of the gateway: serve a supergraph, print any stage as text, compare schemas.

A module per command; this one only collects them. ``console``, ``files`` and ``options`` are what they share.
"""

from __future__ import annotations

import typer

from .compose import compose
from .diff import diff
from .plan import plan
from .serve import gateway

__all__ = ["app"]

app = typer.Typer(help="The federation gateway.", no_args_is_help=True, rich_markup_mode="rich")
for command in (gateway, compose, plan, diff):
    app.command()(command)
