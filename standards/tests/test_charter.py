"""The charter in the database, and its page."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from centre.calendar import FIRST_KNOWN_DAY
from centre.services import set_option
from records.actors import SYSTEM
from standards import charter as data
from standards import registry, services, views
from standards.models import Clause, Commitment, Standard, State
from standards.steps import PLANS
from standards.tests.conftest import promise
from standards.tests.instants import at

INTERNAL = {
    "reply-renewed", "manager-call", "approval", "statement", "supplement", "survey-decision",
}  # fmt: skip


@pytest.mark.django_db
def test_loaded_once() -> None:
    assert services.load_charter(today=date(2026, 1, 1)) == 41
    assert services.load_charter(today=date(2026, 5, 1)) == 0
    assert Standard.objects.filter(public=True).count() == 35
    assert set(Standard.objects.filter(public=False).values_list("code", flat=True)) == INTERNAL
    reply = Standard.objects.get(code="reply")
    assert (reply.version, reply.valid_from, reply.allowance) == (1, FIRST_KNOWN_DAY, "7d")
    assert [clause.line for clause in reply.clauses.all()] == [51]
    assert reply.kinds == ["complaint", "suggestion"]
    apology = Standard.objects.get(code="immediate-apology")
    assert apology.allowances == {"visit_phone": "1h"}
    assert [c.line for c in Standard.objects.get(code="swift-handling").clauses.all()] == [53, 54]


@pytest.mark.django_db
def test_every_promise_has_a_standard_and_every_standard_a_clause() -> None:
    services.load_charter(today=date(2026, 1, 1))
    promises = Clause.objects.filter(kind=Clause.Kind.PROMISE)
    assert not promises.filter(standards=None).exists()
    assert not Standard.objects.filter(public=True, clauses=None).exists()


@pytest.mark.django_db
def test_a_change_makes_a_new_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services.load_charter(today=date(2026, 1, 1))
    for name in ("standards.toml", "internal.toml"):
        text = (data.DATA / name).read_text(encoding="utf-8")
        changed = text.replace(
            'rule = "civil_days"\nallowance = "7d"', 'rule = "petition_days"\nallowance = "7d"'
        )
        (tmp_path / name).write_text(changed, encoding="utf-8")
    (tmp_path / "evidence.toml").write_text("pages = []\nservices = []\n", encoding="utf-8")
    monkeypatch.setattr(data, "DATA", tmp_path)
    assert services.load_charter(today=date(2026, 9, 1)) == 2  # reply and supplement
    old, new = Standard.objects.filter(code="reply").order_by("version")
    assert (old.valid_until, new.valid_from, new.version) == (date(2026, 9, 1), date(2026, 9, 1), 2)
    assert promise("a", start="2026-08-31 10:00").standard == old
    assert promise("b", start="2026-09-01 10:00").standard == new


def test_every_plan_is_of_a_standard_or_an_internal_clock(charter: None) -> None:
    assert set(PLANS) <= set(Standard.objects.values_list("code", flat=True))


# --- the page -------------------------------------------------------------------------------------


def page(client: Client) -> str:
    return client.get("/charter/").content.decode()


def shown(code: str, now: str = "2026-12-01 10:00") -> views.Promise:
    context: dict[str, Any] = views.charter_context(now=at(now))
    found: list[views.Promise] = []

    def walk(lines: list[views.Line]) -> None:
        for line in lines:
            found.extend(promise for promise in line.promises if promise.standard.code == code)
            walk(line.below)

    walk(context["sections"])
    return found[0]


@pytest.mark.django_db
def test_without_a_charter_it_says_so(client: Client) -> None:
    assert "아직 불러오지 않았습니다" in page(client)


def test_every_line_word_for_word_in_order(client: Client, charter: None) -> None:
    from html import unescape  # noqa: PLC0415

    text = unescape(page(client))
    place = text.index("<main")
    for clause in Clause.objects.order_by("line"):
        place = text.index(clause.text, place) + 1


def test_each_standard_says_how_it_is_measured(client: Client, charter: None) -> None:
    text = page(client)
    for standard in Standard.objects.filter(public=True):
        assert f"약속 {standard.number}</" in text or f"약속 {standard.number} " in text
    assert "센터가 정한 기준" in text
    assert "헌장이 정한 기준" in text
    assert "결재 대기" not in text  # internal clocks are nobody's promise


def test_what_is_not_measured_is_said(charter: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_measured", {"reply"})
    assert not shown("visit-wait").measured
    assert shown("reply").measured
    assert shown("reply").rate == ""


def test_kept_of_how_many(charter: None) -> None:
    for number, done in enumerate(["28 10:00", "28 18:00", "28 18:01", None]):
        row = promise(str(number), category="complaint")
        if done:
            when = at(f"2026-09-{done}")
            services.fulfil(key=row.key, at=when, now=when)
    promise("e", category="enquiry")
    services.fulfil(key="e", at=at("2026-09-22 10:00"), now=at("2026-09-22 10:00"))
    promise("w", category="complaint", subject_id=9)
    services.exclude(
        subject_type="test-case", subject_id=9, why="withdrawn", now=at("2026-09-22 10:00")
    )
    Commitment.objects.filter(key="0").update(state=State.KEPT_EXTENDED)
    found = shown("reply")
    tally = found.result.counted
    assert (tally.kept, tally.kept_extended, tally.missed, tally.overdue, tally.excluded) == (
        1,
        1,
        1,
        1,
        1,
    )
    assert tally.n == 3
    assert found.rate == "33.3%"
    assert found.result.others.kept == 1
    assert not found.reached
    assert shown("reply", "2027-01-01 00:00").rate == ""  # another year


def test_observations_count_too(charter: None) -> None:
    services.observe(code="phone-answer", key="o", at=at("2026-09-22 10:00"), kept=14, n=15)
    found = shown("phone-answer")
    assert (found.result.counted.n, found.reached) == (15, True)


def test_a_year_ends_with_its_last_midnight(charter: None) -> None:
    promise(code="annual-survey", start="2026-03-02 10:00")
    services.fulfil(key="a", at=at("2026-12-31 23:00"), now=at("2026-12-31 23:00"))
    assert shown("annual-survey").result.counted.kept == 1


def test_few_cautions_are_hidden(client: Client, charter: None) -> None:
    """Also in the sums, from which they could be found by subtraction."""
    promise("a", code="stage-3", start="2026-09-21 10:00")
    services.fulfil(key="a", at=at("2026-09-21 11:00"), now=at("2026-09-21 11:00"))
    assert shown("stage-3").hidden
    context: Any = views.charter_context(now=at("2026-12-01 10:00"))
    assert context["whole"].tally.n == 0
    assert context["whole"].left_out == 1
    assert context["parts"][-1].overview.tally.n == 0


def test_at_a_glance(charter: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_measured", {"reply", "stage-1"})
    for number, done in enumerate(["15:00", "15:00", "15:01"]):
        promise(str(number), code="stage-1", category="complaint")
        when = at(f"2026-09-21 {done}")
        services.fulfil(key=str(number), at=when, now=when)
    context: Any = views.charter_context(now=at("2026-12-01 10:00"))
    glance = [(part.clause.line, part.overview) for part in context["parts"]]
    assert [(line, found.promises, found.measured) for line, found in glance] == [
        (13, 3, 0),
        (17, 3, 0),
        (20, 2, 0),
        (23, 6, 0),
        (30, 5, 0),
        (35, 4, 0),
        (39, 2, 0),
        (42, 2, 1),
        (52, 8, 1),
    ]
    assert (glance[-1][1].tally.kept, glance[-1][1].tally.n) == (2, 3)
    whole = context["whole"]
    assert (whole.promises, whole.measured, whole.tally.kept, whole.tally.n) == (35, 2, 2, 3)


def test_each_promise_stands_once_and_is_named_where_it_comes_again(
    client: Client, charter: None
) -> None:
    text = page(client)
    for number in range(1, 36):
        assert text.count(f'id="promise-{number}"') == 1
    place = text.index('id="line-54"')
    assert 'href="#promise-14"' in text[place:]
    assert 'href="#promise-30"' in text[place:]


def test_promises_of_one_sentence_say_which_words_they_mean(charter: None) -> None:
    assert shown("charter-evaluation").words == "서비스 이행상태를 평가하고"
    assert shown("receipt-mail").words.endswith("알림 (접수)")
    assert shown("result-mail").words.endswith("알림 (결과)")
    assert shown("reply").words == ""  # the sentence has no other


def test_the_page_says_how_the_date_is_counted(client: Client, charter: None) -> None:
    assert "다음 날부터 셉니다" in str(shown("reply").counted_as)
    set_option(key="reply_rule", value="petition_days", by=SYSTEM, now=at("2026-09-21 10:00"))
    assert "근무일만 셉니다" in str(shown("reply").counted_as)


@pytest.mark.parametrize(
    ("done", "words"),
    [
        ("2026-09-28 18:00", ["1건 가운데 1건 지킴", "100%", "목표 이룸"]),
        ("2026-09-28 18:01", ["1건 가운데 0건 지킴", "0%", "목표에 미치지 못함"]),
        (None, ["1건 가운데 0건 지킴", "기한이 지난 1건 포함"]),
    ],
)
def test_results_in_words(
    client: Client, charter: None, done: str | None, words: list[str]
) -> None:
    promise(category="complaint")
    if done:
        services.fulfil(key="a", at=at(done), now=at(done))
    with time_machine.travel(at("2026-12-01 10:00"), tick=False):
        text = page(client)
    text = text[text.index('id="promise-27"') : text.index('id="promise-28"')]
    assert all(word in text for word in words)


def test_no_case_is_no_rate(client: Client, charter: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_measured", {"reply"})
    text = page(client)
    reply = text[text.index('id="promise-27"') : text.index('id="promise-28"')]
    assert "이 기간에 해당하는 건이 없습니다." in reply
    other = text[text.index('id="promise-28"') : text.index('id="promise-29"')]
    assert "아직 재지 않습니다" in other
    assert "목표 이룸" not in text


def test_the_table_is_one_and_can_be_read_aloud(client: Client, charter: None) -> None:
    text = page(client)
    assert text.count("<table") == 1  # without a case there are no months to show
    assert "<caption>" in text
    assert text.count('scope="row"') == 9 + 1
    assert text.count('scope="rowgroup"') == 2
    assert text.count("<details") == text.count("<summary>") == 35


def test_the_page_costs_the_same_whatever_was_promised(client: Client, charter: None) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            page(client)
        return len(found)

    cost()
    few = cost()
    for number in range(20):
        promise(str(number), code="stage-1")
    assert cost() == few
    assert few <= 25


# --- every promise has a measure ------------------------------------------------------------------


def test_every_promise_of_the_charter_is_measured(charter: None) -> None:
    promised = set(Standard.objects.filter(public=True).values_list("code", flat=True))
    assert len(promised) == 35
    assert registry.measured() == promised


def test_last_year_and_what_is_said_beside_a_figure(
    client: Client, charter: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._asides, "phone-answer", lambda _today: ["덧붙인 말."])
    services.observe(code="phone-answer", key="o", at=at("2025-09-22 10:00"), kept=14, n=15)
    with time_machine.travel(at("2026-12-01 10:00"), tick=False):
        text = page(client)
    text = text[text.index('id="promise-20"') : text.index('id="promise-21"')]
    assert "덧붙인 말." in text
    assert "2025년 결과" in text
    assert "15건 가운데 14건 지킴" in text
    assert "이 기간에 해당하는 건이 없습니다." in text
