"""The application and its reader for the tests of this page: those of the transactions' pages."""

from tests.transactions.conftest import alice, app, client

__all__ = ["alice", "app", "client"]
