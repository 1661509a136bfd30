"""What the sweep's steps mean here, and the facts that decide kept or missed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from centre import queries as centre_queries
from centre.calendar import SEOUL, seoul_day
from centre.models import Position, StaffMember
from notices import services as notices
from reception.models import ContactNote, Visit
from reception.queries import CALLBACK, VISIT, contact_key, desk_people, wait_key
from reception.services.telling import note_url
from records.actors import SYSTEM
from records.services import NewEvent, record_many
from standards.registry import StepDue
from standards.steps import Step

# --- visits -------------------------------------------------------------------------------------


def take_visit_steps(steps: Sequence[StepDue], *, now: datetime) -> None:
    """Seven minutes: desk and team are called. The miss itself is on the board and in the events."""
    ids = {step.commitment.subject_id for step in steps}
    rows = Visit.objects.filter(pk__in=ids).select_related("sought__team", "sought__user", "team")
    visits = {visit.pk: visit for visit in rows}
    desk = desk_people(at=now)
    present = centre_queries.present_people(at=now)
    owed: list[notices.Owed] = []
    events: list[NewEvent] = []
    for step in steps:
        visit = visits.get(step.commitment.subject_id)
        if visit is None or step.name != Step.WAIT_SEVEN or not visit.is_here:
            continue
        events.append(_reminded(VISIT, visit.pk, "wait-seven", step, now=now))
        if seoul_day(step.at) != seoul_day(now):
            continue  # a call of another day helps nobody
        people = [*desk, *_team_of(visit, present)]
        owed += _calls(visit, people)
    record_many(events)
    notices.owe_many(owed, now=now)


def _team_of(visit: Visit, present: set[int]) -> list[StaffMember]:
    """The person sought, if here; else the team's people who are."""
    if visit.sought is not None and visit.sought_id in present and not visit.sought_away:
        return [visit.sought]
    if visit.team is None:
        return []
    rows = visit.team.members.filter(pk__in=present).select_related("team", "user")
    return list(rows)


def _calls(visit: Visit, people: Iterable[StaffMember]) -> list[notices.Owed]:
    link = f"{settings.SITE_URL}{reverse('desk')}"
    return [
        notices.Owed(
            key=f"visit:{visit.pk}:seven:{person.pk}",
            template="wait-seven",
            subject_type=VISIT,
            subject_id=visit.pk,
            to=notices.Person(person),
            context={"visitor_label": visit.label, "link": link},
        )
        for person in {person.pk: person for person in people}.values()
    ]


def visit_facts(keys: Sequence[str]) -> dict[str, datetime]:
    """When a wait ended, or a colleague took over, for those of which it is known."""
    wanted = {key: int(key.split(":")[1]) for key in keys}
    rows = Visit.objects.filter(pk__in=set(wanted.values()), served_at__isnull=False)
    served = {visit.pk: visit for visit in rows}
    return {
        key: visit.served_at
        for key, pk in wanted.items()
        if (visit := served.get(pk)) is not None
        and visit.served_at is not None
        and (key == wait_key(visit) or visit.served_by_id != visit.sought_id)
    }


# --- contacts -----------------------------------------------------------------------------------


def take_contact_steps(steps: Sequence[StepDue], *, now: datetime) -> None:
    """Soon due: keeper and person sought. Missed: the lead as well, whatever the hour, or whoever
    stands above where the lead is the person sought."""
    ids = {step.commitment.subject_id for step in steps}
    rows = ContactNote.objects.filter(pk__in=ids).select_related(
        "sought__team", "sought__user", "keeper__team", "keeper__user", "team"
    )
    found = {note.pk: note for note in rows}
    leads = {
        team.pk: centre_queries.team_lead(team, at=now)
        for team in {note.team_id: note.team for note in found.values()}.values()
    }
    calendar = centre_queries.calendar()
    owed: list[notices.Owed] = []
    events: list[NewEvent] = []
    for step in steps:
        note = found.get(step.commitment.subject_id)
        if note is None or not note.is_open:
            continue
        due_at = step.commitment.due_at
        people: list[StaffMember | None] = [note.keeper, note.sought]
        if step.name == Step.SOON:
            if now < due_at:
                left = round(calendar.working_seconds_between(now, due_at) / 60)
                owed += _tell(note, people, "callback-soon", step, minutes_left=left)
            events.append(_reminded(CALLBACK, note.pk, "contact-soon", step, now=now))
        else:
            lead = leads[note.team_id]
            above = centre_queries.people_in(Position.SECRETARY_GENERAL, at=now)
            hears = lead is not None and lead.pk != note.sought_id
            people.append(lead if hears else above.select_related("team", "user").first())
            owed += _tell(note, people, "callback-overdue", step)
    record_many(events)
    notices.owe_many(owed, now=now)


def _tell(
    note: ContactNote,
    people: Iterable[StaffMember | None],
    template: str,
    step: StepDue,
    **context: object,
) -> list[notices.Owed]:
    """Once a person and due instant; a chase once a day."""
    when = step.at if step.name == Step.CHASE else step.commitment.due_at
    once = f"{when.astimezone(SEOUL):%Y%m%dT%H%M}"
    return [
        notices.Owed(
            key=f"callback:{note.pk}:{template}:{step.name}:{person.pk}:{once}",
            template=template,
            subject_type=CALLBACK,
            subject_id=note.pk,
            to=notices.Person(person),
            context={"caller_name": note.name, "link": note_url(note), **context},
            hours="any" if step.name == Step.MISSED else "opening",
        )
        for person in {one.pk: one for one in people if one is not None}.values()
    ]


def contact_facts(keys: Sequence[str]) -> dict[str, datetime]:
    """When the first real attempt in the chosen way was made."""
    ids = {int(key.split(":")[1]) for key in keys}
    rows = ContactNote.objects.filter(pk__in=ids, first_attempt_at__isnull=False)
    return {contact_key(n): n.first_attempt_at for n in rows if n.first_attempt_at is not None}


def _reminded(
    subject_type: str, subject_id: int, kind: str, step: StepDue, *, now: datetime
) -> NewEvent:
    return NewEvent(
        subject_type=subject_type,
        subject_id=subject_id,
        kind=kind,
        at=step.at,
        recorded_at=now,
        by=SYSTEM,
        key=f"{step.commitment.key}:{kind}:{step.commitment.due_at:%Y%m%dT%H%M}",
    )
