"""3차: a review, never a caution by itself; heard, decided, approved, withdrawn; seen by few."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from centre.models import Absence, StaffMember
from complaints import services
from complaints.checks import breaches
from complaints.errors import ChangedMeanwhile, NotAllowed, NotFound, NotNow, Refused
from complaints.models import Complaint, CorrectiveAction, Review
from complaints.services import cautioning, repeating, review_papers, reviewing
from complaints.stage_documents import pdf
from complaints.tests.conftest import MORNING, seoul
from complaints.tests.test_repeating import ACCEPTED, FIRST, LATER, answer, letter_told
from notices.models import Notice
from notices.services import deliver
from records.models import Event, StoredFile
from standards.models import Commitment
from standards.services import sweep

File = Callable[..., services.Filed]
Find = Callable[[str], StaffMember]
DECISION: dict[str, Any] = {
    "issue": True,
    "to_person": True,
    "to_team": True,
    "judgement": "기한을 늦추지도 알리지도 않았습니다.",
    "improvement": "절차서를 고칠 것.",
    "improvement_due_on": date(2026, 12, 31),
    "support": "교육을 함께 합니다.",
}


@pytest.fixture(autouse=True)
def _mail_kept_in_memory(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def action(file: File) -> CorrectiveAction:
    case = file(**FIRST).complaint
    answer(case, ACCEPTED, now=MORNING)
    return CorrectiveAction.objects.select_related("finding__complaint").get()


def not_carried_out(action: CorrectiveAction, person: Find, *, now: datetime = LATER) -> Review:
    services.verify_action(
        action_id=action.pk, carried_out=False, note="그대로임", by=person("baek.sw"), now=now
    )
    return Review.objects.get()


def heard(review: Review, person: Find, *, now: datetime = LATER) -> Review:
    reviewing.ask_statement(
        review_id=review.pk, facts="절차서가 그대로임", by=person("seo.yh"), now=now
    )
    reviewing.give_statement(
        review_id=review.pk, text="행사가 겹쳤습니다.", by=person("nam.gy"), now=now
    )
    review.refresh_from_db()
    return review


def approved(review: Review, person: Find, *, now: datetime = LATER) -> Review:
    approval = review.caution.approvals.get(decision="waiting")
    cautioning.approve_caution(approval_id=approval.pk, by=approval.approver, now=now)
    review.refresh_from_db()
    return review


def promise(review: Review) -> Commitment:
    return Commitment.objects.get(key=f"review:{review.pk}:stage-3")


# --- what opens it ------------------------------------------------------------------------------


def test_not_carried_out_opens_a_review_and_no_caution(
    action: CorrectiveAction, person: Find
) -> None:
    review = not_carried_out(action, person)
    assert (review.trigger, review.person, review.status) == (
        "not_carried_out",
        person("nam.gy"),
        "open",
    )
    asked = Notice.objects.get(template="stage-three-review")
    assert asked.staff == person("seo.yh")
    assert not hasattr(review, "caution")
    assert not Commitment.objects.filter(code="stage-3").exists(), "nobody was heard yet"
    services.finish_action(action_id=action.pk, evidence="고침", by=person("nam.gy"), now=LATER)
    services.verify_action(
        action_id=action.pk, carried_out=False, note="아직", by=person("baek.sw"), now=LATER
    )
    assert Review.objects.count() == 1, "one review a finding at a time"


def test_a_missed_action_opens_one_too_and_only_once(
    action: CorrectiveAction, person: Find
) -> None:
    sweep(now=seoul("2026-09-18 18:00"))
    sweep(now=seoul("2026-09-18 18:05"))
    review = Review.objects.get()
    assert review.trigger == "missed"
    reviewing.drop_review(
        review_id=review.pk, reason="기한을 잘못 적음", by=person("seo.yh"), now=LATER
    )
    assert list(breaches()) == []


def test_the_case_tells_nothing_of_it(action: CorrectiveAction, person: Find) -> None:
    review = heard(not_carried_out(action, person), person)
    cautioning.decide(review_id=review.pk, by=person("seo.yh"), now=LATER, **DECISION)
    approved(review, person)
    case = action.finding.complaint
    about_case = Event.objects.filter(subject_type="complaint", subject_id=case.pk)
    words = {"review-opened", "statement-asked", "caution-issued", "caution-approved"}
    assert not about_case.filter(kind__in=words).exists()
    codes = about_case.filter(kind__startswith="clock").values_list("data__code", flat=True)
    assert "stage-3" not in set(codes)
    assert not case.approvals.filter(document="caution").exists()


# --- heard and decided --------------------------------------------------------------------------


def test_heard_decided_approved_issued(action: CorrectiveAction, person: Find) -> None:
    review = not_carried_out(action, person)
    decide = {"review_id": review.pk, "by": person("seo.yh"), **DECISION}
    with pytest.raises(NotNow, match="소명을 들은 뒤"):
        cautioning.decide(now=LATER, **decide)
    reviewing.ask_statement(
        review_id=review.pk, facts="절차서가 그대로임", by=person("seo.yh"), now=LATER
    )
    review.refresh_from_db()
    assert review.statement_until == seoul("2026-10-08 18:00")  # five open days, one holiday
    with pytest.raises(NotFound):
        reviewing.give_statement(review_id=review.pk, text="x", by=person("song.hn"), now=LATER)
    with pytest.raises(NotAllowed):
        reviewing.give_statement(review_id=review.pk, text="x", by=person("baek.sw"), now=LATER)
    at = seoul("2026-10-02 11:00")
    reviewing.give_statement(
        review_id=review.pk, text="행사가 겹쳤습니다.", by=person("nam.gy"), now=at
    )
    assert promise(review).due_at == seoul("2026-10-08 11:00")  # Oct 5 is closed
    with pytest.raises(Refused, match="판단"):
        cautioning.decide(now=at, **decide | {"judgement": " "})
    cautioning.decide(now=at, **decide)
    review.refresh_from_db()
    assert promise(review).state == "running", "decided when the line approved it"
    approval = review.caution.approvals.get()
    with pytest.raises(NotAllowed):
        cautioning.approve_caution(approval_id=approval.pk, by=person("seo.yh"), now=at)
    approved(review, person, now=at)
    assert review.status == "issued"
    assert promise(review).state == "kept"
    assert (review.caution.number, review.caution.team_number) == (
        "경북자봉-고객-2026-0002",
        "경북자봉-고객-2026-0003",
    )
    issued = Notice.objects.filter(template="caution-issued")
    assert set(issued.values_list("staff__name", flat=True)) == {"남가영", "백승우"}
    deliver(now=at)
    assert not [m for m in mail.outbox if "절차서가 그대로임" in m.body], "only behind the sign-in"
    assert list(breaches()) == []


def test_the_line_waits_for_who_is_absent(action: CorrectiveAction, person: Find) -> None:
    review = heard(not_carried_out(action, person), person)
    Absence.objects.create(
        person=person("moon.tk"),
        starts_at=LATER - timedelta(days=1),
        ends_at=LATER + timedelta(days=3),
        reason="trip",
        entered_at=LATER,
    )
    caution = cautioning.decide(review_id=review.pk, by=person("seo.yh"), now=LATER, **DECISION)
    assert caution.approvals.get().approver == person("moon.tk"), "no deputy acts"


def test_silence_until_the_date_starts_the_decision(action: CorrectiveAction, person: Find) -> None:
    review = not_carried_out(action, person)
    reviewing.ask_statement(review_id=review.pk, facts="x", by=person("seo.yh"), now=LATER)
    sweep(now=seoul("2026-10-08 18:00"))
    review.refresh_from_db()
    assert review.status == "deciding"
    assert promise(review).started_at == seoul("2026-10-08 18:00")
    assert promise(review).due_at == seoul("2026-10-14 18:00")  # Oct 9 is a holiday
    with pytest.raises(NotNow):
        reviewing.give_statement(
            review_id=review.pk, text="늦음", by=person("nam.gy"), now=seoul("2026-10-09 10:00")
        )


def test_not_issued_is_kept_too_and_said_to_whom_it_concerned(
    action: CorrectiveAction, person: Find
) -> None:
    review = heard(not_carried_out(action, person), person)
    cautioning.decide(
        review_id=review.pk,
        issue=False,
        judgement="인력 사정이 컸습니다.",
        by=person("seo.yh"),
        now=LATER,
    )
    approval = review.caution.approvals.get()
    with pytest.raises(Refused):
        cautioning.return_caution(
            approval_id=approval.pk, comment="", by=approval.approver, now=LATER
        )
    cautioning.return_caution(
        approval_id=approval.pk, comment="사정을 더 적을 것", by=approval.approver, now=LATER
    )
    cautioning.decide(
        review_id=review.pk,
        issue=False,
        judgement="인력 사정이 컸고 대신할 사람이 없었습니다.",
        by=person("seo.yh"),
        now=LATER,
    )
    approved(review, person)
    assert (review.status, promise(review).state) == ("not_issued", "kept")
    told = Notice.objects.filter(template="caution-not-issued")
    assert set(told.values_list("staff__name", flat=True)) == {"남가영", "백승우"}


def test_withdrawn_both_stay_on_record(action: CorrectiveAction, person: Find) -> None:
    review = heard(not_carried_out(action, person), person)
    cautioning.decide(review_id=review.pk, by=person("seo.yh"), now=LATER, **DECISION)
    approved(review, person)
    cautioning.withdraw_caution(
        review_id=review.pk, reason="사실이 달랐음", by=person("moon.tk"), now=LATER
    )
    review.refresh_from_db()
    assert review.status == "withdrawn"
    kinds = set(Event.objects.filter(subject_type="review").values_list("kind", flat=True))
    assert {"caution-issued", "caution-withdrawn"} <= kinds
    assert StoredFile.objects.filter(subject_type="review").count() == 3
    with pytest.raises(NotNow):
        cautioning.withdraw_caution(
            review_id=review.pk, reason="또", by=person("moon.tk"), now=LATER
        )


def test_of_somebody_who_left_only_the_team_is_cautioned(
    action: CorrectiveAction, person: Find
) -> None:
    review = heard(not_carried_out(action, person), person)
    StaffMember.objects.filter(pk=person("nam.gy").pk).update(left_on=LATER.date())
    cautioning.decide(review_id=review.pk, by=person("seo.yh"), now=LATER, **DECISION)
    approved(review, person)
    caution = review.caution
    assert (caution.to_person, caution.to_team, caution.number) == (False, True, "")
    html = review_papers.caution_document(caution, to_team=True).html()
    assert "남가영" not in html
    assert "팀의 의견과 판단" in html


# --- who sees it --------------------------------------------------------------------------------


def test_seen_only_by_those_concerned(action: CorrectiveAction, person: Find) -> None:
    def seen_by(username: str) -> bool:
        return review_papers.visible_to(person(username).user).exists()

    review = not_carried_out(action, person)
    managers = {"seo.yh", "moon.tk"}
    everybody = set(
        StaffMember.objects.values_list("user__username", flat=True).exclude(user__is_active=False)
    )
    assert {who for who in everybody if seen_by(who)} == managers
    heard(review, person)
    assert {who for who in everybody if seen_by(who)} == managers | {"nam.gy", "baek.sw"}
    lead, own = person("baek.sw").user, person("nam.gy").user
    review.refresh_from_db()
    assert review_papers.files_for(review, lead) == []
    assert len(review_papers.files_for(review, own)) == 1
    for who in ("noh.jh", "im.do", "kang.dh"):
        with pytest.raises(NotFound):
            cautioning.withdraw_caution(review_id=review.pk, reason="x", by=person(who), now=LATER)


def test_a_manager_whom_it_concerns_decides_nothing(action: CorrectiveAction, person: Find) -> None:
    CorrectiveAction.objects.filter(pk=action.pk).update(owner=person("seo.yh"))
    action.refresh_from_db()
    review = not_carried_out(action, person)
    assert Notice.objects.get(template="stage-three-review").staff == person("moon.tk")
    with pytest.raises((NotAllowed, NotFound)):
        reviewing.ask_statement(review_id=review.pk, facts="x", by=person("seo.yh"), now=LATER)


def test_the_documents_can_be_printed(action: CorrectiveAction, person: Find) -> None:
    review = heard(not_carried_out(action, person), person)
    cautioning.decide(review_id=review.pk, by=person("seo.yh"), now=LATER, **DECISION)
    approved(review, person)
    for document in (
        review_papers.request_document(review),
        review_papers.caution_document(review.caution, to_team=False),
        review_papers.caution_document(review.caution, to_team=True),
    ):
        assert pdf(document).startswith(b"%PDF")
        assert "비공개" in document.html()


def test_the_teams_notice_names_nobody_and_has_no_statement(
    action: CorrectiveAction, person: Find
) -> None:
    review = heard(not_carried_out(action, person), person)
    said = DECISION | {
        "statement_summary": "행사가 겹침",
        "judgement": "남가영 주임은 알리지 않았고, 남가영이 맡은 일입니다.",
    }
    cautioning.decide(review_id=review.pk, by=person("seo.yh"), now=LATER, **said)
    caution = approved(review, person).caution
    team = review_papers.caution_document(caution, to_team=True).html()
    assert "남가영" not in team
    assert "담당자는 알리지 않았고, 담당자가 맡은 일입니다." in team
    assert "행사가 겹침" not in team
    own = review_papers.caution_document(caution, to_team=False).html()
    assert "남가영 주임 (정보관리팀)" in own
    assert "행사가 겹침" in own


# --- the whole ladder ---------------------------------------------------------------------------


def test_three_times_the_same_accepted_matter_climbs_all_three_stages(
    action: CorrectiveAction, person: Find
) -> None:
    one = action.finding.complaint
    services.finish_action(action_id=action.pk, evidence="공지함", by=person("nam.gy"), now=MORNING)
    services.verify_action(
        action_id=action.pk, carried_out=True, note="봄", by=person("baek.sw"), now=MORNING
    )
    two = services.raise_again(complaint_id=one.pk, text="또 회신이 없습니다.", now=LATER).complaint
    assert letter_told(two, now=LATER).variant == "A"
    answer(two, ACCEPTED, now=LATER)
    assert not Review.objects.filter(trigger="third_time").exists()

    later = LATER + timedelta(days=19)
    three = services.raise_again(
        complaint_id=two.pk, text="사과 편지까지 받았는데 달라진 게 없습니다.", now=later
    ).complaint
    assert Complaint.objects.get(pk=three.pk).stage == 3
    review = Review.objects.get(complaint=three)
    assert review.trigger == "third_time"
    heard(review, person, now=later)
    cautioning.decide(review_id=review.pk, by=person("seo.yh"), now=later, **DECISION)
    approved(review, person, now=later)
    assert review_papers.receipt_numbers(review).count(",") == 2, "all three times"
    letter_told(three, now=later)
    answer(three, ACCEPTED, now=later)
    deliver(now=later)

    for case in (two, three):
        found = repeating.stage_two(case)
        assert found is not None
        assert found.state == "kept"
        assert Event.objects.filter(subject_id=case.pk, kind="letter-told").count() == 1
        assert Notice.objects.filter(subject_id=case.pk, template="apology-letter").count() == 1
    assert Notice.objects.filter(template="caution-issued").count() == 2
    sent = [m.subject for m in mail.outbox if "사과와 조치 결과" in m.subject]
    assert len(sent) == 2
    sweep(now=later + timedelta(minutes=1))
    assert list(breaches()) == []


def test_the_third_time_undone_drops_the_review(action: CorrectiveAction, person: Find) -> None:
    one = action.finding.complaint
    two = services.raise_again(complaint_id=one.pk, text="또", now=LATER).complaint
    answer(two, ACCEPTED, now=LATER)
    three = services.raise_again(complaint_id=two.pk, text="또또", now=LATER).complaint
    review = Review.objects.get(complaint=three)
    services.undo_repeat(complaint_id=three.pk, reason="다른 일", by=person("noh.jh"), now=LATER)
    review.refresh_from_db()
    assert review.status == "dropped"


def test_two_answers_to_one_decision(action: CorrectiveAction, person: Find) -> None:
    review = heard(not_carried_out(action, person), person)
    cautioning.decide(review_id=review.pk, by=person("seo.yh"), now=LATER, **DECISION)
    approval = review.caution.approvals.get()
    cautioning.approve_caution(approval_id=approval.pk, by=approval.approver, now=LATER)
    with pytest.raises((ChangedMeanwhile, NotNow)):
        cautioning.approve_caution(approval_id=approval.pk, by=approval.approver, now=LATER)
