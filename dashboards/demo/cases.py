"""The life of an opinion: filed, worked on, answered, now and then late, now and then said again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db.models import Exists, OuterRef

from centre import queries as centre_queries
from centre.calendar import SEOUL
from centre.models import ReferralBody, StaffMember
from complaints import queries, services
from complaints.filing import Filing
from complaints.models import (
    Approval,
    Complaint,
    CorrectiveAction,
    Kind,
    NewPromise,
    RepeatProposal,
    State,
)
from complaints.services import Draft, apologies
from complaints.services.apologising import promised_contact
from complaints.services.repeating import may_raise_again
from dashboards.demo.opinions import Citizen, Opinion
from dashboards.demo.world import World
from notices import services as notices
from notices.models import Notice
from records.actors import CITIZEN
from standards.models import Commitment
from standards.models import State as Kept
from surveys.services.inviting import INVITE

CONSENT: Final = "2026-1"
#: Shares of what happens to an opinion on its way.
SUPPLEMENT, EXTENSION, WITHDRAWN, REFERRED, SLOW, FORGOTTEN = 0.06, 0.03, 0.02, 0.015, 0.05, 0.012
RAISED_AGAIN, RAISED_IN_A_HURRY, SURVEYED = 0.06, 0.4, 0.5
#: Days after the answer; and how often a measure turns out to have been carried out.
AGAIN_AFTER, AGAIN_IN_A_HURRY = (9, 40), (1, 4)
CARRIED_OUT, CARRIED_OUT_IN_A_HURRY = 0.97, 0.7
#: So many are left for whoever looks at the demo: of those so old at the end late ones, and due ones.
LEFT_OPEN: Final = 3
LATE: Final = (timedelta(days=7, hours=18), timedelta(days=11))
DUE: Final = (timedelta(days=4), timedelta(days=7, hours=9))
TODO: Final = (CorrectiveAction.Status.OPEN, CorrectiveAction.Status.FAILED)


class Cases:
    """What citizens and staff do with opinions, in a world."""

    def __init__(self, world: World, *, hurried: bool = False) -> None:
        """``hurried``: in a short past more is said again, sooner, so that all stages are there."""
        self.world = world
        self.hurried = hurried
        self._left_open: Counter[tuple[timedelta, timedelta]] = Counter()
        #: Asks somebody without mail what he thought; set by who asks.
        self.asks_by_phone: Callable[[Notice, datetime], None] | None = None
        self._opinions: dict[int, Opinion] = {}

    # --- citizens ---------------------------------------------------------------------------------

    def file(self, citizen: Citizen, opinion: Opinion, now: datetime) -> None:
        """The citizen files on the web, or the desk registers what came another way."""
        by_staff = None if opinion.channel == "web" else self._desk_person(now)
        anonymous = opinion.channel == "box"
        by_mail = opinion.channel in {"web", "email"} or self.world.chance(0.5)
        both = by_mail and citizen.mistyped
        filed = services.file_complaint(
            filing=Filing(
                kind=opinion.kind,
                topic_code=opinion.topic,
                subject=opinion.subject,
                body=opinion.body,
                channel=opinion.channel,
                name="" if anonymous else citizen.name,
                email=citizen.email if by_mail and not anonymous else "",
                phone="" if anonymous or (by_mail and not both) else citizen.phone,
                reply_by="" if anonymous else ("email" if by_mail else "phone"),
                consent_version=CONSENT,
                survey_consent=not anonymous and self.world.chance(SURVEYED),
                anonymous=anonymous,
                told_on_the_spot=opinion.channel in {"phone", "visit"},
            ),
            by=CITIZEN,
            now=now,
            registered_by=by_staff,
        )
        self._begin(filed.complaint, opinion)

    def raise_again(self, case_id: int, opinion: Opinion, now: datetime) -> None:
        if not may_raise_again(Complaint.objects.get(pk=case_id), now=now):
            return
        text = f"지난번 답변을 받고도 그대로입니다. {opinion.body}"
        filed = services.raise_again(complaint_id=case_id, text=text, now=now)
        self._begin(filed.complaint, opinion)

    def follow_repeat(self, case: Complaint, earlier_id: int | None) -> None:
        """A case that came out of another one, filed by the citizen somewhere else."""
        opinion = self._opinions.get(earlier_id or 0)
        if opinion is not None:
            self._begin(case, opinion)

    def _begin(self, case: Complaint, opinion: Opinion) -> None:
        world = self.world
        self._opinions[case.pk] = opinion
        world.later(world.minutes(45), "confirm", partial(self.confirm, case.pk))
        if case.kind == Kind.COMPLAINT and not case.anonymous:
            quick = case.channel in {"phone", "visit"}
            wait = world.minutes(25 if quick else 90, spread=0.6)
            world.later(wait, "contact", partial(self.get_in_touch, case.pk))
        days = world.minutes(2.2, spread=0.45)
        if world.chance(SLOW):
            days += 4
        if world.chance(FORGOTTEN):
            days += 9
        if case.stage > 1:
            days = min(days, 2)
        if self._is_left(now=world.now):
            return
        answer = partial(self.answer, case.pk, opinion)
        world.later(days * 480, "answer", answer)
        if world.chance(WITHDRAWN) and not case.anonymous:
            world.later(world.minutes(400), "withdraw", partial(self.withdraw, case.pk))
        elif world.comes_up("supplement", SUPPLEMENT):
            world.later(world.minutes(200), "ask for more", partial(self.ask, case.pk))
        elif world.chance(REFERRED) and case.kind != Kind.COMPLIMENT:
            world.later(world.minutes(200), "refer", partial(self.refer, case.pk))
        elif world.chance(EXTENSION):
            world.later(world.minutes(700), "ask for more time", partial(self.extend, case.pk))

    def _is_left(self, *, now: datetime) -> bool:
        """Nobody answers it before the end."""
        age = self.world.end - now
        found = [ages for ages in (LATE, DUE) if ages[0] < age < ages[1]]
        if not found or self._left_open[found[0]] >= LEFT_OPEN:
            return False
        if not self.world.comes_up(f"left since {found[0][0]}", 0.7):
            return False
        self._left_open[found[0]] += 1
        return True

    def withdraw(self, case_id: int, now: datetime) -> None:
        services.withdraw(complaint_id=case_id, by=CITIZEN, now=now, reason="해결되었습니다.")

    # --- staff ------------------------------------------------------------------------------------

    def confirm(self, case_id: int, now: datetime) -> None:
        case = _case(case_id)
        if case.handler is None and case.is_open:
            self._find_somebody(case, now)
            case = _case(case_id)
        if case.state == State.ASSIGNED and case.handler is not None:
            services.confirm_team(complaint_id=case_id, by=case.handler, now=now)

    def _find_somebody(self, case: Complaint, now: datetime) -> None:
        team = case.team or case.topic.team
        lead = centre_queries.team_lead(team, at=now)
        if lead is None:
            return
        out = queries.kept_out(case)
        here = centre_queries.present(at=now).filter(team=team).exclude(pk__in=out)
        person = here.exclude(pk=lead.pk).order_by("pk").first() or here.first()
        if person is not None:
            services.assign(complaint_id=case.pk, handler_id=person.pk, by=lead, now=now)

    def get_in_touch(self, case_id: int, now: datetime) -> None:
        case = _case(case_id)
        if case.handler is None or promised_contact(case) is None:
            return
        reached = self.world.chance(0.8)
        services.log_contact(
            complaint_id=case_id, way="phone", reached=reached, by=case.handler, now=now,
            note="먼저 사과드리고 언제까지 답변드릴지 말씀드림" if reached else "받지 않으심",
        )  # fmt: skip
        if not reached:
            self.world.later(60, "contact", partial(self.get_in_touch, case_id))

    def ask(self, case_id: int, now: datetime) -> None:
        case = _case(case_id)
        if case.handler is None or case.anonymous or case.state != State.REVIEWING:
            return
        services.request_information(
            complaint_id=case_id, items="활동하신 날짜와 장소를 알려 주십시오.",
            by=case.handler, now=now,
        )  # fmt: skip
        if self.world.chance(0.8):
            days = self.world.rng.uniform(0.5, 5)
            reply = partial(self.supplement, case_id)
            self.world.at(now + timedelta(days=days), "supplement", reply)

    def supplement(self, case_id: int, now: datetime) -> None:
        if _case(case_id).state == State.WAITING:
            services.supplement(
                complaint_id=case_id, text="지난달 둘째 토요일 오전이었습니다.", by=CITIZEN, now=now
            )

    def refer(self, case_id: int, now: datetime) -> None:
        case = _case(case_id)
        body = ReferralBody.objects.filter(active=True).order_by("pk").first()
        if case.handler is None or body is None or case.state != State.REVIEWING:
            return
        services.ask_referral(
            complaint_id=case_id, body_id=body.pk, contact=body.contact or "대표전화",
            reason="그 기관에서 맡은 일입니다.", by=case.handler, now=now,
        )  # fmt: skip

    def extend(self, case_id: int, now: datetime) -> None:
        case = _case(case_id)
        reply = queries.reply_commitment(case)
        if case.handler is None or case.state != State.REVIEWING or reply is None:
            return
        day = self.world.calendar.add_open_days(reply.due_at.astimezone(SEOUL).date(), 3)
        services.ask_extension(
            complaint_id=case_id, ground="other_body", reason="활동처의 답을 기다리고 있습니다.",
            new_due_on=day, by=case.handler, now=now, progress="활동처에 확인을 요청했습니다.",
        )  # fmt: skip

    def answer(self, case_id: int, opinion: Opinion, now: datetime) -> None:
        """The handler answers; later, where the case waits for something or somebody is away."""
        case = _case(case_id)
        if not case.is_open or case.state in {State.APPROVING, State.TELLING}:
            return
        by = case.handler
        waits = case.state == State.WAITING or case.referrals.filter(status="submitted").exists()
        if by is None or waits or not centre_queries.is_present(by, at=now):
            self.world.later(480, "answer", partial(self.answer, case_id, opinion))
            return
        if case.kind == Kind.COMPLIMENT:
            praised = self._praised(case, now)
            services.pass_on_compliment(
                complaint_id=case_id, person_ids=[praised.pk], by=by, now=now
            )
            return
        draft = self._draft(case, opinion, now)
        services.submit_response(complaint_id=case_id, by=by, now=now, draft=draft)
        if case.stage > 1:
            self._write_letter(case, by, now)
        share = RAISED_IN_A_HURRY if self.hurried else RAISED_AGAIN
        if draft.decision in {"accepted", "partly_accepted"} and self.world.comes_up(
            "raised again", share
        ):
            between = AGAIN_IN_A_HURRY if self.hurried else AGAIN_AFTER
            again = now + timedelta(days=self.world.rng.uniform(*between))
            self.world.at(again, "raise again", partial(self.raise_again, case_id, opinion))

    def _praised(self, case: Complaint, now: datetime) -> StaffMember:
        here = centre_queries.present(at=now).order_by("pk")
        return self.world.rng.choice([person for person in here if person.pk != case.handler_id])

    def _draft(self, case: Complaint, opinion: Opinion, now: datetime) -> Draft:
        grants = self.world.comes_up(f"granted {case.kind} {case.stage}", 0.72)
        today = now.astimezone(SEOUL).date()
        due = self.world.calendar.add_open_days(today, self.world.rng.randint(4, 15))
        if case.kind == Kind.ENQUIRY:
            return Draft(decision="informed", answer=opinion.answer)
        good, bad = ("adopted", "not_adopted") if case.kind == Kind.SUGGESTION else (
            "accepted", "declined",
        )  # fmt: skip
        if not grants:
            return Draft(
                decision=bad, answer=opinion.declined, reason="지침과 기록을 살핀 결과입니다."
            )
        return Draft(
            decision=good, answer=opinion.answer, action_done="확인하고 바로잡음",
            action_planned=opinion.planned, action_due_on=due,
        )  # fmt: skip

    def _write_letter(self, case: Complaint, by: StaffMember, now: datetime) -> None:
        letter = apologies.open_letter(case)
        if letter is None:
            return
        parts = {
            name: text if "[" not in text else "확인하여 바로잡았습니다."
            for name, text in letter.parts.items()
        }
        services.save_letter(
            complaint_id=case.pk, variant=letter.variant, parts=parts, by=by, now=now
        )
        services.submit_letter(complaint_id=case.pk, by=by, now=now)

    # --- rounds: what people look through a few times a day -----------------------------------------

    def round(self, now: datetime) -> None:
        """Approvals, calls and letters, repeats, what is to be put right, what is over."""
        for look in (
            self._approvals, self._tasks, self._repeats, self._promises, self._actions, self._over,
        ):  # fmt: skip
            look(now)

    def _each(
        self, what: str, rows: list[int], act: Callable[[int, datetime], None], now: datetime
    ) -> None:
        for row in rows:
            self.world.at(now, what, partial(act, row))

    def _approvals(self, now: datetime) -> None:
        rows = Approval.objects.filter(decision="waiting").order_by("asked_at", "pk")
        self._each("approve", list(rows.values_list("pk", flat=True)), self.approve, now)

    def approve(self, approval_id: int, now: datetime) -> None:
        approval = Approval.objects.select_related("approver__user").get(pk=approval_id)
        away = not centre_queries.is_present(approval.approver, at=now)
        if approval.decision == "waiting" and not away and self.world.chance(0.85):
            services.approve(approval_id=approval_id, by=approval.approver, now=now)

    def _tasks(self, now: datetime) -> None:
        tasks = Notice.objects.open_tasks().order_by("owed_at", "pk")
        self._each("task", list(tasks.values_list("pk", flat=True)), self.do_task, now)

    def do_task(self, notice_id: int, now: datetime) -> None:
        notice = Notice.objects.select_related("staff__user").get(pk=notice_id)
        by = notice.staff
        if self.asks_by_phone is not None and notice.key.startswith(INVITE):
            self.asks_by_phone(notice, now)
            return
        if by is None or not centre_queries.is_present(by, at=now):
            by = self._desk_person(now)
        if by is not None:
            notices.do_task(notice_id=notice_id, by=by, now=now, note="말씀드림")

    def _repeats(self, now: datetime) -> None:
        rows = RepeatProposal.objects.filter(status="proposed", complaint__closed_at=None)
        self._each("settle repeat", list(rows.values_list("pk", flat=True)), self.settle, now)

    def settle(self, proposal_id: int, now: datetime) -> None:
        by = self._desk_lead(now)
        proposal = RepeatProposal.objects.get(pk=proposal_id)
        if by is None or proposal.status != "proposed":
            return
        verb = services.confirm_repeat if proposal.score >= 0.8 else services.reject_repeat
        verb(proposal_id=proposal_id, by=by, now=now)

    def _promises(self, now: datetime) -> None:
        """Late cases: the lead says why; after the second miss a manager rings."""
        silent = NewPromise.objects.filter(set_by=None, complaint__told_at=None)
        rows = list(silent.values_list("complaint_id", flat=True).distinct())
        self._each("say why late", rows, self.say_why, now)
        calls = Commitment.objects.filter(
            code="manager-call", state__in=[Kept.RUNNING, Kept.MISSED], fulfilled_at=None
        )
        rows = list(calls.values_list("subject_id", flat=True))
        self._each("manager rings", rows, self.ring, now)

    def say_why(self, case_id: int, now: datetime) -> None:
        case = _case(case_id)
        lead = centre_queries.team_lead(case.team, at=now) if case.team else None
        if lead is not None and case.is_open and self.world.chance(0.6):
            services.set_new_promise(
                complaint_id=case_id, reason="활동처의 확인이 늦어졌습니다.", by=lead, now=now
            )

    def ring(self, case_id: int, now: datetime) -> None:
        manager = next(iter(centre_queries.people_in("secretary_general", at=now)), None)
        if manager is not None and _case(case_id).is_open:
            services.log_manager_call(
                complaint_id=case_id,
                note="늦어진 까닭과 새 날짜를 말씀드림",
                due_on=centre_queries.calendar().add_open_days(now.astimezone(SEOUL).date(), 3),
                by=manager,
                now=now,
            )

    def _actions(self, now: datetime) -> None:
        soon = now.astimezone(SEOUL).date() + timedelta(days=2)
        rows = CorrectiveAction.objects.filter(status__in=TODO, due_on__lte=soon)
        self._each("put right", list(rows.values_list("pk", flat=True)), self.put_right, now)
        done = CorrectiveAction.objects.filter(status="done")
        self._each("verify", list(done.values_list("pk", flat=True)), self.verify, now)

    def put_right(self, action_id: int, now: datetime) -> None:
        action = CorrectiveAction.objects.select_related("owner__user").get(pk=action_id)
        here = centre_queries.is_present(action.owner, at=now)
        if action.status in TODO and here and self.world.chance(0.35):
            services.finish_action(
                action_id=action_id, evidence="처리 기록과 사진을 붙임", by=action.owner, now=now
            )

    def verify(self, action_id: int, now: datetime) -> None:
        action = CorrectiveAction.objects.select_related("finding__complaint").get(pk=action_id)
        case = action.finding.complaint
        lead = centre_queries.team_lead(case.team, at=now) if case.team else None
        managers = centre_queries.people_in("secretary_general", at=now)
        by = lead if lead is not None and lead.pk != action.owner_id else next(iter(managers), None)
        if action.status == "done" and by is not None and by.pk not in queries.kept_out(case):
            share = CARRIED_OUT_IN_A_HURRY if self.hurried else CARRIED_OUT
            failed = self.world.comes_up(f"not carried out {case.stage}", 1 - share)
            services.verify_action(
                action_id=action_id, carried_out=not failed, note="직접 확인함",
                by=by, now=now,
            )  # fmt: skip

    def _over(self, now: datetime) -> None:
        """Answered a few days ago, nothing left to put right: closed."""
        open_actions = CorrectiveAction.objects.filter(finding__complaint=OuterRef("pk")).exclude(
            status__in=["verified", "waived"]
        )
        rows = Complaint.objects.filter(
            ~Exists(open_actions), state=State.ANSWERED, told_at__lt=now - timedelta(days=3)
        )
        self._each("close", list(rows.values_list("pk", flat=True)), self.close, now)

    def close(self, case_id: int, now: datetime) -> None:
        case = _case(case_id)
        by = case.handler
        if by is not None and centre_queries.is_present(by, at=now):
            services.close_case(complaint_id=case_id, by=by, now=now)

    # --- who --------------------------------------------------------------------------------------

    def _desk_person(self, now: datetime) -> StaffMember | None:
        team = centre_queries.desk_team()
        here = list(centre_queries.present(at=now).filter(team=team).select_related("user"))
        return self.world.rng.choice(here) if here else None

    def _desk_lead(self, now: datetime) -> StaffMember | None:
        team = centre_queries.desk_team()
        return centre_queries.team_lead(team, at=now) if team else None


def _case(case_id: int) -> Complaint:
    return Complaint.objects.select_related(
        "handler__user", "handler__team", "team", "topic__team"
    ).get(pk=case_id)
