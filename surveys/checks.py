"""What must always be true of surveys; ``manage.py verify`` prints what is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from notices.models import Notice
from standards.models import Commitment
from surveys.models import (
    Answer,
    Invitation,
    Kind,
    Publication,
    Response,
    ResultFinding,
    Status,
    Survey,
)
from surveys.queries import SURVEY
from surveys.services.findings import FINDING, correction_key, decision_key
from surveys.services.inviting import INVITE

_MOST_LINES = 100


def breaches(*, now: datetime) -> Iterator[str]:
    """A line for each breach, naming rows by number: no personal data."""
    yield from _anonymous()
    yield from _joined()
    yield from _once()
    yield from _running(now)
    yield from _published()
    yield from _found()


def _say(rows: QuerySet[Any], what: str) -> Iterator[str]:
    kind = rows.model._meta.model_name
    for pk in rows.order_by("pk").values_list("pk", flat=True)[:_MOST_LINES]:
        yield f"{kind} {pk}: {what}"


def _anonymous() -> Iterator[str]:
    """Nothing leads from an anonymous answer to anybody."""
    rows = Response.objects.filter(survey__confidential=False)
    joined = Q(invitation__isnull=False) | Q(subject_id__isnull=False) | Q(team__isnull=False)
    joined |= Q(topic__isnull=False) | ~Q(channel="") | ~Q(subject_type="")
    yield from _say(rows.filter(joined), "이름 없는 설문의 응답인데 대상과 이어져 있습니다")
    asked = Invitation.objects.filter(survey__confidential=False)
    yield from _say(
        asked.filter(Q(subject_id__isnull=False) | Q(team__isnull=False)),
        "이름 없는 설문의 초대인데 대상과 이어져 있습니다",
    )


def _joined() -> Iterator[str]:
    """A confidential answer has its invitation until it is disposed of (then it has no subject)."""
    rows = Response.objects.filter(survey__confidential=True)
    yield from _say(
        rows.filter(invitation=None, subject_id__isnull=False), "초대 없이 답한 응답입니다"
    )
    yield from _say(
        rows.filter(invitation__used=False), "답했는데 초대가 쓰인 것으로 남지 않았습니다"
    )
    disposed = Exists(rows.filter(survey=OuterRef("survey"), invitation=None))
    used = Invitation.objects.filter(~disposed, survey__confidential=True, used=True)
    yield from _say(used.filter(response=None), "쓰인 초대인데 응답이 없습니다")


def _once() -> Iterator[str]:
    """Whoever was asked was told; what was answered belongs to the survey that it answers."""
    told = Notice.objects.filter(key__startswith=INVITE).values_list("key", flat=True)
    known = {key.removeprefix(INVITE) for key in told.iterator(chunk_size=2_000)}
    rows = Invitation.objects.order_by("pk").values_list("pk", "key")
    lost = (pk for pk, key in rows.iterator(chunk_size=2_000) if key not in known)
    for _, pk in zip(range(_MOST_LINES), lost, strict=False):
        yield f"invitation {pk}: 초대했는데 알린 적이 없습니다"
    yield from _say(
        Answer.objects.exclude(question__survey=F("response__survey")),
        "다른 설문의 문항에 답했습니다",
    )
    answered = Exists(Response.objects.filter(survey=OuterRef("pk")))
    yield from _say(
        Survey.objects.filter(answered, frozen=False), "응답이 있는데 문항이 굳지 않았습니다"
    )


def _running(now: datetime) -> Iterator[str]:
    opened = Survey.objects.open()
    yield from _say(opened.filter(opened_at=None), "열려 있는데 연 때가 없습니다")
    model = Q(kind=Kind.COURSE, subject_id=None)
    yield from _say(opened.filter(~model, closes_at=None), "열려 있는데 마치는 때가 없습니다")
    yield from _say(Survey.objects.ended().filter(closed_at=None), "마쳤는데 마친 때가 없습니다")
    yield from _say(Survey.objects.filter(opened_at__gt=now), "연 때가 지금보다 뒤입니다")


def _published() -> Iterator[str]:
    """What ended with answers has its promise; what is published has its results."""
    answered = Exists(Response.objects.filter(survey=OuterRef("pk")))
    promise = Commitment.objects.filter(
        code="survey-published", subject_type=SURVEY, subject_id=OuterRef("pk")
    )
    yield from _say(
        Survey.objects.ended().filter(answered, ~Exists(promise)), "공개하겠다는 약속이 없습니다"
    )
    results = Exists(Publication.objects.filter(survey=OuterRef("pk")))
    yield from _say(
        Survey.objects.filter(~results, status=Status.PUBLISHED), "공개했는데 결과가 없습니다"
    )


def _found() -> Iterator[str]:
    """A finding has ten days to be decided; what was decided is promised, once."""
    promised = set(Commitment.objects.filter(subject_type=FINDING).values_list("key", flat=True))
    rows = ResultFinding.objects.order_by("pk").values_list("pk", "decided_at")
    for pk, decided_at in rows:
        if decision_key(pk) not in promised:
            yield f"resultfinding {pk}: 조치를 정할 기한이 없습니다"
        if decided_at is not None and correction_key(pk) not in promised:
            yield f"resultfinding {pk}: 정한 조치의 약속이 없습니다"
