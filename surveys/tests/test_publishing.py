"""Results are published once, frozen, corrected in the open; opinions let out by a person."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import timedelta

import pytest

from centre.models import StaffMember
from records.models import Event
from standards.models import Commitment
from surveys import services
from surveys.errors import NotAllowed, NotNow, Refused
from surveys.models import Answer, Publication, Status, Survey
from surveys.queries import published_key
from surveys.services import publishing
from surveys.tests.conftest import MORNING
from surveys.tests.filling import fill

pytestmark = pytest.mark.django_db
ENDED = MORNING + timedelta(days=20)
LATER = ENDED + timedelta(days=3)
Publish = Callable[..., Publication]


@pytest.fixture
def ended(opened: Callable[..., Survey], manager: StaffMember) -> Survey:
    survey = opened("visit")
    fill(survey, [{"V1": 5, "V6": 4}] * 12 + [{"V1": 4, "V6": 3, "V7": "전화 연결이 어려워요"}] * 8)
    services.close_survey(survey_id=survey.pk, by=manager, now=ENDED)
    survey.refresh_from_db()
    return survey


@pytest.fixture
def published(ended: Survey, manager: StaffMember) -> Survey:
    publishing.publish(survey_id=ended.pk, by=manager, now=LATER, comment="고맙습니다.")
    ended.refresh_from_db()
    return ended


def test_publishing_freezes_and_keeps_the_promise(ended: Survey, manager: StaffMember) -> None:
    made = publishing.publish(survey_id=ended.pk, by=manager, now=LATER, comment="고맙습니다.")
    ended.refresh_from_db()
    assert (made.number, made.comment, made.correction_why) == (1, "고맙습니다.", "")
    assert (made.results["people"], ended.status) == (20, Status.PUBLISHED)
    promise = Commitment.objects.get(key=published_key(ended))
    assert (promise.state, promise.fulfilled_at) == ("kept", LATER)
    assert Event.objects.filter(kind="survey-published", subject_id=ended.pk).count() == 1


def test_published_too_late_is_a_miss(ended: Survey, manager: StaffMember) -> None:
    publishing.publish(survey_id=ended.pk, by=manager, now=ENDED + timedelta(days=45))
    assert Commitment.objects.get(key=published_key(ended)).state == "missed"


def test_published_once(published: Survey, manager: StaffMember) -> None:
    with pytest.raises(NotNow):
        publishing.publish(survey_id=published.pk, by=manager, now=LATER)
    assert published.publications.count() == 1


def test_not_while_answers_still_come(
    ended: Survey, opened: Callable[..., Survey], manager: StaffMember
) -> None:
    with pytest.raises(NotNow, match="30분"):
        publishing.publish(survey_id=ended.pk, by=manager, now=ENDED + timedelta(minutes=30))
    running = opened("case")
    with pytest.raises(NotNow):
        publishing.publish(survey_id=running.pk, by=manager, now=LATER)


@pytest.mark.parametrize("username", ["bae.sj", "noh.jh", "im.do"])
def test_only_managers_publish(
    ended: Survey, person: Callable[[str], StaffMember], username: str
) -> None:
    with pytest.raises(NotAllowed):
        publishing.publish(survey_id=ended.pk, by=person(username), now=LATER)
    assert not Publication.objects.exists()


def test_what_comes_in_later_changes_nothing_that_was_published(
    published: Survey, manager: StaffMember
) -> None:
    before = copy.deepcopy(published.publications.get().results)
    fill(published, [{"V1": 1, "V6": 1}] * 30)
    assert published.publications.get().results == before


def test_a_correction_stands_beside_what_was_published(
    published: Survey, manager: StaffMember
) -> None:
    fill(published, [{"V1": 1, "V6": 1}] * 6)
    made = publishing.correct(
        survey_id=published.pk, reason="종이로 받은 여섯 장을 빠뜨렸습니다.", by=manager, now=LATER
    )
    first, second = published.publications.order_by("number")
    assert second == made
    assert (first.results["people"], second.results["people"]) == (20, 26)
    assert "numbers_kept" not in second.results


def test_a_correction_of_a_few_leaves_the_numbers(published: Survey, manager: StaffMember) -> None:
    """20 and then 23 answers: whoever holds both together knows how three people answered."""
    fill(published, [{"V1": 1, "V6": 1}] * 3)
    made = publishing.correct(survey_id=published.pk, reason="세 장", by=manager, now=LATER)
    first = published.publications.get(number=1)
    assert made.results == {**first.results, "numbers_kept": True}
    fill(published, [{"V1": 1, "V6": 1}] * 2)  # now five more than in the first
    more = publishing.correct(survey_id=published.pk, reason="모두", by=manager, now=LATER)
    assert (more.number, more.results["people"]) == (3, 25)
    fill(published, [{"V1": 1, "V6": 1}] * 4)
    last = publishing.correct(survey_id=published.pk, reason="넷", by=manager, now=LATER)
    assert last.results["people"] == 25


def test_a_correction_needs_a_reason_and_something_published(
    ended: Survey, manager: StaffMember
) -> None:
    with pytest.raises(NotNow):
        publishing.correct(survey_id=ended.pk, reason="까닭", by=manager, now=LATER)
    publishing.publish(survey_id=ended.pk, by=manager, now=LATER)
    with pytest.raises(Refused) as refused:
        publishing.correct(survey_id=ended.pk, reason="  ", by=manager, now=LATER)
    assert refused.value.field == "reason"


# --- opinions -----------------------------------------------------------------------------------


def opinion(survey: Survey) -> Answer:
    return Answer.objects.filter(question__survey=survey, question__code="V7").order_by("pk")[0]


def test_an_opinion_is_out_only_once_a_person_let_it(
    ended: Survey, person: Callable[[str], StaffMember]
) -> None:
    lead, answer = person("bae.sj"), opinion(ended)
    assert answer.released == ""
    publishing.release_text(answer_id=str(answer.pk), text="전화가 어렵습니다.", by=lead, now=LATER)
    answer.refresh_from_db()
    assert (answer.released, answer.released_by, answer.text) == (
        "전화가 어렵습니다.", lead, "전화 연결이 어려워요",
    )  # fmt: skip
    publishing.withdraw_text(answer_id=str(answer.pk), by=lead, now=LATER)
    answer.refresh_from_db()
    assert (answer.released, answer.released_by, answer.released_at) == ("", None, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "010-1234-5678로 연락 주세요",
        "연락처 054 855 1365",
        "hana@example.com",
        "900101-1234567",
    ],
)
def test_nothing_by_which_somebody_is_reached_is_let_out(
    ended: Survey, person: Callable[[str], StaffMember], text: str
) -> None:
    with pytest.raises(Refused) as refused:
        publishing.release_text(
            answer_id=str(opinion(ended).pk), text=text, by=person("bae.sj"), now=LATER
        )
    assert refused.value.field == "text"


def test_members_let_nothing_out(ended: Survey, person: Callable[[str], StaffMember]) -> None:
    with pytest.raises(NotAllowed):
        publishing.release_text(
            answer_id=str(opinion(ended).pk), text="글", by=person("noh.jh"), now=LATER
        )
