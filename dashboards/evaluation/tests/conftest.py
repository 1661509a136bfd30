"""A year with figures: promises kept and not, of 2025 and the year before."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from centre.models import StaffMember, Team
from complaints.tests.conftest import demo_centre, file, person, seoul
from dashboards.evaluation import approving, publishing, writing
from dashboards.evaluation.models import Edition, Evaluation, Submission
from dashboards.evaluation.writing import Draft, Said
from standards import services as standards
from standards.evidence import opening

__all__ = ["demo_centre", "file", "person"]

#: A Tuesday of the year after.
NOW = seoul("2026-03-03 10:00")
_numbers = itertools.count(1)


def promised(code: str, started: datetime, *, kept: bool, category: str = "") -> None:
    """One promise of a standard; what is not kept is running past its date."""
    key = f"test:{next(_numbers)}"
    row = standards.open_commitment(
        code=code, key=key, subject_type="test", subject_id=1, started_at=started,
        now=started, category=category, due_at=started + timedelta(days=7),
        team=Team.objects.get(code="support"),
    )  # fmt: skip
    if kept:
        standards.fulfil(key=key, at=row.due_at - timedelta(hours=1), now=row.due_at)


@pytest.fixture
def year(demo_centre: None) -> int:
    """2025: of ten complaints nine were answered in time (target 95 %), all visitors on time."""
    for place in range(10):
        promised(
            "reply", seoul(f"2025-04-{place + 1:02} 10:00"), kept=place > 0, category="complaint"
        )
        promised("visit-wait", seoul(f"2025-05-{place + 1:02} 10:00"), kept=True)
    for place in range(4):
        promised(
            "reply", seoul(f"2024-06-{place + 3:02} 10:00"), kept=place > 1, category="complaint"
        )
    promised("stage-3", seoul("2025-07-01 10:00"), kept=True)
    opening.open_periods(now=seoul("2026-01-02 10:00"))
    return 2025


@pytest.fixture
def writer(person: Callable[[str], StaffMember]) -> StaffMember:
    """The lead of the planning team."""
    return StaffMember.objects.select_related("user", "team").get(
        position="lead", team__code="planning"
    )


@pytest.fixture
def director(person: Callable[[str], StaffMember]) -> StaffMember:
    return StaffMember.objects.select_related("user", "team").get(position="director")


@pytest.fixture
def manager(person: Callable[[str], StaffMember]) -> StaffMember:
    return StaffMember.objects.select_related("user", "team").get(position="secretary_general")


def drafted(owner: StaffMember, **values: Any) -> Draft:
    """A draft that lacks nothing."""
    reply = Said(
        cause="1월에 두 분이 함께 자리를 비웠습니다.",
        action="대직자를 두 사람으로 늘립니다.",
        owner_id=owner.pk,
        due_on=date(2026, 6, 30),
    )
    given: dict[str, Any] = {
        "introduction": "지난해 고객의 소리를 돌아봅니다.",
        "closing": "더 나아지겠습니다.",
        "said": {"reply": reply},
    }
    return Draft(**(given | values))


@pytest.fixture
def written(year: int, writer: StaffMember) -> Evaluation:
    made = writing.start(year=year, by=writer, now=NOW)
    return writing.save(
        evaluation_id=made.pk, version=made.version, draft=drafted(writer), by=writer, now=NOW
    )


def submitted(evaluation: Evaluation, by: StaffMember, *, now: datetime = NOW) -> Submission:
    return approving.submit(evaluation_id=evaluation.pk, by=by, now=now)


def signed_by_all(evaluation: Evaluation, *, now: datetime = NOW) -> Evaluation:
    """Every step of the line approves."""
    while (asked := approving.waiting(evaluation)) is not None:
        evaluation = approving.approve(signature_id=asked.pk, by=asked.approver, now=now)
    return evaluation


@pytest.fixture
def approved(written: Evaluation, writer: StaffMember) -> Evaluation:
    submitted(written, writer)
    return signed_by_all(written)


@pytest.fixture
def published(approved: Evaluation, manager: StaffMember) -> Edition:
    return publishing.publish(evaluation_id=approved.pk, by=manager, now=NOW)
