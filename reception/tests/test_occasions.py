"""What surveys learn of visits: that somebody was attended to, and nobody's name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from centre.models import StaffMember
from reception import services
from reception.models import Visit
from reception.tests.conftest import MORNING
from standards import occasions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_centre")]


def ended(since: Any, until: Any) -> list[int]:
    return [row.subject_id for row in occasions.ended_since("visit", since, until=until)]


def test_only_who_was_attended_to(come: Callable[..., Visit], desk: StaffMember) -> None:
    served, left, waiting, meeting = come(), come(), come(), come(purpose="other")
    end = MORNING + timedelta(minutes=5)
    services.serve(visit_id=served.pk, by=desk, now=end)
    services.serve(visit_id=meeting.pk, by=desk, now=end)
    services.leave_unserved(visit_id=left.pk, by=desk, now=end)
    assert waiting.pk not in ended(MORNING, end)
    assert ended(MORNING, end) == [served.pk]
    # after ``since``, not after ``until``: nothing twice, nothing lost between two looks
    assert ended(end, end + timedelta(hours=1)) == []
    assert ended(MORNING, end - timedelta(microseconds=1)) == []


def test_a_kind_that_nobody_holds_has_none() -> None:
    assert occasions.ended_since("parade", MORNING, until=MORNING) == []


def test_no_name_leaves_the_desk(come: Callable[..., Visit], desk: StaffMember) -> None:
    visit = come(name="김하람")
    services.serve(visit_id=visit.pk, by=desk, now=MORNING)
    (row,) = occasions.ended_since("visit", MORNING - timedelta(days=1), until=MORNING)
    assert not row.people
    assert "김하람" not in repr(row)
