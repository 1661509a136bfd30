"""Who is waiting, what is to be answered, who is in and who stands in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual
from django.urls import reverse

from centre import queries as centre_queries
from centre.calendar import SEOUL, Calendar, CalendarError, seoul_day
from centre.models import Absence, Deputy, Position, Role, StaffMember, Team, User
from centre.rights import may
from notices.registry import Wishes
from reception.models import (
    UNDO_WITHIN,
    WAYS,
    Attempt,
    ContactNote,
    Ending,
    Purpose,
    SpotAnswer,
    Visit,
    VisitState,
    Way,
)
from records.masking import mask_name
from standards.models import Commitment
from standards.occasions import Occasion

VISIT, CALLBACK = "visit", "callback"
DIFFICULT, LEAD_CALL = "difficult-call", "lead-call"
#: How a visit entered afterwards is told apart in the figures.
LATE = "late"
#: The cards that visitors are given, in turn.
COLOURS = ("빨강", "주황", "노랑", "초록", "파랑", "보라")
LIMIT = timedelta(minutes=10)
SOON = timedelta(minutes=7)


def wait_key(visit: Visit) -> str:
    return f"visit:{visit.pk}:wait"


def deputy_key(visit: Visit) -> str:
    return f"visit:{visit.pk}:deputy"


def contact_key(note: ContactNote) -> str:
    return f"callback:{note.pk}:contact"


def promised_key(note: ContactNote) -> str:
    """Of the notice that gives the citizen the promise in writing."""
    return f"callback:{note.pk}:promised"


def wishes_of(_note_id: int, /) -> Wishes:
    """What goes to citizens about a note is short and written: a text, not a call."""
    return Wishes(text_only=True)


def note_path(note_id: int, /) -> str:
    """The page of a note."""
    return reverse("reception:note", args=[note_id])


# --- who is in ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """A person today: here, or away with whoever stands in (None: nobody is there)."""

    person: StaffMember
    here: bool
    stand_in: StaffMember | None = None
    back_at: datetime | None = None
    at: datetime | None = None

    @property
    def back_words(self) -> str:
        """``15시`` today, ``9월 11일 9시`` later; for staff."""
        if self.back_at is None or self.at is None:
            return ""
        return clock_words(self.back_at, now=self.at)


def clock_words(instant: datetime, *, now: datetime) -> str:
    """``14:20`` today, else with the day: ``9월 14일 09:05``."""
    local = instant.astimezone(SEOUL)
    clock = f"{local:%H:%M}"
    return clock if local.date() == seoul_day(now) else f"{local.month}월 {local.day}일 {clock}"


def staff_today(*, at: datetime, hours: Calendar | None = None) -> list[Standing]:
    """Everybody who works here, in the order of the guide; three queries however many they are.

    Who stands in is found as ``centre.queries.stand_in`` finds it. With ``hours``, whoever is away
    is back at the opening that follows the absence.
    """
    people = list(
        centre_queries.employed(at=at)
        .filter(user__is_active=True)
        .select_related("team", "user")
        .order_by("team__place", "extension", "name")
    )
    away = _away(at)
    by_pk = {person.pk: person for person in people}
    here = by_pk.keys() - away.keys()
    deputies: defaultdict[int, list[int]] = defaultdict(list)
    rows = Deputy.objects.filter(person__in=away).order_by("place", "pk")
    for person_id, other_id in rows.values_list("person_id", "stands_in_id"):
        deputies[person_id].append(other_id)
    leads: defaultdict[int, list[int]] = defaultdict(list)
    for person in sorted(people, key=lambda p: (p.extension, p.pk)):
        if person.position == Position.LEAD:
            leads[person.team_id].append(person.pk)
    found = []
    for person in people:
        if person.pk in here:
            found.append(Standing(person, here=True))
            continue
        asked = [*deputies[person.pk], *leads[person.team_id]]
        pk = next((pk for pk in asked if pk in here and pk != person.pk), None)
        other = by_pk[pk] if pk is not None else None
        back_at = _back(away[person.pk], hours) if hours else away[person.pk]
        found.append(Standing(person, here=False, stand_in=other, back_at=back_at, at=at))
    return found


def _back(ends_at: datetime, hours: Calendar) -> datetime:
    """When somebody whose absence ends then can be asked for: at the opening that follows."""
    try:
        return hours.next_open_at(ends_at)
    except CalendarError:
        return ends_at


def _away(at: datetime) -> dict[int, datetime]:
    """Who is absent at an instant, and until when."""
    rows = Absence.objects.filter(starts_at__lte=at, ends_at__gt=at, cancelled_at=None)
    away: dict[int, datetime] = {}
    for pk, ends_at in rows.values_list("person_id", "ends_at"):
        away[pk] = max(ends_at, away.get(pk, ends_at))
    return away


def desk_people(*, at: datetime) -> list[StaffMember]:
    """The people of the desk team who are here."""
    team = centre_queries.desk_team()
    if team is None:
        return []
    return list(centre_queries.present(at=at).filter(team=team).select_related("team", "user"))


def keeper_for(person: StaffMember, *, at: datetime) -> StaffMember:
    """Who is to make a contact that ``person`` was asked for.

    The person; if away, who stands in; if nobody does, somebody at the desk who is here, else the
    lead of the team, who is told in any case. A circle of deputies ends: each is asked once.
    """
    if centre_queries.is_present(person, at=at):
        return person
    if other := centre_queries.stand_in(person, at=at):
        return other
    if here := desk_people(at=at):
        return here[0]
    return centre_queries.team_lead(person.team, at=at, without=[person.pk]) or person


def find_person(text: str, *, at: datetime) -> list[StaffMember]:
    """People who work here, or did, by name, "name title", or extension."""
    wanted = "".join(text.split())
    if not wanted:
        return []
    rows = StaffMember.objects.select_related("team", "user")
    people = [p for p in rows if wanted in {p.name, f"{p.name}{p.title}", p.extension}]
    if not people:
        people = [p for p in rows if wanted in p.name]
    day = seoul_day(at)
    there = [p for p in people if p.left_on is None or p.left_on > day]
    return there or people


def who_steps_in(
    person: StaffMember, *, at: datetime, absent_too: bool = False
) -> list[StaffMember]:
    """Who helps with a difficult caller: the lead of the team, then the secretary general, then the
    director; never the person. Only those who are here, or those first with ``absent_too``."""
    rows = centre_queries.employed(at=at).exclude(pk=person.pk).select_related("team", "user")
    leads = rows.filter(position=Position.LEAD, team=person.team_id).order_by("extension", "pk")
    found = [
        *leads,
        *rows.filter(position=Position.SECRETARY_GENERAL).order_by("pk"),
        *rows.filter(position=Position.DIRECTOR).order_by("pk"),
    ]
    present = centre_queries.present_people(at=at)
    here = [one for one in found if one.pk in present]
    return here + [one for one in found if one.pk not in present] if absent_too else here


# --- visits -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """A visitor on the board: minutes waited, and how that stands against ten."""

    visit: Visit
    minutes: int
    state: str  # "", "soon" or "late"; "none" where it is no wait
    old: bool  # from an earlier day: nobody wrote down how it ended

    @property
    def colour(self) -> int:
        """Which of the colours of the cards, for the style sheet."""
        word = self.visit.label.partition(" ")[0]
        return COLOURS.index(word) if word in COLOURS else 0


def here_now(*, now: datetime) -> list[Waiting]:
    """Visitors who are here, those who wait longest first; one query."""
    rows = Visit.objects.filter(ended_at=None).select_related("sought", "called_by", "team")
    today = seoul_day(now)
    found = []
    for visit in rows.order_by("arrived_at", "pk"):
        waited = max(now - visit.arrived_at, timedelta(0))
        found.append(
            Waiting(
                visit,
                minutes=int(waited.total_seconds() // 60),
                state=_state(visit, waited),
                old=seoul_day(visit.arrived_at) != today,
            )
        )
    return sorted(found, key=lambda row: row.state == "none")


def _state(visit: Visit, waited: timedelta) -> str:
    if not visit.is_wait:
        return "none"
    if waited >= LIMIT:
        return "late"
    return "soon" if waited >= SOON else ""


def ahead_of(visit: Visit) -> int:
    """How many wait who came before this visitor (what the desk says, §11.4); one query."""
    before = Visit.objects.filter(state=VisitState.WAITING, arrived_at__lt=visit.arrived_at)
    return before.exclude(purpose=Purpose.OTHER).exclude(pk=visit.pk).count()


def recent(*, now: datetime) -> list[Visit]:
    """Visits that ended in the last minutes, which can still be put back; one query."""
    rows = Visit.objects.filter(
        ended_at__gte=now - UNDO_WITHIN, state__in=[VisitState.SERVED, VisitState.LEFT]
    )
    return list(rows.order_by("-ended_at")[:5])


@dataclass(frozen=True, slots=True)
class Day:
    """What the desk did today."""

    visits: int
    over: int
    left: int
    late_entries: int
    spot_phone: int
    spot_visit: int


def day_figures(*, now: datetime) -> Day:
    """Two queries over one day's rows."""
    start, end = day_bounds(seoul_day(now))
    rows = Visit.objects.filter(arrived_at__gte=start, arrived_at__lt=end)
    rows = rows.exclude(state=VisitState.MISTAKEN)
    counts = rows.aggregate(
        visits=Count("pk"),
        over=Count("pk", filter=~Q(purpose=Purpose.OTHER) & over_ten_minutes(now)),
        left=Count("pk", filter=Q(state=VisitState.LEFT)),
        late=Count("pk", filter=Q(entered_late=True)),
    )
    spot = SpotAnswer.objects.filter(at__gte=start, at__lt=end, mistaken=False).aggregate(
        phone=Count("pk", filter=Q(origin="phone")), visit=Count("pk", filter=Q(origin="visit"))
    )
    return Day(
        visits=counts["visits"],
        over=counts["over"],
        left=counts["left"],
        late_entries=counts["late"],
        spot_phone=spot["phone"],
        spot_visit=spot["visit"],
    )


