"""Putting the centre's data file into the database.

What is there already is left alone, whatever people made of it: rows are recognised by their code
(a team, a topic), user name (a person), name (a body) or document and place (a step), and created
only where missing. So the file sets up a new centre and never overwrites a running one. Options
need no rows: their defaults are the file's.
"""

from __future__ import annotations

import json
import os
import secrets
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from centre import options, passwords
from centre.calendar import SEOUL, seoul_day
from centre.errors import Refused
from centre.models import (
    Absence,
    ApprovalStep,
    Deputy,
    Expert,
    Position,
    ReferralBody,
    Role,
    RoleGrant,
    StaffMember,
    Team,
    Topic,
    User,
)
from records.actors import SYSTEM
from records.models import Event
from records.services import record

DEMO_MARK: Final[dict[str, Any]] = {
    "subject_type": "centre",
    "subject_id": 0,
    "kind": "demo-loaded",
}
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_REASONS: Final = {str(reason.label): reason.value for reason in Absence.Reason}
_POSITIONS: Final = {
    "team_lead": Position.LEAD,
    "support_lead": Position.LEAD,
    "secretary_general": Position.SECRETARY_GENERAL,
    "director": Position.DIRECTOR,
}


class NotADemo(Refused):
    """The demo was to be loaded into a database that holds something else."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One line of what the demo prints; ``role`` names all roles, joined by "+"."""

    role: str
    user: str
    password: str


@dataclass(slots=True)
class _Loaded:
    """What a pass over the file knows, by code and by user name; ``new`` people of this pass."""

    data: dict[str, Any]
    now: datetime
    demo: bool
    teams: dict[str, Team] = field(default_factory=dict)
    people: dict[str, StaffMember] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)


@transaction.atomic
def load_centre_data(*, now: datetime, demo: bool) -> list[SignIn]:
    """Create what is missing; with ``demo`` also people's sign-ins, absences and one who left.

    The sign-ins come back in the order of the file. Without ``demo`` there are none: accounts
    have no password until ``manage.py changepassword`` or an administrator sets one.
    """
    if demo:
        _refuse_other_data()
    with options.DATA.open("rb") as file:
        loaded = _Loaded(data=tomllib.load(file), now=now, demo=demo)
    _load_teams(loaded)
    _load_people(loaded)
    _load_deputies(loaded)
    _load_topics(loaded)
    _load_approval_steps(loaded)
    _load_bodies(loaded)
    if not demo:
        return []
    if not Event.objects.filter(**DEMO_MARK).exists():
        _load_departed(loaded)
        _load_absences(loaded)
        record(**DEMO_MARK, at=now, by=SYSTEM)
    return _sign_ins(loaded)


def _refuse_other_data() -> None:
    if Event.objects.filter(**DEMO_MARK).exists():
        return
    if any(model.objects.exists() for model in (User, Team, Topic, Event)):
        raise NotADemo(
            "이 데이터베이스에는 시연 자료가 아닌 내용이 있어 시연 자료를 넣지 않습니다. "
            "빈 데이터베이스를 쓰거나 DEMO를 끄십시오."
        )


# --- teams and people ---------------------------------------------------------------------------


def _load_teams(loaded: _Loaded) -> None:
    desk = loaded.data["centre"]["desk_duty"]["team"]
    for place, row in enumerate(loaded.data["teams"], start=1):
        team, _new = Team.objects.get_or_create(
            code=row["code"],
            defaults={
                "name": row["name"],
                "duties": row["duties"],
                "extension": row["extension"],
                "room": row["room"],
                "place": place,
                "takes_unassigned": row["code"] == desk,
            },
        )
        loaded.teams[team.code] = team


def _load_people(loaded: _Loaded) -> None:
    positions = {
        row["staff"]: _POSITIONS[row["code"]]
        for row in loaded.data["signatories"]
        if row["staff"] and row["code"] in _POSITIONS
    }
    for row in loaded.data["staff"]:
        usual = Position.LEAD if "lead" in row["roles"] else Position.MEMBER
        _load_person(loaded, row, position=positions.get(row["username"], usual))
    for row in loaded.data["accounts"]:
        user, new = _account(row["username"], roles=row["roles"])
        if new:
            user.name, user.email = row["name"], row["email"]
            user.save(update_fields=["name", "email"])


def _load_person(
    loaded: _Loaded, row: dict[str, Any], *, position: str, left_on: date | None = None
) -> None:
    username = row["username"]
    person = StaffMember.objects.filter(user__username=username).first()
    if person is None:
        user, _new = _account(username, roles=row.get("roles", ()))
        team = loaded.teams[row["team"]]
        person = StaffMember.objects.create(
            user=user,
            name=row["name"],
            title=row["title"],
            position=position,
            team=team,
            extension=row.get("extension", ""),
            room=row.get("room", team.room),
            email=row["email"],
            duties=row.get("duties", ""),
            left_on=left_on,
        )
        loaded.new.add(username)
    loaded.people[username] = person


def _account(username: str, *, roles: Iterable[str]) -> tuple[User, bool]:
    user = User.objects.filter(username=username).first()
    if user is not None:
        return user, False
    granted = [Role(role) for role in roles]
    user = User.objects.create_user(username, is_staff=bool(granted))
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role) for role in granted)
    return user, True


