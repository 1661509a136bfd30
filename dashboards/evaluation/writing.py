"""Starting an evaluation and saving what people write into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import IntegrityError, transaction

from centre import queries as centre_queries
from centre.calendar import seoul_day
from centre.models import StaffMember
from centre.words import korean_instant
from dashboards.evaluation import sheet
from dashboards.evaluation._base import LONGEST, change, lock, record, require, words
from dashboards.evaluation.errors import ChangedMeanwhile, NotNow, Refused
from dashboards.evaluation.models import OPEN, Edition, Evaluation, Remark, Status

LONGEST_ACTION: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was typed about one standard."""

    cause: str = ""
    action: str = ""
    owner_id: int | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything on the page; ``said`` by code."""

    introduction: str
    closing: str
    said: Mapping[str, Said]
    why: str = ""


@transaction.atomic
def start(*, year: int, by: StaffMember, now: datetime, why: str = "") -> Evaluation:
    """Begin the evaluation of a year, or a new edition of one that was published, with its reason.

    The words of the last edition are there to begin with. Where somebody has begun already, that
    one is given. Refused for a year that has not ended or has no figures.
    """
    require(by, "write_evaluation")
    sheet.lines_of(year, now=now)
    going = Evaluation.objects.filter(year=year, status__in=OPEN).first()
    if going is not None:
        return going
    last = Edition.objects.filter(year=year).select_related("submission__evaluation").first()
    reason = words(
        why,
        field="why",
        longest=LONGEST,
        required="무엇을 왜 바로잡는지 적어 주십시오." if last else "",
    )
    try:
        with transaction.atomic():
            made = Evaluation.objects.create(
                year=year,
                number=last.number + 1 if last else 1,
                why=reason if last else "",
                started_at=now,
                started_by=by,
                saved_at=now,
                saved_by=by,
            )
    except IntegrityError:
        raise ChangedMeanwhile(
            "방금 다른 분이 시작했습니다. 목록을 새로 고쳐 함께 써 주십시오."
        ) from None
    if last is not None:
        _copy(last.submission.evaluation, made)
    record(made, "evaluation-started", by=by, now=now, text=reason)
    return made


def _copy(source: Evaluation, made: Evaluation) -> None:
    made.introduction, made.closing = source.introduction, source.closing
    made.save(update_fields=["introduction", "closing"])
    Remark.objects.bulk_create(
        Remark(
            evaluation=made,
            code=row.code,
            cause=row.cause,
            action=row.action,
            owner_id=row.owner_id,
            due_on=row.due_on,
            duty_id=row.duty_id,
        )
        for row in source.remarks.all()
    )


@transaction.atomic
def save(
    *, evaluation_id: int, version: int, draft: Draft, by: StaffMember, now: datetime
) -> Evaluation:
    """Keep what was typed, complete or not. ChangedMeanwhile where somebody saved since ``version``."""
    require(by, "write_evaluation")
    evaluation = lock(evaluation_id)
    if evaluation.status != Status.DRAFT:
        raise NotNow(
            "결재를 올린 뒤에는 고칠 수 없습니다. ‘거두어 고치기’를 누른 뒤 고쳐 주십시오."
        )
    if evaluation.version != version:
        raise ChangedMeanwhile(
            f"{korean_instant(evaluation.saved_at)}에 {evaluation.saved_by}님이 먼저 저장했습니다. "
            "쓰신 내용은 아래에 그대로 있습니다. 다른 창에서 저장된 내용을 살펴본 뒤 다시 저장하면 "
            "쓰신 내용으로 바뀝니다."
        )
    values = {
        "introduction": words(draft.introduction, field="introduction", longest=LONGEST),
        "closing": words(draft.closing, field="closing", longest=LONGEST),
    }
    if evaluation.number > 1:
        values["why"] = words(
            draft.why,
            field="why",
            longest=LONGEST,
            required="무엇을 왜 바로잡는지 적어 주십시오.",
        )
    _keep(evaluation, draft.said, now=now)
    change(evaluation, was=Status.DRAFT, saved_at=now, saved_by=by, **values)
    record(evaluation, "evaluation-saved", by=by, now=now)
    return evaluation


def _keep(evaluation: Evaluation, said: Mapping[str, Said], *, now: datetime) -> None:
    """Write the remarks; an action that is an improvement already stays as it was promised."""
    known = {row.code: row for row in evaluation.remarks.all()}
    codes = {line["code"] for line in sheet.lines_of(evaluation.year, now=now)}
    people = set(centre_queries.employed(at=now).values_list("pk", flat=True))
    for code, one in said.items():
        if code not in codes:
            continue
        row = known.get(code) or Remark(evaluation=evaluation, code=code)
        row.cause = words(one.cause, field=f"{code}-cause", longest=LONGEST)
        if row.duty_id is None:
            action = words(one.action, field=f"{code}-action", longest=LONGEST_ACTION)
            row.action = " ".join(action.split())
            if one.owner_id is not None and one.owner_id not in people | {row.owner_id}:
                raise Refused("지금 근무하는 직원을 골라 주십시오.", field=f"{code}-owner")
            row.owner_id, row.due_on = one.owner_id, one.due_on
        if row.pk or row.cause or row.action or row.owner_id or row.due_on:
            row.save()


def missing(evaluation: Evaluation, *, now: datetime) -> list[tuple[str, str]]:
    """What is still to be written before it can be laid before the approvers: field and sentence."""
    found: list[tuple[str, str]] = []
    if not evaluation.introduction:
        found.append(("introduction", "머리말을 적어 주십시오."))
    remarks = list(evaluation.remarks.select_related("owner__team"))
    said = {row.code: row for row in remarks}
    people = set(centre_queries.employed(at=now).values_list("pk", flat=True))
    for line in sheet.lines_of(evaluation.year, now=now):
        remark, name = said.get(line["code"]), f"약속 {line['number']}"
        below = sheet.is_reached(line) is False
        if below and not (remark and remark.cause):
            found.append(
                (f"{line['code']}-cause", f"{name}: 목표에 미치지 못한 원인을 적어 주십시오.")
            )
        if below and not (remark and remark.action):
            found.append((f"{line['code']}-action", f"{name}: 무엇을 고칠지 적어 주십시오."))
        if remark and remark.action and remark.duty_id is None:
            found += _about_action(remark, name, people=people, today=seoul_day(now))
    return found


def _about_action(
    remark: Remark, name: str, *, people: set[int], today: date
) -> list[tuple[str, str]]:
    found = []
    if remark.owner_id not in people:
        found.append((f"{remark.code}-owner", f"{name}: 조치를 맡을 직원을 골라 주십시오."))
    if remark.due_on is None:
        found.append((f"{remark.code}-due_on", f"{name}: 조치를 마칠 날을 적어 주십시오."))
    elif remark.due_on <= today:
        found.append(
            (f"{remark.code}-due_on", f"{name}: 조치를 마칠 날은 내일부터 적을 수 있습니다.")
        )
    return found
