"""Opinions counted from their rows, by day in Seoul and team: grouped in the database.

``Key`` is (day, team, measure, value). The team is that which has the case; 0 stands for none yet.
Two queries, whatever is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import (
    Case,
    CharField,
    Count,
    ExpressionWrapper,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, ExtractHour, ExtractIsoWeekDay, TruncDate

from centre.calendar import FIRST_KNOWN_DAY, LAST_KNOWN_DAY, SEOUL, Calendar, seoul_day
from centre.queries import calendar
from complaints.models import OPEN_STATES, Complaint, Contact, Decision, Response, State
from dashboards.intake.figures import ANSWER_HOURS, CONTACT_MINUTES, HOURS, Measure, Outcome
from standards.counting import midnight

NO_TEAM: Final = 0
#: In tallies: the sum of all teams, and of what no team has yet.
ALL_TEAMS: Final = -1
Key = tuple[date, int, str, str]
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = timedelta(days=1)
#: Periods of days that follow one another: first and last.
Span = tuple[date, date]

_OUTCOME: Final = Case(
    When(state__in=OPEN_STATES, then=Value(Outcome.OPEN.value)),
    When(state=State.WITHDRAWN, then=Value(Outcome.WITHDRAWN.value)),
    When(state=State.MERGED, then=Value(Outcome.MERGED.value)),
    When(
        Q(state=State.REFERRED) | Q(state=State.CLOSED, decision=Decision.REFERRED),
        then=Value(Outcome.REFERRED.value),
    ),
    default=Value(Outcome.ANSWERED.value),
    output_field=CharField(),
)
_SLOT: Final = ExpressionWrapper(
    (ExtractIsoWeekDay("received_at", tzinfo=SEOUL) - 1) * HOURS
    + ExtractHour("received_at", tzinfo=SEOUL),
    output_field=IntegerField(),
)
_VALUES: Final[dict[Measure, Any]] = {
    Measure.KIND: F("kind"),
    Measure.CHANNEL: F("channel"),
    Measure.TOPIC: F("topic_id"),
    Measure.SLOT: _SLOT,
    Measure.REPEAT: Value("yes"),
    Measure.STAGE: F("stage"),
    Measure.DECISION: F("decision"),
    Measure.OUTCOME: _OUTCOME,
}
_ONLY: Final[dict[Measure, Q]] = {
    Measure.REPEAT: Q(previous__isnull=False) | Q(stage__gte=2),
    Measure.DECISION: ~Q(decision=""),
}


def count(spans: Sequence[Span]) -> Counter[Key]:
    """Everything that is counted of the opinions that came in these days. Two queries."""
    counted: Counter[Key] = Counter()
    if not spans:
        return counted
    for day, team, measure, value, n in grouped(spans):
        counted[day, team, measure, value] += n
    return counted + waits(spans)


def grouped(spans: Sequence[Span]) -> QuerySet[Any, Any]:
    """Rows of day, team, measure, value and how many; all but the waits."""
    came = _came_in(spans)
    parts = [_grouped(came, measure) for measure in _VALUES]
    return parts[0].union(*parts[1:], all=True)


def waits(spans: Sequence[Span]) -> Counter[Key]:
    """How long people waited for the first contact and for the answer. One query."""
    return Counter(_waits(_came_in(spans), calendar()))


def _came_in(spans: Iterable[Span]) -> QuerySet[Complaint]:
    asked = Q()
    for first, last in spans:
        asked |= within(first, last)
    return Complaint.objects.filter(asked).order_by()


def within(first: date, last: date) -> Q:
    """Received from the first to the last day, both in Seoul."""
    return Q(received_at__gte=midnight(first), received_at__lt=midnight(last + _DAY))


def day_of_receipt(path: str = "received_at") -> TruncDate:
    """The Seoul day of an instant, for the database."""
    return TruncDate(path, tzinfo=SEOUL)


def runs(days: Iterable[date]) -> list[Span]:
    """Days that follow one another taken together."""
    found: list[Span] = []
    for day in sorted(set(days)):
        if found and found[-1][1] + _DAY == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def _grouped(came: QuerySet[Complaint], measure: Measure) -> QuerySet[Any, Any]:
    rows = came.filter(_ONLY[measure]) if measure in _ONLY else came
    return (
        rows.annotate(
            on_day=day_of_receipt(),
            of_team=Coalesce("team_id", NO_TEAM),
            by=Value(measure.value, output_field=CharField()),
            is_value=Cast(_VALUES[measure], CharField(max_length=24)),
        )
        .values_list("on_day", "of_team", "by", "is_value")
        .annotate(cases=Count("pk"))
    )


def _waits(came: QuerySet[Complaint], in_force: Calendar) -> Iterator[Key]:
    """A key for each first contact and each first answer of an opinion with a name.

    The first answer counts, also where the case was opened again. Read as instants, one row each:
    opening hours are the calendar's to count, and no more than a few days are asked for at a time.
    """
    earliest = Subquery(
        Contact.objects.filter(complaint=OuterRef("pk"), reached=True)
        .order_by()
        .values("complaint")
        .annotate(first=Min("at"))
        .values("first")
    )
    answered = Subquery(
        Response.objects.filter(complaint=OuterRef("pk"), told_at__isnull=False)
        .order_by()
        .values("complaint")
        .annotate(first=Min("told_at"))
        .values("first")
    )
    rows = came.filter(anonymous=False).values_list(
        "received_at", Coalesce("team_id", NO_TEAM), "team_confirmed_at", earliest,
        Coalesce(answered, F("told_at")),
    )  # fmt: skip
    for received, team, confirmed, reached, told in rows.iterator(chunk_size=2000):
        day = seoul_day(received)
        if told is not None:
            hours = max(0, int((told - received).total_seconds() // _HOUR))
            yield day, team, Measure.ANSWER.value, str(hours - hours % ANSWER_HOURS)
        contacts = [at for at in (confirmed, reached, told) if at is not None]
        if contacts and _is_known(received) and _is_known(min(contacts)):
            minutes = _open_minutes(in_force, received, min(contacts))
            yield day, team, Measure.CONTACT.value, str(minutes - minutes % CONTACT_MINUTES)


def _open_minutes(in_force: Calendar, received: datetime, contact: datetime) -> int:
    end = max(received, contact)  # what was entered afterwards may bear an earlier time
    return int(in_force.working_seconds_between(received, end) // _MINUTE)


def _is_known(instant: datetime) -> bool:
    """Whether the calendar knows the opening hours of its day."""
    return FIRST_KNOWN_DAY <= seoul_day(instant) <= LAST_KNOWN_DAY
