"""E-mail addresses: how they are checked and how they are compared."""

from __future__ import annotations

import re
import unicodedata

from subgraphs.accounts.errors import EmailInvalid
from subgraphs.accounts.models import EMAIL_LENGTH

# Only what would break something else is refused: whether anybody reads it, mail alone can tell.
_SHAPE = re.compile(r"[^\s@<>\"(),:;\\\[\]]+@[^\s@<>\"(),:;\\\[\].]+(\.[^\s@<>\"(),:;\\\[\].]+)*")


def parse_email(text: str) -> str:
    """Return the address without spaces around it.

    Raises:
        EmailInvalid: it is none.
    """
    email = text.strip()
    if len(email) > EMAIL_LENGTH or _SHAPE.fullmatch(email) is None:
        raise EmailInvalid(f"{email[:80]!r} is not an e-mail address.")
    return email


def email_key(email: str) -> str:
    """Return what two spellings of one address have in common: upper and lower case, and how accents are encoded."""
    return unicodedata.normalize("NFC", email.strip().casefold())
