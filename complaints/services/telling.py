"""What is owed to whom: the words of a case put into notices, and what follows delivery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from centre import queries as centre_queries
from centre.calendar import Allowance, Rule
from centre.models import Role, StaffMember
from centre.words import korean_instant
from complaints import queries, registry
from complaints.models import (
    Complaint,
    Extension,
    Kind,
    NewPromise,
    Referral,
    ReplyBy,
    Response,
    State,
)
from complaints.queries import SUBJECT
from complaints.services._base import change, is_chief, lock, record
from notices import services as notices
from notices.models import Channel as Way
from notices.models import Notice
from records.actors import SYSTEM
from standards import services as standards
from standards.models import Commitment

MINUTE = timedelta(seconds=60)
HOUR_OF_WORK = 3600

#: Notices that carry the result: delivered, they keep the promise to reply.
RESULTS = frozenset({"result", "compliment-thanks"})

#: What staff are told to do about a case that is still to be answered.
WORK = (
    "approval-asked",
    "approval-returned",
    "approval-waiting",
    "assigned",
    "due-moved",
    "due-today",
    "due-two-days",
    "extension-asked",
    "lead-new-date",
    "manager-ring",
    "overdue",
    "referral-asked",
    "supplement-arrived",
    "team-referred",
    "team-silent",
    "voc-unassigned",
)


# --- words --------------------------------------------------------------------------------------


def tracking_url(complaint: Complaint) -> str:
    return f"{settings.SITE_URL}/complaints/{complaint.receipt_number}/"


def case_path(complaint_id: int) -> str:
    """The page of a case in the back-office."""
    return f"/admin/complaints/complaint/{complaint_id}/change/"


def staff_url(complaint: Complaint) -> str:
    return f"{settings.SITE_URL}{case_path(complaint.pk)}"


def case_context(
    complaint: Complaint,
    *,
    facts: dict[str, str] | None = None,
    reply: Commitment | None = None,
) -> dict[str, Any]:
    """The facts of a case that letters use, without its contents.

    ``facts`` (of the centre) and ``reply`` (its promise) are looked up where they are not given.
    """
    context: dict[str, Any] = dict(facts or centre_queries.facts())
    reply = reply or queries.reply_commitment(complaint)
    team = complaint.team
    phone = context["centre_phone"]
    return context | {
        "citizen_name": complaint.name,
        "receipt_number": complaint.receipt_number,
        "kind": complaint.get_kind_display(),
        "topic": complaint.topic.name,
        "channel": complaint.get_channel_display(),
        "received_at": korean_instant(complaint.received_at),
        "tracking_url": tracking_url(complaint),
        "contact_way": contact_way(complaint),
        "assistance": complaint.assistance,
        "team": team.name if team else "",
        "team_phone": centre_queries.phone_of_team(team, centre_phone=phone) if team else "",
        "due_at": korean_instant(reply.due_at) if reply else "",
        "first_due_at": korean_instant(reply.first_due_at) if reply else "",
    }


def handler_context(
    complaint: Complaint,
    handler: StaffMember | None,
    *,
    out: frozenset[int] | None = None,
    centre_phone: str | None = None,
) -> dict[str, Any]:
    """Name, title and phone of the handler, as the citizen may read them; else the team's phone.

    A case that is answered in the team's name (after a difficult call) names nobody.
    """
    if out is None:
        out = queries.kept_out(complaint)
    if handler is None or handler.pk in out or complaint.in_team_name:
        team = complaint.team
        phone = centre_queries.phone_of_team(team, centre_phone=centre_phone) if team else ""
        return {"handler_name": "", "handler_title": "", "handler_phone": phone}
    return {
        "team": handler.team.name,  # who stands in may be of another team than has the case
        "handler_name": handler.name,
        "handler_title": handler.title,
        "handler_phone": centre_queries.phone_of(handler, centre_phone=centre_phone),
    }


def contact_way(complaint: Complaint) -> str:
    """이메일로, 전화로 …: the way the citizen chose; 문자로 for who asked not to be called."""
    if complaint.reply_by == ReplyBy.PHONE and queries.wants_text(complaint):
        return "문자로"
    return str(ReplyBy(complaint.reply_by).label) if complaint.reply_by else ""


# --- the citizen --------------------------------------------------------------------------------


def recipient(complaint: Complaint, *, chosen_way: bool) -> notices.Citizen | None:
    """Where a notice goes: an e-mail if there is one, or the way that was chosen.

    The result goes the chosen way; what merely informs goes by e-mail where there is one.
    None for a case without a name.
    """
    ways = ways_to(complaint)
    if not ways:
        return None
    if complaint.reply_by in ways and (chosen_way or Way.EMAIL not in ways):
        way = Way(complaint.reply_by)
    else:
        way = next(iter(ways))
    return notices.Citizen(name=complaint.name, channel=way, address=ways[way])


def ways_to(complaint: Complaint) -> dict[Way, str]:
    """The ways to reach the citizen, the quickest first."""
    if complaint.anonymous:
        return {}
    ways = {
        Way.EMAIL: complaint.email,
        Way.PHONE: complaint.phone,
        Way.FAX: complaint.fax,
        Way.POST: complaint.address,
    }
    return {way: address for way, address in ways.items() if address}


def to_citizen(
    complaint: Complaint,
    template: str,
    *,
    key: str,
    context: dict[str, Any],
    out: frozenset[int],
    secret: str = "",
    chosen_way: bool = False,
    hours: str = "any",
) -> list[notices.Owed]:
    """The notice to owe the citizen; none for a case without a name.

    Without an e-mail it becomes a task for the handler.
    """
    to = recipient(complaint, chosen_way=chosen_way)
    if to is None:
        return []
    return [
        notices.Owed(
            key=f"complaint:{complaint.pk}:{key}",
            template=template,
            subject_type=SUBJECT,
            subject_id=complaint.pk,
            to=to,
            context=context,
            secret=secret,
            hours=hours,
            language=complaint.language,
            task_for=tellers(complaint, out=out) if to.channel != Way.EMAIL else (),
        )
    ]


def tell_citizen(
    complaint: Complaint,
    template: str,
    *,
    key: str,
    now: datetime,
    context: dict[str, Any] | None = None,
    secret: str = "",
    chosen_way: bool = False,
    hours: str = "any",
) -> bool:
    """Owe the citizen a notice; False where there is nobody to tell."""
    owed = to_citizen(
        complaint,
        template,
        key=key,
        context=case_context(complaint) | (context or {}),
        out=queries.kept_out(complaint),
        secret=secret,
        chosen_way=chosen_way,
        hours=hours,
    )
    notices.owe_many(owed, now=now)
    return bool(owed)


def tellers(complaint: Complaint, *, out: frozenset[int]) -> list[StaffMember]:
    """Who rings, prints or faxes: the handler, else the person who registered it, else the desk."""
    handler, clerk = complaint.handler, complaint.registered_by
    if handler is not None and handler.pk not in out and handler.left_on is None:
        return [handler]
    if clerk is not None and clerk.left_on is None and queries.may_read(clerk.user, complaint):
        return [clerk]
    return desk_for(complaint, out=out)


# --- staff --------------------------------------------------------------------------------------


def desk_people(without: Iterable[int] = ()) -> list[StaffMember]:
    """The people of the desk team who may be told of a case, its lead among them."""
    team = centre_queries.desk_team()
    if team is None:
        return []
    members = StaffMember.objects.filter(
        team=team, left_on=None, user__role_grants__role__in=[Role.DESK, Role.LEAD]
    ).distinct()
    return list(members.exclude(pk__in=list(without)).select_related("user", "team"))


def desk_for(complaint: Complaint, *, out: frozenset[int]) -> list[StaffMember]:
    """Who at the desk may be told of this case: while it is unclear whom it is about, who leads.

    Where that could be the desk's lead himself, it is a manager.
    """
    people = desk_people(out)
    if not complaint.about_staff_unclear:
        return people
    manager = manager_of(complaint)
    return [p for p in people if is_chief(p)] or ([manager] if manager else [])


def lead_of(complaint: Complaint, *, now: datetime) -> StaffMember | None:
    """Who answers for the case: the lead of its team, or the next above if it is about the lead."""
    out = queries.kept_out(complaint)
    lead = centre_queries.team_lead(complaint.team, at=now) if complaint.team else None
    if lead is not None and lead.pk not in out:
        return lead
    return manager_of(complaint)


def manager_of(complaint: Complaint) -> StaffMember | None:
    """The secretary general, or the director where the case is about the former."""
    out = queries.kept_out(complaint)
    for position in ("secretary_general", "director"):
        for person in centre_queries.people_in(position).select_related("team", "user"):
            if person.pk not in out:
                return person
    return None


def to_staff(
    people: Sequence[StaffMember | None],
    template: str,
    *,
    complaint: Complaint,
    key: str,
    context: dict[str, Any],
    out: frozenset[int],
    hours: str = "opening",
) -> list[notices.Owed]:
    """A mail to each of these people, never to one whom the case is about."""
    chosen = {p.pk: p for p in people if p is not None and p.pk not in out}
    return [
        notices.Owed(
            key=f"complaint:{complaint.pk}:{key}:{person.pk}",
            template=template,
            subject_type=SUBJECT,
            subject_id=complaint.pk,
            to=notices.Person(person),
            context=context,
            hours=hours,
        )
        for person in chosen.values()
    ]


def tell_staff(
    people: Sequence[StaffMember | None],
    template: str,
    *,
    complaint: Complaint,
    key: str,
    now: datetime,
    context: dict[str, Any] | None = None,
    hours: str = "opening",
) -> int:
    """Owe a mail to each of these people, never to one whom the case is about; says to how many."""
    out = queries.kept_out(complaint)
    facts = case_context(complaint) | handler_context(complaint, complaint.handler, out=out)
    facts |= {"link": staff_url(complaint)} | (context or {})
    owed = to_staff(
        people, template, complaint=complaint, key=key, context=facts, out=out, hours=hours
    )
    return notices.owe_many(owed, now=now)


def due_in(allowance: str, *, now: datetime) -> datetime:
    """An instant of the centre's own: so much open time from now."""
    return centre_queries.calendar().add(Rule.WORKING_TIME, Allowance.parse(allowance), now)


