"""What is changed about the centre: each verb checks, changes and records in one transaction.

Rights are the caller's to check (``centre.rights.may``); what can never be right is refused here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth.password_validation import validate_password
from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centre import lockout, options, registry, second_factor, steady
from centre.calendar import CalendarError, seoul_day
from centre.errors import NotAllowed, Refused, StillOpen
from centre.models import (
    Absence,
    CalendarVersion,
    Closure,
    Deputy,
    Expert,
    Option,
    Role,
    RoleGrant,
    StaffMember,
    Team,
    Topic,
    User,
)
from centre.queries import calendar, employed
from centre.words import korean_day, korean_instant
from records.actors import Actor
from records.services import record

LAST_ADMINISTRATOR = gettext_lazy(
    "마지막 시스템 관리자입니다. 먼저 다른 계정을 시스템 관리자로 정해 주십시오."
)

# --- days ---------------------------------------------------------------------------------------


@transaction.atomic
def add_closure(*, on: date, reason: str, by: Actor, now: datetime) -> Closure:
    """Close a day that would be open. A day that has passed changes no due date any more."""
    return _add_day(kind=Closure.Kind.CLOSED, on=on, reason=reason, by=by, now=now)


@transaction.atomic
def reopen_day(*, on: date, reason: str, by: Actor, now: datetime) -> Closure:
    """Open on a day that would be closed (a holiday, a Saturday)."""
    return _add_day(kind=Closure.Kind.REOPENED, on=on, reason=reason, by=by, now=now)


def _add_day(*, kind: str, on: date, reason: str, by: Actor, now: datetime) -> Closure:
    _lock_calendar()
    check_day(kind=kind, on=on, reason=reason)
    closure = Closure.objects.create(date=on, kind=kind, reason=reason.strip(), entered_at=now)
    _next_calendar()
    _record(
        closure,
        "day-closed" if kind == Closure.Kind.CLOSED else "day-opened",
        by=by,
        now=now,
        data={"date": on, "reason": closure.reason},
    )
    return closure


@transaction.atomic
def remove_closure(*, closure_id: int, by: Actor, now: datetime) -> None:
    """Take a closure or an opened day back; its event stays."""
    _lock_calendar()
    closure = Closure.objects.filter(pk=closure_id).first()
    if closure is None:
        raise Refused(_("이미 지운 날입니다."))
    _record(
        closure,
        "day-removed",
        by=by,
        now=now,
        data={"date": closure.date, "kind": closure.kind, "reason": closure.reason},
    )
    closure.delete()
    _next_calendar()


def check_day(*, kind: str, on: date, reason: str) -> None:
    """Refused when the day cannot be closed or opened."""
    if not reason.strip():
        raise Refused(_("까닭을 적어 주십시오. 기한을 설명할 때 그대로 보입니다."), field="reason")
    if Closure.objects.filter(date=on).exists():
        raise Refused(
            _("이미 정해 둔 날입니다. 바꾸시려면 먼저 그 날을 지우고 다시 적어 주십시오."),
            field="date",
        )
    try:
        closed = calendar().why_closed(on)
    except CalendarError as error:
        raise Refused(str(error), field="date") from error
    if kind == Closure.Kind.CLOSED and closed:
        raise Refused(_("이미 쉬는 날입니다(%s). 적지 않으셔도 됩니다.") % closed, field="date")
    if kind == Closure.Kind.REOPENED and not closed:
        raise Refused(_("이미 문을 여는 날입니다. 적지 않으셔도 됩니다."), field="date")


def _lock_calendar() -> None:
    """Days are entered one after the other."""
    versions = CalendarVersion.objects.select_for_update().filter(pk=1)
    if not versions:
        CalendarVersion.objects.bulk_create([CalendarVersion(pk=1)], ignore_conflicts=True)
        versions.get()


def _next_calendar() -> None:
    """After the change, not before: a calendar read in between belongs to the version before."""
    CalendarVersion.objects.filter(pk=1).update(version=F("version") + 1, stamp=uuid4())


# --- absences -----------------------------------------------------------------------------------


@transaction.atomic
def enter_absence(
    *,
    person_id: int,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: Actor,
    now: datetime,
    detail: str = "",
) -> Absence:
    """A person is away from ``starts_at`` until ``ends_at``, at which he is back."""
    person = _lock_person(person_id)
    check_absence(person=person, starts_at=starts_at, ends_at=ends_at)
    absence = Absence.objects.create(
        person=person,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=Absence.Reason(reason),
        detail=detail.strip(),
        entered_at=now,
    )
    _record(
        person,
        "absence-entered",
        by=by,
        now=now,
        data={"absence": absence.pk, "from": starts_at, "until": ends_at, "reason": reason},
    )
    return absence


def check_absence(*, person: StaffMember, starts_at: datetime, ends_at: datetime) -> None:
    """Refused when it ends before it begins, touches another one, or he does not work here."""
    if ends_at <= starts_at:
        raise Refused(_("끝나는 때가 시작하는 때보다 뒤여야 합니다."), field="ends_at")
    if not employed(at=starts_at).filter(pk=person.pk).exists():
        raise Refused(_("그때 근무하지 않는 직원입니다."), field="person")
    other = person.absences.filter(
        starts_at__lt=ends_at, ends_at__gt=starts_at, cancelled_at=None
    ).first()
    if other is not None:
        raise Refused(
            _(
                "이미 적은 부재와 겹칩니다: %(from)s부터 %(until)s까지. 그 부재를 먼저 취소해 주십시오."
            )
            % {"from": korean_instant(other.starts_at), "until": korean_instant(other.ends_at)},
            field="starts_at",
        )


@transaction.atomic
def cancel_absence(*, absence_id: int, by: Actor, now: datetime) -> Absence:
    """An absence that has not begun is cancelled; one that is under way ends now."""
    absence = Absence.objects.select_for_update().filter(pk=absence_id, cancelled_at=None).first()
    if absence is None:
        raise Refused(_("이미 취소한 부재입니다."))
    if absence.ends_at <= now:
        raise Refused(_("이미 끝난 부재는 취소할 수 없습니다."))
    if absence.starts_at < now:
        absence.ends_at, kind = now, "absence-ended-early"
        absence.save(update_fields=["ends_at"])
    else:
        absence.cancelled_at, kind = now, "absence-cancelled"
        absence.save(update_fields=["cancelled_at"])
    _record(absence.person, kind, by=by, now=now, data={"absence": absence.pk})
    return absence


# --- accounts and roles -------------------------------------------------------------------------


@transaction.atomic
def create_account(
    *,
    username: str,
    roles: Sequence[str],
    by: Actor,
    now: datetime,
    name: str = "",
    email: str = "",
) -> User:
    """An account without a password: it cannot sign in until one is set for it."""
    if User.objects.filter(username__iexact=username).exists():
        raise Refused(
            _("이미 쓰고 있는 아이디입니다. 다른 아이디를 적어 주십시오."), field="username"
        )
    user = User.objects.create_user(username, name=name, email=email)
    _record(user, "account-created", by=by, now=now)
    for role in roles:
        grant_role(user_id=user.pk, role=role, by=by, now=now)
    user.refresh_from_db()
    return user


@transaction.atomic
def grant_role(*, user_id: int, role: str, by: Actor, now: datetime) -> bool:
    """Whether the role is new to the account."""
    _grant, new = RoleGrant.objects.get_or_create(user_id=user_id, role=Role(role))
    if new:
        User.objects.filter(pk=user_id).update(is_staff=True)
        _record_account(user_id, "role-granted", by=by, now=now, data={"role": role})
    return new


@transaction.atomic
def revoke_role(*, user_id: int, role: str, by: Actor, now: datetime) -> bool:
    """Whether the account had the role. The last administrator keeps it."""
    if role == Role.ADMINISTRATOR:
        _keep_an_administrator(without=user_id)
    gone, _rows = RoleGrant.objects.filter(user_id=user_id, role=role).delete()
    if gone:
        has_role = RoleGrant.objects.filter(user_id=user_id).exists()
        User.objects.filter(pk=user_id).update(is_staff=has_role)
        _record_account(user_id, "role-revoked", by=by, now=now, data={"role": role})
    return bool(gone)


@transaction.atomic
def set_roles(*, user_id: int, roles: Sequence[str], by: Actor, now: datetime) -> None:
    """Grant what is new, revoke what is not named."""
    before = set(RoleGrant.objects.filter(user_id=user_id).values_list("role", flat=True))
    for role in sorted(set(roles) - before):
        grant_role(user_id=user_id, role=role, by=by, now=now)
    for role in sorted(before - set(roles)):
        revoke_role(user_id=user_id, role=role, by=by, now=now)


@transaction.atomic
def set_active(*, user_id: int, active: bool, by: Actor, now: datetime) -> bool:
    """Switch an account on or off; whether that changed anything."""
    if not active:
        _keep_an_administrator(without=user_id)
    changed = User.objects.filter(pk=user_id, is_active=not active).update(is_active=active)
    if changed:
        kind = "account-switched-on" if active else "account-switched-off"
        _record_account(user_id, kind, by=by, now=now)
    return bool(changed)


@transaction.atomic
def set_password(*, user_id: int, password: str, by: Actor, now: datetime) -> None:
    """A password given by an administrator: the person has to change it after signing in.

    ``django.core.exceptions.ValidationError`` when it is too weak.
    """
    user = User.objects.select_for_update().get(pk=user_id)
    validate_password(password, user)
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    _record(user, "password-set", by=by, now=now)


@transaction.atomic
def unlock(*, user_id: int, by: Actor, now: datetime) -> None:
    """End the lock after wrong passwords. Refused where there is none."""
    user = User.objects.select_for_update().get(pk=user_id)
    if not lockout.is_locked(user.username, now=now):
        raise Refused(_("잠겨 있지 않은 계정입니다."))
    freed = lockout.unlock(user.username)
    _record(user, "account-unlocked", by=by, now=now, data={"addresses": freed})


@transaction.atomic
def remove_factors(*, user_id: int, reason: str, by: Actor, now: datetime) -> None:
    """For a lost phone or key: all factors go, all sessions end. Not for one's own account.

    Whoever asks for it has proved to the administrator who he is; the reason says how.
    """
    if not reason.strip():
        raise Refused(_("본인인지 어떻게 확인했는지 적어 주십시오."), field="reason")
    if by.user_id == user_id:
        raise NotAllowed(_("자기 인증 수단은 다른 시스템 관리자가 지웁니다."))
    user = User.objects.select_for_update().get(pk=user_id)
    kinds = second_factor.forget(user.pk)
    if not kinds:
        raise Refused(_("등록한 인증 수단이 없습니다."))
    record(
        subject_type="centre.user",
        subject_id=user.pk,
        kind="factors-removed",
        at=now,
        by=by,
        data={"factors": kinds},
        text=reason.strip(),
    )


def is_last_administrator(user_id: int) -> bool:
    """Whether nobody else who can sign in is an administrator."""
    grants = RoleGrant.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True)
    return set(grants.values_list("user_id", flat=True)) == {user_id}


def _keep_an_administrator(*, without: int) -> None:
    """Locks all of them, so that two administrators cannot remove each other at once."""
    grants = RoleGrant.objects.select_for_update(of=("self", "user")).select_related("user")
    administrators = {
        grant.user_id
        for grant in grants.filter(role=Role.ADMINISTRATOR).order_by("pk")
        if grant.user.is_active
    }
    if administrators == {without}:
        raise NotAllowed(str(LAST_ADMINISTRATOR))


# --- people -------------------------------------------------------------------------------------


@transaction.atomic
def add_person(
    *, person: StaffMember, username: str, roles: Sequence[str], by: Actor, now: datetime
) -> StaffMember:
    """A new person (not saved yet) and the account, which cannot sign in until it has a password."""
    person.user = create_account(username=username, roles=roles, by=by, now=now)
    person.save()
    _record(person, "person-added", by=by, now=now, data={"team": person.team.code})
    return person


@transaction.atomic
def leave(*, person_id: int, on: date, by: Actor, now: datetime) -> StaffMember:
    """The person works here no more from ``on``. Refused while anything is open with him."""
    person = _lock_person(person_id)
    check_leaving(person=person, on=on)
    person.left_on = on
    person.save(update_fields=["left_on"])
    if on <= seoul_day(now):
        set_active(user_id=person.user_id, active=False, by=by, now=now)
    else:
        _keep_an_administrator(without=person.user_id)
    _record(person, "person-left", by=by, now=now, data={"on": on})
    return person


def check_leaving(*, person: StaffMember, on: date) -> None:
    if person.left_on is not None:
        raise Refused(_("이미 나간 날을 적은 직원입니다: %s") % korean_day(person.left_on))
    if person.joined_on is not None and on <= person.joined_on:
        raise Refused(_("나간 날이 들어온 날보다 뒤여야 합니다."), field="on")
    _refuse_open_work(person)


@transaction.atomic
def take_back_leaving(*, person_id: int, by: Actor, now: datetime) -> StaffMember:
    """The day of leaving was entered by mistake: the person works here as before."""
    person = _lock_person(person_id)
    if person.left_on is None:
        raise Refused(_("나간 날이 적혀 있지 않은 직원입니다."))
    person.left_on = None
    person.save(update_fields=["left_on"])
    set_active(user_id=person.user_id, active=True, by=by, now=now)
    _record(person, "leaving-taken-back", by=by, now=now)
    return person


@transaction.atomic
def move_team(*, person_id: int, team_id: int, by: Actor, now: datetime) -> StaffMember:
    """The person works in another team from now on; the open work stays behind, handed over."""
    person = _lock_person(person_id)
    team = Team.objects.get(pk=team_id)
    if team.pk == person.team_id:
        raise Refused(_("이미 그 팀에 있습니다."), field="team")
    if team.dissolved_on is not None:
        raise Refused(_("없어진 팀입니다. 다른 팀을 골라 주십시오."), field="team")
    _refuse_open_work(person)
    before, person.team = person.team.code, team
    person.save(update_fields=["team"])
    _record(person, "person-moved", by=by, now=now, data={"from": before, "to": team.code})
    return person


def _refuse_open_work(person: StaffMember) -> None:
    if found := registry.open_work(person):
        listed = ", ".join(f"{name} {count}건" for name, count in found.items())
        raise StillOpen(
            _("아직 끝나지 않은 일이 있습니다: %s. 먼저 다른 직원에게 넘겨 주십시오.") % listed,
            open_work=found,
        )


@transaction.atomic
def hand_over(*, from_id: int, to_id: int, by: Actor, now: datetime) -> dict[str, int]:
    """Hand all open work of one person to another; says how much of what was handed over."""
    if from_id == to_id:
        raise Refused(_("같은 사람에게는 넘길 수 없습니다."), field="to")
    rows = StaffMember.objects.select_for_update(of=("self",), no_key=True)  # cases refer to them
    people = rows.select_related("team", "user")
    found = {person.pk: person for person in people.filter(pk__in=[from_id, to_id]).order_by("pk")}
    giver, taker = found[from_id], found[to_id]
    if not (taker.user.is_active and employed(at=now).filter(pk=to_id).exists()):
        raise Refused(_("지금 근무하지 않는 직원에게는 넘길 수 없습니다."), field="to")
    counted = {
        name: verb(from_person=giver, to_person=taker, by=by, now=now)
        for name, verb in registry.hand_overs().items()
    }
    moved = {name: count for name, count in counted.items() if count}
    if not moved:
        raise Refused(_("넘길 일이 없습니다."))
    _record(giver, "work-handed-over", by=by, now=now, data={"to": taker.pk, "moved": moved})
    return moved


def _lock_person(person_id: int) -> StaffMember:
    people = StaffMember.objects.select_for_update(of=("self",)).select_related("team", "user")
    return people.get(pk=person_id)


# --- deputies and experts -----------------------------------------------------------------------


@transaction.atomic
def set_deputies(*, person_id: int, deputies: Sequence[int], by: Actor, now: datetime) -> None:
    """Who stands in for a person, in this order; replaces those there were."""
    person = _lock_person(person_id)
    if person_id in deputies:
        raise Refused(_("자기 자신은 대직자가 될 수 없습니다."), field="stands_in")
    if len(set(deputies)) < len(deputies):
        raise Refused(_("같은 사람을 두 번 적을 수 없습니다."), field="stands_in")
    if not _all_employed(deputies, now=now):
        raise Refused(_("근무하지 않는 직원은 대직자가 될 수 없습니다."), field="stands_in")
    before = list(person.deputies.order_by("place", "pk").values_list("stands_in_id", flat=True))
    if before == list(deputies):
        return
    person.deputies.all().delete()
    Deputy.objects.bulk_create(
        Deputy(person=person, stands_in_id=pk, place=place)
        for place, pk in enumerate(deputies, start=1)
    )
    _record(
        person, "deputies-set", by=by, now=now, data={"before": before, "after": list(deputies)}
    )


@dataclass(frozen=True, slots=True)
class Expertise:
    """A person for a topic; without ground and date of approval not counted as an expert."""

    person_id: int
    ground: str = ""
    approved_on: date | None = None


@transaction.atomic
def set_experts(*, topic_id: int, experts: Sequence[Expertise], by: Actor, now: datetime) -> None:
    """Who is competent for a topic, in this order; replaces those there were."""
    topic = Topic.objects.select_for_update().get(pk=topic_id)
    people = [expert.person_id for expert in experts]
    if len(set(people)) < len(people):
        raise Refused(_("같은 사람을 두 번 적을 수 없습니다."), field="person")
    if not _all_employed(people, now=now):
        raise Refused(_("근무하지 않는 직원은 전문가로 둘 수 없습니다."), field="person")
    rows = topic.experts.order_by("place", "pk")
    before = [Expertise(row.person_id, row.ground, row.approved_on) for row in rows]
    if before == list(experts):
        return
    topic.experts.all().delete()
    Expert.objects.bulk_create(
        Expert(
            topic=topic,
            person_id=expert.person_id,
            ground=expert.ground.strip(),
            approved_on=expert.approved_on,
            place=place,
        )
        for place, expert in enumerate(experts, start=1)
    )
    _record(
        topic,
        "experts-set",
        by=by,
        now=now,
        data={"before": [expert.person_id for expert in before], "after": people},
    )


def _all_employed(people: Sequence[int], *, now: datetime) -> bool:
    return employed(at=now).filter(pk__in=people).count() == len(set(people))


# --- teams, options, other rows -----------------------------------------------------------------


@transaction.atomic
def dissolve_team(*, team_id: int, on: date, by: Actor, now: datetime) -> Team:
    """The team is no more; refused while it has people or topics, or takes what nobody takes."""
    team = Team.objects.select_for_update().get(pk=team_id)
    if team.dissolved_on is not None:
        raise Refused(_("이미 없어진 팀입니다."))
    if team.takes_unassigned:
        raise Refused(
            _("맡을 사람이 없는 의견을 받는 팀은 없앨 수 없습니다. 먼저 다른 팀에 맡겨 주십시오.")
        )
    if employed(at=now).filter(team=team).exists():
        raise Refused(_("아직 직원이 있는 팀입니다. 먼저 다른 팀으로 옮겨 주십시오."))
    if team.topics.filter(active=True).exists():
        raise Refused(_("아직 맡은 유형이 있는 팀입니다. 먼저 다른 팀에 맡겨 주십시오."))
    team.dissolved_on = on
    team.save(update_fields=["dissolved_on"])
    _record(team, "team-dissolved", by=by, now=now, data={"on": on})
    return team


@transaction.atomic
def make_desk_team(*, team_id: int, by: Actor, now: datetime) -> Team:
    """From now on this team takes what nobody else takes; there is exactly one such team."""
    teams = {team.pk: team for team in Team.objects.select_for_update().order_by("pk")}
    team = teams[team_id]
    if team.takes_unassigned:
        raise Refused(_("이미 맡을 사람이 없는 의견을 받는 팀입니다."))
    if team.dissolved_on is not None:
        raise Refused(_("없어진 팀입니다. 다른 팀을 골라 주십시오."))
    Team.objects.filter(takes_unassigned=True).update(takes_unassigned=False)
    team.takes_unassigned = True
    team.save(update_fields=["takes_unassigned"])
    _record(team, "desk-team-made", by=by, now=now)
    return team


@transaction.atomic
def set_option(*, key: str, value: str, by: Actor, now: datetime) -> None:
    """Set one of the centre's own values; BadOption when it does not fit."""
    spec = options.specs()[key]
    options.parse(spec, value)
    row = Option.objects.select_for_update().filter(key=key).first()
    before = row.value if row else spec.default
    if before == value.strip():
        return
    row, _new = Option.objects.update_or_create(key=key, defaults={"value": value.strip()})
    _record(
        row, "option-set", by=by, now=now, data={"key": key, "before": before, "after": row.value}
    )


