"""The demo centre with its charter, and shorthands to file and to move time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from centre.calendar import SEOUL
from centre.loading import load_centre_data
from centre.models import StaffMember
from complaints import services
from complaints.filing import Filed, Filing
from complaints.models import Complaint
from complaints.services import file_complaint
from complaints.services.loading import load_reply_templates
from complaints.services.putting_right import actions_of
from records.actors import CITIZEN
from standards.services import load_charter

#: A Wednesday in an ordinary week, 10:00 in Seoul.
MORNING = datetime(2026, 9, 9, 10, 0, tzinfo=SEOUL)


def put_right(case: Complaint, *, now: datetime) -> None:
    """Whatever the case's answer promised is done, and the secretary general has looked."""
    manager = StaffMember.objects.get(position="secretary_general")
    for action in actions_of(case):
        if action.status != "done":
            services.finish_action(
                action_id=action.pk, evidence="사진을 붙임", by=action.owner, now=now
            )
        services.verify_action(
            action_id=action.pk, carried_out=True, note="직접 확인함", by=manager, now=now
        )


def seoul(text: str) -> datetime:
    """``2026-09-09 10:00`` in Seoul."""
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


@pytest.fixture
def demo_centre(db: None, settings: Any) -> None:
    """Teams, people with roles, topics, approval lines, charter. Nobody is absent."""
    settings.DEMO = True
    load_centre_data(now=seoul("2026-01-05 09:00"), demo=True)
    from centre.models import Absence  # noqa: PLC0415

    Absence.objects.all().delete()
    load_charter(today=seoul("2026-01-05 09:00").date())
    load_reply_templates()


@pytest.fixture
def person(demo_centre: None) -> Callable[[str], StaffMember]:
    """A member of the demo centre's staff by sign-in name."""

    def find(username: str) -> StaffMember:
        return StaffMember.objects.select_related("user", "team").get(user__username=username)

    return find


@pytest.fixture
def file(demo_centre: None) -> Callable[..., Filed]:
    """File an opinion; by default a complaint about records, by e-mail, on a Wednesday morning."""

    def do(now: datetime = MORNING, **values: Any) -> Filed:
        registered_by = values.pop("registered_by", None)
        given = {
            "kind": "complaint",
            "topic_code": "record",
            "subject": "두 달 전 봉사 시간이 아직도 안 올라와요",
            "body": "9월에 안동 물길공원 환경정화에 세 시간 참여했는데 확인서에 나오지 않습니다.",
            "name": "김하람",
            "email": "haram@example.com",
            "reply_by": "email",
            "consent_version": "2026-1",
        } | values
        return file_complaint(
            filing=Filing(**given), by=CITIZEN, now=now, registered_by=registered_by
        )

    return do