def over_ten_minutes(now: datetime) -> Q:
    """Waited ten minutes or more, whether or not the wait is over."""
    ended = Coalesce("served_at", "ended_at", Value(now), output_field=DateTimeField())
    return Q(
        GreaterThanOrEqual(
            ended, ExpressionWrapper(F("arrived_at") + LIMIT, output_field=DateTimeField())
        )
    )


def day_bounds(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time(0), SEOUL)
    return start, start + timedelta(days=1)


# --- contact notes ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenNote:
    note: ContactNote
    due_at: datetime
    minutes_left: int
    state: str  # "", "soon" or "late"
    attempts: int
    due_words: str

    @property
    def masked(self) -> str:
        return mask_name(self.note.name)

    @property
    def way_words(self) -> str:
        return WAYS[Way(self.note.way)]


def notes_visible_to(user: User) -> QuerySet[ContactNote]:
    """Notes this account may read: all at the desk and for managers, else one's own and, for a
    lead, the team's."""
    notes = ContactNote.objects.all()
    person = centre_queries.person_of(user)
    if person is None:
        return notes.none()
    if user.has_role(Role.MANAGER) or (user.at_the_desk and may(user, "use_desk")):
        return notes
    own = Q(sought=person) | Q(keeper=person) | Q(taken_by=person)
    if user.has_role(Role.LEAD):
        own |= Q(team_id=person.team_id)
    return notes.filter(own)


