"""The pages of 헌장 이행 기록 and of ``정보가 달라요``, as they are used."""

from __future__ import annotations

import io
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from centre.factories import LeadFactory, StaffMemberFactory, TeamFactory, UserFactory
from centre.models import Role, StaffMember
from standards.evidence import opening
from standards.evidence.forms import FORMS
from standards.evidence.kinds import SHEET
from standards.models import Charge, Duty, Evidence, Kind, Observation
from standards.tests.instants import at

pytestmark = pytest.mark.usefixtures("charter")
NOW = "2026-03-03 10:00"
BOARD = "/admin/standards/duty/"


@pytest.fixture(autouse=True)
def _today() -> Any:
    with time_machine.travel(at(NOW), tick=False):
        yield


@pytest.fixture
def lead(db: None) -> StaffMember:
    team = TeamFactory(code="support", name="고객지원팀", takes_unassigned=True)
    return LeadFactory(team=team, name="배수정")


@pytest.fixture
def member(db: None) -> StaffMember:
    return StaffMemberFactory(team=TeamFactory(code="activity", name="활동지원팀"), name="송하늘")


def client_of(person: StaffMember) -> Client:
    client = Client()
    client.force_login(person.user, backend="centre.auth.RoleBackend")
    return client


def page(client: Client, address: str = BOARD, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return answer.content.decode()


def address(duty: Duty) -> str:
    return f"{BOARD}{duty.pk}/change/"


def opened(kind: Kind, **values: Any) -> Duty:
    opening.open_periods(now=at(NOW))
    return Duty.objects.get(kind=kind, **values)


# --- the board ------------------------------------------------------------------------------------


def test_an_empty_board_says_so(lead: StaffMember) -> None:
    assert "지금 할 일이 없습니다" in page(client_of(lead))


def test_cards_by_what_is_due_next(lead: StaffMember, member: StaffMember) -> None:
    opening.open_periods(now=at(NOW))
    text = page(client_of(lead))
    places = [text.index(f'id="due-{code}"') for code in ("late", "month", "year") if
              f'id="due-{code}"' in text]  # fmt: skip
    assert places == sorted(places)
    assert "의견 경로 시험" in text
    assert "송하늘" in text  # who leads sees whose training is missing
    assert "0 / 8시간" in text
    theirs = page(client_of(member))
    assert "배수정 팀장 2026년 교육" not in theirs
    assert "송하늘 주임 2026년 교육" in theirs


def test_the_board_costs_the_same_whatever_is_open(lead: StaffMember) -> None:
    client = client_of(lead)

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            page(client)
        return len(found)

    opening.open_periods(now=at(NOW))
    cost()
    few = cost()
    for _n in range(10):
        StaffMemberFactory(team=lead.team)
    opening.open_periods(now=at(NOW))
    assert cost() <= few <= 25


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR])
def test_an_account_that_is_nobody_enters_nothing(role: str, lead: StaffMember) -> None:
    client = Client()
    client.force_login(UserFactory.create(roles=[role]), backend="centre.auth.RoleBackend")
    duty = opened(Kind.GUIDE)
    for where in (BOARD, address(duty), f"{BOARD}enter/training/", f"{BOARD}plan/"):
        assert client.get(where).status_code == 403


def test_only_who_leads_plans(member: StaffMember, lead: StaffMember) -> None:
    for where in ("plan/", "improve/"):
        assert client_of(member).get(BOARD + where).status_code == 403
        assert client_of(lead).get(BOARD + where).status_code == 200


def test_the_charge_is_a_setting(lead: StaffMember, member: StaffMember) -> None:
    opening.open_periods(now=at(NOW))
    before = page(client_of(lead))
    Charge.objects.create(kind=Kind.CALLS, team=member.team, lead=False)
    after = page(client_of(lead))
    part = after[after.index("card-calls") :]
    assert before != after
    assert "맡은 사람: 송하늘" in part[: part.index("</section>")]


# --- forms ----------------------------------------------------------------------------------------


def picture() -> SimpleUploadedFile:
    content = io.BytesIO()
    Image.new("RGB", (8, 8)).save(content, "PNG")
    return SimpleUploadedFile("안내도.png", content.getvalue(), "image/png")


def form_token(client: Client, where: str) -> str:
    text = page(client, where)
    return text.split('name="form_token" value="')[1].split('"')[0]


