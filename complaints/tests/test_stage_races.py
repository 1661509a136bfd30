"""The stages under real threads on PostgreSQL: decided once, told once."""

from __future__ import annotations

from typing import Any

import pytest

from complaints import services
from complaints.checks import breaches
from complaints.errors import Refused
from complaints.models import ApologyLetter, Caution, Complaint, CorrectiveAction, Review
from complaints.services import cautioning
from complaints.tests.conftest import MORNING
from complaints.tests.test_races import at_once
from complaints.tests.test_repeating import (
    ACCEPTED,
    AGAIN,
    FIRST,
    LATER,
    answer,
    letter_told,
    proposal,
)
from complaints.tests.test_reviewing import DECISION, heard, not_carried_out
from notices.models import Notice
from records.models import Event
from standards.models import Commitment

pytestmark = [pytest.mark.races, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def test_two_confirmations_at_once_begin_one_second_stage(file: Any, person: Any) -> None:
    answer(file(**FIRST).complaint, ACCEPTED, now=MORNING)
    case = file(now=LATER, **AGAIN).complaint
    row = proposal(case)

    def confirm(who: str) -> Complaint:
        return services.confirm_repeat(proposal_id=row.pk, by=person(who), now=LATER)

    done = at_once(*[lambda who=who: confirm(who) for who in ("noh.jh", "bae.sj", "seo.yh")])
    assert sum(isinstance(one, Complaint) for one in done) == 1, done
    assert sum(isinstance(one, Refused) for one in done) == 2, done
    assert Commitment.objects.filter(code="stage-2").count() == 1
    assert ApologyLetter.objects.count() == 1
    assert Notice.objects.filter(template="reopened").count() == 1
    assert Event.objects.filter(kind="repeat-confirmed").count() == 1
    assert list(breaches()) == []


def test_confirmed_and_rejected_at_once_is_one_of_the_two(file: Any, person: Any) -> None:
    answer(file(**FIRST).complaint, ACCEPTED, now=MORNING)
    case = file(now=LATER, **AGAIN).complaint
    pk = proposal(case).pk
    at_once(
        lambda: services.confirm_repeat(proposal_id=pk, by=person("noh.jh"), now=LATER),
        lambda: services.reject_repeat(proposal_id=pk, by=person("bae.sj"), now=LATER),
    )
    confirmed = proposal(case).status == "confirmed"
    assert Commitment.objects.filter(code="stage-2", state="running").exists() == confirmed
    assert list(breaches()) == []


def test_said_again_twice_at_once_is_one_case(file: Any) -> None:
    one = file(**FIRST).complaint
    answer(one, ACCEPTED, now=MORNING)
    at_once(
        *[
            lambda n=n: services.raise_again(
                complaint_id=one.pk, text=f"또 {n}", now=LATER, form_token=f"{n:032x}"
            )
            for n in range(3)
        ]
    )
    assert Complaint.objects.count() == 2
    assert Commitment.objects.filter(code="stage-2").count() == 1


def test_letters_approved_at_once_have_numbers_of_their_own(file: Any, person: Any) -> None:
    cases = []
    for n in range(3):
        who = {"name": f"고객{n}", "email": f"c{n}@example.com", "phone": ""}
        one = file(**FIRST | who).complaint
        answer(one, ACCEPTED, now=MORNING)
        again = services.raise_again(complaint_id=one.pk, text="또", now=LATER)
        cases.append(again.complaint)
    done = at_once(*[lambda case=case: letter_told(case, now=LATER) for case in cases])
    assert sorted(one.number[-4:] for one in done) == ["0001", "0002", "0003"], done


def test_two_verifications_and_two_approvals_at_once(file: Any, person: Any) -> None:
    answer(file(**FIRST).complaint, ACCEPTED, now=MORNING)
    action = CorrectiveAction.objects.get()
    done = at_once(*[lambda: not_carried_out(action, person)] * 2)
    assert Review.objects.count() == 1, done
    review = heard(Review.objects.get(), person)
    cautioning.decide(review_id=review.pk, by=person("seo.yh"), now=LATER, **DECISION)
    approval = review.caution.approvals.get()
    done = at_once(
        *[
            lambda: cautioning.approve_caution(
                approval_id=approval.pk, by=person("moon.tk"), now=LATER
            )
        ]
        * 3
    )
    assert sum(isinstance(one, Review) for one in done) == 1, done
    assert Notice.objects.filter(template="caution-issued").count() == 2


def test_two_managers_decide_at_once_and_the_letter_is_checked_twice(
    file: Any, person: Any
) -> None:
    one = file(**FIRST).complaint
    answer(one, ACCEPTED, now=MORNING)
    not_carried_out(CorrectiveAction.objects.get(), person)
    review = heard(Review.objects.get(), person)

    def decide(who: str) -> Caution:
        return cautioning.decide(review_id=review.pk, by=person(who), now=LATER, **DECISION)

    done = at_once(*[lambda who=who: decide(who) for who in ("seo.yh", "moon.tk")])
    assert sum(isinstance(each, Caution) for each in done) == 1, done
    assert sum(isinstance(each, Refused) for each in done) == 1, done
    assert review.caution.approvals.count() == 1
    assert Notice.objects.filter(template="caution-asked").count() == 1

    two = services.raise_again(complaint_id=one.pk, text="또", now=LATER).complaint
    letter_told(two, now=LATER)
    done = at_once(
        *[
            lambda who=who: services.check_letter(
                complaint_id=two.pk, result="지켜짐", by=person(who), now=LATER
            )
            for who in ("baek.sw", "seo.yh", "moon.tk")
        ]
    )
    assert sum(isinstance(each, ApologyLetter) for each in done) == 1, done
    assert Notice.objects.filter(template="action-verified").count() == 1
    assert list(breaches()) == []
