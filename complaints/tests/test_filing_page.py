"""`/complaints/new/` and `/complaints/received/`: one form, one POST, nothing typed lost."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from complaints import drafts, services
from complaints.models import Complaint
from complaints.numbers import receipt_number
from complaints.tests.conftest import MORNING
from complaints.texts import texts
from notices.models import Notice
from records.models import Consent
from records.queries import files_of

pytestmark = pytest.mark.usefixtures("demo_centre")
NEW = "/complaints/new/"
TOKEN = "6f0d3f0e-8f0f-4f6e-9a53-5d0f5a9f2b11"


@pytest.fixture(autouse=True)
def _clock(demo_centre: None) -> Iterator[None]:
    with time_machine.travel(MORNING, tick=False):
        yield


def typed(**values: Any) -> dict[str, Any]:
    """What a citizen sends who does everything right."""
    return {
        "form_token": TOKEN,
        "kind": "complaint",
        "topic": "record",
        "subject": "두 달 전 봉사 시간이 아직도 안 올라와요",
        "body": "9월에 세 시간 참여했는데 확인서에 나오지 않습니다.",
        "name": "김하람",
        "email": "haram@example.com",
        "reply_by": "email",
        "consent": "on",
        "age_confirmed": "on",
    } | values


def text_file(name: str = "기록.txt", content: str = "한글 내용") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content.encode(), content_type="text/plain")


def page_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def names_of_files(case: Complaint) -> set[str]:
    return {file.name for file in files_of("complaint", case.pk)}


def draft_files() -> list[Path]:
    folder = Path(settings.DATA_DIR) / "drafts"
    return list(folder.iterdir()) if folder.exists() else []


@pytest.fixture(autouse=True)
def _no_drafts() -> Iterator[None]:
    yield
    for path in draft_files():
        path.unlink()


# --- the empty form -----------------------------------------------------------------------------


def test_the_form_has_every_field_that_others_rely_on(client: Client) -> None:
    page = client.get(NEW).content.decode()
    names = {
        "kind", "topic", "subject", "body", "name", "email", "phone", "reply_by", "address", "fax",
        "about_staff", "filed_for", "assistance", "attachments", "previous_receipt_number",
        "publish_consent", "survey_consent", "consent", "age_confirmed", "form_token",
    }  # fmt: skip
    assert names <= set(re.findall(r'name="([a-z_]+)"', page))
    assert 'enctype="multipart/form-data"' in page


def test_the_form_says_what_the_law_asks_of_a_consent(client: Client) -> None:
    page = page_of(client.get(NEW))
    for words in (
        "목적",
        "항목",
        "(선택) 나머지 연락처",
        "처리를 마친 날부터 3년",
        "동의하지 않으실 수",
    ):
        assert words in page
    assert "{{" not in page


def test_kinds_topics_and_help_are_those_of_the_collection(client: Client) -> None:
    page = page_of(client.get(NEW))
    for row in texts()["kinds"]:
        assert row["name"] in page
        assert row["hint"] in page
    assert texts()["help"]["body"] in page
    assert texts()["help"]["about_staff"] in page
    assert "어디에 해당하는지 몰라도 괜찮습니다" in page


def test_the_empty_form_is_cheap_and_private(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    client.get(NEW)
    with django_assert_max_num_queries(4):  # topics, values of the centre, retention, calendar
        response = client.get(NEW)
    assert "private" in response["Cache-Control"]
    assert "no-store" not in response["Cache-Control"], "going back must find what was typed"
    assert "sessionid" not in response.cookies


def test_ids_are_unique_and_each_label_has_its_field(client: Client) -> None:
    page = client.post(NEW, {}).content.decode()
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    targets = re.findall(r'<label[^>]*\sfor="([^"]+)"', page)
    described = [
        one for group in re.findall(r'aria-describedby="([^"]+)"', page) for one in group.split()
    ]
    labelled = re.findall(r'aria-labelledby="([^"]+)"', page)
    assert set(targets) | set(described) | set(labelled) <= set(ids)
    assert set(re.findall(r'href="#(id_[^"]+)"', page)) <= set(ids)


# --- filing -------------------------------------------------------------------------------------


def test_a_filing_becomes_a_case_and_shows_number_and_code(client: Client) -> None:
    response = client.post(NEW, typed())
    assert response.status_code == 302
    assert response["Location"] == reverse("complaints:received")
    case = Complaint.objects.get()
    page = page_of(client.get(response["Location"]))
    assert case.receipt_number in page
    code = re.search(r'id="access-code">(.*?)</span></span>', page)
    assert code is not None
    plain = re.sub(r"<[^>]+>", "", code.group(0).partition(">")[2])
    assert re.fullmatch(r"[23456789A-HJ-NP-Z]{10}", plain), "copied without a gap"
    assert "2026년 9월 16일(수) 18시까지" in page
    assert "다음 날부터 7일째" in page
    opened = services.open_case(
        receipt_number=case.receipt_number, access_code=plain, address="", now=MORNING
    )
    assert opened == case
    assert case.channel == "web"


def test_what_came_along_is_kept(client: Client) -> None:
    client.post(
        NEW,
        typed(
            about_staff="송하늘",
            filed_for="최하린",
            filed_for_relation="자녀",
            assistance=["text_only", "휠체어로 갑니다"],
            publish_consent="on",
            survey_consent="on",
            attachments=[text_file("활동 기록.txt"), text_file("둘째.txt")],
        ),
    )
    case = Complaint.objects.get()
    assert case.filed_for["name"] == "최하린"
    assert case.filed_for["relation"] == "자녀"
    assert case.assistance == "문자로만 연락, 휠체어로 갑니다"
    assert case.publish_consent
    assert case.survey_consent
    assert names_of_files(case) == {"활동 기록.txt", "둘째.txt"}
    assert Consent.objects.filter(subject_id=case.pk, version="2026-1", given=True).exists()


def test_the_same_form_twice_is_one_case_with_the_same_code(client: Client) -> None:
    client.post(NEW, typed())
    first = page_of(client.get("/complaints/received/"))
    again = client.post(NEW, typed())
    second = page_of(client.get(again["Location"]))
    assert Complaint.objects.count() == 1
    assert Notice.objects.filter(template="receipt").count() == 1
    code = re.compile(r'id="access-code">.*?</span></span>')
    assert code.findall(first) == code.findall(second) != []
    assert "이미 접수되었습니다" in second


def test_a_double_click_from_a_browser_without_session_files_once(client: Client) -> None:
    client.post(NEW, typed())
    other = Client()
    other.post(NEW, typed())
    assert Complaint.objects.count() == 1
    assert Complaint.objects.get().receipt_number in page_of(other.get("/complaints/received/"))


@pytest.mark.parametrize(
    "token", ["", "x", "가나다라마바사아자차카타파하가나다라", "a" * 200, None]
)
def test_a_missing_or_strange_token_is_taken_as_a_fresh_one(client: Client, token: Any) -> None:
    values = typed(form_token=token)
    if token is None:
        del values["form_token"]
    for browser in (client, Client()):
        assert browser.post(NEW, values).status_code == 302
    assert Complaint.objects.count() == 2


def test_back_and_sent_again_from_a_page_with_a_new_token_is_the_same_case(client: Client) -> None:
    """The session changed with the filing, so that some browsers fetch the form page anew."""
    client.post(NEW, typed())
    first = page_of(client.get("/complaints/received/"))
    body = typed()["body"].replace(" ", "  ") + "\n"
    again = client.post(NEW, typed(form_token="a1" * 16, body=body))
    second = page_of(client.get(again["Location"]))
    assert Complaint.objects.count() == 1
    code = re.compile(r'id="access-code">.*?</span></span>')
    assert code.findall(first) == code.findall(second) != []
    assert "이미 접수되었습니다" in second
    client.post(NEW, typed(form_token="a2" * 16, body="전혀 다른 이야기입니다."))
    assert Complaint.objects.count() == 2


def test_the_same_words_from_another_browser_are_another_case(client: Client) -> None:
    client.post(NEW, typed())
    other = Client()
    other.post(NEW, typed(form_token="a1" * 16))
    assert Complaint.objects.count() == 2


@pytest.mark.parametrize(
    ("reply_by", "values"),
    [
        ("email", {"email": "Lan@Example.com"}),
        ("phone", {"email": "", "phone": "+82 10-0000-1002"}),
        ("post", {"email": "", "address": "경상북도 안동시 어느길 1"}),
        ("fax", {"email": "", "fax": "054-000-1234"}),
    ],
)
def test_one_contact_is_enough(client: Client, reply_by: str, values: dict[str, str]) -> None:
    assert client.post(NEW, typed(reply_by=reply_by, **values)).status_code == 302
    page = page_of(client.get("/complaints/received/"))
    assert ("접수 알림을 이메일로" in page) is (reply_by == "email")


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("body", "가" * 20_000, "가" * 20_000),
        ("body", unicodedata.normalize("NFD", "한글이 조각나 온다"), "한글이 조각나 온다"),
        ("body", "고맙습니다 👩‍👩‍👧 🙏🏽", "고맙습니다 👩‍👩‍👧 🙏🏽"),
        ("body", "첫 줄\r\n둘째 줄\x00\x07", "첫 줄\n둘째 줄"),
        ("body", "<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("subject", "가" * 200, "가" * 200),
        ("subject", "두 줄로\n쓴 제목", "두 줄로 쓴 제목"),
        ("name", "Nguyễn Thị Lan", "Nguyễn Thị Lan"),
    ],
)
def test_what_people_type_is_kept_as_meant(
    client: Client, name: str, value: str, kept: str
) -> None:
    assert client.post(NEW, typed(**{name: value})).status_code == 302
    assert getattr(Complaint.objects.get(), name) == kept


# --- refusals -----------------------------------------------------------------------------------

RESIDENT = "900101-1234567"


@pytest.mark.parametrize(
    ("values", "words", "target"),
    [
        ({"kind": ""}, "하나를 골라 주십시오", "id_kind_0"),
        ({"kind": "other"}, "하나를 골라 주십시오", "id_kind_0"),
        ({"topic": ""}, "‘잘 모르겠습니다’를 고르셔도", "id_topic_0"),
        ({"topic": "none-such"}, "‘잘 모르겠습니다’를 고르셔도", "id_topic_0"),
        ({"subject": " "}, "제목을 적어 주십시오", "id_subject"),
        ({"subject": "가" * 201}, "지금 201자이니 1자를 줄여", "id_subject"),
        ({"body": "\u200b\x00 \n"}, "내용을 적어 주십시오", "id_body"),
        ({"body": "가" * 20_001}, "20,000자까지 쓰실 수 있습니다. 지금 20,001자", "id_body"),
        ({"name": ""}, "이름을 적어 주십시오", "id_name"),
        ({"reply_by": ""}, "결과를 받으실 방법을 골라", "id_reply_by_0"),
        ({"email": ""}, "이메일로 받으시려면 이메일 칸이 필요합니다", "id_email"),
        ({"reply_by": "phone"}, "전화로 받으시려면 전화 칸이 필요합니다", "id_phone"),
        ({"reply_by": "post"}, "우편으로 받으시려면 우편 주소 칸이 필요합니다", "id_address"),
        ({"reply_by": "fax"}, "팩스로 받으시려면 팩스 칸이 필요합니다", "id_fax"),
        ({"email": "haram@"}, "이메일 주소를 다시 확인해", "id_email"),
        ({"phone": "일이삼"}, "번호를 다시 확인해", "id_phone"),
        ({"consent": ""}, "동의하지 않으시면 전화나 방문, 의견함을", "id_consent"),
        ({"age_confirmed": ""}, "보호자와 함께 전화 (054)855-1365나 방문으로", "id_age_confirmed"),
        ({"filed_for_relation": "자녀"}, "대신하여 쓰시는 분의 이름을", "id_filed_for"),
        ({"body": f"번호는 {RESIDENT}"}, "지워 주십시오", "id_body"),
        ({"subject": RESIDENT}, "지워 주십시오", "id_subject"),
        ({"about_staff": RESIDENT}, "지워 주십시오", "id_about_staff"),
        ({"name": f"홍길동 {RESIDENT}"}, "지워 주십시오", "id_name"),
        ({"address": RESIDENT}, "지워 주십시오", "id_address"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_on_top_and_loses_nothing(
    client: Client, values: dict[str, str], words: str, target: str
) -> None:
    sent = typed(**values)
    response = client.post(NEW, sent)
    page = page_of(response)
    assert response.status_code == 200
    assert not Complaint.objects.exists()
    summary, _, rest = page.partition('</ul>\n    <p class="mt-2">')
    assert words in summary
    assert f'href="#{target}"' in summary
    assert words in rest
    assert 'aria-invalid="true"' in rest
    assert 'role="alert"' in page
    for name in ("subject", "body", "name", "email"):
        if name not in values:
            assert sent[name] in rest
    assert f'name="form_token" value="{TOKEN}"' in page
    if "kind" not in values:
        assert re.search(r'value="complaint" checked', page)


def test_a_resident_number_hidden_in_the_wish_for_help_is_refused(client: Client) -> None:
    response = client.post(NEW, typed(assistance=["text_only", RESIDENT]))
    assert "주민등록번호로 보이는" in page_of(response)
    assert not Complaint.objects.exists()


def test_an_unknown_earlier_number_does_not_tell_which_numbers_there_are(client: Client) -> None:
    unknown = receipt_number(year=2026, sequence=999_999)
    response = client.post(NEW, typed(previous_receipt_number=unknown))
    assert response.status_code == 302


def test_an_earlier_number_that_can_be_none_is_refused_at_its_field(client: Client) -> None:
    page = page_of(client.post(NEW, typed(previous_receipt_number="2026-000001-0")))
    assert 'href="#id_previous_receipt_number"' in page
    assert "접수번호가 맞지 않습니다" in page
    assert not Complaint.objects.exists()


def test_every_field_empty_says_everything_at_once_in_the_order_of_the_page(client: Client) -> None:
    page = client.post(NEW, {}).content.decode()
    targets = re.findall(r'<li><a href="#(id_[a-z_]+?)(?:_0)?">', page)
    assert targets == ["id_kind", "id_topic", "id_subject", "id_body", "id_name", "id_reply_by",
                       "id_consent", "id_age_confirmed"]  # fmt: skip
    assert "8곳을 확인해" in page


def test_hostile_text_comes_back_escaped(client: Client) -> None:
    response = client.post(NEW, typed(kind="", body="</textarea><script>alert(1)</script>"))
    assert b"<script>alert" not in response.content


# --- files --------------------------------------------------------------------------------------


def kept_references(response: Any) -> list[str]:
    return [
        html.unescape(one)
        for one in re.findall(r'name="kept" value="([^"]+)"', response.content.decode())
    ]


def test_good_files_survive_an_error_in_another_field(client: Client) -> None:
    first = client.post(NEW, typed(name="", attachments=[text_file("가.txt"), text_file("나.txt")]))
    references = kept_references(first)
    assert len(references) == 2
    assert "가.txt" in page_of(first)
    second = client.post(NEW, typed(kept=references, attachments=[text_file("다.txt")]))
    assert second.status_code == 302
    case = Complaint.objects.get()
    assert names_of_files(case) == {"가.txt", "나.txt", "다.txt"}
    assert draft_files() == []


def test_a_kept_file_can_be_left_out(client: Client) -> None:
    references = kept_references(
        client.post(NEW, typed(name="", attachments=[text_file("가.txt")]))
    )
    assert references
    client.post(NEW, typed())
    assert not files_of("complaint", Complaint.objects.get().pk).exists()


def test_a_bad_file_is_named_and_the_good_one_kept(client: Client) -> None:
    bad = SimpleUploadedFile("나쁜.exe", b"MZ")
    response = client.post(NEW, typed(attachments=[text_file("좋은.txt"), bad]))
    page = page_of(response)
    assert "‘나쁜.exe’ 파일은 받을 수 없습니다" in page
    assert len(kept_references(response)) == 1
    assert not Complaint.objects.exists()


def test_a_resident_number_in_a_file_name_is_refused_and_not_shown(client: Client) -> None:
    response = client.post(NEW, typed(attachments=[text_file(f"{RESIDENT}.txt")]))
    page = page_of(response)
    assert "파일 이름에 주민등록번호로" in page
    assert RESIDENT not in page


def test_a_sixth_file_is_refused_and_five_are_kept(client: Client) -> None:
    files = [text_file(f"{n}.txt") for n in range(6)]
    response = client.post(NEW, typed(attachments=files))
    assert "‘5.txt’ 파일은 받을 수 없습니다. 파일이 너무 많습니다." in page_of(response)
    references = kept_references(response)
    assert len(references) == 5
    again = client.post(NEW, typed(kept=references, attachments=[text_file("또.txt")]))
    assert "파일이 너무 많습니다" in page_of(again)
    assert client.post(NEW, typed(kept=references)).status_code == 302
    assert files_of("complaint", Complaint.objects.get().pk).count() == 5


def test_a_reference_is_good_for_its_own_form_only(client: Client) -> None:
    references = kept_references(client.post(NEW, typed(name="", attachments=[text_file()])))
    for stolen in (
        typed(kept=references, form_token="another-token-of-another-form"),
        typed(kept=["../../etc/passwd"]),
        typed(kept=[references[0][:-2]]),
    ):
        response = client.post(NEW, stolen)
        assert "앞서 붙이신 파일을 찾지 못했습니다" in page_of(response)
    assert not Complaint.objects.exists()


def test_a_kept_file_is_gone_after_a_day_and_the_form_says_so(client: Client) -> None:
    references = kept_references(client.post(NEW, typed(name="", attachments=[text_file()])))
    with time_machine.travel(MORNING + timedelta(hours=25), tick=False):
        response = client.post(NEW, typed(kept=references))
    assert "다시 붙여 주십시오" in page_of(response)


def test_old_drafts_are_removed() -> None:
    from records.files import CheckedFile  # noqa: PLC0415

    file = CheckedFile("가.txt", "text/plain", b"text", "-")
    drafts.keep([file], form_token=TOKEN)
    assert len(draft_files()) == 1
    assert draft_files()[0].stat().st_mode & 0o777 == 0o600
    assert drafts.purge() == 0
    import os  # noqa: PLC0415

    long_ago = MORNING.timestamp() - 25 * 3600
    os.utime(draft_files()[0], (long_ago, long_ago))
    assert drafts.purge() == 1


def test_drafts_do_not_fill_the_disk(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST_BYTES", 20)
    response = client.post(
        NEW, typed(name="", attachments=[text_file(), text_file(content="가" * 50)])
    )
    assert len(kept_references(response)) == 1


# --- when it cannot be filed ----------------------------------------------------------------------


def test_too_many_filings_from_one_address_say_when_to_come_back(client: Client) -> None:
    for _ in range(30):
        assert Client().post(NEW, typed(form_token="")).status_code == 302
    response = client.post(NEW, typed(form_token=""))
    page = page_of(response)
    assert response.status_code == 429
    assert "60분 뒤에 다시 해 주십시오" in page
    assert typed()["body"] in page
    other = client.post(NEW, typed(form_token=""), REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 302


def test_with_the_database_away_nothing_is_lost(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get(NEW)  # has seen the topics

    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("complaints.services.file_complaint", away)
    monkeypatch.setattr("complaints.topics.Topic.objects.filter", away)
    monkeypatch.setattr("centre.options.Option.objects.filter", away)
    monkeypatch.setattr("centre.options.Option.objects.values_list", away)
    response = client.post(NEW, typed(attachments=[text_file("가.txt")]))
    page = page_of(response)
    assert response.status_code == 503
    assert "지금 접수하지 못했습니다. 쓰신 내용은 이 화면에 남아 있습니다" in page
    assert "다시 보내기" in page
    assert typed()["body"] in page
    references = kept_references(response)
    assert len(references) == 1
    monkeypatch.undo()
    assert client.post(NEW, typed(kept=references)).status_code == 302
    assert files_of("complaint", Complaint.objects.get().pk).count() == 1


def test_without_its_security_token_the_form_comes_back_with_everything() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(NEW, typed())
    page = page_of(response)
    assert response.status_code == 403
    assert "쿠키가 꺼져 있어" in page
    assert typed()["body"] in page
    assert not Complaint.objects.exists()


def test_other_methods_are_refused(client: Client) -> None:
    assert client.put(NEW).status_code == 405


# --- the receipt ----------------------------------------------------------------------------------


def test_the_code_is_shown_for_ten_minutes_and_only_in_this_browser(client: Client) -> None:
    client.post(NEW, typed())
    assert 'id="access-code"' in page_of(client.get("/complaints/received/"))
    assert 'id="access-code"' in page_of(client.get("/complaints/received/")), "a reload shows it"
    assert 'id="access-code"' not in page_of(Client().get("/complaints/received/"))
    with time_machine.travel(MORNING + timedelta(minutes=11), tick=False):
        page = page_of(client.get("/complaints/received/"))
    assert 'id="access-code"' not in page
    assert "확인번호 다시 받기" in page


def test_the_code_is_nowhere_in_plain(client: Client) -> None:
    client.post(NEW, typed())
    page = page_of(client.get("/complaints/received/"))
    code = re.sub(r"<[^>]+>", "", re.findall(r'id="access-code">(.*?)</span></span>', page)[0])
    assert code not in str(dict(client.session))


def test_the_receipt_is_not_stored_by_anyone(client: Client) -> None:
    client.post(NEW, typed())
    response = client.get("/complaints/received/")
    assert "no-store" in response["Cache-Control"]
    assert "김하람" in page_of(response)


def test_who_just_filed_need_not_type_the_code_again(client: Client) -> None:
    client.post(NEW, typed())
    number = Complaint.objects.get().receipt_number
    assert client.get(f"/complaints/{number}/").status_code == 200