# --- what follows delivery ----------------------------------------------------------------------


def delivered(notice: Notice, *, now: datetime) -> None:
    """The notice reached the citizen: the mail server took it, or the call or letter was done."""
    if notice.audience != "citizen":
        return
    complaint = lock(notice.subject_id)
    if notice.template == "receipt":
        _observe_speed("receipt-mail", notice, complaint, since=notice.owed_at, now=now)
    elif notice.template == "handler-assigned":
        standards.fulfil(key=f"complaint:{complaint.pk}:stage-1", at=now, now=now)
    elif notice.template in RESULTS:
        _told(complaint, notice, now=now)
    elif notice.template in registry.after_delivery:
        registry.after_delivery[notice.template](complaint, notice, now=now)


def _observe_speed(
    code: str, notice: Notice, complaint: Complaint, *, since: datetime, now: datetime
) -> None:
    """A mail is to be accepted within 60 s; another way is counted apart, in open hours."""
    if notice.channel == Way.EMAIL:
        kept, category = now - since <= MINUTE, "email"
    else:
        open_seconds = centre_queries.calendar().working_seconds_between(since, now)
        limit = HOUR_OF_WORK if code == "receipt-mail" else 8 * HOUR_OF_WORK
        kept, category = open_seconds <= limit, "other"
    standards.observe(
        code=code,
        key=f"{notice.key}:{code}",
        at=now,
        kept=int(kept),
        team=complaint.team,
        category=category,
    )


