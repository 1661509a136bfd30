"""``sweep`` and ``verify``, and what the checks find."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from notices.models import Heartbeat
from standards import checks, queries, services, tasks
from standards.models import Commitment, Pause, State
from standards.tests.conftest import Notes, promise
from standards.tests.instants import at

pytestmark = pytest.mark.usefixtures("charter")
NOW = at("2026-09-21 12:00")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_sweep_prints_how_many(notes: Notes) -> None:
    promise(code="stage-1", start="2024-09-20 10:00")
    assert run("sweep") == "1\n"
    assert run("sweep") == "0\n"
    assert queries.last_sweep() is not None
    assert tasks.sweep() == 0


def test_time_is_moved_in_the_demo_only(notes: Notes, settings: Any) -> None:
    promise(code="stage-1")
    settings.DEMO = False
    with pytest.raises(CommandError, match="DEMO"):
        run("sweep", "--now", "2026-09-21T15:00:00+09:00")
    settings.DEMO = True
    assert run("sweep", "--now", "2026-09-21T15:00:00+09:00") == "1\n"
    assert queries.last_sweep() is None  # nobody believes that it ran then
    for bad in ("2026-09-21T15:00:00", "tomorrow"):
        with pytest.raises(CommandError):
            run("sweep", "--now", bad)


def found() -> list[str]:
    return list(checks.breaches(now=NOW))


def test_nothing_to_complain_about(notes: Notes) -> None:
    for number, code in enumerate(("reply", "stage-1", "approval", "visit-wait", "annual-survey")):
        promise(str(number), code=code)
    promise("k")
    services.fulfil(key="k", at=NOW, now=NOW)
    promise("p")
    services.pause(key="p", at=NOW, now=NOW)
    promise("m", code="stage-1", start="2026-09-11 10:00")
    services.sweep(now=NOW)
    promise("e")
    services.extend(key="e", new_due_at=at("2026-10-06 18:00"), why="x", now=NOW)
    assert found() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"due_at": at("2026-09-30 18:00")}, "까닭"),
        ({"first_due_at": at("2026-09-25 18:00"), "due_at": at("2026-09-25 18:00")}, "다시 세면"),
        ({"first_due_at": at("2026-09-29 18:00"), "due_at": at("2026-09-29 18:00")}, "다시 세면"),
        ({"state": State.KEPT, "fulfilled_at": at("2026-09-29 18:00"), "next_step": "", "next_step_at": None}, "그 기한까지"),
        ({"state": State.MISSED, "fulfilled_at": at("2026-09-22 18:00")}, "지키지 못함"),
        ({"fulfilled_at": at("2026-09-22 18:00")}, "판정되지"),
        ({"next_step": "", "next_step_at": None}, "다음에 할 일이"),
        ({"next_step": "dance"}, "모르는 단계"),
        ({"next_step_at": at("2026-09-21 11:00")}, "5분 넘게"),
        ({"troubled_at": NOW}, "오류"),
        ({"state": State.PAUSED, "next_step": "", "next_step_at": None}, "멈춘 때가"),
        ({"subject_type": "unknown"}, "맡은 기능이"),
        ({"state": State.MISSED}, "기록에 없습니다"),
        ({"allowance": "7x"}, "다시 셀 수"),
    ],
)  # fmt: skip
def test_each_breach_is_found(notes: Notes, change: dict[str, Any], words: str) -> None:
    promise()
    Heartbeat.objects.create(name="sweep", at=NOW)
    Commitment.objects.update(**change)
    lines = found()
    assert any(words in line for line in lines), lines


def test_a_pause_left_open(notes: Notes) -> None:
    Pause.objects.create(commitment=promise(), started_at=NOW)
    assert any("멈춘 채" in line for line in found())


def test_a_clause_without_a_standard(notes: Notes) -> None:
    from standards.models import Standard  # noqa: PLC0415

    Standard.objects.filter(code="reply").update(public=False)
    assert found() == ["헌장 51번째 줄: 재는 이행표준이 없습니다"]


def test_verify(notes: Notes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("centre.checks.breaches", lambda *, now: [])
    assert run("verify").endswith("이상 없음\n")
    promise(subject_type="unknown")
    with pytest.raises(CommandError, match="1건"):
        run("verify")


@pytest.mark.parametrize(
    "change",
    [
        "due_at = first_due_at - interval '1 day'",
        "next_step_at = NULL",
        "state = 'kept'",
        "state = 'paused'",
    ],
)
@pytest.mark.postgres
def test_the_table_itself_refuses(notes: Notes, change: str) -> None:
    from django.db import IntegrityError  # noqa: PLC0415

    promise()
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute(f"UPDATE standards_commitment SET {change}")  # noqa: S608
