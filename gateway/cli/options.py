"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="A supergraph.yaml: subgraphs, and settings if you like."),
]
SupergraphFile = Annotated[
    Path | None,
    typer.Option("--supergraph", "-s", help="A composed supergraph (SDL); - reads standard input."),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--gateway-config", help="The gateway's settings, in a file of their own."),
]
ContractName = Annotated[
    str | None,
    typer.Option("--contract", help="Which of the file's contracts; else the whole supergraph."),
]
