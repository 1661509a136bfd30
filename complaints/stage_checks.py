"""What must always be true of the stages of correction; a sentence for each breach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from complaints.models import (
    ApologyLetter,
    Caution,
    CautionApproval,
    Complaint,
    CorrectiveAction,
    Finding,
    RepeatProposal,
    Review,
    State,
    Verification,
)
from notices.models import Notice
from records.models import Event
from standards.models import Commitment

MOST = 100
_UNSETTLED = ["open", "done", "failed"]


def breaches() -> Iterator[str]:
    yield from _apologies()
    yield from _actions()
    yield from _repeats()
    yield from _letters()
    yield from _reviews()


def _say(rows: QuerySet[Any], number: str, what: str) -> Iterator[str]:
    for receipt_number in rows.order_by("pk").values_list(number, flat=True)[:MOST]:
        yield f"{receipt_number}: {what}"


def _of_case(model: Any, ref: str, **more: object) -> Exists:
    rows = model.objects.filter(subject_type="complaint", subject_id=OuterRef(ref), **more)
    return Exists(rows)


def _apologies() -> Iterator[str]:
    """Whoever was told that somebody gets in touch has that promise on record."""
    told = _of_case(Notice, "pk", template="immediate-apology")
    promised = _of_case(Commitment, "pk", code="immediate-apology")
    rows = Complaint.objects.filter(told & ~promised)
    yield from _say(
        rows, "receipt_number", "먼저 연락하기로 한 약속(immediate-apology)이 없습니다."
    )


def _actions() -> Iterator[str]:
    finding = "finding__complaint__receipt_number"
    without = Finding.objects.filter(accepted=True, actions=None)
    yield from _say(without, "complaint__receipt_number", "인정한 지적에 시정조치가 없습니다.")
    own = Verification.objects.filter(by=F("action__owner"))
    yield from _say(own, f"action__{finding}", "자기가 맡은 조치를 스스로 확인했습니다.")
    bare = CorrectiveAction.objects.filter(status="verified")
    bare = bare.filter(Q(evidence="") | Q(done_at=None) | ~Q(verifications__carried_out=True))
    yield from _say(bare, finding, "증거나 확인 없이 이루어진 것으로 된 조치가 있습니다.")
    closed = CorrectiveAction.objects.filter(
        status__in=_UNSETTLED, finding__complaint__state=State.CLOSED
    )
    yield from _say(closed, finding, "조치가 남았는데 마친 건입니다.")
    dated = _of_case(Commitment, "finding__complaint_id", code="put-right")
    loose = CorrectiveAction.objects.filter(~dated)
    yield from _say(loose, finding, "시정조치에 기한(put-right)이 없습니다.")


def _repeats() -> Iterator[str]:
    confirmed = RepeatProposal.objects.filter(status="confirmed", corrected_at=None)
    promised = _of_case(Commitment, "complaint_id", code="stage-2")
    yield from _say(
        confirmed.filter(~promised),
        "complaint__receipt_number",
        "같은 내용으로 확인했는데 2차 조치(stage-2)의 기한이 없습니다.",
    )
    kept = _of_case(Commitment, "pk", code="stage-2", state__in=["kept", "kept_extended"])
    told = ApologyLetter.objects.filter(complaint=OuterRef("pk"), told_at__isnull=False)
    unfounded = Complaint.objects.filter(kept).filter(~Exists(told) | Q(told_at=None))
    yield from _say(
        unfounded.exclude(round__gt=1),
        "receipt_number",
        "결과와 사과문이 없는데 2차 조치가 지킴입니다.",
    )
    link = RepeatProposal.objects.filter(complaint=OuterRef("pk"), status="confirmed")
    stray = Complaint.objects.filter(stage__gt=1).filter(~Exists(link))
    yield from _say(stray, "receipt_number", "확인 없이 2차 이상이 된 건입니다.")


def _letters() -> Iterator[str]:
    number = "complaint__receipt_number"
    out = ApologyLetter.objects.filter(status__in=["approved", "told"])
    yield from _say(out.filter(number=""), number, "나간 사과문에 문서번호가 없습니다.")
    noticed = _of_case(Notice, "complaint_id", template="apology-letter")
    yield from _say(out.filter(~noticed), number, "결재된 사과문을 보낼 알림이 없습니다.")
    again = Concat(
        Value("complaint:"), "complaint_id", Value(":put-right:letter:"), "pk",
        output_field=CharField(),
    )  # fmt: skip
    promised = Exists(Commitment.objects.filter(key=OuterRef("again")))
    sent = out.filter(variant="A", status="told").annotate(again=again)
    yield from _say(
        sent.filter(~promised), number, "사과문에서 약속한 다시 확인(put-right)의 기한이 없습니다."
    )
    said = _of_case(Event, "complaint_id", kind="letter-told")
    yield from _say(
        ApologyLetter.objects.filter(~said, status="told"), number, "사과문을 전한 기록이 없습니다."
    )


def _reviews() -> Iterator[str]:
    """Named by the review's own number: the case is not said to have one."""

    def say(rows: QuerySet[Any], name: str, what: str) -> Iterator[str]:
        for pk in rows.order_by("pk").values_list(name, flat=True)[:MOST]:
            yield f"3차 심의 {pk}: {what}"

    unaccepted = Review.objects.filter(finding__accepted=False)
    yield from say(unaccepted, "pk", "인정하지 않은 지적을 심의합니다.")
    unheard = Review.objects.filter(
        status__in=["deciding", "approving", "issued", "not_issued", "withdrawn"], asked_at=None
    )
    yield from say(unheard, "pk", "소명을 요청하지 않고 정했습니다.")
    clock = Commitment.objects.filter(
        subject_type="review", subject_id=OuterRef("pk"), code="stage-3"
    )
    decided = Review.objects.filter(status__in=["deciding", "approving", "issued", "not_issued"])
    yield from say(decided.filter(~Exists(clock)), "pk", "결정 기한(stage-3)이 없습니다.")
    approved = CautionApproval.objects.filter(caution=OuterRef("pk"), decision="approved")
    issued = Caution.objects.filter(review__status__in=["issued", "withdrawn"])
    yield from say(
        issued.filter(~Exists(approved) | (Q(number="") & Q(team_number=""))),
        "review_id",
        "결재나 문서번호 없이 주의했습니다.",
    )
    own = CautionApproval.objects.filter(approver=F("caution__review__person"))
    yield from say(own, "caution__review_id", "당사자가 결재했습니다.")
