"""용건 메모: taken, told, attempted, reached or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from centre import queries as centre_queries
from centre.calendar import CalendarError, seoul_day
from centre.models import StaffMember
from centre.words import korean_instant
from notices import services as notices
from notices.services.doing import DOUBLE_CLICK, TRIES, TRY_DAYS
from reception.errors import NotFound, NotNow, Refused
from reception.models import (
    WAYS,
    Attempt,
    ContactNote,
    Ending,
    Origin,
    Visit,
    Way,
)
from reception.queries import CALLBACK, contact_key, keeper_for
from reception.services._base import (
    actor,
    lock_note,
    record,
    require,
    sought_person,
    token,
    words,
)
from reception.services.telling import tell_promised, tell_taken, tell_unreached
from reception.services.visits import serve_with_note
from records.actors import SYSTEM, Actor
from standards import queries as standards_queries
from standards import services as standards

LONGEST_WISH = timedelta(days=31)
#: Ways in which the promise itself can be sent in writing.
CONFIRMED_IN = frozenset({Way.PHONE, Way.TEXT, Way.EMAIL})
#: What can come of an attempt, by way.
OUTCOMES: dict[str, tuple[str, ...]] = {
    Way.PHONE: ("reached", "no_answer", "busy", "message"),
    Way.TEXT: ("sent", "reached"),
    Way.EMAIL: ("sent", "reached"),
    Way.POST: ("sent", "reached"),
    Way.VISIT: ("reached", "no_answer"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNote:
    """What the form asks for; ``contact`` is a number, an address or an e-mail by the way.

    ``confirm``: the citizen wishes the promise in a text.
    """

    origin: str
    sought_id: int
    name: str
    matter: str
    contact: str = ""
    way: str = Way.PHONE
    organisation: str = ""
    good_time: str = ""
    wanted_at: datetime | None = None
    aid: str = ""
    visit_id: int | None = None
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    note: ContactNote
    due_at: datetime
    created: bool


@transaction.atomic
def take_note(*, form_token: str, new: NewNote, by: StaffMember, now: datetime) -> Taken:
    """Write down what somebody wants of a colleague who is not there, once a form.

    The colleague and whoever stands in are told at once. Due in one working hour for a caller, in
    15 minutes for a visitor, or at the later instant the citizen named. Whoever leaves an e-mail
    address, or wishes it, gets the promise in writing.
    """
    require(by, "use_desk")
    known = ContactNote.objects.filter(form_token=token(form_token)).first()
    if known is not None:
        return Taken(known, _due_at(known), created=False)
    note = _checked(new, by=by, now=now)
    note.form_token = form_token
    note, created = _insert(note)
    if not created:
        return Taken(note, _due_at(note), created=False)
    wanted = note.wanted_at
    if wanted is not None and wanted <= standards.due_for_code(note.code, now).instant:
        wanted = None
    commitment = standards.open_commitment(
        code=note.code,
        key=contact_key(note),
        subject_type=CALLBACK,
        subject_id=note.pk,
        started_at=now,
        due_at=wanted,
        team=note.team,
        now=now,
    )
    _record(note, "note-taken", at=now, by=actor(by), key="taken", keeper=note.keeper_id)
    stand_in = centre_queries.stand_in(note.sought, at=now)
    tell_taken(note, [note.sought, note.keeper, stand_in], due_at=commitment.due_at, now=now)
    if new.confirm or note.way == Way.EMAIL:
        tell_promised(note, due_at=commitment.due_at, now=now)
    if note.visit is not None:
        serve_with_note(note.visit, by=by, now=now)
    notices.nudge()
    return Taken(note, commitment.due_at, created=True)


def _checked(new: NewNote, *, by: StaffMember, now: datetime) -> ContactNote:
    sought = sought_person(new.sought_id, now=now)
    way = Way(new.way)
    contact = words(new.contact, field="contact", longest=200)
    if way != Way.VISIT and not contact:
        raise Refused(f"{WAYS[way]} 연락드릴 곳을 적어 주십시오.", field="contact")
    if new.confirm and way not in CONFIRMED_IN:
        raise Refused(
            "문자나 메일로 알려 드리려면 전화번호나 이메일 주소를 받아 주십시오.", field="confirm"
        )
    keeper = keeper_for(sought, at=now)
    return ContactNote(
        origin=Origin(new.origin),
        visit=_visit(new),
        sought=sought,
        keeper=keeper,
        stands_in=keeper != sought,
        team=sought.team,
        name=words(new.name, field="name", required="성함을 적어 주십시오.", longest=60),
        organisation=words(new.organisation, field="organisation", longest=100),
        contact=contact,
        matter=words(new.matter, field="matter", required="용건을 적어 주십시오.", longest=1_000),
        way=way,
        good_time=words(new.good_time, field="good_time", longest=100),
        wanted_at=_checked_wish(new.wanted_at, way=way, now=now),
        aid=words(new.aid, field="aid", longest=60),
        taken_by=by,
        taken_at=now,
    )


def _visit(new: NewNote) -> Visit | None:
    if new.visit_id is None:
        return None
    visit = Visit.objects.select_for_update(of=("self",)).filter(pk=new.visit_id).first()
    if visit is None:
        raise NotFound
    return visit


def _checked_wish(wanted_at: datetime | None, *, way: str, now: datetime) -> datetime | None:
    """A wish lies ahead and in opening hours; whoever comes again says when."""
    if wanted_at is None:
        if way == Way.VISIT:
            raise Refused("다시 오실 때를 적어 주십시오.", field="wanted_at")
        return None
    if not now < wanted_at <= now + LONGEST_WISH:
        raise Refused("원하시는 때는 지금부터 31일 안이어야 합니다.", field="wanted_at")
    calendar = centre_queries.calendar()
    try:
        is_open = calendar.is_open_at(wanted_at) or calendar.is_open_at(
            wanted_at - timedelta(seconds=1)
        )
        opening = calendar.next_open_at(wanted_at)
    except CalendarError as error:
        raise Refused(str(error), field="wanted_at") from error
    if not is_open:
        raise Refused(
            f"업무시간이 아닙니다. 그다음 여는 때는 {korean_instant(opening)}입니다.",
            field="wanted_at",
        )
    return wanted_at


def _insert(note: ContactNote) -> tuple[ContactNote, bool]:
    fields = [field.name for field in ContactNote._meta.concrete_fields if field.name != "id"]
    values = {name: getattr(note, name) for name in fields if name != "form_token"}
    return ContactNote.objects.select_related("sought__team", "keeper", "visit").get_or_create(
        form_token=note.form_token, defaults=values
    )


def _due_at(note: ContactNote) -> datetime:
    commitment = standards_queries.find(contact_key(note))
    return commitment.due_at if commitment else note.taken_at


# --- attempts -----------------------------------------------------------------------------------


@transaction.atomic
def log_attempt(
    *, note_id: int, way: str, outcome: str, by: StaffMember, now: datetime
) -> ContactNote:
    """One try. The first one in the way chosen keeps the promise; reaching the person closes the
    note, as do three tries on two days, with a word to the citizen."""
    note = _open(lock_note(note_id, by=by))
    if outcome not in OUTCOMES[Way(way)]:
        raise Refused("그 방법에는 없는 결과입니다. 다시 골라 주십시오.", field="outcome")
    tries = list(note.attempts.all())
    if tries and _is_double_click(tries[-1], by=by, outcome=outcome, now=now):
        return note
    tried = Attempt.objects.create(
        note=note, at=max(now, note.taken_at), by=by, way=Way(way), outcome=outcome
    )
    data: dict[str, Any] = {"way": way, "outcome": outcome}
    _record(note, "contact-tried", at=tried.at, by=actor(by), key=f"tried:{tried.pk}", **data)
    if way == note.way and note.first_attempt_at is None:
        note.first_attempt_at = tried.at
        note.save(update_fields=["first_attempt_at"])
        standards.fulfil(key=contact_key(note), at=tried.at, now=now)
    if outcome == Attempt.Outcome.REACHED:
        _close(note, Ending.REACHED, by=actor(by), now=now)
    elif outcome == Attempt.Outcome.SENT:
        _close(note, Ending.SENT, by=actor(by), now=now)
    elif _is_unreachable([*tries, tried]):
        _close(note, Ending.UNREACHED, by=actor(by), now=now)
        tell_unreached(note, now=now)
    return note


def _is_double_click(last: Attempt, *, by: StaffMember, outcome: str, now: datetime) -> bool:
    return last.by_id == by.pk and last.outcome == outcome and now - last.at <= DOUBLE_CLICK


def _is_unreachable(tries: list[Attempt]) -> bool:
    return len(tries) >= TRIES and len({seoul_day(one.at) for one in tries}) >= TRY_DAYS


@transaction.atomic
def called_back(*, note_id: int, by: StaffMember, now: datetime) -> ContactNote:
    """The citizen was quicker than we: nothing is left to do. Late stays late."""
    note = _open(lock_note(note_id, by=by))
    _close(note, Ending.CALLED_BACK, by=actor(by), now=now)
    return note


@transaction.atomic
def undo_note(*, note_id: int, by: StaffMember, now: datetime) -> ContactNote:
    """Taken by mistake: left out, its notices that are not out yet withdrawn."""
    note = _open(lock_note(note_id, by=by))
    if not note.may_undo(now=now) or note.attempts.exists():
        raise NotNow("적은 지 5분이 지났거나 이미 연락한 메모는 되돌릴 수 없습니다.")
    _close(note, Ending.MISTAKEN, by=actor(by), now=now)
    return note


def _close(note: ContactNote, ending: Ending, *, by: Actor, now: datetime) -> None:
    note.ending, note.closed_at = ending, max(now, note.taken_at)
    note.save(update_fields=["ending", "closed_at"])
    if note.first_attempt_at is None:
        standards.exclude(subject_type=CALLBACK, subject_id=note.pk, why=ending, now=now)
    notices.cancel(
        subject_type=CALLBACK,
        subject_id=note.pk,
        templates=["note-taken", "callback-soon", "callback-overdue", "callback-promised"],
        now=now,
    )
    _record(note, "note-closed", at=now, by=by, key="closed", ending=ending)


def _open(note: ContactNote) -> ContactNote:
    if not note.is_open:
        raise NotNow("이미 마친 메모입니다.")
    return note


# --- hands --------------------------------------------------------------------------------------


@transaction.atomic
def give_note(*, note_id: int, to_id: int, by: StaffMember, now: datetime) -> ContactNote:
    """Hand a note to a colleague who is here; it does not go back by itself."""
    note = _open(lock_note(note_id, by=by))
    to = sought_person(to_id, now=now)
    if to.pk == note.keeper_id:
        raise Refused("이미 그 직원이 맡고 있습니다.", field="to")
    if not centre_queries.is_present(to, at=now):
        raise Refused(f"{to} 님은 지금 자리에 없습니다. 다른 직원을 골라 주십시오.", field="to")
    give(note, to, stands_in=False, by=actor(by), now=now)
    return note


@transaction.atomic
def keep_note(*, note_id: int, by: StaffMember, now: datetime) -> ContactNote:
    """Whoever stands in sees it through, also when the absent person is back."""
    note = _open(lock_note(note_id, by=by))
    if ContactNote.objects.filter(pk=note.pk, stands_in=True).update(stands_in=False):
        note.stands_in = False
        _record(note, "note-kept", at=now, by=actor(by), key=f"kept:{note.hands}")
    return note


def give(note: ContactNote, to: StaffMember, *, stands_in: bool, by: Actor, now: datetime) -> bool:
    """Make ``to`` the keeper if the note is as it was seen; tells him. The clock is not touched."""
    won = ContactNote.objects.filter(
        pk=note.pk, closed_at=None, keeper=note.keeper_id, hands=note.hands
    ).update(keeper=to, stands_in=stands_in, hands=F("hands") + 1)
    if not won:
        return False
    before = note.keeper_id
    note.keeper, note.stands_in, note.hands = to, stands_in, note.hands + 1
    _record(note, "note-given", at=now, by=by, key=f"given:{note.hands}", before=before, to=to.pk)
    tell_taken(note, [to], due_at=_due_at(note), now=now, suffix=f":{note.hands}")
    return True


@transaction.atomic
def hand_over(*, from_person: StaffMember, to_person: StaffMember, by: Actor, now: datetime) -> int:
    """Somebody leaves: the open contacts go to the successor. Says how many."""
    rows = ContactNote.objects.filter(closed_at=None, keeper=from_person).select_related("team")
    return sum(
        give(note, to_person, stands_in=False, by=by, now=now)
        for note in rows.select_for_update(of=("self",)).order_by("pk")
    )


def _record(
    note: ContactNote, kind: str, *, at: datetime, by: Actor = SYSTEM, key: str, **data: Any
) -> None:
    record(CALLBACK, note.pk, kind, at=at, by=by, data=data, key=f"callback:{note.pk}:{key}")
