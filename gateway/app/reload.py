"""Makes the supergraph that is served, and makes it anew: one attempt, from reading to swapping.

An attempt that fails leaves everything as it was, and is told once for each reason. When to make one is decided in
``follow.py``.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic

from gateway.config import ConfigOrigin, GatewayConfig
from gateway.config.run_time import take_on
from gateway.config.settings import ComposedSource, SchemaFile, SupergraphFile
from gateway.errors import CompositionFailed, GatewayError, InternalError
from gateway.pipeline.known_operations import PlanKey, WarmUp
from gateway.pipeline.pipeline import Engine, Pipeline
from gateway.server.serving import Serving, SupergraphStatus
from gateway.supergraph.loader import load_supergraph
from gateway.supergraph.model import Supergraph
from gateway.telemetry.metrics import Metrics, ReloadOutcome
from shared.logging import get_logger

from .background import compute_in_background, run_in_background
from .connections import Connections, TransportSet
from .generations import Generations
from .known_schemas import KnownSchemas, write_whole
from .supergraph_source import Ingredients, collect_ingredients, make_supergraph
from .swap_report import describe_swap

_WARM_SECONDS = 10.0
"""How long operations are planned before a new supergraph is served without the rest."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a reloader works with."""

    serving: Serving
    metrics: Metrics
    connections: Connections
    planner_thread: Executor
    folder: Path | None
    """What several workers keep for each other; ``None`` for a process on its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Generation:
    """What is served, and what it was made of."""

    config: GatewayConfig
    ingredients: Ingredients | None
    """``None`` when they are not known: see ``_start_with_last_good``."""

    sdl: str
    supergraph: Supergraph
    transports: TransportSet
    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class _Built:
    pipeline: Pipeline
    warm_up: WarmUp
    changes: dict[str, object]


class Reloader:
    """Loads the first supergraph and those that follow. Belongs to the event loop it is made in.

    Args:
        config: what the gateway was started with.
        origin: where to read the configuration again; ``None`` keeps it.
        around: what it works with.
    """

    def __init__(
        self, config: GatewayConfig, origin: ConfigOrigin | None, around: Surroundings
    ) -> None:
        self.wanted = config
        """The configuration as it was read last, though it may not be what is served."""

        self.schemas = KnownSchemas(around.connections.open_for_schema, around.folder)
        self._started_with = config
        self._origin = origin
        self._serving = around.serving
        self._metrics = around.metrics
        self._connections = around.connections
        self._planner_thread = around.planner_thread
        self._last_good = around.folder and around.folder / "supergraph.graphql"
        self._generations = Generations(
            around.connections,
            drain_seconds=config.server.drain_seconds,
            on_gone=self._note_garbage,
        )
        self._current: _Generation | None = None
        self._failed: tuple[Ingredients, GatewayError] | None = None
        """What could not be made last, and why: it is not tried again."""

        self._told: tuple[str, str] | None = None
        self._left: list[str] = []

    @property
    def files(self) -> list[Path]:
        """The files that the supergraph depends on."""
        files = list(self._origin.files) if self._origin is not None else []
        match self.wanted.source:
            case SupergraphFile(path):
                files.append(path)
            case ComposedSource(subgraphs):
                for subgraph in subgraphs:
                    if isinstance(subgraph.schema, SchemaFile):
                        files.append(subgraph.schema.path)
        if self.schemas.shared_file is not None:
            files.append(self.schemas.shared_file)
        return files

    async def close(self) -> None:
        """Stop waiting for requests on what was replaced."""
        self.schemas.close()
        await self._generations.close()

    async def load_first(self) -> None:
        """Begin to serve; or fail, and say so."""
        try:
            self.schemas.take_shared()
            if self._last_good is not None:
                # A worker that takes the place of another begins with what the others run on by now.
                await self._read_config()
            config = self._config_to_run()
            ingredients = await collect_ingredients(
                config,
                self._connections,
                patience_seconds=config.server.startup_seconds,
                known=self.schemas.found,
            )
            sdl, supergraph = await self._make(ingredients)
            await self._start(config, ingredients, sdl, supergraph)
        except GatewayError as error:
            if await self._start_with_last_good(error):
                return
            _log.error("gateway cannot start", code=error.code, reason=str(error))
            self._serving.fail(error)
        except Exception as error:  # noqa: BLE001 - nobody else would see it, and the gateway would be starting for ever
            _log.error("gateway cannot start", code=InternalError.code, exc_info=error)
            self._serving.fail(InternalError(f"The supergraph cannot be loaded: {error!r}"))

    async def reload(self, *, ask_subgraphs: bool) -> None:
        """Serve what the sources make now; if they make nothing that can be served, go on as before."""
        try:
            outcome = await self._attempt(ask_subgraphs=ask_subgraphs)
        except GatewayError as error:
            self._note_failure(error)
        except Exception as error:  # noqa: BLE001 - the root of a reload: its mishap must not end the following of sources
            self._note_failure(error)
        else:
            self._note_success(outcome)
            if outcome is ReloadOutcome.SWAPPED:
                # Collected together with what was replaced, as soon as that is done with.
                return
        self._note_garbage()

    async def _attempt(self, *, ask_subgraphs: bool) -> ReloadOutcome:
        started = monotonic()
        await self._read_config()
        config = self._config_to_run()
        if ask_subgraphs:
            await self.schemas.ask(config.source)
            if self.schemas.is_asking():
                self.schemas.share()
        self.schemas.take_shared()
        ingredients = await collect_ingredients(
            config, self._connections, patience_seconds=0, known=self.schemas.found
        )
        sdl, supergraph = await self._make(ingredients)
        return await self._replace(config, ingredients, sdl, supergraph, started)

    async def _read_config(self) -> None:
        if self._origin is not None:
            self.wanted = await run_in_background(self._origin.load)

    def _config_to_run(self) -> GatewayConfig:
        config, left = take_on(self._started_with, self.wanted)
        if left != self._left:
            self._left = left
            if left:
                _log.warning("settings wait for the next start", settings=left)
        return config

    async def _make(self, ingredients: Ingredients) -> tuple[str, Supergraph]:
        current = self._current
        if current is not None and current.ingredients == ingredients:
            return current.sdl, current.supergraph
        if self._failed is not None and self._failed[0] == ingredients:
            raise self._failed[1].with_traceback(None)

        def make() -> tuple[str, Supergraph]:
            made = make_supergraph(ingredients)
            if current is not None and current.sdl == made.sdl:
                return made.sdl, current.supergraph
            return made.sdl, made.load()

        try:
            made = await compute_in_background(make)
        except GatewayError as error:
            # Without its traceback, which would keep everything alive that it leads through.
            self._failed = ingredients, error.with_traceback(None)
            raise
        self._failed = None
        return made

    async def _start(
        self,
        config: GatewayConfig,
        ingredients: Ingredients | None,
        sdl: str,
        supergraph: Supergraph,
    ) -> None:
        transports = await self._open(config, supergraph, None)
        pipeline = Pipeline(
            Engine(supergraph, transports), config, self._metrics, self._planner_thread
        )
        self._current = _Generation(
            config=config,
            ingredients=ingredients,
            sdl=sdl,
            supergraph=supergraph,
            transports=transports,
            pipeline=pipeline,
        )
        self._metrics.set_subgraphs(transports)
        self._serving.start(pipeline, self._status(supergraph))
        await self._keep(sdl)

    async def _start_with_last_good(self, error: GatewayError) -> bool:
        """Begin with what the other workers serve, since what there is now cannot be; return whether that can."""
        if self._last_good is None or not self._last_good.is_file():
            return False
        sdl = self._last_good.read_text(encoding="utf-8")
        try:
            supergraph = await compute_in_background(partial(load_supergraph, sdl))
            await self._start(self._config_to_run(), None, sdl, supergraph)
        except GatewayError:
            return False
        self._note_failure(error)
        return True

    async def _replace(
        self,
        config: GatewayConfig,
        ingredients: Ingredients,
        sdl: str,
        supergraph: Supergraph,
        started: float,
    ) -> ReloadOutcome:
        old = self._current
        assert old is not None  # noqa: S101 - nothing is reloaded before it was loaded
        transports = await self._open(config, supergraph, old.transports)
        if (
            supergraph is old.supergraph
            and transports == old.transports
            and config.override_labels == old.config.override_labels
        ):
            await self._connections.close_set(transports.ways)
            self._current = replace(old, ingredients=ingredients)
            return ReloadOutcome.UNCHANGED
        try:
            built = await self._build(config, supergraph, transports, old)
        except BaseException:
            await self._connections.close_set(transports.ways)
            raise
        self._current = _Generation(
            config=config,
            ingredients=ingredients,
            sdl=sdl,
            supergraph=supergraph,
            transports=transports,
            pipeline=built.pipeline,
        )
        self._metrics.set_subgraphs({*old.transports, *transports})
        status = self._status(supergraph)
        self._serving.swap(built.pipeline, status)
        self._generations.retire(old.transports)
        _log.info(
            "supergraph swapped",
            id=status.id[:12],
            **built.changes,
            operations_planned=built.warm_up.planned,
            operations_refused=built.warm_up.refused,
            seconds=round(monotonic() - started, 3),
        )
        await self._keep(sdl)
        return ReloadOutcome.SWAPPED

    async def _build(
        self,
        config: GatewayConfig,
        supergraph: Supergraph,
        transports: TransportSet,
        old: _Generation,
    ) -> _Built:
        keys: list[PlanKey] = []
        if supergraph is not old.supergraph:
            keys = old.pipeline.most_used_plans(config.watch.warm_operations)

        def build() -> _Built:
            pipeline = Pipeline(
                Engine(supergraph, transports),
                config,
                self._metrics,
                self._planner_thread,
                predecessor=old.pipeline,
            )
            warm_up = pipeline.warm_up(keys, seconds=_WARM_SECONDS)
            return _Built(pipeline, warm_up, describe_swap(old.supergraph, supergraph))

        return await compute_in_background(build)

    async def _open(
        self, config: GatewayConfig, supergraph: Supergraph, previous: TransportSet | None
    ) -> TransportSet:
        self._connections.refuse_settings_of_others(supergraph.subgraphs, config.traffic)
        urls = {**supergraph.subgraphs, **dict(config.subgraph_urls)}
        return await self._connections.open_set(urls, config.traffic, previous=previous)

    async def _keep(self, sdl: str) -> None:
        """Leave what is served for a worker that may have to begin with it."""
        if self._last_good is not None:
            await run_in_background(partial(write_whole, self._last_good, sdl))

    def _status(self, supergraph: Supergraph) -> SupergraphStatus:
        now = datetime.now(UTC)
        self._metrics.supergraph_loaded(supergraph.id, at=now.timestamp())
        return SupergraphStatus(supergraph.id, now)

    def _note_success(self, outcome: ReloadOutcome) -> None:
        self._metrics.supergraph_reloaded(outcome)
        self._serving.note_problem(None)
        if self._told is not None:
            self._told = None
            _log.info("supergraph is up to date again", outcome=outcome.value)

    def _note_failure(self, error: Exception) -> None:
        self._metrics.supergraph_reloaded(ReloadOutcome.FAILED)
        code = error.code if isinstance(error, GatewayError) else InternalError.code
        codes = error.codes if isinstance(error, CompositionFailed) else ()
        self._serving.note_problem(": ".join(part for part in (code, ", ".join(codes)) if part))
        told = code, str(error)
        if told != self._told:
            self._told = told
            unforeseen = None if isinstance(error, GatewayError) else error
            _log.error(
                "supergraph stays as it is", code=code, reason=str(error), exc_info=unforeseen
            )

    def _note_garbage(self) -> None:
        self._serving.has_garbage = True