def _told(complaint: Complaint, notice: Notice, *, now: datetime) -> None:
    """The result was told: the promise to reply is kept or was missed, by the facts."""
    response = _response_of(complaint, notice)
    if response.status != Response.Status.APPROVED or complaint.state != State.TELLING:
        return
    Response.objects.filter(pk=response.pk).update(status=Response.Status.TOLD, told_at=now)
    change(complaint, state=State.ANSWERED, decision=response.decision, told_at=now)
    record(complaint, "told", at=now, by=SYSTEM, data={"way": notice.channel})
    for key in (*_kept_by_telling(complaint), f"complaint:{complaint.pk}:stage-1"):
        standards.fulfil(key=key, at=now, now=now)
    end_documents(complaint, now=now)
    notices.cancel(subject_type=SUBJECT, subject_id=complaint.pk, templates=WORK, now=now)
    registry.call(registry.after_told, complaint, now=now)
    since = response.approved_at or notice.owed_at
    _observe_speed("result-mail", notice, complaint, since=since, now=now)


def _kept_by_telling(complaint: Complaint) -> list[str]:
    """The keys of the promises of this round that the answer keeps, the manager's call among them."""
    later = [*queries.renewed_promises(complaint), *queries.manager_calls(complaint)]
    return [queries.reply_key(complaint), *(promise.key for promise in later)]


