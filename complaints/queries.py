"""Who may see which case, who is kept out of it, and what a page shows."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, Max, Min, OuterRef, Q

from centre import queries as centre_queries
from centre.models import Role, StaffMember, User
from centre.rights import may
from centre.words import korean_instant
from complaints import past, texts
from complaints.models import (
    AboutStaff,
    Approval,
    CitizenMessage,
    Complaint,
    ComplaintQuerySet,
    Extension,
    InformationRequest,
    Kind,
    NewPromise,
    Response,
    State,
)
from complaints.numbers import normalise_receipt_number, receipt_number
from complaints.registry import tracking_extras
from complaints.transitions import may as may_become
from notices.models import Audience, Notice, NoticeQuerySet, Status
from notices.registry import Wishes
from records import queries as records_queries
from standards import queries as standards_queries
from standards.models import Commitment

if TYPE_CHECKING:
    from records.models import StoredFile

SUBJECT = "complaint"


def reply_key(complaint: Complaint) -> str:
    """The key of the running promise to reply; each reopening has its own."""
    suffix = f":{complaint.round}" if complaint.round > 1 else ""
    return f"complaint:{complaint.pk}:reply{suffix}"


def renewed_key(complaint: Complaint) -> str:
    """The key of the second promise, made after the first was missed.

    Those made after it, in a call after the second miss, follow it: ``…:2``, ``…:3``.
    """
    return f"complaint:{complaint.pk}:reply-renewed:{complaint.round}"


def renewed_promises(complaint: Complaint) -> list[Commitment]:
    """The promises made after misses of the present round, in order; the last one is in force."""
    return _with_followers("reply-renewed", renewed_key(complaint), complaint)


def manager_calls(complaint: Complaint) -> list[Commitment]:
    """The calls that a manager owed after second misses of the present round, in order."""
    key = f"complaint:{complaint.pk}:manager-call:{complaint.round}"
    return _with_followers("manager-call", key, complaint)


def _with_followers(code: str, key: str, complaint: Complaint) -> list[Commitment]:
    rows = Commitment.objects.of(SUBJECT, complaint.pk).filter(code=code)
    return list(rows.filter(Q(key=key) | Q(key__startswith=f"{key}:")).order_by("pk"))


def is_reply_key(complaint: Complaint, key: str) -> bool:
    """Whether it is the key of a promise to answer in the present round."""
    renewed = renewed_key(complaint)
    return key in {reply_key(complaint), renewed} or key.startswith(f"{renewed}:")


# --- who is kept out ----------------------------------------------------------------------------


def kept_out(complaint: Complaint) -> frozenset[int]:
    """Ids of the staff members whom the case is about; nobody for a compliment.

    They are out of assignment, reading, approval and reminders.
    """
    if complaint.kind == Kind.COMPLIMENT:
        return frozenset()
    about = AboutStaff.objects.filter(complaint=complaint)
    return frozenset(about.values_list("person_id", flat=True))


def visible_to(user: User) -> ComplaintQuerySet:
    """The cases this account may read: all, the team's and those laid before it, or none.

    Whoever a case is about never sees it. While it is unclear whom a case is about, only leads
    and managers see it.
    """
    person = centre_queries.person_of(user)
    cases: ComplaintQuerySet = Complaint.objects.all()
    if person is None:
        return cases.none()
    if not may(user, "see_all_cases"):
        if not may(user, "see_team_cases"):
            return cases.none()
        asked = Approval.objects.filter(complaint=OuterRef("pk"), approver=person)
        supports = Complaint.supporting_teams.through.objects.filter(
            complaint_id=OuterRef("pk"), team_id=person.team_id
        )
        cases = cases.filter(
            Q(team_id=person.team_id) | Q(handler=person) | Exists(asked) | Exists(supports)
        )
    # Not asked row by row: what somebody is kept out of is little, and the queue is long.
    about_me = AboutStaff.objects.filter(person=person).values("complaint")
    cases = cases.filter(Q(kind=Kind.COMPLIMENT) | ~Q(pk__in=about_me))
    if not user.has_role(Role.LEAD, Role.MANAGER):
        cases = cases.filter(about_staff_unclear=False)
    return cases


def ids_visible_to(user: User) -> Any:
    """The ids of the cases this account may read, as a query for the rooms below."""
    return visible_to(user).values("pk")


def may_read(user: User, complaint: Complaint) -> bool:
    return visible_to(user).filter(pk=complaint.pk).exists()


@dataclass(frozen=True, slots=True)
class Joined:
    """What came with a case that was joined to another; ``readable``: the case itself too."""

    case: Complaint
    files: list[StoredFile]
    readable: bool


def joined_files(user: User, complaint: Complaint) -> list[Joined]:
    """The attachments of the cases joined to this one, for an account that may read this one.

    Whoever works on a case reads what was joined to it, though the other case may have been
    another team's; of that he learns the number and the files, no more. Nobody gets them whom the
    other case is about, nor, while that is unclear, anybody but leads and managers.
    """
    person = centre_queries.person_of(user)
    chief = user.has_role(Role.LEAD, Role.MANAGER)
    found = []
    for case in _cases_joined_to(complaint):
        if (
            person is None
            or person.pk in kept_out(case)
            or (case.about_staff_unclear and not chief)
        ):
            continue
        if files := list(records_queries.files_of(SUBJECT, case.pk)):
            found.append(Joined(case, files, readable=may_read(user, case)))
    return found


def _cases_joined_to(complaint: Complaint) -> list[Complaint]:
    """The cases joined to this one, and those joined to them before, in the order they came."""
    found: dict[int, Complaint] = {}
    ids = {complaint.pk}
    while ids:
        rows = Complaint.objects.filter(merged_into__in=ids).exclude(pk__in=found)
        new = {case.pk: case for case in rows.order_by("received_at", "pk")}
        found |= new
        ids = set(new)
    return list(found.values())


# --- the citizen's page -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    done: bool
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondMiss:
    """The date promised after a miss passed as well; ``manager`` is a title, "" until it is told.

    ``call_until`` is the instant by which the manager rings; None where no call is owed.
    """

    manager: str = ""
    contact_way: str = ""
    call_until: datetime | None = None
    call_late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingPage:
    """All that the citizen's page of one case shows."""

    complaint: Complaint
    steps: list[Step]
    due_at: datetime | None
    first_due_at: datetime | None
    due_explanation: str
    overdue: bool
    standing_still: bool
    new_promise: NewPromise | None
    date_agreed: bool
    second_miss: SecondMiss | None
    team: str
    team_phone: str
    handler: str
    handler_team: str
    handler_phone: str
    entries: list[past.Entry]
    joined_to: Complaint | None
    responses: list[Response]
    messages: list[CitizenMessage]
    files: list[StoredFile]
    open_request: InformationRequest | None
    extension_question: Extension | None
    can_withdraw: bool
    can_supplement: bool
    can_message: bool
    extras: list[dict[str, Any]] = field(default_factory=list)


