"""English for citizens: chosen by a press, kept in a cookie, never on pages of the staff."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from centre import languages
from centre.calendar import SEOUL
from centre.languages import said
from centre.loading import load_centre_data
from centre.models import Absence, StaffMember
from centre.words import english_day, english_instant, said_in_english
from complaints import services
from complaints.models import Complaint
from complaints.services.loading import load_reply_templates
from notices.models import Audience, Notice
from notices.services import deliver
from records.actors import CITIZEN
from standards.services import load_charter
from voc_portal import catalogue

NOW = datetime(2026, 9, 9, 10, 0, tzinfo=SEOUL)
_HANGUL = re.compile("[ㄱ-ㆎ가-힣]")
#: Korean that stays on an English page: the way back, the address, which the post reads.
KEPT = ("한국어", "경상북도 안동시 풍천면 도청대로 455, 경북도청 주민복지관 407호")

PAGES = [
    "/", "/complaints/new/", "/complaints/received/", "/complaints/track/", "/complaints/code/",
    "/complaints/track/?receipt_number=1", "/no-such-page/",
]  # fmt: skip
FILLED = {
    "kind": "complaint",
    "topic": "record",
    "subject": "Hours missing",
    "body": "I helped for three hours at the river and they are not in my record.",
    "name": "Ada Example",
    "reply_by": "email",
    "email": "ada@example.com",
    "consent": "on",
    "age_confirmed": "on",
    "survey_consent": "on",
    "assistance": "text_only",
    "form_token": "0123456789abcdef-english",
}


@pytest.fixture
def centre(db: None, settings: Any) -> Iterator[None]:
    settings.DEMO = True
    load_centre_data(now=datetime(2026, 1, 5, 9, tzinfo=SEOUL), demo=True)
    Absence.objects.all().delete()
    load_charter(today=date(2026, 1, 5))
    load_reply_templates()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def english(client: Client, centre: None) -> Client:
    client.post("/language/", {"language": "en", "next": "/"})
    return client


def page_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def korean_in(page: str, *allowed: str) -> list[str]:
    """Texts and attributes with Hangul, but for what is allowed and what says that it is Korean."""
    for kept in (*KEPT, *allowed):
        page = page.replace(kept, "")
    page = re.sub(r"<(\w+)[^>]*\slang=\"ko\"[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    return [part.strip() for part in re.split(r"[<>]", page) if _HANGUL.search(part)]


def staff_names() -> list[str]:
    return list(StaffMember.objects.values_list("name", flat=True))


# --- the choice ---------------------------------------------------------------------------------


def test_korean_is_shown_whatever_the_browser_says(client: Client, centre: None) -> None:
    page = page_of(client.get("/", headers={"accept-language": "en-US,en;q=0.9"}))
    assert '<html lang="ko">' in page
    assert '<button type="submit" name="language" value="en" lang="en">English</button>' in page


def test_a_press_shows_english_and_another_korean(client: Client, centre: None) -> None:
    answer = client.post("/language/", {"language": "en", "next": "/complaints/new/"})
    assert (answer.status_code, answer["Location"]) == (302, "/complaints/new/")
    cookie = answer.cookies["voc_language"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    page = client.get("/complaints/new/")
    assert '<html lang="en">' in page_of(page)
    assert page["Content-Language"] == "en"
    assert "Cookie" in page["Vary"]
    client.post("/language/", {"language": "ko", "next": "/"})
    assert '<html lang="ko">' in page_of(client.get("/"))


@pytest.mark.parametrize(
    "outside", ["https://example.com/", "//example.com", "javascript:alert(1)"]
)
def test_the_choice_leads_nowhere_else(client: Client, centre: None, outside: str) -> None:
    answer = client.post("/language/", {"language": "en", "next": outside})
    assert answer["Location"] == "/"


def test_a_look_chooses_nothing_and_strange_values_are_korean(client: Client, centre: None) -> None:
    assert client.get("/language/?language=en").status_code == 405
    client.cookies["voc_language"] = "fr'\r\n<script>"
    assert '<html lang="ko">' in page_of(client.get("/"))


def test_the_choice_needs_no_other_cookie(centre: None) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/language/", {"language": "en", "next": "/"})
    assert answer.status_code == 302
    page = strict.get("/")
    assert set(strict.cookies) == {"voc_language"}
    assert '<html lang="en">' in page_of(page)


def test_pages_of_the_staff_stay_korean(english: Client) -> None:
    lead = StaffMember.objects.get(user__username="bae.sj").user
    english.force_login(lead)
    for address in ("/admin/", "/desk/", "/dashboard/", "/accounts/password/change/"):
        page = english.get(address)
        assert page.status_code == 200, address
        text = page_of(page)
        assert '<html lang="ko"' in text, address
        assert "site-language" not in text, address
    assert translation.get_language() == "ko"


def test_a_page_without_english_says_so(english: Client) -> None:
    page = page_of(english.get("/charter/evaluations/"))
    assert '<html lang="ko">' in page
    assert "This page is available in Korean only." in page
    assert 'value="ko" lang="ko">한국어' in page


# --- pages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", PAGES)
def test_no_korean_is_left_on_an_english_page(english: Client, address: str) -> None:
    page = page_of(english.get(address))
    assert '<html lang="en">' in page
    assert not korean_in(page)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-09-09 08:00",
        "2026-09-09 12:30",
        "2026-09-09 19:00",
        "2026-09-12 10:00",
        "2026-09-25 10:00",
    ],
)
def test_whether_we_are_open_is_said_in_english(english: Client, moment: str) -> None:
    with time_machine.travel(datetime.fromisoformat(moment).replace(tzinfo=SEOUL), tick=False):
        page = page_of(english.get("/"))
    assert not korean_in(page)
    assert 'class="state-now mb-3">' in page


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"kind": "complaint", "subject": "x" * 201, "email": "no", "reply_by": "email"},
        {**FILLED, "email": "", "phone": "12"},
        {**FILLED, "body": "900101-1234567"},
        {**FILLED, "previous_receipt_number": "2026-000123-X"},
        {**FILLED, "filed_for_relation": "child"},
        {**FILLED, "topic": "no-such-topic"},
    ],
)
def test_what_is_wrong_is_said_in_english(english: Client, wrong: dict[str, str]) -> None:
    page = page_of(english.post("/complaints/new/", wrong))
    assert "Please check" in page
    assert not korean_in(page)


def test_wrong_numbers_and_too_many_tries_are_said_in_english(english: Client) -> None:
    for _try in range(30):
        answer = english.post(
            "/complaints/track/", {"receipt_number": "2026-000123-H", "access_code": "AAAAAAAAAA"}
        )
        assert not korean_in(page_of(answer))
        if answer.status_code == 429:
            break
    assert answer.status_code == 429


@pytest.mark.parametrize("status", [400, 403, 429, 503])
def test_pages_of_errors_are_english(status: int) -> None:
    with translation.override("en"):
        context: dict[str, Any] = {"portal": {}}
        page = html.unescape(render_to_string(f"{status}.html", context))
    assert not korean_in(page)


def test_the_way_of_a_citizen_in_english(english: Client) -> None:
    """Filed, received, opened anew, asked, answered: each page in English, what is kept in Korean."""
    answer = english.post("/complaints/new/", FILLED, follow=True)
    received = page_of(answer)
    assert "We have received it" in received
    assert "Wed 16 September 2026, 18:00" in received
    assert not korean_in(received)
    case = Complaint.objects.get()
    assert case.language == "en"
    assert case.assistance == "문자로만 연락"
    page = page_of(english.get(f"/complaints/{case.receipt_number}/"))
    assert not korean_in(page)
    english.post(f"/complaints/{case.receipt_number}/", {"do": "message", "text": "One more thing"})
    page = page_of(english.get(f"/complaints/{case.receipt_number}/"))
    assert "We have passed your message on" in page
    assert not korean_in(page)
    page = page_of(english.post(f"/complaints/{case.receipt_number}/", {"do": "withdraw"}))
    assert not korean_in(page)
    assert not [
        n.body for n in Notice.objects.filter(audience=Audience.STAFF) if "Complaint" in n.body
    ]


# --- mails --------------------------------------------------------------------------------------


def test_mails_about_a_case_filed_in_english_are_english(english: Client) -> None:
    """Also those that staff set off later, on Korean pages; mails to staff stay Korean."""
    english.post("/complaints/new/", FILLED)
    case = Complaint.objects.get()
    person = StaffMember.objects.select_related("user", "team").get
    services.confirm_team(complaint_id=case.pk, by=person(user__username=_lead_of(case)), now=NOW)
    case.refresh_from_db()
    services.withdraw(complaint_id=case.pk, by=CITIZEN, now=NOW)
    told = Notice.objects.filter(audience=Audience.CITIZEN)
    assert {notice.template for notice in told} >= {"receipt", "handler-assigned", "withdrawn"}
    names = "|".join(map(re.escape, staff_names()))
    for notice in told:
        assert notice.language == "en"
        text = re.sub(names, "", f"{notice.title}\n{notice.body}")
        for kept in KEPT:
            text = text.replace(kept, "")
        assert not _HANGUL.findall(text), text
    assert "Wed 16 September 2026, 18:00" in told.get(template="receipt").body
    for notice in Notice.objects.filter(audience=Audience.STAFF):
        assert _HANGUL.search(notice.title), notice.title
        assert not re.search(r"Complaint|Volunteer|September|by e-mail", notice.body), notice.body


def _lead_of(case: Complaint) -> str:
    team = case.team
    assert team is not None
    lead = StaffMember.objects.filter(team=team, user__role_grants__role="lead").first()
    assert lead is not None
    return str(lead.user.username)


def test_a_mail_says_its_language(english: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    english.post("/complaints/new/", FILLED)
    deliver(now=NOW)
    hers = [sent for sent in mail.outbox if "ada@example.com" in sent.to[0]]
    assert hers
    for sent in hers:
        assert isinstance(sent, EmailMultiAlternatives)
        assert sent.extra_headers["Content-Language"] == "en"
        assert '<html lang="en">' in str(sent.alternatives[0][0])
    staff = [sent for sent in mail.outbox if "ada@example.com" not in sent.to[0]]
    assert all(sent.extra_headers["Content-Language"] == "ko" for sent in staff)


def test_what_is_said_on_the_phone_is_korean(english: Client) -> None:
    english.post(
        "/complaints/new/", FILLED | {"reply_by": "phone", "email": "", "phone": "01000000000"}
    )
    task = Notice.objects.get(audience=Audience.CITIZEN, template="receipt")
    assert task.language == "ko"
    assert "접수되었습니다" in task.title


def test_a_case_filed_in_korean_stays_korean_when_read_in_english(
    client: Client, centre: None
) -> None:
    client.post("/complaints/new/", FILLED)
    case = Complaint.objects.get()
    client.post("/language/", {"language": "en", "next": "/"})
    client.post(f"/complaints/{case.receipt_number}/", {"do": "withdraw", "confirmed": "yes"})
    case.refresh_from_db()
    assert (case.language, case.state) == ("ko", "withdrawn")
    [notice] = Notice.objects.filter(template="withdrawn")
    assert notice.title.startswith("[고객의 소리] 요청하신 대로 마쳤습니다")


# --- the catalogue and the words ------------------------------------------------------------------


def test_the_catalogue_is_whole_and_compiled() -> None:
    """`make english` brings it up to date; then each line without English is to be written."""
    kept = catalogue.read()
    assert set(kept) == set(catalogue.messages())
    assert [message for message, values in kept.items() if not all(values)] == []
    assert catalogue.MO.read_bytes() == catalogue.compiled()


def test_places_for_values_are_the_same_in_both_languages() -> None:
    place = re.compile(r"%\(\w+\)s|\{\{ \w+ \}\}|\{\w+\}")
    for (singular, plural), values in catalogue.read().items():
        for korean, english in zip((singular, plural), values, strict=False):
            assert set(place.findall(english)) <= set(place.findall(korean or singular)), korean
        assert set(place.findall(singular)) <= set(place.findall(values[0])), singular
        assert not _HANGUL.search("".join(values)), values


@pytest.mark.parametrize(
    ("korean", "english"),
    [
        ("2026년 10월 12일(월) 18시", "Mon 12 October 2026, 18:00"),
        ("2026년 10월 12일(월) 9시 5분", "Mon 12 October 2026, 09:05"),
        ("2026년 10월 12일", "Mon 12 October 2026"),
        ("2026년 13월 40일", ""),
        ("2026년 10월 12일(월) 18시까지", ""),
        ("", ""),
    ],
)
def test_a_date_that_was_written_out_is_read_again(korean: str, english: str) -> None:
    assert said_in_english(korean) == english


def test_dates_are_those_of_seoul() -> None:
    late = datetime.fromisoformat("2026-12-31T15:30:00+00:00")
    assert english_instant(late) == "Fri 1 January 2027, 00:30"
    assert english_day(date(2028, 2, 29)) == "Tue 29 February 2028"


def test_what_is_not_ours_stays_as_it_is() -> None:
    with translation.override("en"):
        assert said("고객지원팀") == "Customer Support Team"
        assert (
            said("바뀐 기한: 2026년 10월 12일(월) 18시까지")
            == "New date: Mon 12 October 2026, 18:00"
        )
        assert said("제가 쓴 글입니다") == "제가 쓴 글입니다"
        assert said("바뀐 기한: ") == "바뀐 기한: "
        assert said("(054)855-1365 (내선 101)") == "(054)855-1365 (ext. 101)"
        with languages.in_korean():
            assert said("고객지원팀") == "고객지원팀"
    assert said("고객지원팀") == "고객지원팀"
