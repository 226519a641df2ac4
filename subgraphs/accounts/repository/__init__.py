"""All of accounts' SQL, by what it is about."""

from .accounts import AccountRepository, AccountSearch
from .credentials import CredentialRepository
from .sessions import SessionRepository
from .signing_keys import SigningKeyRepository

__all__ = [
    "AccountRepository",
    "AccountSearch",
    "CredentialRepository",
    "SessionRepository",
    "SigningKeyRepository",
]