_STAGE_OF_STATE = {
    State.RECEIVED: "received",
    State.ASSIGNED: "received",
    State.REVIEWING: "handling",
    State.WAITING: "waiting_for_supplement",
    State.APPROVING: "approving",
    State.TELLING: "approving",
    State.ANSWERED: "answered",
    State.CLOSED: "closed",
    State.REFERRED: "closed",
    State.WITHDRAWN: "closed",
    State.MERGED: "closed",
}


def steps(complaint: Complaint) -> list[Step]:
    """The steps of §12 in order; those aside appear only while the case is there."""
    here = _STAGE_OF_STATE[State(complaint.state)]
    stages = [s for s in texts.texts()["stages"] if not s["aside"] or s["code"] == here]
    place = next(i for i, s in enumerate(stages) if s["code"] == here)
    return [Step(label=s["name"], done=i < place, current=i == place) for i, s in enumerate(stages)]


def timeline(complaint: Complaint) -> list[past.Entry]:
    """What happened, in plain words, oldest first; nothing about people inside the centre."""
    events = records_queries.events_of(SUBJECT, complaint.pk)
    return past.entries(events.filter(kind__in=past.ASKED))


def reply_commitment(complaint: Complaint) -> Commitment | None:
    """The promise to reply of the present round; None where there is none (no name given)."""
    return Commitment.objects.filter(key=reply_key(complaint)).first()


def new_promise(complaint: Complaint) -> NewPromise | None:
    """What was promised after the miss of the present round."""
    return complaint.new_promises.filter(number=complaint.round).first()


def promised_until(complaint: Complaint) -> datetime | None:
    """The date by which the citizen was last promised an answer; None where there is none."""
    reply = reply_commitment(complaint)
    if reply is None or reply.state != "missed":
        return reply.due_at if reply else None
    renewed = renewed_promises(complaint)
    return renewed[-1].due_at if renewed else reply.due_at


