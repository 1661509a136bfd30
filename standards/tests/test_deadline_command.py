"""`manage.py deadline`: the forms that need no database, and the way a standard is asked for."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from types import ModuleType

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.core.management import CommandError, call_command

from centre.calendar import Allowance, Calendar, CalendarError, Due, Rule


def deadline(*arguments: str) -> list[str]:
    out = io.StringIO()
    call_command("deadline", *arguments, stdout=out)
    return out.getvalue().splitlines()


def feed(monkeypatch, text: str | bytes) -> tuple[list[str], bool]:
    """What `deadline -` answers line by line, and whether it ends well."""
    raw = text.encode() if isinstance(text, str) else text
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
    out = io.StringIO()
    try:
        call_command("deadline", "-", stdout=out)
    except CommandError as error:
        return out.getvalue().split("\n")[:-1], error.returncode == 0
    return out.getvalue().split("\n")[:-1], True


@pytest.mark.parametrize(
    ("rule", "allowance", "instant", "due"),
    [
        ("civil_days", "7d", "2026-10-02T10:00+09:00", "2026-10-12T18:00:00+09:00"),
        ("civil_days", "7d", "2026-10-01T15:00Z", "2026-10-08T18:00:00+09:00"),  # 2 October, 00:00
        ("petition_days", "7d", "2026-09-23T10:00+09:00", "2026-10-06T18:00:00+09:00"),
        ("working_time", "1h", "2026-11-22T23:30:00Z", "2026-11-23T10:00:00+09:00"),
        ("elapsed", "10m", "2026-11-20T23:55:00.5+09:00", "2026-11-21T00:05:00.500000+09:00"),
        ("days_before", "20d", "2026-03-20T20:00Z", "2026-03-01T00:00:00+09:00"),
    ],
)
def test_a_rule_and_its_explanation(rule, allowance, instant, due):
    first, *explanation = deadline("--rule", rule, "--allowance", allowance, instant)
    assert first == due
    assert explanation
    assert "까지입니다" in explanation[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--rule", "civil_days", "--allowance", "7d", "2026-10-02T10:00"),
        ("--rule", "civil_days", "--allowance", "7d", "2026-10-02"),
        ("--rule", "civil_days", "--allowance", "7d", "yesterday"),
        ("--rule", "civil_days", "--allowance", "0d", "2026-10-02T10:00+09:00"),
        ("--rule", "civil_days", "--allowance=-7d", "2026-10-02T10:00+09:00"),
        ("--rule", "civil_days", "--allowance", "7h", "2026-10-02T10:00+09:00"),
        ("--rule", "civil_days", "--allowance", "7d", "2126-10-02T10:00+09:00"),
        ("--rule", "civil_days", "--allowance", "7d", "9999-12-31T23:59:59-12:00"),
        ("--rule", "periodic", "--allowance", "7d", "2026-10-02T10:00+09:00"),
        ("--rule", "moonrise", "--allowance", "7d", "2026-10-02T10:00+09:00"),
        ("--rule", "civil_days", "2026-10-02T10:00+09:00"),
        ("--rule", "civil_days", "--allowance", "7d", "-"),
        ("--rule", "civil_days", "--allowance", "7d", "reply", "2026-10-02T10:00+09:00"),
        ("2026-10-02T10:00+09:00",),
        (),
    ],
)
def test_what_is_refused(arguments):
    with pytest.raises(CommandError):
        deadline(*arguments)


def test_lines_in_lines_out(monkeypatch):
    answers, well = feed(
        monkeypatch,
        "working_time\t1h\t2026-11-20T17:30:00+09:00\n"
        "civil_days\t7d\t2026-10-02T10:00:00+09:00\r\n"
        "\n"
        "petition_days\t7d\t2026-09-23T01:00:00Z  \n"
        "  days_before \t 20d\t2026-03-21T10:00+09:00\t\n"
        "   \r\n"
        "elapsed\t10m\t2026-11-20T17:55:00+09:00",
    )
    assert well
    assert answers == [
        "2026-11-23T09:30:00+09:00",
        "2026-10-12T18:00:00+09:00",
        "",
        "2026-10-06T18:00:00+09:00",
        "2026-03-01T00:00:00+09:00",
        "",
        "2026-11-20T18:05:00+09:00",
    ]


@pytest.mark.parametrize(
    "bad",
    [
        "civil_days\t7d\t2026-10-02T10:00:00",  # no offset
        "civil_days\t7d\t2026-10-02",
        "civil_days\t7d",
        "civil_days 7d 2026-10-02T10:00:00+09:00",
        "civil_days\t7d\t2026-10-02T10:00:00+09:00\textra",
        "civil_days\t0d\t2026-10-02T10:00:00+09:00",
        "civil_days\t-7d\t2026-10-02T10:00:00+09:00",
        "civil_days\t1h\t2026-10-02T10:00:00+09:00",
        "working_time\t1d\t2026-10-02T10:00:00+09:00",
        "civil_days\t\u000b7\u2028d\t2026-10-02T10:00:00+09:00",
        "periodic\t7d\t2026-10-02T10:00:00+09:00",
        "CIVIL_DAYS\t7d\t2026-10-02T10:00:00+09:00",
        "civil_days\t7d\t2101-10-02T10:00:00+09:00",
        "civil_days\t7d\t1919-03-01T10:00:00+09:00",
        "civil_days\t7d\t0001-01-01T00:00:00+09:00",
        "civil_days\t7d\t9999-12-31T23:59:59-09:00",
        "civil_days\t7d\t2026-02-30T10:00:00+09:00",
        "civil_days\t999999d\t2026-10-02T10:00:00+09:00",
        "working_time\t999999h\t2026-10-02T10:00:00+09:00",
        "접수\t7일\t내일",
    ],
)
def test_a_bad_line_in_the_middle(monkeypatch, bad):
    good = "civil_days\t7d\t2026-10-02T10:00:00+09:00"
    answers, well = feed(monkeypatch, f"{good}\n{bad}\n{good}\n")
    assert not well
    assert len(answers) == 3
    assert answers[0] == answers[2] == "2026-10-12T18:00:00+09:00"
    assert answers[1].startswith("error: ")
    assert len(answers[1].splitlines()) == 1


def test_bytes_that_are_no_text(monkeypatch):
    answers, well = feed(monkeypatch, b"\xff\xfe\tc\t\x00\nelapsed\t10m\t2026-11-20T09:00Z\n")
    assert not well
    assert answers[0].startswith("error: ")
    assert answers[1] == "2026-11-20T18:10:00+09:00"


def test_a_file_saved_on_windows(monkeypatch):
    answers, well = feed(monkeypatch, "\ufeffelapsed\t10m\t2026-11-20T09:00Z\r\n")
    assert well
    assert answers == ["2026-11-20T18:10:00+09:00"]


@pytest.mark.parametrize("nothing", ["", "\n", "\r\n\r\n"])
def test_nothing_in_is_no_error(monkeypatch, nothing):
    answers, well = feed(monkeypatch, nothing)
    assert well
    assert set(answers) <= {""}


def test_many_lines_cross_the_chunks_whole(monkeypatch):
    line = "civil_days\t7d\t2026-10-02T10:00:00+09:00\n"
    answers, well = feed(monkeypatch, line * 20_000)
    assert well
    assert answers == ["2026-10-12T18:00:00+09:00"] * 20_000


def test_standard_input_without_bytes_beneath(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("elapsed\t10m\t2026-11-20T09:00Z\n"))
    assert deadline("-") == ["2026-11-20T18:10:00+09:00"]


@pytest.fixture
def standards_services(monkeypatch):
    """Stands in for the room's services: one standard, `reply`, of seven civil days."""

    def due_for_code(code: str, start: datetime) -> Due:
        if code == "broken":
            raise CalendarError("공휴일을 알 수 없는 해입니다.")
        if code != "reply":
            raise ObjectDoesNotExist(code)
        return Calendar().due(Rule.CIVIL_DAYS, Allowance.parse("7d"), start)

    module = ModuleType("standards.services")
    module.due_for_code = due_for_code  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "standards.services", module)


