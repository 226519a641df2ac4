"""From the contract that a configuration chose to the supergraph that keeps to it."""

from __future__ import annotations

from gateway.composition.contracts import ContractResult, TagFilter, apply_contract
from gateway.config.settings import ContractConfig


def keep_contract(supergraph_sdl: str, contract: ContractConfig | None) -> ContractResult:
    """Return the supergraph as ``contract`` has it; the whole without one.

    Raises:
        SupergraphInvalid: the text is no supergraph.
    """
    if contract is None:
        return ContractResult(supergraph_sdl)
    return apply_contract(
        supergraph_sdl,
        TagFilter(
            include=frozenset(contract.include),
            exclude=frozenset(contract.exclude),
            hide_unreachable=contract.hide_unreachable,
        ),
    )