def note_ids_visible_to(user: User) -> object:
    """For the rooms below: whose notices this account may see."""
    return notes_visible_to(user).values("pk")


def open_notes(*, now: datetime) -> list[OpenNote]:
    """All open notes, the one due first on top; two queries.

    An attempt that kept the promise without reaching anybody leaves the note open.
    """
    rows = list(
        ContactNote.objects.filter(closed_at=None)
        .select_related("sought", "keeper", "team")
        .annotate(tried=Count("attempts"))
    )
    keys = {contact_key(note): note for note in rows}
    dues = dict(Commitment.objects.filter(key__in=keys).values_list("key", "due_at"))
    found = []
    for key, note in keys.items():
        due_at = dues.get(key, note.taken_at)
        left = int((due_at - now).total_seconds() // 60)
        late = due_at < now and note.first_attempt_at is None
        soon = note.first_attempt_at is None and timedelta(0) <= due_at - now <= _third(
            note, due_at
        )
        found.append(
            OpenNote(
                note,
                due_at,
                left,
                "late" if late else "soon" if soon else "",
                note.tried,
                clock_words(due_at, now=now),
            )
        )
    return sorted(found, key=lambda row: (row.note.first_attempt_at is not None, row.due_at))


def _third(note: ContactNote, due_at: datetime) -> timedelta:
    return min((due_at - note.taken_at) / 3, timedelta(minutes=20))


def open_duties(person: StaffMember) -> int:
    """How many open contacts are with this person."""
    return ContactNote.objects.filter(closed_at=None, keeper=person).count()


@dataclass(frozen=True, slots=True)
class Contacts:
    """Of the notes of a stretch: how many, how many were reached; ``rate`` is None for none."""

    ended: int
    reached: int
    unreached: int
    running: int

    @property
    def rate(self) -> int | None:
        return round(100 * self.reached / self.ended) if self.ended else None


def contacts(*, since: datetime, until: datetime, origin: str = "") -> Contacts:
    """The reached rate that stands beside the promise: of all notes that ended."""
    notes = ContactNote.objects.filter(taken_at__gte=since, taken_at__lt=until)
    notes = notes.exclude(ending=Ending.MISTAKEN)
    if origin:
        notes = notes.filter(origin=origin)
    reached = [Ending.REACHED, Ending.SENT, Ending.CALLED_BACK]
    found = notes.aggregate(
        ended=Count("pk", filter=~Q(closed_at=None)),
        reached=Count("pk", filter=Q(ending__in=reached)),
        unreached=Count("pk", filter=Q(ending=Ending.UNREACHED)),
        running=Count("pk", filter=Q(closed_at=None)),
    )
    return Contacts(**found)


# --- absences and the guide -----------------------------------------------------------


def teams_with_people(standings: Sequence[Standing]) -> list[tuple[Team, list[Standing]]]:
    """For the guide: teams in their order, each with its people."""
    teams: dict[int, tuple[Team, list[Standing]]] = {}
    for standing in standings:
        team = standing.person.team
        teams.setdefault(team.pk, (team, []))[1].append(standing)
    return list(teams.values())


def absences_between(start: datetime, end: datetime) -> list[Absence]:
    rows = Absence.objects.filter(starts_at__lt=end, ends_at__gt=start, cancelled_at=None)
    return list(rows.select_related("person__team").order_by("starts_at", "pk"))


def notes_left_by_absent(*, present: set[int]) -> QuerySet[ContactNote]:
    """Open notes whose keeper is away."""
    return ContactNote.objects.filter(closed_at=None).exclude(keeper__in=present)


def notes_to_give_back(*, present: set[int]) -> QuerySet[ContactNote]:
    """Open notes of people who are back, which nobody has begun to answer."""
    tried = Attempt.objects.filter(note=OuterRef("pk"))
    return ContactNote.objects.filter(~Exists(tried), closed_at=None, stands_in=True).filter(
        sought__in=present
    )


def visits_ended_since(since: datetime, *, until: datetime) -> list[Occasion]:
    """The visitors who were attended to, for surveys: how many came, and nobody by name."""
    rows = Visit.objects.filter(
        ended_at__gt=since, ended_at__lte=until, state=VisitState.SERVED
    ).exclude(purpose=Purpose.OTHER)
    return [
        Occasion(
            kind=VISIT,
            subject_type=VISIT,
            subject_id=visit.pk,
            title=visit.get_purpose_display(),
            ended_at=visit.ended_at,
            team=visit.team,
        )
        for visit in rows.select_related("team").order_by("ended_at", "pk")
        if visit.ended_at is not None
    ]
