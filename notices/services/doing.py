"""What staff do with notices: tasks, bounces, sending again; and what their subjects need."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from centre.calendar import seoul_day
from centre.models import StaffMember
from notices import registry, texts
from notices.errors import CodeIsGone, NotDelivered
from notices.models import Attempt, Audience, Channel, Notice, NoticeQuerySet, Status
from notices.services.nudging import nudge
from notices.services.owing import OPEN, get_notice, withdraw
from notices.services.settling import (
    FOLLOW_UP_AGAIN,
    actor,
    follow_up,
    settle,
    wanted,
)
from records import services as records
from records.actors import Actor

NOT_TOLD = (Status.FAILED, Status.BOUNCED)
#: A call counts as unreachable after so many tries on so many days (the centre's own rule).
TRIES, TRY_DAYS = 3, 2
#: The same outcome by the same person within this time is a double click.
DOUBLE_CLICK = timedelta(seconds=10)


# --- tasks --------------------------------------------------------------------------------------


def do_task(*, notice_id: int, by: StaffMember, now: datetime, note: str = "") -> bool:
    """The citizen was rung, the letter posted, the fax sent, the page read: it is delivered.

    False when it was done before.
    """
    notice = get_notice(notice_id)
    notes = "\n".join(filter(None, [notice.done_note, note]))
    return _done(notice, by=by, now=now, note=notes)


def _done(notice: Notice, *, by: StaffMember, now: datetime, note: str) -> bool:
    return settle(
        notice,
        Status.DELIVERED,
        out_of=(Status.TASK,),
        at=now,
        by=actor(by),
        delivered_at=now,
        secret="",
        done_by=by,
        done_note=note,
    )


@transaction.atomic
def log_attempt(
    *, notice_id: int, by: StaffMember, outcome: str, now: datetime, note: str = ""
) -> bool:
    """One call for a task. Reached: the task is done. False when it was logged or done before.

    After three tries on two days `registry.unreached` is told, once; the task stays open.
    """
    notice = get_notice(notice_id)
    registry.hold(
        notice.subject_type, notice.subject_id
    )  # before the notice: what follows needs it
    if not _hold(notice) or _is_double_click(notice, by=by, outcome=outcome, now=now):
        return False
    Attempt.objects.create(notice=notice, at=now, by=by, outcome=Attempt.Outcome(outcome))
    days = [seoul_day(at) for at in notice.attempts_made.values_list("at", flat=True)]
    Notice.objects.filter(pk=notice.pk).update(attempts=len(days))
    notes = "\n".join(filter(None, [notice.done_note, note]))
    if outcome == Attempt.Outcome.REACHED:
        return _done(notice, by=by, now=now, note=notes)
    if note:
        Notice.objects.filter(pk=notice.pk).update(done_note=notes)
    if len(days) >= TRIES and len(set(days)) >= TRY_DAYS:
        _unreached(notice, now=now)
    return True


def _hold(notice: Notice) -> bool:
    """Hold the row until the transaction ends; False when it is no open task any more."""
    return bool(Notice.objects.filter(pk=notice.pk, status=Status.TASK).update(lease=""))


def _is_double_click(notice: Notice, *, by: StaffMember, outcome: str, now: datetime) -> bool:
    last = notice.attempts_made.order_by("at", "pk").last()
    if last is None or now - last.at > DOUBLE_CLICK:
        return False
    return last.by_id == by.pk and last.outcome == outcome


def _unreached(notice: Notice, *, now: datetime) -> None:
    told = Notice.objects.filter(pk=notice.pk, unreached_at=None).update(
        unreached_at=now,
        follow_up=wanted(notice, "unreached"),
        next_attempt_at=now + FOLLOW_UP_AGAIN,
    )
    if told and wanted(notice, "unreached"):
        follow_up(notice.pk, now=now)


def count_tasks(person: StaffMember) -> int:
    """Tasks for citizens that are open with a person."""
    return _tasks_of(person).count()


def hand_over_tasks(
    *,
    from_person: StaffMember,
    to_person: StaffMember,
    by: Actor,
    now: datetime,
) -> int:
    """The open tasks of somebody who leaves become another's; says how many."""
    return _tasks_of(from_person).update(staff=to_person)


