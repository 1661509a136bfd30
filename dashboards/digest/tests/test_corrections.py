"""What was put right in frozen months stands in the next morning's mail of managers, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from centre.models import Role, StaffMember
from complaints.tests.conftest import demo_centre, file, person, seoul
from dashboards.digest import morning, sending
from dashboards.intake.models import FrozenCases
from notices.models import Notice
from standards import freezing, services, tallying
from standards.models import Correction

__all__ = ["demo_centre", "file", "person"]
pytestmark = pytest.mark.usefixtures("demo_centre")
#: Of 2026; 9 September is a Wednesday.
BEFORE, MORNING = seoul("2026-09-08 09:10"), seoul("2026-09-09 09:10")


@pytest.fixture
def july() -> None:
    """One promise of July, not kept; July is frozen."""
    started = seoul("2026-07-06 10:00")
    services.open_commitment(
        code="reply", key="a", subject_type="test", subject_id=1, started_at=started, now=started,
        category="complaint", due_at=started + timedelta(days=7),
    )  # fmt: skip
    freezing.freeze(now=seoul("2026-08-20 10:00"))


def put_right(at: str) -> None:
    services.fulfil(key="a", at=seoul("2026-07-07 10:00"), now=seoul(at))
    tallying.count_changes(now=seoul(at))
    assert Correction.objects.filter(noticed_at=seoul(at)).exists()


def mails(now: str) -> dict[str, str]:
    rows = Notice.objects.filter(key__startswith=f"digest:daily:{now}:").select_related("staff")
    return {row.staff.position: row.body for row in rows if row.staff}


def test_managers_are_told_once_with_the_list_linked(july: None) -> None:
    sending.send(now=BEFORE)
    put_right("2026-09-08 15:00")
    sending.send(now=MORNING)
    told = mails("2026-09-09")
    managers = [one for one in StaffMember.objects.all() if one.user.has_role(Role.MANAGER)]
    assert set(told) == {one.position for one in managers} >= {"secretary_general"}
    text = told["secretary_general"]
    assert "■ 마감한 달의 수를 바로잡은 것 1건" in text
    assert "2026-07" in text
    assert "지킴 0건 → 1건" in text
    assert "제때 마쳤다는 사실이 나중에 적혔습니다." in text
    assert "/admin/standards/correction/" in text
    sending.send(now=MORNING + timedelta(days=1))
    assert not mails("2026-09-10")


@pytest.mark.parametrize(
    ("at", "today", "tomorrow"),
    [
        ("2026-09-08 09:10", 0, 0),  # was told on the eighth
        ("2026-09-08 09:10:00.000001", 1, 0),
        ("2026-09-09 09:10", 1, 0),
        ("2026-09-09 09:10:01", 0, 1),  # whoever is told later today hears of it tomorrow
    ],
)
def test_from_one_mornings_hour_to_the_next(july: None, at: str, today: int, tomorrow: int) -> None:
    sending.send(now=BEFORE)
    put_right(at)
    late = MORNING + timedelta(hours=2)
    assert len(morning.corrections(now=late)) == today
    sending.send(now=late)
    assert len(morning.corrections(now=late + timedelta(days=1))) == tomorrow


def test_a_frozen_month_of_opinions_too(file: Callable[..., Any]) -> None:
    for number in (1, 2):
        FrozenCases.objects.create(
            month=seoul("2026-07-01 00:00").date(), sheet="intake", number=number, counts={},
            why="의견의 구분이 바로잡혔습니다." if number > 1 else "",
            frozen_at=seoul(f"2026-09-0{6 + number} 12:00"),
        )  # fmt: skip
    assert [row[1] for row in morning.corrections(now=MORNING)] == ["통계: 받은 의견"]


def test_leads_hear_nothing_of_it(july: None) -> None:
    put_right("2026-09-08 15:00")
    sending.send(now=MORNING)
    lead = StaffMember.objects.filter(position="lead").first()
    assert lead is not None
    assert "lead" not in mails("2026-09-09")