def send(client: Client, where: str, status: int = 302, **data: Any) -> Any:
    data = {
        "form_token": form_token(client, where), "happened_on": "2026-03-03", "do": "enter", **data
    }  # fmt: skip
    answer = client.post(where, data)
    assert answer.status_code == status, answer.content.decode()
    return answer


def test_every_kind_that_is_entered_here_has_a_form_and_a_page(
    lead: StaffMember, member: StaffMember
) -> None:
    opening.open_periods(now=at(NOW))
    client = client_of(lead)
    for duty in Duty.objects.filter(started_at__lte=at(NOW)):
        text = page(client, address(duty))
        entered_elsewhere = duty.kind not in FORMS
        assert ('method="post" enctype' in text) or "button default" in text or entered_elsewhere


def test_a_channel_in_three_clicks(lead: StaffMember) -> None:
    duty = opened(Kind.CHANNEL, about="fax")
    client = client_of(lead)
    text = page(client, address(duty))
    assert text.count(">같음</td>") == 4  # what is published beside the charter
    send(client, address(duty), arrived="yes", same="yes")
    duty.refresh_from_db()
    assert duty.done_at is not None
    assert "들어옴, 연락처 같음" in page(client)


def test_what_is_missing_is_said_and_nothing_is_lost(lead: StaffMember) -> None:
    duty = opened(Kind.PAGE, about="/charter/")
    client = client_of(lead)
    answer = send(client, address(duty), 422, result="changed", what="")
    assert "무엇을 어떻게 고쳤는지" in answer.content.decode()
    assert 'href="#id_what"' in answer.content.decode()
    answer = send(client, address(duty), 422, result="right", happened_on="2026-03-04")
    assert "아직 오지 않은 때입니다" in answer.content.decode()
    assert 'value="2026-03-04"' in answer.content.decode()
    assert not Evidence.objects.exists()


def test_training_of_several_people_at_once(lead: StaffMember, member: StaffMember) -> None:
    opening.open_periods(now=at(NOW))
    client = client_of(lead)
    where = f"{BOARD}enter/training/"
    send(
        client, where, what="상담 교육", hours="4.5", people=[lead.pk, member.pk], basic="no",
        happened_on="2026-02-10",
    )  # fmt: skip
    assert Evidence.objects.count() == 2
    text = page(client)
    assert "4.5 / 8시간" in text
    assert "20일 뒤에 적음" in text  # 10 February 18:00


def test_the_monitoring_sheet(lead: StaffMember, member: StaffMember) -> None:
    duty = opened(Kind.CALLS)
    client = client_of(lead)
    text = page(client, address(duty))
    assert f'value="{lead.team.pk}"' not in text.split('name="team"')[1].split("</select>")[0]
    said: dict[str, Any] = {name: "yes" for name, _question, _points in SHEET}
    send(client, address(duty), team=member.team.pk, rings="2", **said)
    send(client, address(duty), 422, team=member.team.pk, rings="2")
    assert Observation.objects.filter(kept=1).count() == 2
    assert "벨 2번, 100점" in page(client)


def test_the_guide_with_its_photo(lead: StaffMember) -> None:
    duty = opened(Kind.GUIDE)
    client = client_of(lead)
    where = f"{BOARD}enter/guide/"
    assert f'href="{where}"' in page(client, address(duty))
    send(client, where, 422)
    send(client, where, file=picture())
    text = page(client, address(duty))
    file = text.split(f'href="{BOARD}files/')[1].split('"')[0]
    answer = client.get(f"{BOARD}files/{file}")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.getvalue().startswith(b"\x89PNG")
    answer.close()


def test_a_correction_stands_beside_what_it_corrects(
    lead: StaffMember, member: StaffMember
) -> None:
    duty = opened(Kind.LISTINGS)
    client = client_of(lead)
    send(client, address(duty), checked="10", right="3")
    row = Evidence.objects.get()
    where = f"{BOARD}evidence/{row.pk}/correct/"
    assert client_of(member).get(where).status_code == 403
    answer = send(client, where, 422, checked="10", right="9", do="correct")
    assert 'href="#id_why"' in answer.content.decode()
    send(client, where, checked="10", right="9", why="잘못 봄", do="correct")
    text = page(client, address(duty))
    assert "고쳐짐" in text
    assert "고친 까닭: 잘못 봄" in text
    assert list(Observation.objects.values_list("kept", flat=True)) == [1]
    last = Evidence.objects.latest("pk")
    where = f"{BOARD}evidence/{last.pk}/correct/"
    send(client, where, why="그런 일이 없었음", do="take-back", checked="", right="")
    assert not Observation.objects.exists()
    duty.refresh_from_db()
    assert duty.done_at is None
    assert client.get(where).status_code == 404


