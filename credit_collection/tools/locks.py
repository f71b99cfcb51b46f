"""Advisory locks that a database session holds across its commits."""

from contextlib import contextmanager

from psycopg2.extensions import TRANSACTION_STATUS_INERROR


@contextmanager
def session_lock(cr, key, number):
    """Hold PostgreSQL's advisory lock ``(key, number)`` while the block runs; wait for it first.

    PostgreSQL drops the lock by itself when the process that holds it dies. A transaction that is aborted could not
    release it, so it is rolled back first: connections are pooled, and would carry the lock along.

    :param cr: a database cursor; its snapshot may be older than the lock, so commit before reading
    :param int key: names the purpose
    :param int number: names the thing that is locked
    """
    cr.execute("SELECT pg_advisory_lock(%s, %s)", (key, number))
    try:
        yield
    finally:
        if cr.connection.get_transaction_status() == TRANSACTION_STATUS_INERROR:
            cr.rollback()
        cr.execute("SELECT pg_advisory_unlock(%s, %s)", (key, number))
