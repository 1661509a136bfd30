"""Work is given to somebody at the moment at which he leaves: one of the two waits and then sees.

Each test stops a verb after it chose a person and before it commits, and lets that person leave
meanwhile. Either the leaving is refused, as there is work, or somebody else has the work.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from centre import queries as centre_queries
from centre import services as centre
from centre.errors import Refused
from centre.models import Absence, StaffMember
from complaints import services
from complaints.filing import Filed
from complaints.models import Approval, Complaint
from complaints.services import Draft, approving, assigning, filing, handing
from complaints.tests.conftest import MORNING
from complaints.tests.test_races import at_once
from notices.models import Notice
from records.actors import SYSTEM

pytestmark = [pytest.mark.races, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]
ANSWER = Draft(decision="accepted", answer="바로잡았습니다.")


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch, person: Find) -> Callable[..., list[Any]]:
    """Run a verb that is slow once it has chosen, and let somebody leave at that moment."""

    def do(work: Callable[[], Any], *, leaver: str, slow: tuple[Any, str]) -> list[Any]:
        chosen = threading.Event()
        real = getattr(*slow)

        def slowly(*args: Any, **named: Any) -> Any:
            chosen.set()
            time.sleep(0.7)
            return real(*args, **named)

        monkeypatch.setattr(*slow, slowly)
        who = person(leaver).pk

        def leave() -> Any:
            chosen.wait(10)
            return centre.leave(person_id=who, on=MORNING.date(), by=SYSTEM, now=MORNING)

        results = at_once(work, leave)
        monkeypatch.setattr(*slow, real)
        return results

    return do


def settled(results: list[Any], leaver: StaffMember) -> None:
    """The work was given, and nobody who left has any."""
    work, left = results
    assert not isinstance(work, Exception), work
    assert isinstance(left, StaffMember | Refused), left
    gone = StaffMember.objects.filter(left_on__isnull=False)
    assert not Complaint.objects.open().filter(handler__in=gone).exists()
    waiting = Approval.objects.filter(decision="waiting", approver__in=gone)
    assert not waiting.exists()
    assert isinstance(left, Refused), f"{leaver} was chosen and could still leave"


def test_filing(beside: Any, file: File, person: Find) -> None:
    results = beside(file, leaver="nam.gy", slow=(filing, "_give_to"))
    settled(results, person("nam.gy"))


def test_an_absence_followed(beside: Any, file: File, person: Find) -> None:
    case = file().complaint
    assert case.handler is not None
    away = MORNING + timedelta(hours=1)
    Absence.objects.create(
        person=case.handler, starts_at=away, ends_at=away + timedelta(days=2), reason="trip",
        entered_at=MORNING,
    )  # fmt: skip
    deputy = centre_queries.stand_in(case.handler, at=away)
    assert deputy is not None
    results = beside(
        lambda: services.follow_absences(now=away),
        leaver=deputy.user.username,
        slow=(assigning, "_move"),
    )
    settled(results, deputy)


def test_a_case_moved_to_another_team(beside: Any, file: File, person: Find) -> None:
    case = file().complaint
    team = person("cha.mj").team
    results = beside(
        lambda: services.reassign(
            complaint_id=case.pk, team_id=team.pk, reason="교육", by=person("seo.yh"), now=MORNING
        ),
        leaver="cha.mj",
        slow=(assigning, "_move"),
    )
    settled(results, person("cha.mj"))


def test_a_case_about_the_successor_at_a_hand_over(beside: Any, file: File, person: Find) -> None:
    """It goes to a third person, who is about to leave."""
    case = file(about_staff="송하늘").complaint
    other = file(email="other@example.com").complaint
    services.assign(
        complaint_id=other.pk, handler_id=person("nam.gy").pk, by=person("seo.yh"), now=MORNING
    )
    assert case.handler == person("nam.gy")
    probe = assigning.choose_anew(case, now=MORNING, without=frozenset({person("nam.gy").pk}))
    assert probe.handler is not None
    results = beside(
        lambda: centre.hand_over(
            from_id=person("nam.gy").pk, to_id=person("song.hn").pk, by=SYSTEM, now=MORNING
        ),
        leaver=probe.handler.user.username,
        slow=(handing, "_move"),
    )
    settled(results, probe.handler)


def test_an_answer_laid_before_a_lead(beside: Any, file: File, person: Find) -> None:
    case = file().complaint
    results = beside(
        lambda: services.submit_response(
            complaint_id=case.pk, draft=ANSWER, by=person("nam.gy"), now=MORNING
        ),
        leaver="baek.sw",
        slow=(approving, "tell_staff"),
    )
    settled(results, person("baek.sw"))


def test_who_left_a_moment_before_is_not_chosen(
    monkeypatch: pytest.MonkeyPatch, file: File, person: Find
) -> None:
    """The other way round: the leaving commits between the choice and the hold."""
    real, left = centre_queries.hold, threading.Event()

    def hold(person_id: int, *, at: Any) -> bool:
        if not left.is_set():
            left.set()
            thread = threading.Thread(target=leave)
            thread.start()
            thread.join(10)
        return real(person_id, at=at)

    def leave() -> None:
        from django.db import connection  # noqa: PLC0415

        try:
            centre.leave(person_id=person("nam.gy").pk, on=MORNING.date(), by=SYSTEM, now=MORNING)
        finally:
            connection.close()

    monkeypatch.setattr(centre_queries, "hold", hold)
    case = file().complaint
    assert person("nam.gy").left_on == MORNING.date()
    assert case.handler is not None
    assert case.handler != person("nam.gy")
    assert not Notice.objects.filter(staff=person("nam.gy")).exists()
