"""Surveys: opened from the questionnaires, answered by citizens, published, put right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from centre.calendar import SEOUL, seoul_day
from dashboards.demo import staff
from dashboards.demo.cases import Cases
from dashboards.demo.courses import SHORT, life
from dashboards.demo.world import World
from notices import services as notices
from notices.models import Notice
from surveys import services
from surveys.models import (
    Answer,
    AnswerWay,
    Invitation,
    Kind,
    Question,
    QuestionType,
    ResultFinding,
    Status,
    Survey,
)
from surveys.queries import with_questions
from surveys.services import findings, measuring, publishing
from surveys.services.inviting import INVITE

#: Who answers of those asked; how friendly the answers are (the mean of a 1–5 scale).
ANSWERS: Final = {Kind.CASE: 0.42, Kind.COURSE: 0.62, Kind.YEARLY: 0.4}
MOOD: Final = {
    Kind.CASE: 4.25, Kind.COURSE: 4.3, Kind.VISIT: 4.55, Kind.PHONE: 4.4, Kind.YEARLY: 4.1,
}  # fmt: skip
#: How many visitors and callers of a year leave an answer, and how many answer an open yearly survey.
AT_THE_DESK, ON_THE_PHONE, YEARLY_OPEN = 300, 60, 130
OPEN_DAYS: Final = 247
ALWAYS: Final = (Kind.CASE, Kind.COURSE, Kind.VISIT, Kind.PHONE)
REMARKED, LOOKS_AGAIN = 0.16, 0.3
#: The yearly survey is held from 12 October on for so many days.
YEARLY_FROM, YEARLY_DAYS = (10, 12), 33


class Asking:
    """Who is asked, what they say, and what becomes of it."""

    def __init__(self, world: World, cases: Cases, *, share: float) -> None:
        self.world = world
        self.cases = cases
        self.share = share
        self._seen: set[int] = set()
        cases.asks_by_phone = self.ring

    # --- opening ----------------------------------------------------------------------------------

    def begin(self, now: datetime) -> None:
        """What is asked all year is opened first; the yearly survey in its season."""
        opened = self.world.next_open(seoul_day(now))
        for kind in ALWAYS:
            self.world.at(
                self.world.instant(opened, 9.6), "survey opened", partial(self.open, kind)
            )
        short = self.world.end - now < SHORT
        if short:
            middle = self.world.next_open(opened + timedelta(days=9))
            self.world.at(self.world.instant(middle, 17.3), "survey ended", self._renew_visits)
        for year in range(seoul_day(now).year, seoul_day(self.world.end).year + 1):
            self._plan_year(year, opened, short=short)

    def _plan_year(self, year: int, opened: date, *, short: bool) -> None:
        """In its season; where the past begins later in the year, at its beginning."""
        begins = max(date(year, *YEARLY_FROM), opened + timedelta(days=3))
        days = 25 if begins.month == 12 or short else YEARLY_DAYS
        ends = min(begins + timedelta(days=days), date(year, 12, 29))
        if ends - begins < timedelta(days=7):
            return
        begins = self.world.next_open(begins)
        opens = partial(self._open_year, self.world.instant(ends, 18))
        self.world.at(self.world.instant(begins, 10.2), "yearly survey opened", opens)
        for _person in range(round(YEARLY_OPEN * min(self.share * 2, 1))):
            at = begins + (ends - begins) * self.world.rng.random()
            answer = partial(self._anybody, Kind.YEARLY, AnswerWay.WEB)
            self.world.at(self.world.instant(at, self.world.rng.uniform(8, 22)), "answered", answer)

    def open(self, kind: Kind, now: datetime) -> None:
        by = staff.lead_of("planning", now=now)
        if by is not None:
            survey = services.create_survey(kind=kind, by=by, now=now)
            services.open_survey(survey_id=survey.pk, by=by, now=now)

    def _open_year(self, closes_at: datetime, now: datetime) -> None:
        by = staff.lead_of("planning", now=now)
        if by is None:
            return
        made = services.create_survey(kind=Kind.YEARLY, by=by, now=now)
        services.change_survey(
            survey_id=made.pk, title=f"{now.astimezone(SEOUL).year}년 {made.title}",
            intro=made.intro, thanks=made.thanks, opens_at=None, closes_at=closes_at,
            renewal=made.renewal, asks_consented=True, by=by, now=now,
        )  # fmt: skip
        services.open_survey(survey_id=made.pk, by=by, now=now)

    def _renew_visits(self, now: datetime) -> None:
        """Staff end the visitors' survey and open the next, so that the first has results."""
        by = staff.lead_of("planning", now=now)
        survey = Survey.objects.open().filter(kind=Kind.VISIT).first()
        if by is not None and survey is not None:
            services.close_survey(survey_id=survey.pk, by=by, now=now)
            if not Survey.objects.open().filter(kind=Kind.VISIT).exists():
                again = services.copy_version(survey_id=survey.pk, by=by, now=now)
                services.open_survey(survey_id=again.pk, by=by, now=now)

    # --- a day ------------------------------------------------------------------------------------

    def plan(self, day: date) -> None:
        """What beat asks for, and who answers without having been asked by mail."""
        world = self.world
        for hour in (10.4, 15.4):
            world.at(world.instant(day, hour), "invitations", self.invite)
        world.at(world.instant(day, 10.9), "survey watch", self.watch)
        world.at(world.instant(day, 11.2), "results", self._look_at_results)
        for kind, way, of_a_year in (
            (Kind.VISIT, AnswerWay.WEB, AT_THE_DESK),
            (Kind.PHONE, AnswerWay.PHONE, ON_THE_PHONE),
        ):
            for _person in range(world.how_many(of_a_year * max(self.share, 0.5) / OPEN_DAYS)):
                answer = partial(self._anybody, kind, way)
                world.at(world.instant(day, world.rng.uniform(9.8, 17.5)), "answered", answer)

    def invite(self, now: datetime) -> None:
        services.follow_times(now=now)
        services.end_tasks(now=now)
        services.invite_cases(now=now)
        services.invite_courses(now=now)
        services.invite_consented(now=now)
        services.remind(now=now)
        asked = Invitation.objects.filter(invited_at=now, way="email").order_by("key")
        for key, kind in asked.values_list("key", "survey__kind"):
            if self.world.chance(ANSWERS[Kind(kind)]):
                days = min(self.world.rng.expovariate(0.6), 11)
                answer = partial(self._invited, key)
                self.world.at(now + timedelta(days=days, minutes=5), "answered", answer)

    def watch(self, now: datetime) -> None:
        services.forget_addresses(now=now)
        services.dispose(now=now)
        services.mix(now=now)
        services.warn(now=now)
        measuring.observe_quarters(now=now)
        measuring.observe_courses(now=now)

    # --- answers ----------------------------------------------------------------------------------

    def _anybody(self, kind: Kind, way: AnswerWay, now: datetime) -> None:
        survey = with_questions(Survey.objects.open().filter(kind=kind)).first()
        if survey is None or not survey.is_open_at(now):
            return
        given, nonce = self._given(survey), self.world.token()
        if way == AnswerWay.WEB:
            services.answer(
                survey_id=survey.pk, edition=survey.edition, given=given, nonce=nonce, now=now
            )
            return
        by = staff.somebody_of("support", world=self.world, now=now)
        if by is not None:
            services.enter_answers(
                survey_id=survey.pk, edition=survey.edition, given=given, nonce=nonce, by=by,
                now=now, way=way,
            )  # fmt: skip

    def _invited(self, key: str, now: datetime) -> None:
        invitation = Invitation.objects.select_related("survey").get(key=key)
        survey = with_questions(Survey.objects.filter(pk=invitation.survey_id)).get()
        if invitation.used or not survey.is_open_at(now):
            return
        services.answer(
            survey_id=survey.pk, edition=survey.edition, given=self._given(survey),
            nonce=self.world.token(), now=now, invitation=invitation,
        )  # fmt: skip
        invitation.refresh_from_db()
        if services.may_ask_again(invitation, now=now) and self.world.chance(LOOKS_AGAIN):
            again = self.world.rng.choice(life()["look_again"])
            filed = services.look_again(invitation=invitation, text=again, address="", now=now)
            if filed is not None:
                self.cases.follow_repeat(filed.complaint, invitation.subject_id)

    def ring(self, notice: Notice, now: datetime) -> None:
        """Somebody who has no mail is asked on the phone, by somebody whose work it was not."""
        key = notice.key.removeprefix(INVITE).partition(":again:")[0]
        invitation = Invitation.objects.select_related("survey", "worker").get(key=key)
        by = staff.somebody_of("support", world=self.world, now=now)
        if by is None or by.pk == invitation.worker_id:
            by = staff.lead_of("planning", now=now)
        if by is None or by.pk == invitation.worker_id:
            return
        survey = with_questions(Survey.objects.filter(pk=invitation.survey_id)).get()
        if invitation.used or not survey.is_open_at(now) or self.world.chance(0.45):
            notices.do_task(notice_id=notice.pk, by=by, now=now, note=life()["declined_to_answer"])
            return
        services.enter_answers(
            survey_id=survey.pk, edition=survey.edition, given=self._given(survey),
            nonce=self.world.token(), by=by, now=now, invitation=invitation,
        )  # fmt: skip

    def _given(self, survey: Survey) -> Mapping[str, Sequence[str]]:
        """One person's answers: a mood of his own, around which each question falls."""
        mood = self.world.rng.gauss(MOOD[Kind(survey.kind)], 0.55)
        found = {
            question.code: self._reply(question, survey, mood)
            for question in survey.questions.all()
        }
        return {code: sent for code, sent in found.items() if sent}

    def _reply(self, question: Question, survey: Survey, mood: float) -> list[str]:
        rng = self.world.rng
        match question.type:
            case QuestionType.TEXT:
                remarks = life()["remarks"][survey.kind]
                return [rng.choice(remarks)] if self.world.chance(REMARKED) else []
            case QuestionType.SCALE:
                apart = question.allow_na and self.world.chance(0.06)
                return ["na" if apart else _whole(rng.gauss(mood, 0.6), 1, 5)]
            case QuestionType.NPS:
                return [_whole(rng.gauss(mood * 2, 1.3), 0, 10)]
            case QuestionType.YES_NO:
                return ["yes" if rng.random() < mood / 5 else "no"]
            case _:
                return self._chosen(question, mood)

    def _chosen(self, question: Question, mood: float) -> list[str]:
        """The first ones are the good ones, and the better liked the better the mood."""
        rng, orders = self.world.rng, [choice.order for choice in question.choices.all()]
        if question.type == QuestionType.SINGLE:
            weights = [1 / (place + 1) ** (mood / 2.6) for place in range(len(orders))]
            return [str(rng.choices(orders, weights=weights)[0])]
        many = min(question.at_most or 3, len(orders), rng.choice((1, 1, 2, 2, 3)))
        return [str(order) for order in sorted(rng.sample(orders, many))]

    # --- results ----------------------------------------------------------------------------------

    def _look_at_results(self, now: datetime) -> None:
        """What ended is published some days later; the last before the end waits for its manager."""
        ended = Survey.objects.filter(status=Status.CLOSED).exclude(pk__in=self._seen)
        for survey in ended.order_by("pk"):
            self._seen.add(survey.pk)
            if not survey.is_model and survey.responses.exists():
                wait = self.world.rng.randint(1, 9)
                day = self.world.next_open(seoul_day(now) + timedelta(days=wait))
                publish = partial(self.publish, survey.pk)
                self.world.at(self.world.instant(day, 14.3), "results published", publish)

    def publish(self, survey_id: int, now: datetime) -> None:
        by = staff.manager(now=now)
        if by is None:
            self.world.later(480, "results published", partial(self.publish, survey_id))
            return
        comment = self.world.rng.choice(life()["result_comments"])
        publishing.publish(survey_id=survey_id, by=by, now=now, comment=comment)
        survey = Survey.objects.get(pk=survey_id)
        for _finding in range(2 if survey.kind == Kind.YEARLY else int(self.world.chance(0.45))):
            self.world.later(300, "finding", partial(self._find, survey_id))
        self.world.later(120, "remarks let out", partial(self._let_out, survey_id))

    def _let_out(self, survey_id: int, now: datetime) -> None:
        by = staff.lead_of("planning", now=now)
        if by is None:
            return
        rows = Answer.objects.filter(
            response__survey_id=survey_id, question__type=QuestionType.TEXT, released=""
        ).exclude(text="")
        texts = sorted((row.text, str(row.pk)) for row in rows)[:2]
        for text, answer_id in texts:
            publishing.release_text(answer_id=answer_id, text=text, by=by, now=now)

    def _find(self, survey_id: int, now: datetime) -> None:
        by = staff.lead_of("planning", now=now)
        if by is None:
            return
        text, action = self.world.rng.choice(life()["findings"])
        finding = findings.enter_finding(survey_id=survey_id, text=text, by=by, now=now)
        wait = self.world.minutes(900, spread=0.6)
        self.world.later(wait, "action decided", partial(self._decide, finding.pk, action))

    def _decide(self, finding_id: int, action: str, now: datetime) -> None:
        by = staff.lead_of("planning", now=now)
        owner = staff.somebody_of("activity", world=self.world, now=now)
        if by is None or owner is None:
            self.world.later(480, "action decided", partial(self._decide, finding_id, action))
            return
        ahead = self.world.rng.randint(10, 25)
        due_on = self.world.calendar.add_open_days(seoul_day(now), ahead)
        findings.decide_action(
            finding_id=finding_id, action=action, owner_id=owner.pk, due_on=due_on, by=by, now=now
        )
        days = ahead - 3 if self.world.chance(0.88) else ahead + 3
        self.world.later(days * 480, "action done", partial(self._finish, finding_id))

    def _finish(self, finding_id: int, now: datetime) -> None:
        finding = ResultFinding.objects.select_related("owner__user").get(pk=finding_id)
        by = finding.owner
        if by is None:
            return
        said = self.world.rng.choice(life()["done"])
        findings.finish_action(finding_id=finding_id, evidence=said, by=by, now=now)
        self.world.later(300, "action verified", partial(self._verify, finding_id))

    def _verify(self, finding_id: int, now: datetime) -> None:
        finding = ResultFinding.objects.get(pk=finding_id)
        by = staff.manager(now=now)
        if by is None or by.pk == finding.owner_id:
            self.world.later(480, "action verified", partial(self._verify, finding_id))
            return
        findings.verify_action(
            finding_id=finding_id, carried_out=True, note=life()["verified"], by=by, now=now
        )


def _whole(value: float, least: int, most: int) -> str:
    return str(min(most, max(least, round(value))))