def _date_agreed(complaint: Complaint) -> bool:
    """Whether the date in force was set together with the citizen, in a call."""
    call = records_queries.events_of(SUBJECT, complaint.pk).filter(kind="manager-called").last()
    return bool(call and call.data.get("agreed"))


def _stands_still(complaint: Complaint, reply: Commitment | None) -> bool:
    """Whether the clock of the promise in force waits for what the citizen was asked."""
    if reply is None or reply.state != "missed":
        return bool(reply and reply.state == "paused")
    return any(promise.state == "paused" for promise in renewed_promises(complaint))


def _second_miss(complaint: Complaint, *, now: datetime) -> SecondMiss | None:
    """What holds while the date that was promised last after a miss has passed."""
    renewed = renewed_promises(complaint)
    if not renewed or renewed[-1].state == "paused" or not renewed[-1].is_late(now=now):
        return None
    owed = [call for call in manager_calls(complaint) if call.fulfilled_at is None]
    told = records_queries.events_of(SUBJECT, complaint.pk).filter(kind="promise-missed-again")
    event = told.last()
    if event is None or not owed:
        return SecondMiss()
    return SecondMiss(
        manager=event.data.get("manager", ""),
        contact_way=event.data.get("contact_way", ""),
        call_until=owed[-1].due_at,
        call_late=now > owed[-1].due_at,
    )


def plain_explanation(commitment: Commitment | None) -> str:
    """How the date came about, for citizens: without the articles of law, which staff read."""
    if commitment is None:
        return ""
    lines = standards_queries.explain(commitment).splitlines()
    return "\n".join(line for line in lines if not line.startswith("근거:"))


def _joined_to(complaint: Complaint) -> Complaint | None:
    """The case that a merged one is answered with; both are the same citizen's (``merge``)."""
    target = complaint.merged_into
    while target is not None and target.merged_into is not None:
        target = target.merged_into
    return target


def _answers_told(complaint: Complaint) -> list[Response]:
    """The answers that were told; one stays to be read here though its letter came back later."""
    found: list[Response] = []
    for response in complaint.responses.exclude(status=Response.Status.DROPPED):
        if response.status == Response.Status.APPROVED and response.approved_at:
            told = records_queries.events_of(SUBJECT, complaint.pk).filter(
                kind="told", at__gte=response.approved_at
            )
            response.told_at = told.values_list("at", flat=True).first()
        if response.told_at is not None:
            found.append(response)
    return found


def open_request(complaint: Complaint) -> InformationRequest | None:
    """The question to the citizen that is open."""
    return complaint.information_requests.filter(
        answered_at=None, lapsed_at=None, cancelled_at=None
    ).first()


def may_leave_message(complaint: Complaint) -> bool:
    """Whether the citizen may still add something: until the case is closed, or went elsewhere."""
    return complaint.is_open or complaint.state == State.ANSWERED


def tracking(complaint: Complaint, *, now: datetime) -> TrackingPage:
    """The citizen's page; only what the citizen may know."""
    reply = reply_commitment(complaint)
    promise = new_promise(complaint) if complaint.is_open else None
    out = kept_out(complaint)
    handler = complaint.handler if complaint.team_confirmed_at else None
    if handler and (handler.pk in out or complaint.in_team_name):
        handler = None
    request = open_request(complaint)
    return TrackingPage(
        complaint=complaint,
        steps=steps(complaint),
        due_at=reply.due_at if reply else None,
        first_due_at=reply.first_due_at if reply else None,
        due_explanation=plain_explanation(reply),
        overdue=bool(
            reply and complaint.is_open and reply.state != "paused" and reply.is_late(now=now)
        ),
        standing_still=request is not None and _stands_still(complaint, reply),
        new_promise=promise,
        date_agreed=promise is not None and _date_agreed(complaint),
        second_miss=_second_miss(complaint, now=now) if promise else None,
        team=complaint.team.name if complaint.team else "",
        team_phone=centre_queries.phone_of_team(complaint.team) if complaint.team else "",
        handler=str(handler) if handler else "",
        handler_team=handler.team.name if handler else "",
        handler_phone=centre_queries.phone_of(handler) if handler else "",
        entries=timeline(complaint),
        joined_to=(joined := _joined_to(complaint)),
        responses=_answers_told(joined or complaint),
        messages=list(complaint.messages.all()),
        files=[f for f in records_queries.files_of(SUBJECT, complaint.pk) if f.visible_to_citizen],
        open_request=request,
        extension_question=complaint.extensions.filter(status=Extension.Status.ASKED).first(),
        can_withdraw=may_become(complaint.state, State.WITHDRAWN) and complaint.is_open,
        can_supplement=request is not None,
        can_message=request is None and may_leave_message(complaint),
        extras=[extra for ask in tracking_extras if (extra := ask(complaint, now=now))],
    )


