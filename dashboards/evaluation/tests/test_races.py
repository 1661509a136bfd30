"""Two at the same moment: publishing, deciding, submitting, saving."""

from __future__ import annotations

import pytest

from centre.models import StaffMember
from dashboards.evaluation import approving, publishing, writing
from dashboards.evaluation.errors import ChangedMeanwhile, Refused
from dashboards.evaluation.models import Decision, Edition, Evaluation, Signature, Submission
from dashboards.evaluation.tests.conftest import NOW, drafted, submitted
from standards.models import Duty, Evidence, Kind
from surveys.tests.test_races import at_once

pytestmark = [pytest.mark.races, pytest.mark.django_db(transaction=True)]


def test_published_twice_it_is_there_once(approved: Evaluation, manager: StaffMember) -> None:
    acts = [lambda: publishing.publish(evaluation_id=approved.pk, by=manager, now=NOW)] * 4
    outcomes = at_once(*acts)
    assert all(isinstance(one, Edition) for one in outcomes)
    assert Edition.objects.count() == 1
    assert Evidence.objects.filter(kind=Kind.EVALUATION).count() == 1
    assert Duty.objects.filter(kind=Kind.IMPROVEMENT).count() == 1


def test_approved_and_refused_at_once_only_one_counts(
    written: Evaluation, writer: StaffMember
) -> None:
    submitted(written, writer)
    asked = approving.waiting(written)
    assert asked is not None
    outcomes = at_once(
        lambda: approving.approve(signature_id=asked.pk, by=asked.approver, now=NOW),
        lambda: approving.send_back(
            signature_id=asked.pk, comment="아니오", by=asked.approver, now=NOW
        ),
        lambda: approving.approve(signature_id=asked.pk, by=asked.approver, now=NOW),
    )
    assert sum(isinstance(one, ChangedMeanwhile) for one in outcomes) == 2
    assert Signature.objects.exclude(decision=Decision.WAITING).count() == 1


def test_laid_before_the_line_twice_at_once(written: Evaluation, writer: StaffMember) -> None:
    outcomes = at_once(*[lambda: submitted(written, writer)] * 3)
    assert sum(isinstance(one, Submission) for one in outcomes) == 1
    assert Signature.objects.count() == 1


def test_begun_and_saved_at_once(year: int, writer: StaffMember, manager: StaffMember) -> None:
    at_once(*[lambda by=by: writing.start(year=year, by=by, now=NOW) for by in (writer, manager)])
    made = Evaluation.objects.get()
    outcomes = at_once(
        *[
            lambda by=by: writing.save(
                evaluation_id=made.pk, version=made.version, draft=drafted(writer), by=by, now=NOW
            )
            for by in (writer, manager)
        ]
    )
    assert sum(isinstance(one, Refused) for one in outcomes) == 1