def _response_of(complaint: Complaint, notice: Notice) -> Response:
    """The answer that this notice tells; its number stands in the key."""
    return complaint.responses.get(number=int(notice.key.split(":")[3]))


def end_documents(complaint: Complaint, *, now: datetime) -> None:
    """What was laid before approval, or before the citizen, and is moot now, is given back."""
    from complaints.services.approving import drop  # noqa: PLC0415

    for document in ("response", "referral", "extension"):
        drop(complaint, document=document, now=now)
    complaint.referrals.filter(status=Referral.Status.SUBMITTED).update(
        status=Referral.Status.RETURNED
    )
    open_extensions = [Extension.Status.SUBMITTED, Extension.Status.ASKED]
    complaint.extensions.filter(status__in=open_extensions).update(
        status=Extension.Status.RETURNED, decided_at=now
    )


def failed(notice: Notice, *, now: datetime) -> None:
    """A notice did not arrive: owed again another way, and the people who must know are told."""
    if notice.audience != "citizen":
        return
    complaint = lock(notice.subject_id)
    record(
        complaint,
        "notice-failed",
        at=now,
        by=SYSTEM,
        data={"template": notice.template, "channel": notice.channel},
        key=f"{notice.key}:failed",
    )
    if notice.template in RESULTS and complaint.state in {State.ANSWERED, State.CLOSED}:
        _untold(complaint, notice, now=now)
    if notice.template in registry.after_failure:
        registry.after_failure[notice.template](complaint, notice, now=now)
    _try_another_way(complaint, notice, now=now)
    out = queries.kept_out(complaint)
    tell_staff(
        [*tellers(complaint, out=out), *desk_for(complaint, out=out)],
        "notice-failed",
        complaint=complaint,
        key=f"notice-failed:{notice.pk}",
        now=now,
        context={"contact_due_at": korean_instant(due_in("4h", now=now))},
    )


def _try_another_way(complaint: Complaint, notice: Notice, *, now: datetime) -> bool:
    """Owe it by the next way not tried yet; False where none is left."""
    tried = {notice.channel, *notice.key.split(":again:")[1:]}
    first = Notice.objects.filter(key=notice.key.partition(":again:")[0]).first()
    if first is not None:
        tried.add(first.channel)
    for way, address in ways_to(complaint).items():
        if way not in tried:
            notices.owe_again(
                notice_id=notice.pk,
                channel=way,
                address=address,
                key=f"{notice.key}:again:{way}",
                now=now,
                task_for=tellers(complaint, out=queries.kept_out(complaint)),
            )
            return True
    return False


def unreached(notice: Notice, *, now: datetime) -> None:
    """Three calls on two days reached nobody: a letter or a fax instead, where there is an address."""
    if notice.audience != "citizen":
        return
    complaint = lock(notice.subject_id)
    record(complaint, "citizen-unreached", at=now, by=SYSTEM, key=f"{notice.key}:unreached")
    _try_another_way(complaint, notice, now=now)


def _untold(complaint: Complaint, notice: Notice, *, now: datetime) -> None:
    """A result that came back was not told. What was counted before stays as it was counted.

    Nothing happens where it is not the last answer, or reached the citizen another way.
    """
    response = _response_of(complaint, notice)
    ways = Notice.objects.filter(key__startswith=f"{notice.key.partition(':again:')[0]}:again:")
    if response != complaint.responses.last() or ways.filter(status="delivered").exists():
        return
    told_at = complaint.told_at
    Response.objects.filter(pk=response.pk).update(status=Response.Status.APPROVED, told_at=None)
    change(complaint, state=State.TELLING, told_at=None, closed_at=None)
    for key in _kept_by_telling(complaint):
        promise = standards.find(key)
        if promise is not None and promise.fulfilled_at == told_at:
            standards.unfulfil(key=key, why="bounced", now=now)
    registry.call(registry.after_untold, complaint, now=now)


def new_promise_context(promise: NewPromise) -> dict[str, Any]:
    return {
        "new_due_at": korean_instant(promise.due_at),
        "reason": promise.reason,
        "progress": promise.progress,
    }


def has_reply_clock(complaint: Complaint) -> bool:
    """Whether an answer is owed: to everyone but those who gave no name."""
    return not complaint.anonymous


def is_dissatisfaction(complaint: Complaint) -> bool:
    """Whether the promises about findings (stages) speak of this case: complaints, suggestions."""
    return complaint.kind in {Kind.COMPLAINT, Kind.SUGGESTION}
