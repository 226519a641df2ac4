"""What commands are given: schemas in files, and schemas with a contract."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.support.shop import PRODUCTS_SDL, REVIEWS_SDL
from tests.support.subgraphs import fed

TAGGED_SHOP = fed("""
"A shop."
type Query { product: Product secret: Int @tag(name: "internal") hidden: Int @inaccessible }
"Sold." type Product @key(fields: "id") { id: ID! old: Int @deprecated(reason: "Gone soon.") state: State }
enum State { LISTED GONE }
input By @oneOf { a: Int b: Int }
scalar Url @specifiedBy(url: "https://url.test")
""")
TAGGED_REVIEWS = fed(
    '"Rated." type Product @key(fields: "id") { id: ID! stars: Int @tag(name: "beta") }'
)

TAGGED_SUBGRAPHS = {"shop": TAGGED_SHOP, "reviews": TAGGED_REVIEWS}


@pytest.fixture
def shop_config(tmp_path: Path) -> str:
    """A supergraph.yaml beside ``products.graphql`` and ``reviews.graphql``."""
    subgraphs = {}
    for name, sdl in (("products", PRODUCTS_SDL), ("reviews", REVIEWS_SDL)):
        (tmp_path / f"{name}.graphql").write_text(sdl)
        subgraphs[name] = {
            "routing_url": f"http://{name}.test/graphql",
            "schema": {"file": f"./{name}.graphql"},
        }
    path = tmp_path / "supergraph.yaml"
    path.write_text(yaml.safe_dump({"federation_version": "=2.9.0", "subgraphs": subgraphs}))
    return str(path)


@pytest.fixture
def contract_config(tmp_path: Path) -> str:
    """A supergraph.yaml with ``TAGGED_TAGGED_SUBGRAPHS``, and a contract that hides what they have tagged."""
    path = tmp_path / "supergraph.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "subgraphs": {
                    name: {"routing_url": f"http://{name}.test/", "schema": {"sdl": sdl}}
                    for name, sdl in TAGGED_SUBGRAPHS.items()
                },
                "contracts": {"public": {"exclude": ["internal", "beta"]}},
            }
        )
    )
    return str(path)
