"""A scratch database for benchmarks: made empty, migrated, thrown away."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import setup_test_environment, teardown_test_environment

from benchmarks.report import CannotRun


@contextmanager
def scratch_database(*, postgresql: bool = False) -> Iterator[None]:
    """Within it, `connection` is an empty migrated database. Mails go nowhere.

    With `postgresql` raises CannotRun on anything else.
    """
    if postgresql and connection.vendor != "postgresql":
        raise CannotRun("needs PostgreSQL; set DATABASE_URL to one on which databases may be made")
    kept_name = connection.settings_dict["NAME"]
    setup_test_environment(debug=False)
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(kept_name, verbosity=0)
        teardown_test_environment()


@contextmanager
def named_database() -> Iterator[dict[str, str]]:
    """The environment for a system of its own: a new database beside DATABASE_URL's, if set."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith(("postgres:", "postgresql:")):
        yield {}
        return
    import psycopg  # noqa: PLC0415 - only where there is a PostgreSQL

    server = url.rpartition("/")[0]
    name = f"voc_bench_{secrets.token_hex(4)}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {"DATABASE_URL": f"{server}/{name}"}
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
