"""The charter's clauses and standards, from the data files into the database."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from centre.calendar import FIRST_KNOWN_DAY
from centre.models import Team
from standards.models import Clause, InfoPage, OnlineService, Standard

DATA: Final = Path(__file__).parent / "data"


@transaction.atomic
def load_charter(*, today: date) -> int:
    """Load clauses, standards and internal clocks; returns how many standards got a new version.

    Idempotent. What the data say differently from the version in force becomes a new version from
    ``today`` on, and what was promised before keeps the old one. A standard that people revised
    (``services.revise_standard``) stays as they left it: from then on the data only say which
    clauses it stands on. The first version holds from the first day that can be computed: the
    charter was there before this program.
    """
    published = tomllib.loads((DATA / "standards.toml").read_text(encoding="utf-8"))
    internal = tomllib.loads((DATA / "internal.toml").read_text(encoding="utf-8"))
    _load_clauses(published["clauses"])
    rows = [*published["standards"], *({**row, "public": False} for row in internal["standards"])]
    changed = _load_standards(rows, today=today)
    _cite(rows)
    _load_first_evidence()
    return changed


def _load_first_evidence() -> None:
    """The pages and online services that the centre starts with; what is there is left alone."""
    found = tomllib.loads((DATA / "evidence.toml").read_text(encoding="utf-8"))
    teams = dict(Team.objects.values_list("code", "pk"))
    if not InfoPage.objects.exists():
        InfoPage.objects.bulk_create(
            InfoPage(address=row["address"], title=row["title"], team_id=teams.get(row.get("team")))
            for row in found["pages"]
        )
    if not OnlineService.objects.exists():
        OnlineService.objects.bulk_create(OnlineService(**row) for row in found["services"])


def _load_clauses(rows: Iterable[Mapping[str, Any]]) -> None:
    Clause.objects.bulk_create(
        [
            Clause(line=row["line"], text=row["text"], kind=row["kind"], depth=row["depth"])
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["line"],
        update_fields=["text", "kind", "depth"],
    )


def _load_standards(rows: Iterable[Mapping[str, Any]], *, today: date) -> int:
    in_force = {row.code: row for row in Standard.objects.filter(valid_until=None)}
    made = []
    for row in rows:
        known, values = in_force.get(row["code"]), _values(row)
        if known is None:
            made.append(Standard(code=row["code"], valid_from=FIRST_KNOWN_DAY, **values))
        elif not known.revised and not _same(known, values) and close(known, on=today):
            version = known.version + 1
            made.append(Standard(code=row["code"], version=version, valid_from=today, **values))
    Standard.objects.bulk_create(made)
    return len(made)


def close(standard: Standard, *, on: date) -> bool:
    """End a version, for whoever makes the next one; False if somebody else was first."""
    still = Standard.objects.filter(pk=standard.pk, valid_until=None)
    return still.update(valid_until=on) == 1


def _cite(rows: Iterable[Mapping[str, Any]]) -> None:
    """Which clauses the standards in force stand on."""
    standards = dict(Standard.objects.filter(valid_until=None).values_list("code", "pk"))
    clauses = dict(Clause.objects.values_list("line", "pk"))
    links = Standard.clauses.through.objects.filter(standard__in=standards.values())
    wanted = {(standards[row["code"]], clauses[line]) for row in rows for line in _lines(row)}
    there = set(links.values_list("standard_id", "clause_id"))
    for standard, clause in there - wanted:
        links.filter(standard=standard, clause=clause).delete()
    Standard.clauses.through.objects.bulk_create(
        Standard.clauses.through(standard_id=standard, clause_id=clause)
        for standard, clause in sorted(wanted - there)
    )


def _lines(row: Mapping[str, Any]) -> list[int]:
    """The lines a standard cites, with those of its further words."""
    return sorted({*row.get("lines", ()), *(also["line"] for also in row.get("also", ()))})


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": row.get("number", 0),
        "name": row.get("name", ""),
        "quote": "\n".join(row.get("quotes", ())),
        "measure": row["measure"],
        "limit_text": row["limit"],
        "own_limit": row.get("own_limit", True),
        "target": round(row["target"], 3),
        "method": row["method"],
        "rule": row.get("rule", ""),
        "allowance": row.get("allowance", ""),
        "allowances": {
            key.removeprefix("allowance_"): value
            for key, value in row.items()
            if key.startswith("allowance_")
        },
        "period": row.get("period", ""),
        "due_on": row.get("due_on", ""),
        "subject": row.get("subject", ""),
        "kinds": row.get("kinds", []),
        "app": row.get("app", ""),
        "public": row.get("public", True),
    }


def _same(known: Standard, values: Mapping[str, Any]) -> bool:
    return all(
        float(known.target) == value if name == "target" else getattr(known, name) == value
        for name, value in values.items()
    )
