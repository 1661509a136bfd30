"""A manager changes what is the centre's own about a promise: a new version, never in place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from centre.models import Role
from records.actors import SYSTEM
from records.models import Event
from standards import charter as data
from standards import services
from standards.errors import CannotRevise, ChangedMeanwhile, UnknownStandard
from standards.models import Standard
from standards.queries import standard_in_force, versions_of
from standards.tests.conftest import promise, read
from standards.tests.instants import at
from standards.tests.test_admin import address, client_of

pytestmark = pytest.mark.usefixtures("charter")
NOW = at("2026-09-21 10:00")
TODAY = date(2026, 9, 21)


def revise(code: str = "stage-1", version: int = 1, **more: Any) -> Standard:
    values: dict[str, Any] = {"why": "더 빨리 알리려고", "by": SYSTEM, "now": NOW}
    return services.revise_standard(code=code, version=version, **(values | more))


def in_force(code: str = "stage-1") -> Standard:
    return Standard.objects.get(code=code, valid_until=None)


# --- the verb -------------------------------------------------------------------------------------


def test_a_new_version_from_today() -> None:
    old = in_force()
    new = revise(allowance="2h", limit_text="2업무시간*", target=Decimal("0.97"))
    old.refresh_from_db()
    assert (old.valid_until, new.valid_from, new.valid_until) == (TODAY, TODAY, None)
    assert (new.version, new.allowance, new.target, new.revised) == (2, "2h", Decimal("0.97"), True)
    for same in ("number", "quote", "measure", "kinds", "rule", "method", "app", "public"):
        assert getattr(new, same) == getattr(old, same)
    assert list(new.clauses.all()) == list(old.clauses.all())
    assert standard_in_force("stage-1", on=date(2026, 9, 20)) == old
    assert standard_in_force("stage-1", on=TODAY) == new


def test_it_is_on_record() -> None:
    new = revise(allowance="2h", limit_text="2업무시간*")
    event = Event.objects.get()
    assert (event.subject_type, event.subject_id, event.kind) == (
        "standard",
        new.pk,
        "standard-revised",
    )
    assert (event.text, event.at) == ("더 빨리 알리려고", NOW)
    assert event.data == {
        "code": "stage-1",
        "version": 2,
        "changes": {"limit_text": ["4업무시간*", "2업무시간*"], "allowance": ["4h", "2h"]},
    }


def test_what_was_promised_keeps_its_version() -> None:
    promise("a", code="stage-1", start="2026-09-21 09:00")
    due = read("a").due_at
    new = revise(allowance="2h", limit_text="2업무시간*")
    assert (read("a").standard.version, read("a").allowance, read("a").due_at) == (1, "4h", due)
    assert promise("b", code="stage-1", start="2026-09-21 10:00").standard == new
    assert promise("c", code="stage-1", start="2026-09-20 10:00").standard.version == 1


def test_twice_on_one_day() -> None:
    revise(target=Decimal("0.97"))
    new = revise(version=2, target=Decimal("0.98"))
    second = Standard.objects.get(code="stage-1", version=2)
    assert (second.valid_from, second.valid_until) == (TODAY, TODAY)  # in force on no day
    assert standard_in_force("stage-1", on=TODAY) == new
    assert standard_in_force("stage-1", on=date(2026, 9, 20)).version == 1
    assert [version.standard.version for version in versions_of("stage-1")] == [3, 2, 1]


def test_the_day_is_that_of_seoul() -> None:
    assert revise(target=Decimal(1), now=at("2026-09-22 00:30")).valid_from == date(2026, 9, 22)


def test_variants() -> None:
    new = revise(
        "immediate-apology", allowances={"visit_phone": "30m"}, limit_text="30분·4업무시간*"
    )
    assert (new.allowance, new.allowances) == ("4h", {"visit_phone": "30m"})
    row = promise(code="immediate-apology", variant="visit_phone", start="2026-09-21 10:00")
    assert row.allowance == "30m"


def test_the_charters_limit_stays_but_its_target_may_change() -> None:
    new = revise("reply", target=Decimal("0.99"), allowance="7d", limit_text="7일")
    assert (new.target, new.allowance, new.limit_text) == (Decimal("0.99"), "7d", "7일")


@pytest.mark.parametrize(
    ("code", "asked", "field", "words"),
    [
        ("reply", {"allowance": "10d"}, "allowance", "헌장이 정한"),
        ("reply", {"limit_text": "10일*"}, "limit_text", "헌장이 정한"),
        ("visit-wait", {"allowance": "20m"}, "allowance", "헌장이 정한"),
        ("approval", {"allowance": "8h"}, "allowance", "센터가 정한 값"),
        ("supplement", {"allowance": "9d"}, "allowance", "센터가 정한 값"),
        ("staff-meeting", {"allowance": "1d"}, "allowance", "기간으로 재지"),
        ("put-right", {"allowance": "8h"}, "allowance", "기간으로 재지"),
        ("stage-1", {"allowance": "2d"}, "allowance", "‘4h’나 ‘15m’처럼"),
        ("stage-1", {"allowance": "0h"}, "allowance", "‘4h’나 ‘15m’처럼"),
        ("stage-1", {"allowance": "두 시간"}, "allowance", "‘4h’나 ‘15m’처럼"),
        ("stage-1", {"allowance": "9999h"}, "allowance", "한 해 안에"),
        ("stage-1", {"allowance": "2h"}, "limit_text", "새 기간에 맞게"),
        ("stage-1", {"allowances": {"fax": "1h"}}, "allowances", "fax"),
        ("immediate-apology", {"allowances": {"visit_phone": "1d"}}, "allowance_visit_phone", "1"),
        ("survey-published", {"allowance": "8h"}, "allowance", "‘7d’처럼"),
        ("survey-published", {"allowance": "400d"}, "allowance", "한 해 안에"),
        ("stage-1", {"target": Decimal("1.01")}, "target", "100%"),
        ("stage-1", {"target": Decimal("-0.1")}, "target", "0%"),
        ("stage-1", {"target": Decimal("NaN")}, "target", "0%"),
        ("stage-1", {"target": Decimal("0.9555")}, "target", "0.1%"),
        ("stage-1", {"limit_text": "2업무시간"}, "limit_text", "*"),
        ("stage-1", {"limit_text": "  "}, "limit_text", "빈칸"),
        ("stage-1", {"limit_text": "*" * 81}, "limit_text", "80자"),
        ("stage-1", {"measure": ""}, "measure", "빈칸"),
        ("stage-1", {}, "", "바뀐 것이 없습니다"),
        ("stage-1", {"target": Decimal("0.95"), "allowance": "4h"}, "", "바뀐 것이 없습니다"),
        ("stage-1", {"target": Decimal("0.9"), "why": " "}, "why", "까닭"),
    ],
)
def test_what_may_not_be(code: str, asked: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(CannotRevise) as refused:
        revise(code, **asked)
    assert refused.value.field == field
    assert words in str(refused.value)
    assert in_force(code).version == 1
    assert not Event.objects.exists()


def test_only_the_version_that_was_seen() -> None:
    revise(target=Decimal("0.97"))
    with pytest.raises(ChangedMeanwhile):
        revise(target=Decimal("0.98"))
    assert in_force().target == Decimal("0.97")
    with pytest.raises(UnknownStandard):
        revise("no-such-standard", target=Decimal("0.97"))


# --- the data files -------------------------------------------------------------------------------


def test_the_data_leave_alone_what_people_revised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revised = revise(target=Decimal("0.97"))
    assert services.load_charter(today=date(2026, 9, 22)) == 0
    for name in ("standards.toml", "internal.toml"):
        text = (data.DATA / name).read_text(encoding="utf-8")
        changed = text.replace("target = 0.95", "target = 0.96")
        (tmp_path / name).write_text(changed, encoding="utf-8")
    (tmp_path / "evidence.toml").write_text("pages = []\nservices = []\n", encoding="utf-8")
    monkeypatch.setattr(data, "DATA", tmp_path)
    assert services.load_charter(today=date(2026, 9, 23)) > 0
    assert in_force() == revised
    assert in_force("visit-wait").target == Decimal("0.96")
    assert [clause.line for clause in in_force().clauses.all()] == [63]
    assert revise(version=2, target=Decimal("0.98")).version == 3  # people still may


# --- the pages ------------------------------------------------------------------------------------


def form_page(code: str = "stage-1") -> str:
    return f"/admin/standards/standard/{in_force(code).pk}/revise-standard/"


def typed(code: str = "stage-1", **more: Any) -> dict[str, Any]:
    row = in_force(code)
    return {
        "do": "revise_standard",
        "measure": row.measure,
        "limit_text": row.limit_text,
        "allowance": row.allowance,
        "target": "95",
        "why": "더 빨리 알리려고",
    } | more


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.MANAGER, 200),
        (Role.LEAD, 403),
        (Role.ADMINISTRATOR, 403),
        (Role.HANDLER, 403),
        (Role.DESK, 403),
    ],
)
def test_who_may(role: str, status: int) -> None:
    client, page = client_of(role), form_page()
    assert client.get(page).status_code == status
    answer = client.post(page, typed(target="97"))
    assert answer.status_code == (302 if status == 200 else 403)
    assert in_force().version == (2 if status == 200 else 1)


def test_nobody_who_is_not_signed_in() -> None:
    answer = Client().post(form_page(), typed(target="97"))
    assert answer.status_code == 302
    assert "login" in answer["Location"]
    assert in_force().version == 1


def test_a_manager_makes_a_version_and_sees_the_history() -> None:
    client, page, old = client_of(Role.MANAGER), form_page(), in_force()
    before = client.get(address("standard", old.pk)).content.decode()
    assert "새 판 만들기" in before
    assert "자료에서 불러옴" in before
    answer = client.post(
        page, typed(allowance="2h", limit_text="2업무시간*", target="97.5"), follow=True
    )
    text = answer.content.decode()
    assert "2판을 만들었습니다" in text
    assert "더 빨리 알리려고" in text
    assert "97.5%" in text
    assert "새 판 만들기" not in text  # this is the old one's page
    new = in_force()
    assert (new.allowance, new.target) == ("2h", Decimal("0.975"))
    assert Event.objects.get().actor_kind == "staff"
    assert "새 판 만들기" in client.get(address("standard", new.pk)).content.decode()


def test_a_lead_sees_the_history_without_the_button() -> None:
    text = client_of(Role.LEAD).get(address("standard", in_force().pk)).content.decode()
    assert "지난 판과 지금 판" in text
    assert "새 판 만들기" not in text


@pytest.mark.parametrize(
    ("code", "there", "not_there"),
    [
        ("stage-1", ["limit_text", "allowance"], ["allowance_visit_phone", "quote"]),
        ("immediate-apology", ["allowance", "allowance_visit_phone"], []),
        ("reply", ["measure", "target"], ["limit_text", "allowance"]),
        ("approval", ["limit_text"], ["allowance"]),
        ("put-right", ["limit_text"], ["allowance"]),
    ],
)
def test_only_what_is_the_centres_own_is_asked(
    code: str, there: list[str], not_there: list[str]
) -> None:
    text = client_of(Role.MANAGER).get(form_page(code)).content.decode()
    assert all(f'name="{name}"' in text for name in ["measure", "target", "why", *there])
    assert not any(f'name="{name}"' in text for name in not_there)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"allowance": "2d"}, "allowance", "‘4h’나 ‘15m’처럼"),
        ({"target": "101"}, "target", "100"),
        ({"target": ""}, "target", "필수"),
        ({"limit_text": "2업무시간"}, "limit_text", "*를 붙여"),
        ({"allowance": "2h"}, "limit_text", "새 기간에 맞게"),
        ({"why": ""}, "why", "필수"),
    ],
)
def test_an_error_stands_at_its_field(change: dict[str, str], field: str, words: str) -> None:
    answer = client_of(Role.MANAGER).post(form_page(), typed(**change))
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert in_force().version == 1


def test_nothing_changed_is_said() -> None:
    answer = client_of(Role.MANAGER).post(form_page(), typed())
    assert answer.status_code == 422
    assert "바뀐 것이 없습니다" in answer.content.decode()


def test_an_old_page_changes_nothing() -> None:
    client, page = client_of(Role.MANAGER), form_page()
    asked = typed(target="97")
    revise(target=Decimal("0.96"))
    answer = client.post(page, asked)
    assert answer.status_code == 422
    assert "그 사이에" in answer.content.decode()
    assert in_force().version == 2


def test_the_history_costs_the_same_however_long() -> None:
    client = client_of(Role.MANAGER)

    def cost() -> int:
        page = address("standard", in_force().pk)
        client.get(page)
        with CaptureQueriesContext(connection) as found:
            client.get(page)
        return len(found)

    few = cost()
    for version in range(1, 6):
        revise(version=version, target=Decimal("0.9") + Decimal(version) / 1000)
    assert cost() == few
