"""What must always be true of published evaluations; ``manage.py verify`` asks it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from dashboards.evaluation import sheet
from dashboards.evaluation.approving import last_submission
from dashboards.evaluation.models import Decision, Edition, Remark, Signature, Status
from dashboards.evaluation.publishing import duty_of
from dashboards.evaluation.sheet import Document, Line
from standards.figures import FEW, HIDDEN_WHERE_FEW, Result, Tally
from standards.models import Correction, Evidence, FrozenMonth, MonthFigure
from standards.months import Month

#: What changed just before a document was made is set down as a correction by the next pass.
_PASS: Final = timedelta(hours=1)


def wrong_editions() -> Iterator[str]:
    """A line for each breach of a published edition; a few queries each, and they are few."""
    rows = Edition.objects.select_related("submission__evaluation").order_by("year", "number")
    for edition in rows:
        document: Document = edition.submission.document
        for what in (
            *_papers(edition, document),
            *_approval(edition),
            *_promised(edition, document),
            *_sums(document),
            *_figures(edition, document),
        ):
            yield f"{edition}: {what}"


def _papers(edition: Edition, document: Document) -> Iterator[str]:
    evaluation = edition.submission.evaluation
    if evaluation.status != Status.PUBLISHED:
        yield "공개했는데 평가의 상태가 공개함이 아닙니다"
    if last_submission(evaluation) != edition.submission:
        yield "마지막으로 결재를 올린 문서가 아닌 것을 공개했습니다"
    said = (edition.year, edition.number, edition.why)
    if said != (evaluation.year, evaluation.number, evaluation.why):
        yield "해·판·바로잡는 까닭이 평가와 다릅니다"
    if said != (document["year"], document["number"], document["why"]):
        yield "해·판·바로잡는 까닭이 문서와 다릅니다"


def _approval(edition: Edition) -> Iterator[str]:
    """Signed by at least one who neither wrote nor laid it before, and by nobody who refused."""
    signatures = list(Signature.objects.filter(submission=edition.submission))
    signed = [row for row in signatures if row.decision == Decision.APPROVED]
    if not signed or any(row.approver_id == edition.submission.by_id for row in signed):
        yield "다른 사람의 결재 없이 공개했습니다"
    if any(row.decision in {Decision.WAITING, Decision.RETURNED} for row in signatures):
        yield "결재가 끝나지 않은 문서를 공개했습니다"
    if len(edition.signed) != len(signed) + 1:
        yield "적힌 결재자의 수가 결재한 수와 다릅니다"


def _promised(edition: Edition, document: Document) -> Iterator[str]:
    """The promise to publish is kept with its evidence, and each action is an improvement."""
    duty = duty_of(edition.year)
    if (
        duty is not None
        and duty.started_at <= edition.published_at
        and (duty.done_at is None or not Evidence.objects.standing().filter(duty=duty).exists())
    ):
        yield "평가를 공개하는 약속에 이행 근거가 없습니다"
    remarks = {
        row.code: row
        for row in Remark.objects.filter(
            evaluation=edition.submission.evaluation_id
        ).select_related("duty")
    }
    for line in document["lines"]:
        remark = remarks.get(line["code"])
        said = remark.action if remark is not None else ""
        if line["action"] != said:
            yield f"{line['code']}: 문서의 조치가 적은 조치와 다릅니다"
        elif line["action"] and (remark is None or remark.duty is None):
            yield f"{line['code']}: 조치를 맡기지 않았습니다"


def _sums(document: Document) -> Iterator[str]:
    """Counts that can be true; what is about few people stands in no document."""
    for line in document["lines"]:
        code = line["code"]
        for counts in (line["counts"], line["before"], line["others"]):
            if counts is None:
                continue
            late = counts["n"] - counts["kept"]
            if min(counts["kept"], counts["excluded"], counts["overdue"], late) < 0:
                yield f"{code}: 있을 수 없는 수입니다"
            elif not counts["overdue"] <= late:
                yield f"{code}: 기한이 지난 수가 지키지 못한 수보다 많습니다"
            if code in HIDDEN_WHERE_FEW and 0 < counts["n"] + counts["kept_extended"] < FEW:
                yield f"{code}: 수가 적어 보이지 않을 것이 문서에 있습니다"


# --- held against the frozen months ---------------------------------------------------------------


def _figures(edition: Edition, document: Document) -> Iterator[str]:
    """What the frozen months and their corrections said when the document was made.

    Of a year whose months were not all frozen then nothing is asked here: its figures may have
    changed before they were.
    """
    made = edition.submission.at
    for year, name in ((edition.year, "counts"), (edition.year - 1, "before")):
        if not _was_frozen(year, at=made):
            continue
        known = [_standing(year, at=at) for at in (made, made + _PASS)]
        for line in document["lines"]:
            if all(_told(line, name) != _told(_as_line(line, of, name), name) for of in known):
                yield f"{line['code']}: {year}년의 수가 그때 마감된 수와 다릅니다"


def _told(line: Line | Mapping[str, Any], name: str) -> Any:
    return (line["counts"], line["others"]) if name == "counts" else line["before"]


def _as_line(line: Line, known: Mapping[str, Result], name: str) -> dict[str, Any]:
    code = line["code"]
    result = known.get(code, Result())
    others = sheet.counts_of(result.others, code) if not result.others.is_empty else None
    return {name: sheet.counts_of(result.counted, code), "others": others}


def _was_frozen(year: int, *, at: datetime) -> bool:
    """Whether each month of a year was frozen, from the first of which there was anything."""
    first = FrozenMonth.objects.order_by("month").values_list("month", flat=True).first()
    months = {Month(year, number).first for number in range(1, 13)}
    if first is None or first > max(months):
        return False
    expected = {month for month in months if month >= first}
    frozen = FrozenMonth.objects.filter(month__in=expected, frozen_at__lte=at)
    return frozen.count() == len(expected)


def _standing(year: int, *, at: datetime) -> dict[str, Result]:
    """The figures of a year by code, as frozen and put right until an instant. Two queries."""
    of_year = {"month__month__year": year}
    found: dict[tuple[str, int, int, bool], Tally] = {}
    rows = MonthFigure.objects.filter(**of_year, month__frozen_at__lte=at)
    for row in rows.select_related("standard"):
        found[row.standard.code, row.standard_id, row.month_id, row.counted] = Tally(
            row.kept, row.kept_extended, row.missed, row.overdue, row.excluded
        )
    later = Correction.objects.filter(**of_year, noticed_at__lte=at).order_by("place")
    for one in later.select_related("standard"):
        key = (one.standard.code, one.standard_id, one.month_id, one.counted)
        found[key] = Tally(**one.after)
    sums: defaultdict[str, Result] = defaultdict(Result)
    for (code, _version, _month, counted), tally in found.items():
        sums[code] = sums[code].plus(tally, counted=counted)
    return dict(sums)
