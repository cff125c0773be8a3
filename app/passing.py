"""Which of the database's failures pass: the one list of them. Knows no connection, no HTTP and no use case."""

from typing import Final

import asyncpg

UNDONE_FOR_A_RIVAL: Final = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)
PASSING: Final = (  # the database is away, full or busy: whoever asks again in a moment may be served
    TimeoutError,
    ConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server hung up in mid-word
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # what was the server is a copy now, until the address leads on
)
