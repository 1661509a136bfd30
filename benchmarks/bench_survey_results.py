"""The page of results with 100,000 answers; what they cost to count, and to hide what is small."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from benchmarks.database import scratch_database
from benchmarks.report import Report

#: 28 questions each: a little more than 100,000 answers.
PEOPLE = 4_000
PAGE_MS = 100.0


def bench(report: Report) -> None:
    with scratch_database():
        from django.db import connection  # noqa: PLC0415
        from django.test import Client  # noqa: PLC0415

        from centre.models import User  # noqa: PLC0415
        from surveys.models import Answer, Survey  # noqa: PLC0415
        from surveys.results import results_of  # noqa: PLC0415
        from surveys.services import publishing  # noqa: PLC0415

        survey, manager, now = _load()
        kind = f"{Answer.objects.count():,} answers, {connection.vendor}"
        ended = Survey.objects.get(pk=survey.pk)
        seconds = report.time(lambda: results_of(Survey.objects.get(pk=ended.pk)), rounds=5)
        report.cost(f"counting results, {kind}", seconds * 1000, "ms")
        client, address = Client(), f"/admin/surveys/survey/{survey.pk}/results/"
        user = User.objects.get(pk=manager.user_id)
        client.force_login(user, backend="centre.auth.RoleBackend")
        assert client.get(address).status_code == 200
        seconds = report.time(lambda: client.get(address), rounds=5)
        report.cost(f"staff's page before publication, {kind}", seconds * 1000, "ms")
        publishing.publish(survey_id=survey.pk, by=manager, now=now)
        page = f"/surveys/{survey.slug}/results/"
        assert Client().get(page).status_code == 200
        seconds = report.time(lambda: Client().get(page), rounds=30)
        report.cost(f"the page of results, {kind}", seconds * 1000, "ms", aim=PAGE_MS)


def _load() -> tuple[Any, Any, Any]:
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from centre.loading import load_centre_data  # noqa: PLC0415
    from centre.models import StaffMember  # noqa: PLC0415
    from standards.services import load_charter  # noqa: PLC0415
    from surveys import services  # noqa: PLC0415
    from surveys.models import Survey  # noqa: PLC0415
    from surveys.tests.filling import fill  # noqa: PLC0415

    now = timezone.now()
    load_centre_data(now=now - timedelta(days=900), demo=True)
    load_charter(today=date(2024, 1, 5))
    manager = StaffMember.objects.select_related("user", "team").get(position="secretary_general")
    began = now - timedelta(days=30)
    survey = services.create_survey(kind="yearly", by=manager, now=began)
    Survey.objects.filter(pk=survey.pk).update(closes_at=now + timedelta(days=1))
    services.open_survey(survey_id=survey.pk, by=manager, now=began)
    fill(survey, _people(survey), on=began.date())
    services.close_survey(survey_id=survey.pk, by=manager, now=now - timedelta(days=1))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return survey, manager, now


def _people(survey: Any) -> list[dict[str, Any]]:
    """Answers as they come: most content, some not; few at the ends, so that something is hidden."""
    chance = random.Random(4)
    questions = list(survey.questions.prefetch_related("choices"))
    places = {one.code: range(1, one.choices.count() + 1) for one in questions}

    def one_answer(question: Any) -> Any:
        if question.type == "scale5":
            return chance.choices(range(1, 6), (1, 20, 200, 1900, 1879))[0]
        if question.type == "nps":
            return chance.choices(range(11), (1, 1, 1, 2, 2, 40, 50, 300, 900, 1300, 1400))[0]
        if question.type == "multiple":
            return chance.sample(places[question.code], 2)
        return chance.choice(places[question.code])

    return [
        {one.code: one_answer(one) for one in questions if one.type != "text"}
        for _one in range(PEOPLE)
    ]
