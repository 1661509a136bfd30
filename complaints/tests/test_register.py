"""조치 단계 대장: who sees it, what it holds and does not hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from centre.models import StaffMember
from complaints import services
from complaints.tests.conftest import MORNING
from complaints.tests.staff import browser_of, words_of
from complaints.tests.test_repeating import ACCEPTED, FIRST, LATER, answer, letter_told

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]
PAGE = "/admin/complaints/complaint/stages/"


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def ladder(file: File) -> str:
    one = file(**FIRST).complaint
    answer(one, ACCEPTED, now=MORNING)
    two = services.raise_again(complaint_id=one.pk, text="또", now=LATER).complaint
    return letter_told(two, now=LATER).number


@pytest.mark.parametrize(
    ("username", "status"),
    [("seo.yh", 200), ("baek.sw", 200), ("nam.gy", 403), ("im.do", 403), ("sys.admin", 403)],
)
def test_rights(file: File, username: str, status: int) -> None:
    ladder(file)
    assert browser_of(username).get(PAGE).status_code == status


def test_each_team_lead_sees_the_own_teams(file: File) -> None:
    number = ladder(file)
    assert number in words_of(browser_of("baek.sw").get(PAGE))
    assert number not in words_of(browser_of("oh.sr").get(PAGE))


def test_filters(file: File, person: Find) -> None:
    number = ladder(file)
    client = browser_of("seo.yh")
    assert client.get(PAGE).context["page"].paginator.count == 2
    assert client.get(PAGE, {"stage": "2"}).context["page"].paginator.count == 1
    assert client.get(PAGE, {"year": "2020"}).context["page"].paginator.count == 0
    assert client.get(PAGE, {"unsettled": "on"}).context["page"].paginator.count == 1
    assert client.get(PAGE, {"year": "x", "stage": "9"}).status_code == 200
    words = words_of(client.get(PAGE))
    assert number in words
    assert "김하람" not in words


def test_as_many_queries_for_many_as_for_few(
    file: File, django_assert_max_num_queries: Any
) -> None:
    ladder(file)
    client = browser_of("seo.yh")
    client.get(PAGE)
    for n in range(4):
        case = file(email=f"q{n}@example.com", name=f"고객{n}").complaint
        answer(case, ACCEPTED, now=MORNING)
    with django_assert_max_num_queries(28):
        assert client.get(PAGE).context["page"].paginator.count == 6
