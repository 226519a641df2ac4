"""Jobs' GraphQL schema: types that show rows, and resolvers thin enough to read at a glance."""

from strawberry.federation import Schema

from shared.federation import build_schema

from .mutation import Mutation
from .query import Query
from .types import JobType, OrderType, WorkerType


def make_schema() -> Schema:
    """Return the subgraph's schema."""
    return build_schema(query=Query, mutation=Mutation, types=[JobType, OrderType, WorkerType])
