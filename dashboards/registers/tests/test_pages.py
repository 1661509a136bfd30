"""Registers as they are downloaded: who may, what they hold, what is masked, what is logged."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from centre.calendar import seoul_day
from centre.models import StaffMember
from complaints import services
from complaints.factories import ResponseFactory
from complaints.models import Complaint, CorrectiveAction, Response
from complaints.tests.conftest import MORNING
from complaints.tests.staff import browser_of, page_of, rows_on, words_of
from complaints.tests.test_repeating import ACCEPTED, FIRST, LATER, answer, letter_told
from dashboards.registers import base, downloading, forms, views
from dashboards.registers.table import REGISTERS
from dashboards.registers.tests.conftest import body_of, close, csv_in, xlsx_in
from notices.models import Notice
from reception import services as desk
from reception.services import NewNote
from reception.tests.conftest import a_token
from records.models import AccessLog

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]
BASE = "/admin/registers/"
CASES, STAGES, NOTES, VISITS, NOTICES = (
    f"{BASE}{name}/" for name in ("cases", "stages", "callbacks", "visits", "notices")
)
WHY = "감사 자료로 제출하기 위해 내려받음"


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def get(client: Any, address: str, *, kind: str = "csv", **given: str) -> Any:
    """The file."""
    response = client.post(address, {"kind": kind, "personal": "masked", **given})
    assert response.status_code == 200, words_of(response)
    assert response.streaming, words_of(response)
    return response


def logged() -> list[tuple[str, str]]:
    found = AccessLog.objects.filter(what__contains="내려받기").order_by("pk")
    return list(found.values_list("what", "whose"))


# --- who may ------------------------------------------------------------------------------------

ROLES = {
    "seo.yh": {"cases", "stages", "callbacks", "visits", "notices"},  # manager
    "baek.sw": {"cases", "stages", "callbacks", "visits", "notices"},  # lead
    "nam.gy": {"cases", "notices"},  # handler
    "im.do": {"cases", "notices"},  # desk
    "sys.admin": set(),
}


@pytest.mark.parametrize("username", ROLES)
def test_whoever_sees_the_list_downloads_it(file: File, username: str) -> None:
    file()
    client = browser_of(username)
    for name, register in REGISTERS.items():
        allowed = name in ROLES[username]
        status = 200 if allowed else 403
        assert client.get(f"{BASE}{name}/").status_code == status, name
        posted = client.post(f"{BASE}{name}/", {"kind": "csv", "personal": "masked"})
        assert posted.status_code == status, name
        listing = client.get(reverse(register.list_page))
        assert (listing.status_code == 200) is allowed, name
        if allowed:
            assert f'href="{BASE}{name}/' in page_of(listing), name
        close(posted)


def test_strangers_sign_in_first_and_unknown_registers_are_not_found(demo_centre: None) -> None:
    assert browser_of("").get(CASES).status_code == 302
    assert browser_of("seo.yh").get(f"{BASE}cautions/").status_code == 404


def test_only_managers_have_it_plainly_and_only_with_a_reason(file: File) -> None:
    file()
    for username in ("baek.sw", "im.do"):
        client = browser_of(username)
        assert "가리지 않고" not in words_of(client.get(CASES))
        # A forged field changes nothing: it is masked.
        rows = csv_in(get(client, f"{CASES}?state=all", personal="plain", reason=WHY))
        assert {row["민원인"] for row in rows} <= {"김*람"}
        assert AccessLog.objects.filter(whose__contains="가리지 않음").count() == 0
    manager = browser_of("seo.yh")
    for reason in ("", "감사", "   ", "가 나 다 라 마", "감사 자료 900101-1234567 제출 때문에"):
        refused = manager.post(CASES, {"kind": "csv", "personal": "plain", "reason": reason})
        assert refused.status_code == 422
        assert 'id="error-summary"' in page_of(refused)
        assert page_of(refused).count('id="id_reason_error"') == 1
    (row,) = csv_in(get(manager, CASES, personal="plain", reason=WHY))
    assert (row["민원인"], row["이메일"]) == ("김하람", "haram@example.com")
    last = AccessLog.objects.order_by("-pk")[0]
    assert "가리지 않음" in last.whose
    assert WHY in last.reason


def test_a_lead_has_the_own_team_and_nobody_has_cases_about_oneself(
    file: File, person: Find
) -> None:
    mine, about = file().complaint, file(email="b@example.com").complaint
    lead = person("baek.sw")
    Complaint.objects.filter(pk=mine.pk).update(team=person("oh.sr").team, handler=None)
    Complaint.objects.filter(pk=about.pk).update(team=lead.team)

    def numbers(username: str) -> set[str]:
        return {row["접수번호"] for row in csv_in(get(browser_of(username), f"{CASES}?state=all"))}

    assert numbers("seo.yh") == {mine.receipt_number, about.receipt_number}
    assert numbers("baek.sw") == {about.receipt_number}
    file(email="c@example.com")
    about.about_staff.add(lead, through_defaults={"origin": "marked"})
    assert about.receipt_number not in numbers("baek.sw")
    assert about.receipt_number in numbers("seo.yh")


# --- what it holds ------------------------------------------------------------------------------


def answered(case: Complaint) -> None:
    ResponseFactory(
        complaint=case, number=9, status=Response.Status.TOLD, answer="=바로잡았습니다.",
        reason="기록이 빠짐", drafted_by=StaffMember.objects.get(user__username="nam.gy"),
    )  # fmt: skip
    Complaint.objects.filter(pk=case.pk).update(
        state="answered", decision="accepted", told_at=case.received_at + timedelta(hours=50, minutes=30),
    )  # fmt: skip


def test_the_register_has_the_fields_that_are_kept(file: File, person: Find) -> None:
    case = file(subject="김하람 010-1234-5678 확인 부탁", phone="01012345678").complaint
    case.supporting_teams.add(person("oh.sr").team)
    answered(case)
    case.refresh_from_db()
    assert case.team is not None
    (masked,) = xlsx_in(get(browser_of("seo.yh"), f"{CASES}?state=all", kind="xlsx"))
    assert masked["접수번호"] == case.receipt_number
    assert (masked["접수경로"], masked["민원구분"]) == ("인터넷", "불만")
    assert masked["유형"] == case.topic.name
    assert masked["공개여부"] == "비공개"
    assert masked["요청일시"] == datetime.fromisoformat("2026-09-09 10:00")
    assert masked["처리일시"] == datetime.fromisoformat("2026-09-11 12:30")
    assert masked["처리기한"] == datetime.fromisoformat("2026-09-16 18:00")
    assert masked["경과시간(시간)"] == pytest.approx(50.5)
    assert masked["주관 부서"] == case.team.name
    assert masked["협조 부서"] == person("oh.sr").team.name
    assert masked["담당자"] == str(case.handler)
    assert (masked["진행상태"], masked["처리결과"]) == ("답변드림", "수용")
    assert masked["제목"] == "김*람 010-****-5678 확인 부탁"
    assert (masked["내용"], masked["처리내용"]) == ("(가림)", "(가림)")
    assert (masked["민원인"], masked["전화"]) == ("김*람", "010-****-5678")
    plain = get(
        browser_of("seo.yh"), f"{CASES}?state=all", kind="xlsx", personal="plain", reason=WHY
    )
    (row,) = xlsx_in(plain)
    assert row["내용"] == case.body
    assert row["처리내용"] == "=바로잡았습니다.\n까닭: 기록이 빠짐"
    assert (row["민원인"], row["전화"]) == ("김하람", "010-1234-5678")
    assert row.keys() == masked.keys()


def test_nothing_of_a_person_is_in_a_masked_file(file: File) -> None:
    case = file(
        body="제 번호는 010-9999-1234 입니다", phone="010-9999-1234", address="안동시 강남로 1"
    ).complaint
    answered(case)
    for kind in ("csv", "xlsx"):
        sent = get(browser_of("seo.yh"), f"{CASES}?state=all", kind=kind)
        text = str(xlsx_in(sent)) if kind == "xlsx" else body_of(sent).decode()
        for hidden in ("김하람", "haram@", "9999", "강남로", "바로잡았습니다"):
            assert hidden not in text


@pytest.mark.parametrize(
    "query",
    ["", "state=all", "state=ended", "due=overdue", "kind=suggestion&state=all", "q=확인서", "who=mine",
     "q=김하람", "topic=record", "state=nonsense&kind=x", "who=team&state=all", "due=soon&channel=web"],
)  # fmt: skip
def test_it_is_the_list_on_the_screen(file: File, query: str) -> None:
    for n in range(4):
        case = file(
            email=f"q{n}@example.com", kind="suggestion" if n % 2 else "complaint"
        ).complaint
        if n == 3:
            answered(case)
    for username in ("seo.yh", "nam.gy"):
        client = browser_of(username)
        shown = rows_on(client.get(f"/admin/complaints/complaint/?{query}"))
        response = client.post(f"{CASES}?{query}", {"kind": "csv", "personal": "masked"})
        sent = [row["접수번호"] for row in csv_in(response)] if response.streaming else []
        assert sent == shown
        assert f"{len(shown)}건" in words_of(client.get(f"{CASES}?{query}"))


def test_the_button_carries_the_filters_but_not_the_page(file: File) -> None:
    file()
    page = page_of(browser_of("seo.yh").get("/admin/complaints/complaint/?state=all&q=안동&page=3"))
    (address,) = re.findall(rf'href="({CASES}[^"]*)"', page)
    assert "page=" not in address
    assert "state=all" in address
    assert browser_of("seo.yh").get(address.replace("&amp;", "&")).status_code == 200


def test_what_fits_nothing_is_said_before_and_no_file_is_sent(file: File) -> None:
    client = browser_of("seo.yh")
    address = f"{CASES}?q=없는낱말"
    for response in (client.get(address), client.post(address, {"kind": "xlsx"})):
        assert not response.streaming
        assert "내려받을 파일이 없습니다" in words_of(response)
        assert "없는낱말" in words_of(response)
    assert logged() == []


def test_texts_that_break_spreadsheets(file: File) -> None:
    case = file().complaint
    body = "=cmd|'/c calc'!A0 👨‍👩‍👧 שלום \u202e" + "가" * 40_000
    Complaint.objects.filter(pk=case.pk).update(subject="\t@SUM(1)", body=body)
    client = browser_of("seo.yh")
    (row,) = xlsx_in(get(client, CASES, kind="xlsx", personal="plain", reason=WHY))
    assert row["제목"] == "\t@SUM(1)"
    assert row["내용"].startswith("=cmd")
    assert len(row["내용"]) <= 32_767
    (row,) = csv_in(get(client, CASES, personal="plain", reason=WHY))
    assert len(row["내용"]) > 40_000


def test_control_characters_from_elsewhere(file: File) -> None:
    nul = "" if connection.vendor == "postgresql" else "\x00"  # PostgreSQL stores none
    bad = f"가\x01나{nul}\x0b다\ufffe"
    Complaint.objects.filter(pk=file().complaint.pk).update(subject=bad)
    (row,) = xlsx_in(get(browser_of("seo.yh"), CASES, kind="xlsx"))
    assert row["제목"] == "가나다"


# --- the other registers ------------------------------------------------------------------------


def ladder(file: File) -> str:
    one = file(**FIRST).complaint
    answer(one, ACCEPTED, now=MORNING)
    two = services.raise_again(complaint_id=one.pk, text="또", now=LATER).complaint
    return letter_told(two, now=LATER).number


def test_stages(file: File) -> None:
    number = ladder(file)
    CorrectiveAction.objects.update(what="=HYPERLINK(1) 010-1234-5678 정 만식")
    client = browser_of("seo.yh")
    rows = xlsx_in(get(client, STAGES, kind="xlsx"))
    assert {row["단계"] for row in rows} == {"1차", "2차"}
    assert number in {row["사과문 번호"] for row in rows}
    assert "=HYPERLINK(1) 010-****-5678 정*식" in {row["시정조치"] for row in rows}
    assert "주의" not in str(rows)
    assert "김하람" not in str(rows)
    (row,) = csv_in(get(client, f"{STAGES}?stage=2"))
    assert row["사과문 번호"] == number
    assert csv_in(get(client, f"{STAGES}?unsettled=on"))[0]["단계"] == "1차"
    page = client.get("/admin/complaints/complaint/stages/?year=2020")
    assert page.context["page"].paginator.count == 0
    assert "내려받을 파일이 없습니다" in words_of(client.get(f"{STAGES}?year=2020"))


@pytest.fixture
def busy_desk(demo_centre: None, person: Find) -> datetime:
    now, by = timezone.now(), person("im.do")
    desk.arrive(
        form_token=a_token(),
        purpose="consult",
        by=by,
        now=now - timedelta(minutes=20),
        name="=홍길동",
    )
    new = NewNote(
        origin="phone", sought_id=person("baek.sw").pk, name="김하람", contact="010-0000-1234",
        matter="수료증 문의", organisation="봉사단",
    )  # fmt: skip
    desk.take_note(form_token=a_token(), new=new, by=by, now=now - timedelta(minutes=5))
    return now


def test_visits_and_callbacks(busy_desk: datetime) -> None:
    manager = browser_of("seo.yh")
    (visit,) = csv_in(get(manager, VISITS))
    assert visit["용무"] == "상담·문의"
    assert "홍길동" not in visit["성함"]
    (note,) = csv_in(get(manager, NOTES))
    assert (note["성함"], note["연락처"]) == ("김*람", "010-****-1234")
    assert (note["용건"], note["소속"]) == ("(가림)", "(가림)")
    assert (note["끝"], note["경로"]) == ("열림", "전화")
    assert note["회신 기한"]
    (note,) = xlsx_in(get(manager, NOTES, kind="xlsx", personal="plain", reason=WHY))
    assert (note["성함"], note["용건"], note["소속"]) == ("김하람", "수료증 문의", "봉사단")
    assert len(csv_in(get(browser_of("baek.sw"), NOTES))) == 1
    other = browser_of("oh.sr").get(NOTES)
    assert other.status_code in {200, 403}
    assert "김" not in words_of(other).replace("내려받", "") or "0건" in words_of(other)


@pytest.mark.parametrize(
    "query",
    ["first=1926-01-01&last=2126-01-01", "state=over", "team=999999"],
)  # fmt: skip
def test_periods_of_all_kinds(busy_desk: datetime, query: str) -> None:
    manager = browser_of("seo.yh")
    for address, listing in (
        (VISITS, "/admin/reception/visit/"),
        (NOTES, "/admin/reception/contactnote/"),
    ):
        shown = manager.get(f"{listing}?{query}").context["page"].paginator.count
        response = manager.post(f"{address}?{query}", {"kind": "csv", "personal": "masked"})
        assert (len(csv_in(response)) if response.streaming else 0) == shown


@pytest.mark.parametrize(
    "query",
    ["first=2126-01-01&last=1926-01-01", "first=x", "last=9999-12-31",
     "first=0001-01-01&last=9999-12-31"],
)  # fmt: skip
def test_a_period_that_is_none_gives_no_file(busy_desk: datetime, query: str) -> None:
    manager = browser_of("seo.yh")
    for address in (VISITS, NOTES):
        for response in (
            manager.get(f"{address}?{query}"),
            manager.post(f"{address}?{query}", {"kind": "csv", "personal": "masked"}),
        ):
            assert response.status_code == 400
            assert "알아볼 수 없어 아무것도 내려받지 않았습니다" in words_of(response)
    assert logged() == []


def test_the_period_of_a_file_is_said_before_and_in_the_log(busy_desk: datetime) -> None:
    """Also where no day was chosen: the page and the log name the week that was taken."""
    manager, today = browser_of("seo.yh"), seoul_day(timezone.now())
    first = today - timedelta(days=6)
    assert f"첫날 {first} 마지막 날 {today}" in words_of(manager.get(VISITS))
    file = body_of(get(manager, VISITS, kind="xlsx"))
    about = load_workbook(io.BytesIO(file))["내려받은 조건"]
    assert about["B2"].value == f"첫날: {first}\n마지막 날: {today}"
    assert f"첫날: {first}, 마지막 날: {today}" in AccessLog.objects.order_by("pk")[0].reason


def test_notices(file: File) -> None:
    case = file().complaint
    manager = browser_of("seo.yh")
    rows = csv_in(get(manager, f"{NOTICES}?audience__exact=citizen"))
    assert len(rows) == Notice.objects.filter(audience="citizen").count() > 0
    assert {row["접수번호"] for row in rows} == {case.receipt_number}
    assert "haram@" not in str(rows)
    found = (
        manager.get(f"/admin/notices/notice/?q={case.receipt_number}").context["cl"].result_count
    )
    assert len(csv_in(get(manager, f"{NOTICES}?q={case.receipt_number}"))) == found
    plain = csv_in(get(manager, f"{NOTICES}?audience__exact=citizen", personal="plain", reason=WHY))
    assert "김하람 haram@example.com" in {row["받는 사람"] for row in plain}
    assert "답변" not in {heading for heading in plain[0] if heading in {"제목", "내용"}}
    words = words_of(manager.get(f"{NOTICES}?audience__exact=citizen&q=2026"))
    assert "고객" in words
    strange = manager.post(f"{NOTICES}?nonsense__exact=1", {"kind": "csv", "personal": "masked"})
    assert strange.status_code == 400
    assert "알아볼 수 없어" in words_of(strange)


# --- the log ------------------------------------------------------------------------------------


def test_logged_before_the_first_byte_and_after_the_last(file: File) -> None:
    file()
    response = get(browser_of("seo.yh"), f"{CASES}?q=김하람")
    assert logged() == [("처리대장 내려받기 시작", "1건 · 가림")]
    body_of(response)
    assert logged()[1:] == [("처리대장 내려받기 마침", "1건 가운데 1건 · 가림")]
    one = AccessLog.objects.order_by("-pk")[0]
    assert (one.subject_type, one.subject_id, one.address) == ("complaint", None, "127.0.0.1")
    assert "찾기: 김하람" in one.reason
    assert "형식: csv" in one.reason
    with connection.cursor() as cursor:
        cursor.execute("SELECT what, whose, reason FROM records_accesslog")
        assert "김하람" not in str(cursor.fetchall())


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_download_that_is_broken_off(
    file: File, monkeypatch: pytest.MonkeyPatch, kind: str, taken: int
) -> None:
    monkeypatch.setattr(base, "CHUNK", 2)
    monkeypatch.setattr(downloading, "LONG", 1)
    for n in range(5):
        file(email=f"q{n}@example.com")
    response = get(browser_of("seo.yh"), CASES, kind=kind)
    pieces = iter(response.streaming_content)
    for _ in range(taken):
        next(pieces)
    close(response)
    close(response)
    (_start, (what, whose)) = logged()
    assert what == "처리대장 내려받기 끊김"
    assert re.fullmatch(r"5건 가운데 [024]건 · 가림", whose)
    assert not connection.in_atomic_block or connection.savepoint_ids == []
    # Its place is free again, and the next one goes through.
    for _ in range(downloading.AT_ONCE + 1):
        body_of(get(browser_of("seo.yh"), CASES, kind=kind))
    assert logged()[-1][0] == "처리대장 내려받기 마침"


def test_one_that_fails_in_the_middle_is_broken_off_too(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    file()
    response = get(browser_of("seo.yh"), CASES)

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Complaint.objects.__class__, "filter", broken)
    with pytest.raises(ZeroDivisionError):
        list(response.streaming_content)
    monkeypatch.undo()
    close(response)
    assert logged()[-1] == ("처리대장 내려받기 끊김", "1건 가운데 0건 · 가림")


def test_so_many_long_ones_at_once(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "LONG", 0)
    file()
    client = browser_of("seo.yh")
    running = [get(client, CASES) for _ in range(downloading.AT_ONCE)]
    refused = client.post(CASES, {"kind": "csv", "personal": "masked"})
    assert refused.status_code == 503
    assert "다시 눌러 주십시오" in words_of(refused)
    for one in running:
        close(one)
    body_of(get(client, CASES))


def test_a_row_that_is_gone_meanwhile_is_left_out(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    file()
    client = browser_of("seo.yh")
    keys = base.keys_of
    monkeypatch.setattr(views, "keys_of", lambda rows: keys(rows) + type(keys(rows))("q", [10**12]))
    assert len(csv_in(get(client, CASES))) == 1
    assert logged()[-1][1] == "2건 가운데 1건 · 가림"


# --- size ---------------------------------------------------------------------------------------


def test_too_many_for_a_spreadsheet(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (forms, views):
        monkeypatch.setattr(module, "MOST_IN_XLSX", 1)
    for n in range(2):
        file(email=f"q{n}@example.com")
    client = browser_of("seo.yh")
    words = words_of(client.get(CASES))
    assert "엑셀 파일은 1건까지" in words
    assert "1,048,576" not in words
    refused = client.post(CASES, {"kind": "xlsx", "personal": "masked"})
    assert refused.status_code == 422
    assert len(csv_in(get(client, CASES))) == 2


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, ""), (21, " · 약 25초"), (89, " · 약 90초"), (166, " · 약 3분")]
)
def test_how_long_it_takes(seconds: int, words: str) -> None:
    assert forms.took(seconds) == words


def test_the_name_of_the_file(file: File) -> None:
    file()
    response = get(browser_of("seo.yh"), CASES, kind="xlsx")
    named = response["Content-Disposition"]
    body_of(response)
    assert re.fullmatch(
        r"attachment; filename=\"cases-\d{8}\.xlsx\"; filename\*=UTF-8''[%0-9A-Za-z.-]+", named
    )
    assert "%EC%B2%98%EB%A6%AC%EB%8C%80%EC%9E%A5" in named
    assert "no-store" in response["Cache-Control"]


def _counted(client: Any, address: str, **given: str) -> int:
    response = get(client, address, **given)
    with CaptureQueriesContext(connection) as queries:
        body_of(response)
    return len(queries)


@pytest.mark.parametrize(
    ("name", "a_chunk"),
    [("cases", 4), ("stages", 5), ("callbacks", 3), ("visits", 1), ("notices", 5)],
)
def test_queries_of_a_chunk(
    file: File,
    busy_desk: datetime,
    person: Find,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    a_chunk: int,
) -> None:
    """As many for 2 rows as for 1,000; what is the same for all is read once."""
    ladder(file)
    for n in range(3):
        answer(file(email=f"q{n}@example.com", name=f"고객{n}").complaint, ACCEPTED, now=MORNING)
        desk.arrive(form_token=a_token(), purpose="consult", by=person("im.do"), now=busy_desk)
        new = NewNote(
            origin="phone",
            sought_id=person("baek.sw").pk,
            name="김",
            contact="010-0000-1234",
            matter="x",
        )
        desk.take_note(form_token=a_token(), new=new, by=person("im.do"), now=busy_desk)
    client, address = (
        browser_of("seo.yh"),
        f"{BASE}{name}/?state=all" if name == "cases" else f"{BASE}{name}/",
    )
    for given in ({}, {"personal": "plain", "reason": WHY}):
        monkeypatch.setattr(base, "CHUNK", 1_000)
        whole = _counted(client, address, **given)
        assert whole <= a_chunk + 4  # and teams, topics, people, the log
        monkeypatch.setattr(base, "CHUNK", 2)
        rows = len(csv_in(get(client, address)))
        assert rows > 3
        chunks = -(-rows // 2)
        assert _counted(client, address, **given) <= whole + a_chunk * (chunks - 1)


def test_queries_of_the_page(file: File, django_assert_max_num_queries: Any) -> None:
    for n in range(6):
        file(email=f"q{n}@example.com")
    client = browser_of("seo.yh")
    client.get(CASES)
    with django_assert_max_num_queries(14):
        client.get(CASES)