# --- work --------------------------------------------------------------------------------------


def numbers_of(ids: Collection[int], /) -> dict[int, str]:
    """The receipt numbers of these cases."""
    return dict(Complaint.objects.filter(pk__in=ids).values_list("pk", "receipt_number"))


def ids_numbered(typed: str, /) -> Any:
    """The ids of the cases whose receipt number was typed, or a part of it."""
    return Complaint.objects.filter(numbered(typed)).values("pk")


def numbered(typed: str) -> Q:
    """A receipt number, all but its check character, or four digits or more of its sequence."""
    if number := normalise_receipt_number(typed):
        return Q(receipt_number=number)
    if digits := re.fullmatch(r"(20\d\d)[- ]?(\d{6})-?", typed):
        return Q(receipt_number__startswith=f"{digits[1]}-{digits[2]}-")
    if re.fullmatch(r"\d{4,6}", typed):
        return Q(receipt_number__in=_numbers_with(typed))
    return Q(pk__in=[])


def _numbers_with(part: str) -> list[str]:
    """The receipt numbers, of the years there are, whose sequence holds these digits.

    They can be told from the digits, and so be looked up; to read every number takes long.
    """
    ends = Complaint.objects.aggregate(Min("receipt_number"), Max("receipt_number"))
    first, last = (str(number or "0")[:4] for number in ends.values())
    room = 6 - len(part)
    rest = [f"{n:0{room}d}" if room else "" for n in range(10**room)]
    sequences = {int(one[:at] + part + one[at:]) for one in rest for at in range(room + 1)} - {0}
    return [
        receipt_number(year=year, sequence=sequence)
        for year in range(int(first), int(last) + 1)
        for sequence in sorted(sequences)
    ]


def wishes_of(complaint_id: int, /) -> Wishes:
    """How the citizen asked to be told."""
    case = Complaint.objects.filter(pk=complaint_id).first()
    if case is None:
        return Wishes()
    codes = {row["code"]: row["label"] for row in texts.texts()["assistance"]}
    return Wishes(
        assistance=case.assistance,
        way=str(case.get_reply_by_display()) if case.reply_by else "",
        text_only=wants_text(case),
        large_print=codes["large_print"] in case.assistance,
    )


def text_only_among(ids: Collection[int], /) -> set[int]:
    """Those of these cases whose citizens asked for text messages and no calls."""
    rows = Complaint.objects.filter(pk__in=ids).exclude(assistance="").only("assistance")
    return {case.pk for case in rows if wants_text(case)}


def wants_text(complaint: Complaint) -> bool:
    """Whether a call would not help: the citizen asked for text messages only."""
    label = next(row["label"] for row in texts.texts()["assistance"] if row["code"] == "text_only")
    return label in complaint.assistance


def lost_notices() -> NoticeQuerySet:
    """What citizens should have learnt and did not, while nothing was owed in its place."""
    lost = Notice.objects.filter(
        subject_type=SUBJECT,
        audience=Audience.CITIZEN,
        status__in=[Status.FAILED, Status.BOUNCED],
        replaced_by=None,
    )
    return lost.exclude(template="code-reissued")


def open_approval(complaint: Complaint) -> Approval | None:
    return complaint.approvals.filter(decision=Approval.Decision.WAITING).first()


def current_draft(complaint: Complaint) -> Response | None:
    """The answer being written or approved; none once it is told."""
    return (
        complaint.responses.exclude(status__in=[Response.Status.TOLD, Response.Status.DROPPED])
        .order_by("-number")
        .first()
    )


def loads(people: Sequence[StaffMember]) -> dict[int, int]:
    """Open cases by handler, for the choice of the least loaded; 0 where there are none."""
    rows = Complaint.objects.open().filter(handler__in=people).order_by().values("handler")
    found = {row["handler"]: row["n"] for row in rows.annotate(n=Count("pk"))}
    return {person.pk: found.get(person.pk, 0) for person in people}


def due_words(instant: datetime | None) -> str:
    return korean_instant(instant) if instant else ""