def _load_deputies(loaded: _Loaded) -> None:
    """Of people who are new with this pass: others' deputies were chosen by people."""
    Deputy.objects.bulk_create(
        Deputy(
            person=loaded.people[row["username"]],
            stands_in=loaded.people[deputy],
            place=place,
        )
        for row in loaded.data["staff"]
        if row["username"] in loaded.new
        for place, deputy in enumerate(row["deputies"], start=1)
    )


# --- topics, approval lines, bodies -------------------------------------------------------------


def _load_topics(loaded: _Loaded) -> None:
    taken_by_lead = loaded.data["assignment"]["always"]
    for place, row in enumerate(loaded.data["topics"], start=1):
        topic, new = Topic.objects.get_or_create(
            code=row["code"],
            defaults={
                "name": row["name"],
                "description": row["description"],
                "team": loaded.teams[row["team"]],
                "taken_by_lead": row["code"] in taken_by_lead,
                "other_bodies": ", ".join(row["other_bodies"]),
                "place": place,
            },
        )
        if new:
            _load_experts(loaded, topic, row["experts"])


def _load_experts(loaded: _Loaded, topic: Topic, rows: list[dict[str, str]]) -> None:
    """Whoever has no ground keeps no date of approval either: he is not counted as an expert."""
    Expert.objects.bulk_create(
        Expert(
            topic=topic,
            person=loaded.people[row["staff"]],
            ground=row["ground"],
            approved_on=date.fromisoformat(row["approved_on"]) if row["ground"] else None,
            place=place,
        )
        for place, row in enumerate(rows, start=1)
    )


def _load_approval_steps(loaded: _Loaded) -> None:
    known = set(ApprovalStep.objects.values_list("document", flat=True))
    support = loaded.teams[loaded.data["centre"]["desk_duty"]["team"]]
    for line in loaded.data["approval_lines"]:
        if line["code"] in known:
            continue
        last = len(line["approvers"])
        for place, code in enumerate(line["approvers"], start=1):
            ApprovalStep.objects.create(
                document=line["code"],
                name=line["document"],
                place=place,
                position=_POSITIONS[code],
                team=support if code == "support_lead" else None,
                shown_as_acting=line["stand_in"],
                **_when_absent(line["fallback"], support=support, is_last=place == last),
            )


def _when_absent(fallback: str, *, support: Team, is_last: bool) -> dict[str, Any]:
    """Who acts is named for the last approver; those before have their deputies act."""
    if not fallback:
        return {"when_absent": ApprovalStep.WhenAbsent.WAIT}
    if fallback == "deputy" or not is_last:
        return {"when_absent": ApprovalStep.WhenAbsent.DEPUTY}
    return {
        "when_absent": ApprovalStep.WhenAbsent.OTHER,
        "other_position": _POSITIONS[fallback],
        "other_team": support if fallback == "support_lead" else None,
    }


def _load_bodies(loaded: _Loaded) -> None:
    for row in loaded.data["referral_bodies"]:
        ReferralBody.objects.get_or_create(name=row["name"], defaults={"contact": row["contact"]})


# --- only for the demo --------------------------------------------------------------------------


def _load_departed(loaded: _Loaded) -> None:
    for row in loaded.data["departed"]:
        left_on = _months_before(seoul_day(loaded.now), row["left_months_ago"])
        _load_person(loaded, row, position=Position.MEMBER, left_on=left_on)
        User.objects.filter(username=row["username"]).update(is_active=False)


def _months_before(day: date, months: int) -> date:
    """The first of the month so many months before: that day exists in each month."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, 1)


def _load_absences(loaded: _Loaded) -> None:
    today = seoul_day(loaded.now)
    moment = partial(datetime.combine, tzinfo=SEOUL)
    for row in loaded.data["absences"]:
        first = today + timedelta(days=row["first_day"])
        last = today + timedelta(days=row["last_day"])
        ends = (
            moment(last, time.fromisoformat(row["ends"]))
            if "ends" in row
            else moment(last + timedelta(days=1), time.min)
        )
        Absence.objects.create(
            person=loaded.people[row["staff"]],
            starts_at=moment(first, time.fromisoformat(row.get("starts", "00:00"))),
            ends_at=ends,
            reason=_REASONS[row["reason"]],
            detail=row.get("detail", ""),
            entered_at=loaded.now,
        )


# --- sign-ins of the demo -----------------------------------------------------------------------


def _sign_ins(loaded: _Loaded) -> list[SignIn]:
    """Passwords are made once and kept in a file only its owner can read, to be shown again."""
    kept = passwords.of_the_demo()
    rows = [*loaded.data["staff"], *loaded.data["accounts"]]
    users = {user.username: user for user in User.objects.all()}
    changed = []
    for row in rows:
        user = users[row["username"]]
        if user.username in kept and user.has_usable_password():
            continue
        password = kept.setdefault(user.username, _new_password(user))
        user.set_password(password)
        user.must_change_password = False
        changed.append(user)
    _write_private(passwords.path_of_the_demo(), json.dumps(kept, indent=1))
    User.objects.bulk_update(changed, ["password", "must_change_password"])
    return [SignIn("+".join(row["roles"]), row["username"], kept[row["username"]]) for row in rows]


def _new_password(user: User) -> str:
    while True:
        groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
        password = "-".join(groups)
        try:
            validate_password(password, user)
        except ValidationError:
            continue
        return password


def _write_private(path: Path, content: str) -> None:
    """Replace the file in one step; nobody but its owner may read it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(content)
    fresh.replace(path)
