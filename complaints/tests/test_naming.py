"""Whom a complaint speaks of, by name or by title: it never reaches that person."""

from __future__ import annotations

from typing import Any

import pytest

from centre.models import StaffMember
from complaints import queries, services
from complaints.checks import breaches
from complaints.errors import NotAllowed, Refused
from complaints.models import Complaint
from complaints.tests.conftest import MORNING
from complaints.tests.test_services import File, Find, fresh
from notices.models import Notice

LEADS = {"bae.sj", "kang.dh", "oh.sr", "kwon.hj", "baek.sw"}


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def out_of(case: Complaint) -> set[str]:
    people = StaffMember.objects.filter(pk__in=queries.kept_out(case))
    return set(people.values_list("user__username", flat=True))


def reached(case: Complaint) -> set[str]:
    """Who reads it, has it, or was told of it."""
    people = StaffMember.objects.select_related("user")
    names = {p.user.username for p in people if queries.may_read(p.user, case)}
    told = Notice.objects.filter(subject_type="complaint", subject_id=case.pk, staff__isnull=False)
    names |= set(told.values_list("staff__user__username", flat=True))
    handler = fresh(case).handler
    return names | ({handler.user.username} if handler else set())


NAMED = [
    ("정보관리팀장", "baek.sw"),
    ("정보관리팀 팀장", "baek.sw"),
    ("정보관리팀의 팀장님", "baek.sw"),
    ("정보관리 팀장님", "baek.sw"),
    ("백팀장", "baek.sw"),
    ("백 팀장님", "baek.sw"),
    ("고객지원팀장", "bae.sj"),
    ("남주임", "nam.gy"),
    ("남 주임님", "nam.gy"),
    ("정보관리팀 주임", "nam.gy"),
    ("가영 씨", "nam.gy"),
    ("남 가영씨", "nam.gy"),
    ("사무처장", "seo.yh"),
    ("서윤하 사무처장님", "seo.yh"),
    ("센터장님", "moon.tk"),
    ("센터 장님", "moon.tk"),
]


@pytest.mark.parametrize(("text", "username"), NAMED)
def test_a_title_of_one_person_names_him(text: str, username: str, file: File) -> None:
    case = file(about_staff=text).complaint
    assert out_of(case) == {username}
    assert not case.about_staff_unclear
    assert username not in reached(case)
    assert list(breaches()) == []


@pytest.mark.parametrize(("text", "username"), NAMED)
def test_in_the_text_of_a_complaint_too(text: str, username: str, file: File) -> None:
    case = file(body=f"어제 {text}이 반말을 했습니다.").complaint
    assert out_of(case) == {username}
    assert username not in reached(case)


@pytest.mark.parametrize(
    "body",
    [
        "센터 장소가 좁습니다.",
        "정보관리팀 장비가 낡았습니다.",
        "팀장님과 통화하고 싶습니다.",
        "담당자가 불친절합니다.",
        "포항시센터장이 설명해 주셨습니다.",
        "남은 주임무가 무엇입니까?",
    ],
)
def test_what_is_not_certain_in_the_text_names_nobody(body: str, file: File) -> None:
    assert out_of(file(body=body).complaint) == set()


@pytest.mark.parametrize("text", ["팀장님", "팀장", "팀 장님", "담당 팀장이라는 분"])
def test_a_lead_is_meant_but_which(text: str, file: File) -> None:
    case = file(about_staff=text).complaint
    assert case.about_staff_unclear
    assert out_of(case) == LEADS
    assert fresh(case).handler.user.username == "seo.yh"  # type: ignore[union-attr]
    assert reached(case) == {"seo.yh", "moon.tk"}
    assert list(breaches()) == []


@pytest.mark.parametrize(
    ("text", "fits", "handler"),
    [
        ("처장님", "seo.yh", "moon.tk"),
        ("국장", "seo.yh", "moon.tk"),
        ("소장님", "moon.tk", "seo.yh"),
    ],
)
def test_one_of_the_two_above_could_be_meant(
    text: str, fits: str, handler: str, file: File, person: Find
) -> None:
    case = file(about_staff=text, topic_code="service").complaint
    assert case.about_staff_unclear
    assert fits not in reached(case)
    assert queries.may_read(person(handler).user, case)


def test_a_name_and_a_lead_beside_it(file: File) -> None:
    case = file(about_staff="남가영 주임과 그 팀장님").complaint
    assert case.about_staff_unclear
    assert out_of(case) == LEADS | {"nam.gy"}
    assert reached(case) == {"seo.yh", "moon.tk"}


def test_a_name_with_its_title_leaves_nothing_open(file: File) -> None:
    case = file(about_staff="백승우 팀장님").complaint
    assert (case.about_staff_unclear, out_of(case)) == (False, {"baek.sw"})


def test_registered_by_staff_the_same_holds(file: File, person: Find) -> None:
    case = file(
        channel="visit", about_staff="정보관리팀장", registered_by=person("im.do")
    ).complaint
    assert out_of(case) == {"baek.sw"}


def test_who_could_be_meant_settles_nothing_and_is_given_nothing(file: File, person: Find) -> None:
    case = file(about_staff="팀장님").complaint
    with pytest.raises(NotAllowed):
        services.settle_about_staff(
            complaint_id=case.pk, person_ids=[], reason="아님", by=person("bae.sj"), now=MORNING
        )
    with pytest.raises(Refused) as refusal:
        services.assign(
            complaint_id=case.pk, handler_id=person("bae.sj").pk, by=person("seo.yh"), now=MORNING
        )
    assert refusal.value.field == "handler"
    services.reassign(
        complaint_id=case.pk,
        team_id=person("oh.sr").team_id,
        reason="교육에 관한 일입니다",
        by=person("seo.yh"),
        now=MORNING,
    )
    assert not reached(case) & LEADS


def test_settled_only_those_meant_stay_out(file: File, person: Find) -> None:
    case = file(about_staff="팀장님").complaint
    services.settle_about_staff(
        complaint_id=case.pk, person_ids=[person("oh.sr").pk], by=person("seo.yh"), now=MORNING
    )
    assert not fresh(case).about_staff_unclear
    assert out_of(case) == {"oh.sr"}
    assert queries.may_read(person("baek.sw").user, case)


def test_that_nobody_is_meant_is_said_with_a_reason_from_outside(file: File, person: Find) -> None:
    case = file(about_staff="머리 긴 직원").complaint

    def settle(by: str, reason: str = "") -> None:
        services.settle_about_staff(
            complaint_id=case.pk, person_ids=[], reason=reason, by=person(by), now=MORNING
        )

    with pytest.raises(Refused) as refusal:
        settle("baek.sw", "우리 팀 사람이 아닙니다")
    assert refusal.value.field == "people"
    with pytest.raises(Refused) as refusal:
        settle("bae.sj")
    assert refusal.value.field == "reason"
    settle("bae.sj", "고객에게 물어보니 다른 기관의 직원이었습니다")
    assert not fresh(case).about_staff_unclear
