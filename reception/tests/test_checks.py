"""`verify` finds each thing that must not be; on what the services made it finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from notices.models import Notice
from reception import services
from reception.checks import breaches
from reception.models import Attempt, ContactNote, DifficultCall, Visit
from reception.services import NewDifficultCall
from reception.tests.conftest import MORNING, a_token
from standards.models import Commitment
from standards.services import sweep

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def lived(come: Any, take: Any, desk: Any, person: Any, away: Any) -> dict[str, Any]:
    """A day at the desk with a bit of everything; one row of each kind by name."""
    handler = person("cha.mj")
    away("oh.sr", "2026-09-09 09:00", "2026-09-09 18:00")
    served, left, over = come(), come(), come(sought="oh.sr")
    come(purpose="other")
    services.serve(visit_id=served.pk, by=desk, now=MORNING + timedelta(minutes=5))
    services.leave_unserved(visit_id=left.pk, by=desk, now=MORNING + timedelta(minutes=3))
    services.serve(visit_id=over.pk, server_id=handler.pk, by=desk, now=MORNING)
    reached, sent, gone = take().note, take(way="email", contact="a@example.com").note, take().note
    still = take().note
    for note, way, outcome in ((reached, "phone", "reached"), (sent, "email", "sent")):
        services.log_attempt(
            note_id=note.pk, way=way, outcome=outcome, by=handler, now=MORNING + HOUR / 2
        )
    for when in (MORNING + HOUR / 4, MORNING + HOUR / 2, MORNING + DAY):
        services.log_attempt(
            note_id=gone.pk, way="phone", outcome="no_answer", by=handler, now=when
        )
    new = NewDifficultCall(origin="phone", kind="abuse", ended="taken", after="rest", at=MORNING)
    call = services.record_difficult_call(form_token=a_token(), new=new, by=desk, now=MORNING)
    sweep(now=MORNING + DAY)
    return {
        "served": served, "left": left, "over": over, "call": call,
        "reached": reached, "sent": sent, "gone": gone, "still": still,
    }  # fmt: skip


def test_what_the_services_made_is_right(lived: dict[str, Any]) -> None:
    assert list(breaches()) == []


def test_and_stays_right_once_it_was_disposed_of(lived: dict[str, Any]) -> None:
    assert services.dispose_due(now=MORNING + 400 * DAY) == 3
    assert list(breaches()) == []


def test_verify_speaks_of_it(lived: dict[str, Any], capsys: Any) -> None:
    ContactNote.objects.filter(pk=lived["reached"].pk).update(first_attempt_at=MORNING)
    with pytest.raises(CommandError):
        call_command("verify")
    printed = capsys.readouterr().out
    assert "회신이 처음 연락한 때로 판정되지 않았습니다" in printed
    assert "김하람" not in printed


Break = Callable[[dict[str, Any]], object]


def visit(which: str, /, **values: Any) -> Break:
    return lambda lived: Visit.objects.filter(pk=lived[which].pk).update(**values)


def note(which: str, /, **values: Any) -> Break:
    return lambda lived: ContactNote.objects.filter(pk=lived[which].pk).update(**values)


def promise(name: str, kind: str, suffix: str, **values: Any) -> Break:
    return lambda lived: Commitment.objects.filter(
        key=f"{kind}:{lived[name].pk}:{suffix}"
    ).update(**values)  # fmt: skip


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (visit("served", served_at=MORNING), "응대를 시작한 때로 판정되지 않았습니다"),
        (
            promise("served", "visit", "wait", fulfilled_at=None, state="missed"),
            "대기 약속이 끝나지 않았습니다",
        ),
        (promise("left", "visit", "wait", state="running"), "대기가 아직 가고 있습니다"),
        (
            lambda lived: Commitment.objects.filter(code="visit-deputy").delete(),
            "대신 응대했는지 판정이 없습니다",
        ),
        (visit("left", purpose="other"), "대기를 재지 않는 방문인데"),
        (note("reached", first_attempt_at=MORNING), "처음 연락한 때로 판정되지 않았습니다"),
        (note("reached", first_attempt_at=None), "연락한 적이 없는데 약속을 지킨 것으로"),
        (promise("reached", "callback", "contact", state="running"), "약속이 아직 가고 있습니다"),
        (
            lambda lived: Attempt.objects.filter(note=lived["reached"].pk).update(outcome="busy"),
            "닿았다는데 그 연락이 없습니다",
        ),
        (note("reached", ending="", closed_at=None), "닿았는데 메모가 열려 있습니다"),
        (
            lambda lived: Attempt.objects.filter(note=lived["gone"].pk).update(at=MORNING),
            "이틀 동안 세 번 연락하지 않고",
        ),
        (
            lambda lived: Attempt.objects.filter(note=lived["reached"].pk).update(at=MORNING - DAY),
            "메모보다 앞선 연락이 있습니다",
        ),
        (
            lambda lived: Notice.objects.filter(template="callback-promised").delete(),
            "약속을 알린 적이 없습니다",
        ),
        (
            lambda lived: Notice.objects.filter(template="callback-unreached").delete(),
            "닿지 않은 고객에게 남길 말이 없습니다",
        ),
        (
            lambda lived: Notice.objects.filter(template="note-taken").delete(),
            "찾는 직원에게 알린 적이 없습니다",
        ),
        (
            lambda lived: Notice.objects.filter(template="difficult-call").delete(),
            "팀장에게 알린 적이 없습니다",
        ),
        (
            lambda lived: DifficultCall.objects.update(confirmed_at=MORNING),
            "확인한 사람과 때가 맞지 않습니다",
        ),
        (note("still", name=""), "열려 있는데 지워졌습니다"),
        (note("reached", name=""), "파기 기록이 없습니다"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_breach_is_found(lived: dict[str, Any], break_it: Break, said: str) -> None:
    break_it(lived)
    assert any(said in line for line in breaches()), list(breaches())


def test_half_forgotten_is_found(lived: dict[str, Any]) -> None:
    services.dispose_due(now=MORNING + 400 * DAY)
    ContactNote.objects.filter(pk=lived["reached"].pk).update(matter="수료증")
    ContactNote.objects.filter(pk=lived["sent"].pk).update(name="김하람")
    found = list(breaches())
    assert any("다른 것이 남아 있습니다" in line for line in found), found
    assert any("이름이 남아 있습니다" in line for line in found), found
