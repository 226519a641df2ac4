"""Commands: lock, check the state, write, record the event. The caller owns the transaction; nothing here commits."""

from .accounts import AccountService, NewAccount
from .clients import ClientImport, ClientService
from .credentials import CredentialService, LoginVerdict
from .employment import Candidate, EmploymentService
from .integrators import IntegratorService
from .sessions import SessionService, TokenPair

__all__ = [
    "AccountService",
    "Candidate",
    "ClientImport",
    "ClientService",
    "CredentialService",
    "EmploymentService",
    "IntegratorService",
    "LoginVerdict",
    "NewAccount",
    "SessionService",
    "TokenPair",
]
