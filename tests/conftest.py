"""Fixtures and hooks that hold for every folder of tests."""

from __future__ import annotations

from tests.support.event_loop import PatientEventLoop

pytest_plugins = ("tests.support.nats", "tests.support.postgres")


def pytest_asyncio_loop_factories() -> dict[str, type[PatientEventLoop]]:
    """Run all asynchronous tests on a loop whose time limits do not depend on how busy the machine is."""
    return {"patient": PatientEventLoop}
