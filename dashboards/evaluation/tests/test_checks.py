"""What ``verify`` finds wrong with published evaluations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from centre.models import StaffMember
from complaints.tests.conftest import seoul
from dashboards.checks import breaches
from dashboards.evaluation import checks, publishing
from dashboards.evaluation.models import Edition, Evaluation, Remark, Signature, Submission
from dashboards.evaluation.tests.conftest import NOW, promised, signed_by_all, submitted
from standards import freezing, tallying
from standards.models import Correction, Duty

Change = Callable[[dict[str, Any]], None]


def found() -> list[str]:
    return list(checks.wrong_editions())


def rewrite(edition: Edition, change: Change) -> None:
    """As nobody can: the document is changed below all rules and triggers."""
    document = edition.submission.document
    change(document)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name=%s",
                           [Submission._meta.db_table])  # fmt: skip
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
    row = Submission.objects.get(pk=edition.submission_id)
    with connection.cursor() as cursor:
        value = Submission._meta.get_field("document").get_db_prep_save(document, connection)
        cursor.execute(
            f"UPDATE {Submission._meta.db_table} SET document = %s WHERE id = %s",  # noqa: S608
            [value, row.pk],
        )
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")


def line(document: dict[str, Any], code: str = "reply") -> dict[str, Any]:
    return next(one for one in document["lines"] if one["code"] == code)


def test_what_was_published_is_right(published: Edition) -> None:
    assert found() == []
    assert not [one for one in breaches() if "평가" in one]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda doc: line(doc)["counts"].update(kept=11), "있을 수 없는 수입니다"),
        (lambda doc: line(doc)["counts"].update(overdue=2), "기한이 지난 수가"),
        (lambda doc: line(doc).update(action="다른 조치"), "문서의 조치가 적은 조치와"),
        (lambda doc: doc.update(year=2020), "해·판·바로잡는 까닭이 문서와"),
        (
            lambda doc: line(doc, "stage-3").update(counts=dict(line(doc)["counts"], n=1, kept=1)),
            "수가 적어 보이지 않을 것이",
        ),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_true(published: Edition, change: Change, said: str) -> None:
    rewrite(published, change)
    assert [one for one in found() if said in one], found()


def test_what_follows_from_publishing_is_missing(published: Edition) -> None:
    Remark.objects.update(duty=None)
    duty = publishing.duty_of(2025)
    assert duty is not None
    Duty.objects.filter(pk=duty.pk).update(done_at=None)
    Signature.objects.filter(decision="approved").update(decision="returned")
    Evaluation.objects.update(status="approved")
    said = " ".join(found())
    for words in (
        "reply: 조치를 맡기지 않았습니다", "이행 근거가 없습니다", "다른 사람의 결재 없이",
        "결재가 끝나지 않은", "상태가 공개함이 아닙니다",
    ):  # fmt: skip
        assert words in said


@pytest.fixture
def frozen_before(written: Evaluation, writer: StaffMember, manager: StaffMember) -> Edition:
    """Laid before the line when all months of both years were frozen."""
    freezing.freeze(now=NOW - timedelta(days=1))
    submitted(written, writer)
    signed_by_all(written)
    return publishing.publish(evaluation_id=written.pk, by=manager, now=NOW)


def test_figures_are_those_of_the_frozen_months(frozen_before: Edition) -> None:
    assert found() == []
    rewrite(frozen_before, lambda doc: line(doc)["counts"].update(n=12, kept=10))
    assert [one for one in found() if "reply: 2025년의 수가" in one]


def test_the_year_before_is_held_against_its_months_too(frozen_before: Edition) -> None:
    rewrite(frozen_before, lambda doc: line(doc)["before"].update(n=5))
    assert [one for one in found() if "reply: 2024년의 수가" in one]


def test_a_correction_after_it_was_laid_before_the_line_is_no_breach(
    frozen_before: Edition,
) -> None:
    promised("reply", seoul("2025-08-04 10:00"), kept=True, category="complaint")
    tallying.count_changes(now=NOW + timedelta(days=5))
    assert Correction.objects.exists()
    assert found() == []


def test_verify_asks_it(published: Edition, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(published, lambda doc: line(doc)["counts"].update(kept=11))
    with pytest.raises(CommandError, match="어긋난 것"):
        call_command("verify")
    assert "있을 수 없는 수입니다" in "".join(capsys.readouterr())