def test_a_year_of_meetings_is_planned(lead: StaffMember) -> None:
    client = client_of(lead)
    where = f"{BOARD}plan/"
    days: dict[str, Any] = {
        "month_4": "2026-04-06",
        "month_6": "2026-06-01",
        "month_9": "2026-09-07",
    }
    answer = send(client, where, 422, **days)
    assert "4번 이상" in answer.content.decode()
    send(client, where, 422, **days, month_12="2026-11-30")
    send(client, where, **days, month_12="2026-12-07")
    assert Duty.objects.filter(kind=Kind.MEETING).count() == 4


def test_an_improvement_is_set_and_done(lead: StaffMember, member: StaffMember) -> None:
    client = client_of(lead)
    where = f"{BOARD}improve/"
    asked: dict[str, Any] = {"title": "북부권 교육", "source": "suggestion", "owner": member.pk}
    send(client, where, 422, **asked, due_on="2026-03-03")
    send(client, where, **asked, due_on="2026-05-29")
    duty = Duty.objects.get(kind=Kind.IMPROVEMENT)
    send(client_of(member), address(duty), what="5월에 열었습니다")
    duty.refresh_from_db()
    assert duty.done_at is not None


# --- 정보가 달라요 --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "offered"),
    [
        ("/", True),
        ("/charter/", True),
        ("/complaints/new/", True),
        ("/complaints/received/", False),
        ("/accounts/login/", False),
    ],
)
def test_the_link_stands_on_public_pages_only(
    client: Client, lead: StaffMember, path: str, offered: bool
) -> None:
    answer = client.get(path, follow=True)
    assert ("/charter/different/?page=" in answer.content.decode()) == offered


def test_somebody_reports_and_the_team_puts_it_right(client: Client, lead: StaffMember) -> None:
    where = "/charter/different/?page=%2Fstaff-guide%2F"
    assert not Duty.objects.exists()
    text = page(client, where)
    assert not Duty.objects.exists()  # GET changes nothing
    token = text.split('name="form_token" value="')[1].split('"')[0]
    data = {"form_token": token, "page": "/staff-guide/", "what": ""}
    assert "무엇이 다른지" in client.post("/charter/different/", data).content.decode()
    data["what"] = "내선 502가 다른 분입니다. 제 번호 010-0000-1234"
    answer = client.post("/charter/different/", data, follow=True)
    assert "2026년 3월 6일(금) 10시까지" in answer.content.decode()
    assert client.post("/charter/different/", data, follow=True).status_code == 200
    duty = Duty.objects.get(kind=Kind.REPORT)
    assert (duty.about, duty.page and duty.page.address) == ("/staff-guide/", "/staff-guide/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT detail FROM standards_duty WHERE id = %s", [duty.pk])
        assert "010-0000" not in cursor.fetchone()[0]
    staff = client_of(lead)
    assert "내선 502가 다른 분입니다" in page(staff, address(duty))
    send(staff, address(duty), what="내선을 고쳤습니다")
    duty.refresh_from_db()
    assert duty.done_at is not None


@pytest.mark.parametrize(
    "named", ["https://example.org/", "/complaints/2026-000123-H/", "/admin/", "//example.org", ""]
)
def test_no_other_address_is_taken_over(client: Client, lead: StaffMember, named: str) -> None:
    answer = client.get("/charter/different/", {"page": named})
    assert 'name="page" value="/"' in answer.content.decode()


def test_a_flood_is_stopped_and_says_what_to_do(client: Client, lead: StaffMember) -> None:
    for _n in range(6):
        token = page(client, "/charter/different/").split('name="form_token" value="')[1]
        data = {"form_token": token.split('"')[0], "page": "/", "what": "다릅니다"}
        answer = client.post("/charter/different/", data)
    assert answer.status_code == 422
    assert "한 시간 뒤에" in answer.content.decode()
    assert Duty.objects.filter(kind=Kind.REPORT).count() == 5
