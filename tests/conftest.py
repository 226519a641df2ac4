"""Fixtures and hooks that hold for every folder of tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.support.event_loop import PatientEventLoop

pytest_plugins = ("tests.support.nats", "tests.support.postgres")

# An example takes as long as the machine lets it take; how long is no property of what is tested.
settings.register_profile(
    "patient", settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
)
settings.load_profile("patient")


def pytest_asyncio_loop_factories() -> dict[str, type[PatientEventLoop]]:
    """Run all asynchronous tests on a loop whose time limits do not depend on how busy the machine is."""
    return {"patient": PatientEventLoop}
