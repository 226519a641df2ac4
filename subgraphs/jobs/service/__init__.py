"""Commands: lock, check the state, write, record the event. The caller owns the transaction; nothing here commits."""

from .jobs import JobService, NewJob, job_id_of

__all__ = ["JobService", "NewJob", "job_id_of"]
