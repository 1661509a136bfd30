"""One case as one person meets it: what decides which actions are possible."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q

from centre import queries as centre_queries
from centre.models import Role, StaffMember, Team, User
from centre.words import korean_day
from complaints import queries
from complaints.back_office import choices
from complaints.models import (
    AboutStaff,
    Approval,
    Complaint,
    ComplaintQuerySet,
    Extension,
    InformationRequest,
    Kind,
    NewPromise,
    Referral,
    ReplyBy,
    ReplyTemplate,
    Response,
    State,
)
from complaints.naming import people_meant
from complaints.services.telling import ways_to
from notices.models import Notice
from standards import queries as standards_queries
from standards.errors import CannotCompute, CannotExtend
from standards.models import Commitment
from standards.models import State as Clock

#: States in which another case may be joined to a case.
JOINABLE = [State.ASSIGNED, State.REVIEWING, State.WAITING, State.APPROVING]


@dataclass(kw_only=True)
class Situation:
    """Read once a request; everything further is read when it is asked for, and then kept."""

    case: Complaint
    user: User
    person: StaffMember
    now: datetime

    # --- who ---

    @property
    def chief(self) -> bool:
        return self.user.has_role(Role.LEAD, Role.MANAGER)

    @property
    def mine(self) -> bool:
        return self.case.handler_id == self.person.pk

    @property
    def own(self) -> bool:
        """Whether this person works on the case: handler, the handler's team, or one who leads."""
        return self.mine or self.case.team_id == self.person.team_id or self.chief

    @cached_property
    def about(self) -> list[AboutStaff]:
        rows = AboutStaff.objects.filter(complaint=self.case).select_related("person__team")
        return list(rows.order_by("pk"))

    @property
    def surely_about(self) -> list[int]:
        """Whom it is about beyond doubt: not those of whom a title could speak ("팀장님")."""
        if not self.case.about_staff_unclear:
            return [row.person_id for row in self.about]
        employed = list(centre_queries.employed(at=self.now).select_related("team"))
        named = people_meant(self.case.about_staff_text, employed).named
        typed = AboutStaff.Origin.NAMED
        return [r.person_id for r in self.about if r.origin != typed or r.person_id in named]

    @cached_property
    def out(self) -> frozenset[int]:
        return queries.kept_out(self.case)

    @cached_property
    def supporting(self) -> list[Team]:
        return list(self.case.supporting_teams.all())

    @cached_property
    def people(self) -> choices.Groups:
        return choices.people(self)

    # --- clocks ---

    @cached_property
    def clocks(self) -> list[Commitment]:
        rows = Commitment.objects.of(queries.SUBJECT, self.case.pk).select_related("standard")
        return list(rows.order_by("pk"))

    def _clock(self, key: str) -> Commitment | None:
        return next((row for row in self.clocks if row.key == key), None)

    def _last_clock(self, key: str) -> Commitment | None:
        """The last of those with this key and those that follow it (``key:2``, ``key:3``)."""
        rows = [c for c in self.clocks if c.key == key or c.key.startswith(f"{key}:")]
        return max(rows, key=lambda row: row.pk, default=None)

    @cached_property
    def reply(self) -> Commitment | None:
        return self._clock(queries.reply_key(self.case))

    @cached_property
    def renewed(self) -> Commitment | None:
        """What was promised last after a miss of this round."""
        return self._last_clock(queries.renewed_key(self.case))

    @property
    def clock(self) -> Commitment | None:
        """The promise in force."""
        return self.renewed or self.reply

    @property
    def call_due(self) -> Commitment | None:
        """The manager's call after a second miss, while nobody has rung."""
        row = self._last_clock(f"complaint:{self.case.pk}:manager-call:{self.case.round}")
        open_states = {Clock.RUNNING, Clock.MISSED}
        return row if row and row.state in open_states and not row.fulfilled_at else None

    @property
    def can_extend(self) -> bool:
        reply = self.reply
        running = reply is not None and reply.state == Clock.RUNNING and self.now < reply.due_at
        return running and not any(e.status in {"submitted", "asked"} for e in self.extensions)

    @cached_property
    def extension_limit(self) -> str:
        if self.reply is None:
            return ""
        try:
            limit = standards_queries.extension_limit(self.reply)
        except (CannotCompute, CannotExtend):
            return ""
        return korean_day(choices.seoul_date(limit))

    # --- documents ---

    @cached_property
    def responses(self) -> list[Response]:
        return list(self.case.responses.select_related("drafted_by"))

    @property
    def draft(self) -> Response | None:
        """The answer being written or approved."""
        gone = {Response.Status.TOLD, Response.Status.DROPPED}
        return next((r for r in reversed(self.responses) if r.status not in gone), None)

    @property
    def told(self) -> list[Response]:
        return [r for r in self.responses if r.status == Response.Status.TOLD]

    @cached_property
    def approvals(self) -> list[Approval]:
        return list(self.case.approvals.select_related("approver", "acting_for"))

    @property
    def waiting(self) -> list[Approval]:
        return [a for a in self.approvals if a.decision == Approval.Decision.WAITING]

    @property
    def to_decide(self) -> Approval | None:
        """What waits for this person's approval."""
        return next((a for a in self.waiting if a.approver_id == self.person.pk), None)

    @cached_property
    def extensions(self) -> list[Extension]:
        return list(self.case.extensions.select_related("asked_by"))

    @cached_property
    def referrals(self) -> list[Referral]:
        return list(self.case.referrals.select_related("body", "asked_by"))

    @property
    def referral_waits(self) -> bool:
        return any(r.status == Referral.Status.SUBMITTED for r in self.referrals)

    @cached_property
    def requests(self) -> list[InformationRequest]:
        return list(self.case.information_requests.select_related("asked_by"))

    @property
    def request(self) -> InformationRequest | None:
        """The question to the citizen that is open."""
        return next(
            (r for r in self.requests if not (r.answered_at or r.lapsed_at or r.cancelled_at)), None
        )

    @cached_property
    def promise(self) -> NewPromise | None:
        return self.case.new_promises.order_by("-number").first() if self.case.is_open else None

    @cached_property
    def templates(self) -> list[ReplyTemplate]:
        """The reply templates for this topic and kind, those for its topic first."""
        if self.case.kind == Kind.COMPLIMENT:
            return []
        rows = ReplyTemplate.objects.filter(active=True).prefetch_related("topics")
        fit = [row for row in rows if fits(row, self.case)]
        return sorted(fit, key=lambda row: (not row.topics.all(), len(row.code), row.code))

    # --- what did not reach the citizen ---

    @cached_property
    def lost(self) -> list[Notice]:
        """What should have told the citizen and did not, while the case goes on."""
        if not self.case.is_open:
            return []
        return list(queries.lost_notices().filter(subject_id=self.case.pk).order_by("pk"))

    @property
    def other_ways(self) -> list[tuple[str, str]]:
        """Ways the citizen gave and that did not just fail."""
        failed = {(notice.channel, notice.recipient) for notice in self.lost}
        labels = {value: str(label) for value, label in ReplyBy.choices}
        ways = ways_to(self.case).items()
        return [(way.value, labels[way.value]) for way, at in ways if (way.value, at) not in failed]

    # --- other cases ---

    @cached_property
    def same_contact(self) -> list[Complaint]:
        """Other cases of the same e-mail or phone that this person may see, the newest first."""
        case = self.case
        same = Q(pk__in=[])
        if case.email_index:
            same |= Q(email_index=case.email_index)
        if case.phone_index:
            same |= Q(phone_index=case.phone_index)
        cases: ComplaintQuerySet = queries.visible_to(self.user).filter(same).exclude(pk=case.pk)
        return list(cases.select_related("topic").defer("body").order_by("-received_at")[:20])

    @property
    def mergeable(self) -> list[Complaint]:
        """Earlier cases of the same contact that this one could join, the oldest first."""
        me = (self.case.received_at, self.case.pk)
        return [
            row
            for row in reversed(self.same_contact)
            if row.state in JOINABLE and (row.received_at, row.pk) < me
        ]


def fits(template: ReplyTemplate, case: Complaint) -> bool:
    """Whether a reply template is meant for this topic and kind."""
    topics = {topic.pk for topic in template.topics.all()}
    kinds = set(filter(None, template.kinds.split(",")))
    return (not topics or case.topic_id in topics) and (not kinds or case.kind in kinds)
