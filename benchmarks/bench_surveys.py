"""Surveys: ten thousand people asked, and ten thousand answers in an hour.

Asking is `invite_consented`, from the cases that said yes to the notices owed, encrypted texts and
all; memory is the most that the process held while it did so. Answers go through the pages: the
form fetched, all 28 questions of the yearly survey filled in, sent.
"""

from __future__ import annotations

import re
import time
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.database import scratch_database
from benchmarks.report import CannotRun, Report

PEOPLE, ANSWERS = 10_000, 500
AIM_SECONDS, AIM_MEGABYTES, AIM_ANSWERS_AN_HOUR = 60.0, 200.0, 10_000.0
_BATCH = 1_000


def bench(report: Report) -> None:
    with scratch_database():
        survey = _prepare()
        kind = connection.vendor
        _ask(report, kind)
        _answer(report, survey, kind)


def _prepare() -> Any:
    from centre.loading import load_centre_data  # noqa: PLC0415
    from centre.models import Option, StaffMember, Topic  # noqa: PLC0415
    from complaints.models import Complaint  # noqa: PLC0415
    from complaints.numbers import receipt_number  # noqa: PLC0415
    from records.crypto import blind_index  # noqa: PLC0415
    from surveys import services  # noqa: PLC0415
    from surveys.models import Survey  # noqa: PLC0415

    now = timezone.now()
    load_centre_data(now=now, demo=True)
    topic = Topic.objects.select_related("team").all()[0]
    rows = (
        Complaint(
            receipt_number=receipt_number(year=2025, sequence=n + 1),
            kind="enquiry", topic=topic, team=topic.team, channel="web", subject="물음", body="내용",
            name="김하람", email=f"citizen{n}@example.com", reply_by="email", state="closed",
            email_index=blind_index("email", f"citizen{n}@example.com"),
            received_at=now - timedelta(days=30), registered_at=now - timedelta(days=30),
            survey_consent=True,
        )
        for n in range(PEOPLE)
    )  # fmt: skip
    while batch := list(islice(rows, _BATCH)):
        Complaint.objects.bulk_create(batch)
    Option.objects.create(key="survey_answers_per_address", value="100000")
    manager = StaffMember.objects.select_related("user").get(position="secretary_general")
    survey = services.create_survey(kind="yearly", by=manager, now=now)
    Survey.objects.filter(pk=survey.pk).update(
        closes_at=now + timedelta(days=30), asks_consented=True
    )
    return services.open_survey(survey_id=survey.pk, by=manager, now=now)


def _ask(report: Report, kind: str) -> None:
    from surveys import services  # noqa: PLC0415

    _forget_peak()
    began = time.perf_counter()
    asked = services.invite_consented(now=timezone.now())
    seconds = time.perf_counter() - began
    if asked != PEOPLE:
        raise CannotRun(f"asked {asked} of {PEOPLE}")
    report.cost(f"10,000 people asked ({kind})", seconds, "s", aim=AIM_SECONDS)
    report.cost(f"most memory held while asking ({kind})", _peak(), "MB", aim=AIM_MEGABYTES)


def _forget_peak() -> None:
    """From now on the kernel counts the most that this process holds anew."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    if found is None:
        raise CannotRun("the kernel does not say how much memory was held")
    return int(found[1]) / 1024


def _answer(report: Report, survey: Any, kind: str) -> None:
    from surveys.models import Response  # noqa: PLC0415
    from surveys.queries import with_questions  # noqa: PLC0415

    full = with_questions(type(survey).objects.filter(pk=survey.pk)).get()
    filled = {row.code: _reply(row.type) for row in full.questions.all()}
    address = f"/surveys/{survey.slug}/"
    Client().get(address)
    began = time.perf_counter()
    for _ in range(ANSWERS):
        client = Client()
        page = client.get(address).content.decode()
        hidden = dict(re.findall(r'name="(nonce|edition)" value="([^"]*)"', page))
        client.post(address, hidden | filled)
    seconds = time.perf_counter() - began
    if Response.objects.count() != ANSWERS:
        raise CannotRun(f"{Response.objects.count()} of {ANSWERS} answers were taken")
    an_hour = ANSWERS / seconds * 3600
    report.rate(
        f"answers taken by one process ({kind})", an_hour, "an hour", aim=AIM_ANSWERS_AN_HOUR
    )
    report.cost(f"one answer, form and all ({kind})", seconds / ANSWERS * 1000, "ms")


def _reply(kind: str) -> str:
    return {"text": "늘 애써 주셔서 고맙습니다.", "nps": "9", "scale5": "4"}.get(kind, "1")
