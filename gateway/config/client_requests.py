"""Reads what clients may ask: how large requests may be, and which kinds are taken beyond a query in a body."""

from __future__ import annotations

from .reader import Section
from .settings import (
    CacheControlConfig,
    IncrementalConfig,
    LimitsConfig,
    PersistedQueriesConfig,
    PlanExposureConfig,
    UploadsConfig,
)


def read_limits(section: Section) -> LimitsConfig:
    """Return the largest request that is worked on."""
    default = LimitsConfig()
    limits = LimitsConfig(
        max_body_bytes=section.integer("max_body_bytes", default.max_body_bytes, minimum=1),
        max_tokens=section.integer("max_tokens", default.max_tokens, minimum=1),
        max_depth=section.integer("max_depth", default.max_depth),
        max_aliases=section.integer("max_aliases", default.max_aliases),
        max_root_fields=section.integer("max_root_fields", default.max_root_fields),
        max_directives=section.integer("max_directives", default.max_directives),
        max_batch=section.integer("max_batch", default.max_batch, maximum=1000),
        batch_concurrency=section.integer(
            "batch_concurrency", default.batch_concurrency, minimum=1, maximum=1000
        ),
        max_errors=section.integer("max_errors", default.max_errors, minimum=1),
    )
    section.close()
    return limits


def read_persisted_queries(section: Section) -> PersistedQueriesConfig:
    """Return what of documents named by their hash is taken."""
    default = PersistedQueriesConfig()
    persisted = PersistedQueriesConfig(
        automatic=section.flag("automatic", default=default.automatic)
    )
    section.close()
    return persisted


def read_uploads(section: Section) -> UploadsConfig:
    """Return how much of files is taken."""
    default = UploadsConfig()
    uploads = UploadsConfig(
        enabled=section.flag("enabled", default=default.enabled),
        max_files=section.integer("max_files", default.max_files, minimum=1, maximum=1000),
        max_file_bytes=section.integer("max_file_bytes", default.max_file_bytes, minimum=1),
        max_total_bytes=section.integer("max_total_bytes", default.max_total_bytes, minimum=1),
        memory_bytes=section.integer("memory_bytes", default.memory_bytes, minimum=1024),
        receive_seconds=section.seconds("receive_seconds", default.receive_seconds, minimum=0.1),
    )
    section.close()
    return uploads


def read_incremental(section: Section) -> IncrementalConfig:
    """Return which answers come in parts."""
    default = IncrementalConfig()
    config = IncrementalConfig(
        enabled=section.flag("enabled", default=default.enabled),
        max_fragments=section.integer("max_fragments", default.max_fragments, minimum=1),
    )
    section.close()
    return config


def read_cache_control(section: Section) -> CacheControlConfig:
    """Return what answers say of how long they may be kept."""
    config = CacheControlConfig(
        enabled=section.flag("enabled", default=CacheControlConfig().enabled)
    )
    section.close()
    return config


def read_plan_exposure(section: Section) -> PlanExposureConfig:
    """Return who may see plans."""
    default = PlanExposureConfig()
    exposure = PlanExposureConfig(
        roles=section.texts("roles", default.roles),
        anyone=section.flag("anyone", default=default.anyone),
    )
    section.close()
    return exposure