@transaction.atomic
def save_row(*, row: models.Model, fields: Sequence[str], by: Actor, now: datetime) -> None:
    """Save what a form of the back-office changed in a row that has no verb of its own.

    The event names the fields; what stood in them is not kept.
    """
    new = row.pk is None
    if not (new or fields):
        return
    row.save(update_fields=None if new else list(fields))
    _record(row, "added" if new else "changed", by=by, now=now, data={"fields": sorted(fields)})


@transaction.atomic
def delete_row(*, row: models.Model, by: Actor, now: datetime) -> None:
    """Delete a row that carries no history (a step of an approval line)."""
    _record(row, "deleted", by=by, now=now, data={"was": str(row)})
    row.delete()


def _record(
    row: models.Model, kind: str, *, by: Actor, now: datetime, data: dict[str, Any] | None = None
) -> None:
    """An event about a row of this room: ``centre.team``, ``centre.staffmember``, …"""
    steady.forget()
    subject = f"centre.{type(row).__name__.lower()}"
    record(subject_type=subject, subject_id=row.pk, kind=kind, at=now, by=by, data=data or {})


def _record_account(
    user_id: int, kind: str, *, by: Actor, now: datetime, data: dict[str, Any] | None = None
) -> None:
    _record(User(pk=user_id), kind, by=by, now=now, data=data)
