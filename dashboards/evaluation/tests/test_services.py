"""From the figures of a year to what is published: bad input, two at once, nothing lost or changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, connection, transaction

from centre.factories import AbsenceFactory
from centre.models import ApprovalStep, Position, Role, StaffMember
from complaints.tests.conftest import seoul
from dashboards.board.promises import rate_words
from dashboards.evaluation import approving, publishing, sheet, writing
from dashboards.evaluation.errors import ChangedMeanwhile, NotAllowed, NotNow, Refused
from dashboards.evaluation.models import (
    Decision,
    Edition,
    Evaluation,
    Signature,
    Status,
    Submission,
)
from dashboards.evaluation.tests.conftest import (
    NOW,
    drafted,
    promised,
    signed_by_all,
    submitted,
)
from dashboards.statistics import words
from notices.models import Notice
from records.actors import Actor
from standards.evidence import checks as evidence_checks
from standards.figures import Tally, of_year
from standards.models import Commitment, Duty, Evidence, Kind, Standard, State
from standards.revising import revise_standard

pytestmark = pytest.mark.usefixtures("demo_centre")


def line(lines: list[sheet.Line], code: str) -> sheet.Line:
    return next(one for one in lines if one["code"] == code)


# --- the figures ------------------------------------------------------------------------------------


def test_every_figure_is_that_of_the_rows(year: int) -> None:
    """Counted again the slow way, one commitment after the other."""
    lines = sheet.lines_of(year, now=NOW)
    standards = {row.pk: row for row in Standard.objects.all()}
    for one in lines:
        counts = one["counts"]
        if counts is None:
            continue
        kept = missed = 0
        for row in Commitment.objects.filter(code=one["code"]):
            standard = standards[row.standard_id]
            local = row.due_at.astimezone(NOW.tzinfo) - timedelta(microseconds=1)
            if local.year != year or (standard.kinds and row.category not in {"", *standard.kinds}):
                continue
            kept += row.state == State.KEPT
            missed += row.state == State.MISSED or (row.state == State.RUNNING and row.due_at < NOW)
        assert (counts["n"], counts["kept"]) == (kept + missed, kept), one["code"]
    reply = line(lines, "reply")
    assert reply["counts"] is not None
    assert (reply["counts"]["n"], reply["counts"]["kept"]) == (10, 9)
    assert reply["before"] is not None
    assert (reply["before"]["n"], reply["before"]["kept"]) == (4, 2)
    assert sheet.is_reached(reply) is False
    assert sheet.is_reached(line(lines, "visit-wait")) is True


def test_zero_of_zero_is_no_rate(year: int) -> None:
    row = sheet.Row(line(sheet.lines_of(year, now=NOW), "annual-survey"), None)
    assert (row.n, row.kept, row.rate, row.state) == ("0", "0", "해당 없음", "해당 없음")


def test_few_are_hidden_and_so_is_what_they_would_add(year: int) -> None:
    lines = sheet.lines_of(year, now=NOW)
    few = line(lines, "stage-3")
    assert of_year(year, now=NOW)["stage-3"].counted.n == 1
    assert few["counts"] is None
    rows = [sheet.Row(one, sheet.is_reached(one)) for one in lines]
    assert rows[[row.code for row in rows].index("stage-3")].state == "공개하지 않음"
    assert sheet.summary_of(rows).n == sum(one["counts"]["n"] for one in lines if one["counts"])


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((1999, 2000), "99.9%"),  # never rounded up to all
        ((9996, 10000), "99.9%"),
        ((9496, 10000), "94.9%"),  # nor to a target that was missed
        ((2, 3), "66.6%"),
        ((3, 4), "75.0%"),
        ((1, 9999), "0.0%"),  # and something is not nothing
        ((0, 3), "0%"),
        ((3, 3), "100%"),
    ],
)
def test_a_rate_reads_no_better_than_it_is(counts: tuple[int, int], shown: str) -> None:
    kept, n = counts
    assert sheet.shown({"kept": kept, "n": n}) == shown
    assert rate_words(Tally(kept=kept, missed=n - kept)) == shown
    assert words.percent(kept, n) == shown


@pytest.mark.parametrize("asked", [2026, 2027, 9999, 1999, 0])
def test_a_year_that_has_not_ended_or_never_was(year: int, writer: StaffMember, asked: int) -> None:
    with pytest.raises(Refused):
        writing.start(year=asked, by=writer, now=NOW)
    assert not Evaluation.objects.exists()


def test_new_years_eve_in_seoul_decides(year: int, writer: StaffMember) -> None:
    promised("reply", seoul("2026-12-01 10:00"), kept=True, category="complaint")
    with pytest.raises(Refused, match="아직 끝나지 않았습니다"):
        writing.start(year=2026, by=writer, now=seoul("2026-12-31 23:59"))
    made = writing.start(year=2026, by=writer, now=seoul("2027-01-01 00:00"))  # 2026 in UTC
    assert made.year == 2026


def test_a_year_without_data(year: int, writer: StaffMember) -> None:
    with pytest.raises(Refused, match="센 이행 약속이 없습니다"):
        writing.start(year=2019, by=writer, now=NOW)


def test_a_standard_superseded_in_the_year_names_both(
    demo_centre: None, manager: StaffMember
) -> None:
    promised("reply", seoul("2026-04-01 10:00"), kept=True, category="complaint")
    before = Standard.objects.get(code="reply", valid_until=None)
    revise_standard(
        code="reply", version=before.version, why="시험", by=Actor.staff(manager.user_id, str(manager)),
        now=seoul("2026-07-01 10:00"), target=Decimal("0.9"),
    )  # fmt: skip
    found = line(sheet.lines_of(2026, now=seoul("2027-02-01 10:00")), "reply")
    assert [(one["first"], one["last"]) for one in found["versions"]] == [
        ("2026-01-01", "2026-06-30"), ("2026-07-01", "2026-12-31"),
    ]  # fmt: skip
    assert found["target"] == 90
    assert "해 가운데 기준이 바뀌었습니다" in " ".join(sheet.Row(found, None).notes)
    assert (
        len(line(sheet.lines_of(2026, now=seoul("2027-02-01 10:00")), "visit-wait")["versions"])
        == 1
    )


# --- writing ----------------------------------------------------------------------------------------


def test_starting_twice_gives_the_same(
    year: int, writer: StaffMember, manager: StaffMember
) -> None:
    first = writing.start(year=year, by=writer, now=NOW)
    assert writing.start(year=year, by=manager, now=NOW) == first


def test_who_may_write(year: int, person: Any) -> None:
    member = StaffMember.objects.filter(position=Position.MEMBER).first()
    assert member is not None
    with pytest.raises(NotAllowed):
        writing.start(year=year, by=member, now=NOW)


def test_of_two_writers_the_later_is_warned_and_may_then_go_on(
    written: Evaluation, writer: StaffMember, manager: StaffMember
) -> None:
    theirs = replace(drafted(writer), introduction="먼저 저장한 글")
    mine = replace(drafted(writer), introduction="나중에 저장한 글")
    seen = written.version
    writing.save(evaluation_id=written.pk, version=seen, draft=theirs, by=manager, now=NOW)
    with pytest.raises(ChangedMeanwhile, match="먼저 저장했습니다"):
        writing.save(evaluation_id=written.pk, version=seen, draft=mine, by=writer, now=NOW)
    written.refresh_from_db()
    assert written.introduction == "먼저 저장한 글"
    writing.save(evaluation_id=written.pk, version=written.version, draft=mine, by=writer, now=NOW)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"introduction": "900101-1234567"}, "introduction"),
        ({"closing": "가" * 5_001}, "closing"),
        ({"said": {"reply": writing.Said(cause="900101-1234567")}}, "reply-cause"),
        ({"said": {"reply": writing.Said(action="나" * 201)}}, "reply-action"),
        ({"said": {"reply": writing.Said(action="함", owner_id=999_999)}}, "reply-owner"),
    ],
)
def test_what_may_not_be_saved_names_its_field(
    written: Evaluation, writer: StaffMember, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        writing.save(
            evaluation_id=written.pk, version=written.version, draft=drafted(writer, **values),
            by=writer, now=NOW,
        )  # fmt: skip
    assert refused.value.field == field
    written.refresh_from_db()
    assert written.introduction.startswith("지난해")


def test_what_is_missing_is_said_all_at_once(year: int, writer: StaffMember) -> None:
    made = writing.start(year=year, by=writer, now=NOW)
    fields = [field for field, _sentence in writing.missing(made, now=NOW)]
    assert {"introduction", "reply-cause", "reply-action"} <= set(fields)
    with pytest.raises(Refused, match="머리말"):
        submitted(made, writer)
    made.refresh_from_db()
    assert made.status == Status.DRAFT


# --- approval ---------------------------------------------------------------------------------------


def test_the_line_is_walked_and_nobody_signs_his_own(
    written: Evaluation, writer: StaffMember, director: StaffMember, manager: StaffMember
) -> None:
    ApprovalStep.objects.filter(document="publication").delete()
    for place, position in enumerate((Position.SECRETARY_GENERAL, Position.DIRECTOR), start=1):
        ApprovalStep.objects.create(document="publication", place=place, position=position)
    submitted(written, writer)
    first = approving.waiting(written)
    assert first is not None
    assert first.approver == manager
    with pytest.raises(NotAllowed):
        approving.approve(signature_id=first.pk, by=writer, now=NOW)
    approving.approve(signature_id=first.pk, by=manager, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        approving.approve(signature_id=first.pk, by=manager, now=NOW)
    second = approving.waiting(written)
    assert second is not None
    assert second.approver == director
    assert approving.approve(signature_id=second.pk, by=director, now=NOW).status == Status.APPROVED
    told = Notice.objects.filter(subject_type="evaluation", status="owed")
    assert set(told.values_list("template", flat=True)) == {"evaluation-approved"}


def test_the_director_who_writes_does_not_approve(
    year: int, director: StaffMember, writer: StaffMember
) -> None:
    made = writing.start(year=year, by=director, now=NOW)
    made = writing.save(
        evaluation_id=made.pk, version=made.version, draft=drafted(writer), by=director, now=NOW
    )
    submitted(made, director)
    asked = approving.waiting(made)
    assert asked is not None
    assert asked.approver != director


def test_refused_with_a_reason_it_is_written_on(written: Evaluation, writer: StaffMember) -> None:
    submitted(written, writer)
    asked = approving.waiting(written)
    assert asked is not None
    with pytest.raises(Refused, match="무엇을 고칠지"):
        approving.send_back(signature_id=asked.pk, comment=" ", by=asked.approver, now=NOW)
    found = approving.send_back(
        signature_id=asked.pk, comment="원인을 더 적을 것", by=asked.approver, now=NOW
    )
    assert found.status == Status.DRAFT
    assert "원인을 더 적을 것" in found.returned
    assert Notice.objects.get(template="evaluation-returned").staff == writer
    submitted(found, writer)
    assert Submission.objects.count() == 2


def test_figures_are_frozen_when_it_is_laid_before_the_line(
    written: Evaluation, writer: StaffMember
) -> None:
    made = submitted(written, writer)
    promised("reply", seoul("2025-10-01 10:00"), kept=True, category="complaint")
    frozen = line(Submission.objects.get(pk=made.pk).document["lines"], "reply")
    now_counted = line(sheet.lines_of(2025, now=NOW), "reply")
    assert frozen["counts"] is not None
    assert now_counted["counts"] is not None
    assert (frozen["counts"]["n"], now_counted["counts"]["n"]) == (10, 11)
    with pytest.raises(NotNow):
        writing.save(
            evaluation_id=written.pk, version=99, draft=drafted(writer), by=writer, now=NOW
        )


def test_whoever_is_away_is_passed_over(written: Evaluation, writer: StaffMember) -> None:
    submitted(written, writer)
    asked = approving.waiting(written)
    assert asked is not None
    with pytest.raises(NotNow, match="자리에 있습니다"):
        approving.pass_on(evaluation_id=written.pk, by=writer, now=NOW)
    AbsenceFactory(person=asked.approver, starts_at=NOW, ends_at=NOW + timedelta(days=9))
    later = NOW + timedelta(hours=1)
    new = approving.pass_on(evaluation_id=written.pk, by=writer, now=later)
    assert new.approver not in {asked.approver, writer}
    assert Signature.objects.get(pk=asked.pk).decision == Decision.DROPPED


def test_only_who_laid_it_before_the_approvers_or_a_manager_takes_it_back(
    approved: Evaluation, writer: StaffMember, manager: StaffMember
) -> None:
    others = StaffMember.objects.filter(user__role_grants__role=Role.LEAD)
    lead = others.exclude(user__role_grants__role=Role.MANAGER).exclude(pk=writer.pk).earliest("pk")
    with pytest.raises(NotAllowed, match="올린 분이나 관리자"):
        approving.take_back(evaluation_id=approved.pk, reason="까닭", by=lead, now=NOW)
    approved.refresh_from_db()
    assert approved.status == Status.APPROVED
    found = approving.take_back(evaluation_id=approved.pk, reason="까닭", by=manager, now=NOW)
    assert found.status == Status.DRAFT


def test_only_years_with_figures_are_offered(year: int) -> None:
    offered = sheet.years_with_figures(NOW.year - 1, now=NOW)
    assert year in offered
    for one in range(NOW.year - 1, NOW.year - 1 - sheet.YEARS_BACK, -1):
        if one not in offered:
            with pytest.raises(Refused):
                sheet.lines_of(one, now=NOW)


def test_taken_back_the_signatures_are_void(
    approved: Evaluation, writer: StaffMember, manager: StaffMember
) -> None:
    found = approving.take_back(evaluation_id=approved.pk, reason="날짜를 고침", by=writer, now=NOW)
    assert found.status == Status.DRAFT
    with pytest.raises(NotNow):
        publishing.publish(evaluation_id=approved.pk, by=manager, now=NOW)


# --- publishing -------------------------------------------------------------------------------------


def test_publishing_keeps_the_promise_and_promises_the_actions(
    published: Edition, writer: StaffMember, manager: StaffMember
) -> None:
    duty = publishing.duty_of(2025)
    assert duty is not None
    assert duty.done_at == NOW
    assert Commitment.objects.get(key=duty.commitment_key).state == State.KEPT
    evidence = Evidence.objects.get(duty=duty)
    assert evidence.link.endswith("/charter/evaluations/2025/1/")
    improvement = Duty.objects.get(kind=Kind.IMPROVEMENT)
    assert (improvement.title, improvement.person) == ("대직자를 두 사람으로 늘립니다.", writer)
    row = Commitment.objects.get(key=improvement.commitment_key)
    assert (row.code, row.due_at) == ("charter-improvement", seoul("2026-07-01 00:00"))
    assert list(evidence_checks.breaches()) == []
    again = publishing.publish(
        evaluation_id=published.submission.evaluation_id, by=manager, now=NOW + timedelta(seconds=1)
    )
    assert again == published
    assert Duty.objects.filter(kind=Kind.IMPROVEMENT).count() == 1


def test_only_a_manager_publishes(approved: Evaluation, writer: StaffMember) -> None:
    with pytest.raises(NotAllowed):
        publishing.publish(evaluation_id=approved.pk, by=writer, now=NOW)


def test_published_after_march_is_late(approved: Evaluation, manager: StaffMember) -> None:
    publishing.publish(evaluation_id=approved.pk, by=manager, now=seoul("2026-04-01 00:01"))
    duty = publishing.duty_of(2025)
    assert duty is not None
    assert Commitment.objects.get(key=duty.commitment_key).state == State.MISSED


def test_an_action_whose_day_has_passed_holds_it_up_and_nothing_is_half_done(
    approved: Evaluation, manager: StaffMember
) -> None:
    with pytest.raises(NotNow, match="거두어 고치기"):
        publishing.publish(evaluation_id=approved.pk, by=manager, now=seoul("2026-06-30 10:00"))
    approved.refresh_from_db()
    assert approved.status == Status.APPROVED
    assert not Edition.objects.exists()
    assert not Duty.objects.filter(kind=Kind.IMPROVEMENT).exists()


def test_a_correction_is_a_new_edition_and_the_old_one_stays(
    published: Edition, writer: StaffMember, manager: StaffMember
) -> None:
    with pytest.raises(Refused, match="왜 바로잡는지"):
        writing.start(year=2025, by=writer, now=NOW)
    made = writing.start(year=2025, by=writer, now=NOW, why="원인을 잘못 적었습니다.")
    assert made.number == 2
    assert made.introduction == "지난해 고객의 소리를 돌아봅니다."
    draft = drafted(
        writer,
        why="원인을 잘못 적었습니다.",
        said={
            "reply": writing.Said(cause="다른 원인", action="바뀌지 않음", due_on=date(2026, 5, 1))
        },
    )
    made = writing.save(
        evaluation_id=made.pk, version=made.version, draft=draft, by=writer, now=NOW
    )
    submitted(made, writer)
    signed_by_all(made)
    second = publishing.publish(evaluation_id=made.pk, by=manager, now=NOW + timedelta(days=1))
    assert second.why == "원인을 잘못 적었습니다."
    reply = line(second.submission.document["lines"], "reply")
    assert (reply["cause"], reply["action"]) == ("다른 원인", "대직자를 두 사람으로 늘립니다.")
    assert Duty.objects.filter(kind=Kind.IMPROVEMENT).count() == 1  # promised once
    first = Edition.objects.get(number=1)
    assert line(first.submission.document["lines"], "reply")["cause"].startswith("1월에")
    assert publishing.duty_of(2025).done_at == NOW  # type: ignore[union-attr]


@pytest.mark.parametrize("table", ["dashboards_edition", "dashboards_submission"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET id = id"])
def test_what_is_frozen_is_never_changed(published: Edition, table: str, statement: str) -> None:
    with connection.cursor() as cursor, pytest.raises(Error), transaction.atomic():
        cursor.execute(statement.format(table))