def move_tasks(
    *,
    subject_type: str,
    subject_id: int,
    to_person: StaffMember | None,
    only_from: Collection[int] | None = None,
) -> int:
    """The open tasks about a subject become this person's; ``only_from`` holds keys of people."""
    tasks = Notice.objects.open_tasks().filter(
        subject_type=subject_type, subject_id=subject_id, audience=Audience.CITIZEN
    )
    if only_from is not None:
        tasks = tasks.filter(staff__in=only_from)
    return tasks.update(staff=to_person)


def _tasks_of(person: StaffMember) -> NoticeQuerySet:
    return Notice.objects.open_tasks().filter(staff=person, audience=Audience.CITIZEN)


# --- what did not arrive ------------------------------------------------------------------------


def mark_bounced(*, notice_id: int, by: StaffMember, now: datetime) -> bool:
    """A delivered mail came back: it keeps no promise. False when it was marked before."""
    notice = get_notice(notice_id)
    if notice.carried_by_id is not None:
        notice = get_notice(notice.carried_by_id)
    if notice.status == Status.BOUNCED:
        return False
    if notice.status != Status.DELIVERED or notice.channel != Channel.EMAIL:
        raise NotDelivered
    return settle(notice, Status.BOUNCED, out_of=(Status.DELIVERED,), at=now, by=actor(by))


@transaction.atomic
def retry_failed(*, notice_id: int, by: StaffMember, now: datetime) -> bool:
    """Send a failed or bounced mail again, to the same address. False when that is under way."""
    notice = get_notice(notice_id)
    if notice.carried_by_id is not None:
        notice = get_notice(notice.carried_by_id)
    if texts.CODE_PLACE in notice.body and not notice.secret:
        raise CodeIsGone
    again = {
        "status": Status.OWED,
        "attempts": 0,
        "delivered_at": None,
        "lease": "",
        "follow_up": "",
        "next_attempt_at": now,
    }
    states = Q(status__in=NOT_TOLD, channel=Channel.EMAIL)
    if not Notice.objects.filter(states, pk=notice.pk).update(**again):
        return False
    Notice.objects.filter(states, carried_by=notice).update(**again)
    if notice.audience == Audience.CITIZEN:
        records.record(
            subject_type=notice.subject_type,
            subject_id=notice.subject_id,
            kind="notice-sent-again",
            at=now,
            by=actor(by),
            data={"template": notice.template, "channel": notice.channel},
        )
    nudge()
    return True


# --- what subjects need -------------------------------------------------------------------------


@transaction.atomic
def cancel(
    *,
    subject_type: str,
    subject_id: int,
    templates: Collection[str] | None,
    now: datetime,
    keys_with: str = "",
    people: Collection[int] | None = None,
) -> int:
    """What is still open of these kinds (None: of all) about a subject is not told any more.

    ``keys_with`` and ``people`` narrow it to notices with that in their key, or to these staff.
    """
    about = Notice.objects.filter(subject_type=subject_type, subject_id=subject_id)
    if keys_with:
        about = about.filter(key__contains=keys_with)
    if people is not None:
        about = about.filter(audience=Audience.STAFF, staff__in=people)
    return withdraw(
        about if templates is None else about.filter(template__in=templates),
        subject_type=subject_type,
        subject_id=subject_id,
    )


@transaction.atomic
def keep_from(*, subject_type: str, subject_id: int, people: Collection[int]) -> int:
    """What these people (keys) were yet to be told about a subject is not told to them."""
    theirs = Notice.objects.filter(
        subject_type=subject_type,
        subject_id=subject_id,
        audience=Audience.STAFF,
        staff__in=people,
    )
    return withdraw(theirs, subject_type=subject_type, subject_id=subject_id)


def blank_contents(*, subject_type: str, subject_id: int) -> int:
    """Disposal: names, addresses and texts of a subject's settled notices are blanked for good.

    So are the mails to staff that carried some of them among others.
    """
    about = Notice.objects.filter(subject_type=subject_type, subject_id=subject_id)
    settled = about.exclude(status__in=OPEN)
    carriers = settled.exclude(carried_by=None).values_list("carried_by", flat=True)
    carried = Notice.objects.filter(pk__in=list(carriers)).exclude(status__in=OPEN)
    carried.update(title="", body="")
    return settled.update(
        recipient="", recipient_name="", title="", body="", secret="", done_note=""
    )
