"""Databases with 100,000 or 1,000,000 cases and all that hangs on them, filled by the database itself.

`filled(count)` makes one at first use and gives the same one to every later benchmark of the run;
`drop_all` ends them. With BENCH_KEEP=1 they are kept under fixed names, brought up to date by
`migrate` and used again by the next run. `python -m benchmarks.million COUNT` fills (or updates)
the kept one, for work on a page.
"""

from __future__ import annotations

import base64
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any, Final

import django

from benchmarks.report import CannotRun

_made: dict[int, str] = {}
#: What the load writes; their indexes and constraints are made afterwards, all at once.
_FILLED: Final = (
    "complaints_complaint", "complaints_words", "complaints_response", "complaints_approval", "standards_commitment",
    "standards_observation", "records_event", "notices_notice", "reception_visit",
    "reception_contactnote",
)  # fmt: skip


@contextmanager
def filled(count: int, *, own_copy: bool = False) -> Iterator[None]:
    """Within it, `connection` is a database with ``count`` cases. Nothing is mailed.

    The same for all: who writes asks for an ``own_copy``, which is dropped at the end.
    Raises CannotRun without a PostgreSQL on which databases may be made by a superuser.
    """
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import (  # noqa: PLC0415
        setup_test_environment,
        teardown_test_environment,
    )

    home = connection.settings_dict["NAME"]
    name = _made.get(count) or _make(count)
    mine = f"{name}_copy_{os.getpid()}"
    if own_copy:
        _administer(f'CREATE DATABASE "{mine}" TEMPLATE "{name}"')
    setup_test_environment(debug=False)
    _move_to(mine if own_copy else name)
    try:
        yield
    finally:
        teardown_test_environment()
        _move_to(home)
        if own_copy:
            _administer(f'DROP DATABASE "{mine}" WITH (FORCE)')


def drop_all() -> None:
    """Drop what this run made, unless it is to be kept."""
    for name in _made.values() if not _kept() else ():
        _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    _made.clear()


def keep_keys() -> None:
    """What is kept from run to run has to be read with the same keys; once Django is set up."""
    from django.conf import settings  # noqa: PLC0415

    if _kept():
        settings.FIELD_KEYS = [base64.urlsafe_b64encode(b"bench" * 6 + b"!!").decode()]
        settings.INDEX_KEY = "bench" * 8


def _kept() -> bool:
    return os.environ.get("BENCH_KEEP") == "1"


def _make(count: int) -> str:
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    if connection.vendor != "postgresql":
        raise CannotRun("needs PostgreSQL; set DATABASE_URL to one on which databases may be made")
    home = connection.settings_dict["NAME"]
    name = f"voc_bench_{count}" if _kept() else f"voc_bench_{os.getpid()}_{count}"
    there = _kept() and _exists(name)
    if not there:
        _administer(f'CREATE DATABASE "{name}"')
    _move_to(name)
    try:
        call_command("migrate", verbosity=0)
        if not there:
            _load(count)
        _tally()
    except BaseException:
        _move_to(home)
        if not there:
            _administer(f'DROP DATABASE "{name}" WITH (FORCE)')
        raise
    _move_to(home)
    _made[count] = name
    return name


def _move_to(name: str) -> None:
    from django.db import connection  # noqa: PLC0415

    connection.close()
    connection.settings_dict["NAME"] = name


@contextmanager
def _server() -> Iterator[Any]:
    """A connection outside the databases that come and go."""
    import psycopg  # noqa: PLC0415 - only where there is a PostgreSQL
    from django.db import connection  # noqa: PLC0415

    known = ("host", "port", "user", "password")
    given = {k: v for k, v in connection.get_connection_params().items() if k in known}
    with psycopg.connect(**given, dbname="postgres", autocommit=True) as server:
        yield server


def _administer(statement: str) -> None:
    with _server() as server:
        server.execute(statement)


def _exists(name: str) -> bool:
    with _server() as server:
        found = server.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        return bool(found.rowcount)


# --- filling --------------------------------------------------------------------------------------


def _load(count: int) -> None:
    """The demo centre with its charter, then ``count`` cases; takes minutes for a million."""
    from django.utils import timezone  # noqa: PLC0415

    from benchmarks import million_rows, million_writing  # noqa: PLC0415
    from centre.loading import load_centre_data  # noqa: PLC0415
    from standards.services import load_charter  # noqa: PLC0415

    now = timezone.now()
    load_centre_data(now=now - timedelta(days=million_rows.DAYS + 30), demo=True)
    load_charter(today=date(2020, 1, 2))
    with _without_indexes():
        million_rows.lay_out(count, now=now)
        million_writing.write(now=now)
    _set_sequences()
    million_rows.run("VACUUM ANALYZE")


def _tally() -> None:
    """The load goes past the triggers that note what is to be counted: all is counted anew."""
    from django.utils import timezone  # noqa: PLC0415

    from dashboards.intake import tallying as of_cases  # noqa: PLC0415
    from standards import tallying as of_promises  # noqa: PLC0415

    of_promises.rebuild(now=timezone.now())
    of_cases.rebuild(now=timezone.now())


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Within it the tables have neither triggers nor, but for the primary key, indexes."""
    from django.db import ProgrammingError  # noqa: PLC0415

    from benchmarks.million_rows import run  # noqa: PLC0415

    try:
        run("SET session_replication_role = replica")
    except ProgrammingError as error:  # permission denied
        raise CannotRun("the user of DATABASE_URL has to be a superuser to load so much") from error
    run("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'; SET work_mem = '128MB'")
    again = [*_taken_away(_UNIQUE, "ALTER TABLE {0} DROP CONSTRAINT {1}"),
             *_taken_away(_INDEXES, "DROP INDEX {1}")]  # fmt: skip
    yield
    for definition in again:
        run(definition)
    run("SET session_replication_role = origin")


_UNIQUE: Final = """
    SELECT conrelid::regclass, quote_ident(conname), format(
               'ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,
               pg_get_constraintdef(oid))
      FROM pg_constraint WHERE contype = 'u' AND conrelid::regclass::text = ANY(%s)
"""
_INDEXES: Final = """
    SELECT indrelid::regclass, indexrelid::regclass, pg_get_indexdef(indexrelid)
      FROM pg_index WHERE NOT indisprimary AND indrelid::regclass::text = ANY(%s)
"""


def _taken_away(which: str, statement: str) -> list[str]:
    """Drop what ``which`` finds; the statements that make it again."""
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(which, [list(_FILLED)])
        found = cursor.fetchall()
        for table, name, _again in found:
            cursor.execute(statement.format(table, name))
    return [again for _table, _name, again in found]


def _set_sequences() -> None:
    from benchmarks.million_rows import run  # noqa: PLC0415

    for table in set(_FILLED) - {"complaints_words"}:
        run(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"  # noqa: S608 - our tables
            f" (SELECT coalesce(max(id), 1) FROM {table}))"
        )


def main(arguments: list[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "voc_portal.test_settings"
    os.environ["BENCH_KEEP"] = "1"
    django.setup()
    keep_keys()
    for count in map(int, arguments):
        started = time.monotonic()
        print(f"{_make(count)}: {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
