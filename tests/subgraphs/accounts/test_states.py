from __future__ import annotations

from itertools import product

import pytest

from subgraphs.accounts.errors import IllegalTransition
from subgraphs.accounts.states import AccountState, advance

LEGAL = {
    (AccountState.INVITED, AccountState.ACTIVE),
    (AccountState.INVITED, AccountState.DISABLED),
    (AccountState.ACTIVE, AccountState.LOCKED),
    (AccountState.ACTIVE, AccountState.DISABLED),
    (AccountState.LOCKED, AccountState.ACTIVE),
    (AccountState.LOCKED, AccountState.DISABLED),
    (AccountState.DISABLED, AccountState.INVITED),
}


@pytest.mark.parametrize(("current", "target"), list(product(AccountState, AccountState)))
def test_only_legal_steps_are_taken(current: AccountState, target: AccountState) -> None:
    if (current, target) in LEGAL:
        assert advance(current, target) is target
    else:
        with pytest.raises(IllegalTransition, match=f"{current} cannot become {target}"):
            advance(current, target)