@pytest.mark.usefixtures("standards_services")
def test_a_standard_by_its_code():
    first, *explanation = deadline("reply", "2026-10-02T10:00+09:00")
    assert first == "2026-10-12T18:00:00+09:00"
    assert "한글날" in explanation[0]


@pytest.mark.usefixtures("standards_services", "charter")
@pytest.mark.parametrize("code", ["nobody-promised", "broken"])
def test_a_standard_that_is_not_there_or_cannot_be_counted(code):
    with pytest.raises(CommandError):
        deadline(code, "2026-10-02T10:00+09:00")


@pytest.mark.usefixtures("standards_services")
def test_a_standard_asked_without_offset():
    with pytest.raises(CommandError, match="시간대"):
        deadline("reply", "2026-10-02T10:00")


# --- nothing there yet ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_before_the_charter_was_loaded():
    with pytest.raises(CommandError, match=r"아직 불러오지 않았습니다.*make run.*load_centre"):
        deadline("reply", "2026-10-02T10:00+09:00")


@pytest.mark.usefixtures("charter")
def test_a_code_that_nobody_knows_is_not_taken_for_an_empty_database():
    with pytest.raises(CommandError, match="그런 이행표준이 없습니다: 'nobody-promised'"):
        deadline("nobody-promised", "2026-10-02T10:00+09:00")


@pytest.mark.parametrize("database", ["", "postgres://nobody@127.0.0.1:1/nothing"])
def test_without_a_database_it_says_what_to_do(tmp_path, database):
    """A real process, as the person at the terminal sees it: one line, no traceback."""
    root = Path(__file__).resolve().parents[2]
    environment = {"PATH": "", "DATA_DIR": str(tmp_path), "PYTHONUTF8": "1"}
    if database:
        environment["DATABASE_URL"] = database
    command = [sys.executable, "manage.py", "deadline", "reply", "2026-10-02T10:00+09:00"]
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "데이터베이스가 없거나 준비되지 않았습니다" in done.stderr
    assert "make run" in done.stderr
    assert "load_centre" in done.stderr
    assert "Traceback" not in done.stderr
