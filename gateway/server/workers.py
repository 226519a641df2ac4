"""Several server processes on one port: started, restarted when they die, told to reload and stopped together.

Each has a listening socket of its own (``SO_REUSEPORT``), so that the system spreads connections over them.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from threading import Thread
from types import FrameType

from prometheus_client.multiprocess import mark_process_dead
from starlette.applications import Starlette

from gateway.config.settings import ServerConfig
from shared.logging import get_logger

from .hang_up import HangUp
from .listener import bind_listener
from .process import ServerProcess

AppFactory = Callable[[Path], Starlette]
"""Makes the app in a worker, from the folder for what workers share. Must be picklable."""

START_FAILED = 3
"""Exit code of a worker that could not start: another would not either."""

_METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_POLL_SECONDS = 0.1
_GRACE_SECONDS = 5.0
"""Beyond notice and drain, before a worker that does not stop is killed."""

_log = get_logger(__name__)
_context = multiprocessing.get_context("spawn")


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    ready: Semaphore
    is_ready: bool = field(default=False)


def serve_with_workers(
    make_app: AppFactory, config: ServerConfig, on_ready: Callable[[int], None]
) -> bool:
    """Serve with ``config.workers`` processes until told to stop; return whether that went well."""
    with (
        _reserved_port(config) as port,
        tempfile.TemporaryDirectory(prefix="cattery-metrics-") as folder,
    ):
        # The metrics library looks for this when it is first imported, in the workers.
        os.environ[_METRICS_VARIABLE] = folder
        config = dataclasses.replace(config, port=port)
        supervisor = _Supervisor(make_app, config, Path(folder), on_ready)
        return supervisor.run()


class _Supervisor:
    def __init__(
        self,
        make_app: AppFactory,
        config: ServerConfig,
        folder: Path,
        on_ready: Callable[[int], None],
    ) -> None:
        self._make_app = make_app
        self._config = config
        self._folder = folder
        self._on_ready: Callable[[int], None] | None = on_ready
        self._workers: list[_Worker] = []
        self._is_stopping = False
        self._is_reload_asked = False

    def run(self) -> bool:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        HangUp(on_reload=self._on_reload_signal, on_end=self._on_end_signal)
        self._workers = [self._start() for _ in range(self._config.workers)]
        went_well = True
        while not self._is_stopping:
            time.sleep(_POLL_SECONDS)
            self._announce()
            self._pass_on_reload()
            went_well = self._replace_dead()
            if not went_well:
                break
        self._stop()
        return went_well

    def _start(self) -> _Worker:
        ready = _context.Semaphore(0)
        process = _context.Process(
            target=_work, args=(self._make_app, self._config, self._folder, ready)
        )
        # Whoever reloads all workers must not end one that is not listening for it yet: it takes note when it is.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return _Worker(process, ready)

    def _announce(self) -> None:
        for worker in self._workers:
            worker.is_ready = worker.is_ready or worker.ready.acquire(block=False)
        if self._on_ready is not None and all(worker.is_ready for worker in self._workers):
            on_ready, self._on_ready = self._on_ready, None
            on_ready(self._config.port)

    def _pass_on_reload(self) -> None:
        if not self._is_reload_asked:
            return
        self._is_reload_asked = False
        for worker in self._workers:
            if worker.process.is_alive() and worker.process.pid is not None:
                os.kill(worker.process.pid, signal.SIGHUP)

    def _replace_dead(self) -> bool:
        """Start a worker for each that died; return ``False`` when one cannot start at all."""
        for index, worker in enumerate(self._workers):
            if worker.process.is_alive() or self._is_stopping:
                continue
            self._bury(worker)
            if worker.process.exitcode == START_FAILED or not worker.is_ready:
                return False
            _log.error("worker died", pid=worker.process.pid, exit_code=worker.process.exitcode)
            self._workers[index] = self._start()
        return True

    def _stop(self) -> None:
        alive = [worker for worker in self._workers if worker.process.is_alive()]
        for worker in alive:
            worker.process.terminate()
        patience = self._config.notice_seconds + self._config.drain_seconds + _GRACE_SECONDS
        deadline = time.monotonic() + patience
        for worker in alive:
            worker.process.join(max(0.0, deadline - time.monotonic()))
            if worker.process.is_alive():
                _log.error("worker did not stop", pid=worker.process.pid)
                worker.process.kill()
            self._bury(worker)

    def _bury(self, worker: _Worker) -> None:
        worker.process.join()
        mark_process_dead(worker.process.pid, str(self._folder))  # type: ignore[no-untyped-call]

    def _on_reload_signal(self) -> None:
        self._is_reload_asked = True

    def _on_end_signal(self) -> None:
        self._is_stopping = True

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True


@contextmanager
def _reserved_port(config: ServerConfig) -> Iterator[int]:
    """Hold the port, any free one for 0, without listening: nobody takes it while workers come and go."""
    # The system would let another gateway's workers share a port with ours. Only without SO_REUSEPORT it tells.
    bind_listener(config).close()
    with bind_listener(config, is_shared=True) as listener:
        port: int = listener.getsockname()[1]
        yield port


def _work(make_app: AppFactory, config: ServerConfig, folder: Path, ready: Semaphore) -> None:
    """Be a worker."""
    Thread(target=_end_with_supervisor, name="end-with-supervisor", daemon=True).start()
    listener = bind_listener(config, is_shared=True)
    server = ServerProcess(make_app(folder), config, on_ready=lambda _port: ready.release())
    if not server.run_until_stopped(listener):
        raise SystemExit(START_FAILED)


def _end_with_supervisor() -> None:
    """Stop in order when the supervisor was killed: nobody else could stop this worker, and it would keep the port."""
    supervisor = multiprocessing.parent_process()
    assert supervisor is not None  # noqa: S101 - a worker is somebody's child
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)
