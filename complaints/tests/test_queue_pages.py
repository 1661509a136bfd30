"""Pages of the queue and search among many: nothing twice, nothing left out, nothing not allowed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, cast

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from centre.models import StaffMember, Topic
from complaints.back_office import pages
from complaints.back_office.queue import Stage, Wanted
from complaints.factories import ComplaintFactory
from complaints.filing import Filed
from complaints.models import Complaint, State
from complaints.numbers import receipt_number
from complaints.queries import numbered
from complaints.tests.conftest import MORNING
from complaints.tests.staff import QUEUE, browser_of, page_of, rows_on
from complaints.words import said

pytestmark = pytest.mark.usefixtures("demo_centre")
Find = Callable[[str], StaffMember]
File = Callable[..., Filed]


@pytest.fixture(autouse=True)
def _clock(demo_centre: None) -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


@pytest.fixture
def case(person: Find) -> Callable[..., Complaint]:
    topic, handler = Topic.objects.get(code="record"), person("nam.gy")

    def make(**values: Any) -> Complaint:
        made: Any = ComplaintFactory(**({"topic": topic, "handler": handler} | values))
        return cast("Complaint", made)

    return make


# --- page by page -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [Stage.ALL, Stage.OPEN, Stage.ANSWERED])
def test_every_case_stands_on_one_page_while_others_come_and_go(
    stage: str, case: Any, person: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SIZE", 3)
    state = State.ANSWERED if stage == Stage.ANSWERED else State.REVIEWING
    kinds: list[dict[str, Any]] = [
        {"due_at": MORNING - timedelta(hours=1)},
        {"due_at": False},
        {"state": State.WAITING if stage == Stage.OPEN else state},
        {"received_at": MORNING - timedelta(days=3)},
    ]
    told = {"told_at": MORNING} if stage == Stage.ANSWERED else {}
    first = [case(**({"state": state} | told | kinds[n % 4])) for n in range(11)]
    user, seen, number, after = person("seo.yh").user, [], 1, None
    while True:
        page = pages.page(Wanted(state=stage), user=user, now=MORNING, number=number, after=after)
        seen += [one.pk for one in page.object_list]
        case(state=state, received_at=MORNING, **told)  # one more came
        Complaint.objects.filter(pk=seen[0]).update(state=State.CLOSED)  # and one is gone
        if not page.has_next:
            break
        number, after = number + 1, page.after
    assert len(seen) == len(set(seen))
    assert {one.pk for one in first} <= set(seen)


def test_what_is_not_counted_is_said_to_be_more(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "COUNTED", 4)
    for _one in range(6):
        case()
    client = browser_of("seo.yh")
    assert "4건 넘음" in page_of(client.get(QUEUE))
    assert client.get(f"{QUEUE}?count=1").context["page"].paginator.count == 6
    assert "6건" in page_of(client.get(f"{QUEUE}?count=1"))


def test_addresses_of_pages_that_make_no_sense(case: Any) -> None:
    one = case()
    for query in ("page=-1", "page=9" * 30, "page=2&after=0", "page=2&after=999999999999",
                  "page=x&after=y", "page=²", "after=1", "count=2"):  # fmt: skip
        assert rows_on(browser_of("nam.gy").get(f"{QUEUE}?{query}")) == [one.receipt_number]


# --- words ------------------------------------------------------------------------------------------

_LETTERS = "가각간봉사시간 \t\nabAB01%_\\'\"&|!:*()<>-"
_said = st.text(
    st.sampled_from(_LETTERS) | st.sampled_from("🙂👨‍👩‍👧한글ㄱ"), min_size=1, max_size=25
)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.tuples(_said, _said), min_size=1, max_size=4),
    typed=_said,
    apart=st.booleans(),
)
@example(texts=[("a", "봉사 시간")], typed="봉사시", apart=False)
@example(texts=[("가' | '나", "b")], typed="가'", apart=False)
@example(texts=[("100%", "1_0"), ("1000", "110")], typed="0% 1_", apart=False)
@example(texts=[("한\n글", "한글")], typed="한글", apart=True)
@example(texts=[("AB", "가\\")], typed="가\\ ab", apart=True)
def test_words_are_found_as_one_would_by_reading(
    texts: list[tuple[str, str]], typed: str, apart: bool
) -> None:
    """``apart``: typed as a keyboard sends it that takes syllables apart."""
    sought = [unicodedata.normalize("NFD" if apart else "NFC", word) for word in typed.split()]
    with transaction.atomic():
        topic = Topic.objects.get(code="record")
        read = set()
        for subject, body in texts:
            one: Any = ComplaintFactory(
                topic=topic, handler=None, subject=subject, body=body, due_at=False
            )
            if all(_folded(w) in _folded(subject) or _folded(w) in _folded(body) for w in sought):
                read.add(one.pk)
        assert set(Complaint.objects.filter(said(sought)).values_list("pk", flat=True)) == read
        transaction.set_rollback(True)


@pytest.mark.postgres
def test_words_follow_whatever_is_written(case: Any) -> None:
    one = case(subject="처음 제목", body=unicodedata.normalize("NFD", "É 글"))

    def found(*typed: str) -> bool:
        return Complaint.objects.filter(said(typed), pk=one.pk).exists()

    assert found("처음", "é", "글")
    Complaint.objects.filter(pk=one.pk).update(subject="바뀐 제목")
    assert found("바뀐")
    assert not found("처음")
    Complaint.objects.filter(pk=one.pk).update(subject="", body="")
    assert not found("글")


def test_a_search_shows_only_what_one_may_read(file: File, case: Any) -> None:
    hidden = file(about_staff="백승우", body="드문낱말이 여기 있습니다").complaint
    open_to_all = case(body="드문낱말")
    for typed in ("드문", "드문낱말", "드", hidden.receipt_number, hidden.receipt_number[5:11]):
        assert hidden.receipt_number in rows_on(browser_of("nam.gy").get(QUEUE, {"q": typed}))
        assert hidden.receipt_number not in rows_on(browser_of("baek.sw").get(QUEUE, {"q": typed}))
        assert rows_on(browser_of("song.hn").get(QUEUE, {"q": typed})) == []  # another team's
    assert rows_on(browser_of("baek.sw").get(QUEUE, {"q": "드문"})) == [open_to_all.receipt_number]


@pytest.mark.postgres
def test_a_word_of_many_cases_and_one_of_few_are_both_found_newest_first(
    case: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "SIZE", 2)
    monkeypatch.setattr(pages, "RECENT", 5)
    monkeypatch.setattr(pages, "FOUND", 4)
    rare = case(body="누각", received_at=MORNING - timedelta(days=900))
    many = [case(body="주차", received_at=MORNING - timedelta(days=n)) for n in range(8, 0, -1)]
    client = browser_of("seo.yh")
    response = client.get(QUEUE, {"q": "누각"})
    assert rows_on(response) == [rare.receipt_number]
    assert response.context["page"].paginator == pages.Total(1)
    first = client.get(QUEUE, {"q": "주차"})
    assert rows_on(first) == [many[-1].receipt_number, many[-2].receipt_number]
    assert "가장 새로운 4건" in page_of(first)
    assert rows_on(client.get(QUEUE, {"q": "주차", "page": "2"})) == [
        many[-3].receipt_number,
        many[-4].receipt_number,
    ]


def test_parts_of_a_number(case: Any) -> None:
    one = case(receipt_number=receipt_number(year=2025, sequence=123456))
    other = case(receipt_number=receipt_number(year=2026, sequence=1234))
    for part, found in {"1234": {one, other}, "3456": {one}, "12345": {one}, "001234": {other},
                        "0000": set(), "2026-001234": {other}, "2025123456-": {one}}.items():  # fmt: skip
        assert set(Complaint.objects.filter(numbered(part))) == found, part
