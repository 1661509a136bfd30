"""The made-up past of a first start: once, only in a demo, and not where somebody says no."""

from __future__ import annotations

from typing import Any

import pytest

from complaints.factories import ComplaintFactory
from voc_portal import prepare


@pytest.fixture
def lived(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[dict[str, Any]]:
    """What was asked of the command, which is tried elsewhere."""
    settings.DEMO = True
    monkeypatch.delenv("DEMO_PAST", raising=False)
    asked: list[dict[str, Any]] = []

    def call(name: str, **options: Any) -> None:
        asked.append({"name": name, **options})

    monkeypatch.setattr(prepare, "call_command", call)
    return asked


@pytest.mark.django_db
def test_an_empty_demo_gets_a_small_past(
    lived: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare.demo_past() == "lived"
    assert lived == [{"name": "demo", "small": True, "brief": True}]
    assert "예시 자료를 싣는 중입니다" in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize("said", ["no", "0", "OFF", "none"])
def test_whoever_says_no_begins_empty(
    lived: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("DEMO_PAST", said)
    assert "left out" in prepare.demo_past()
    assert lived == []


@pytest.mark.django_db
def test_nothing_is_added_to_what_is_there(lived: list[dict[str, Any]]) -> None:
    ComplaintFactory()
    assert "already" in prepare.demo_past()
    assert lived == []


@pytest.mark.django_db
def test_only_a_demo_has_a_made_up_past(lived: list[dict[str, Any]], settings: Any) -> None:
    settings.DEMO = False
    assert prepare.demo_past() == "not a demo"
    assert lived == []
