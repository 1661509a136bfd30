"""`manage.py same_matter`: lines in, lines out, without a database."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

SAME = "전화를 준다고 하고 소식이 없음\t또 회신이 없습니다"
DIFFERENT = "화장실에 휴지가 없습니다\t교육 일정을 알려 주세요"


def feed(monkeypatch: Any, text: str | bytes, source: str = "-") -> tuple[list[str], bool]:
    """What is answered line by line, and whether it ends well."""
    raw = text.encode() if isinstance(text, str) else text
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
    out = io.StringIO()
    try:
        call_command("same_matter", source, stdout=out)
    except CommandError as error:
        return out.getvalue().split("\n")[:-1], error.returncode == 0
    return out.getvalue().split("\n")[:-1], True


def test_lines_in_lines_out(monkeypatch: Any) -> None:
    answers, well = feed(monkeypatch, f"\ufeff{SAME}\r\n\n{DIFFERENT}\n   \n{SAME}")
    assert well
    assert [answer.split("\t")[0] for answer in answers] == ["same", "", "different", "", "same"]
    assert all(re.fullmatch(r"(same|different)\t[01]\.\d\d", a) for a in answers if a)
    assert answers[0] == answers[4]


@pytest.mark.parametrize(
    "bad",
    [
        "탭이 없음",
        "하나\t둘\t셋",
        "하나\t",
        "\t둘",
        "하나\t \t",
        b"\xc8\xb8\xbd\xc5\t\xc8\xb8\xbd\xc5",
    ],
)
def test_a_bad_line_in_the_middle(monkeypatch: Any, bad: str | bytes) -> None:
    raw = bad if isinstance(bad, bytes) else bad.encode()
    good = SAME.encode()
    answers, well = feed(monkeypatch, good + b"\n" + raw + b"\n" + good + b"\n")
    assert not well
    assert len(answers) == 3
    assert answers[0] == answers[2] != ""
    assert answers[1].startswith("error: ")


def test_a_line_separator_in_a_text_does_not_end_the_line(monkeypatch: Any) -> None:
    answers, well = feed(monkeypatch, "회신이\u2028없음\x0b\t또 회신이\x85 없습니다\n")
    assert well
    assert len(answers) == 1


def test_nothing_in_nothing_out(monkeypatch: Any) -> None:
    assert feed(monkeypatch, "") == ([], True)


def test_a_file(monkeypatch: Any, tmp_path: Path) -> None:
    file = tmp_path / "pairs.tsv"
    file.write_text(f"{SAME}\n{DIFFERENT}\n", encoding="utf-8")
    answers, well = feed(monkeypatch, "", str(file))
    assert well
    assert [answer.split("\t")[0] for answer in answers] == ["same", "different"]
    with pytest.raises(CommandError, match="읽을 수 없습니다"):
        call_command("same_matter", str(tmp_path / "none.tsv"))


def test_answers_come_as_lines_arrive() -> None:
    """A real process: the answer is there before the input ends; the exit code tells of bad lines."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "same_matter", "-"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{SAME}\n".encode())
    process.stdin.flush()
    assert process.stdout.readline().startswith(b"same\t")
    out, _err = process.communicate(b"bad\n")
    assert out.startswith(b"error: ")
    assert process.returncode == 1
