"""The desk page at 200 visits a day with 100,000 old ones, notes and people included."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta

from benchmarks.database import scratch_database
from benchmarks.report import Report

OLD_VISITS, TODAY, WAITING, NOTES, OLD_NOTES = 100_000, 200, 12, 15, 20_000
AIM_MS = 50.0


def bench(report: Report) -> None:
    with scratch_database():
        from django.db import connection  # noqa: PLC0415
        from django.test import Client  # noqa: PLC0415

        from centre.models import User  # noqa: PLC0415

        _load()
        client = Client()
        user = User.objects.get(username="im.do")
        client.force_login(user, backend="centre.auth.RoleBackend")
        kind = connection.vendor
        for name, address in (("the desk page", "/desk/"), ("its board alone", "/desk/board/")):
            assert client.get(address).status_code == 200
            seconds = report.time(lambda address=address: client.get(address), rounds=30)  # type: ignore[misc]
            report.cost(f"{name}, {kind}", seconds * 1000, "ms", aim=AIM_MS)
        seconds = report.time(lambda: Client().get("/staff-guide/"), rounds=30)
        report.cost(f"the staff guide, {kind}", seconds * 1000, "ms", aim=AIM_MS)


def _load() -> None:
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from centre.loading import load_centre_data  # noqa: PLC0415
    from centre.models import StaffMember  # noqa: PLC0415
    from reception import services  # noqa: PLC0415
    from reception.models import ContactNote, Visit  # noqa: PLC0415
    from standards.services import load_charter  # noqa: PLC0415

    now = timezone.now()
    load_centre_data(now=now - timedelta(days=900), demo=False)
    load_charter(today=date(2024, 1, 5))
    people = list(StaffMember.objects.select_related("user", "team"))
    desk = next(person for person in people if person.user.username == "im.do")
    turns = itertools.cycle(people)

    def visit(n: int, at: datetime, **values: object) -> Visit:
        return Visit(
            form_token=f"old-visit-{n}", label=f"초록 {n}", purpose="consult", team=desk.team,
            state="served", arrived_at=at, recorded_at=at, recorded_by=desk,
            served_at=at + timedelta(minutes=n % 14), ended_at=at + timedelta(minutes=n % 14),
            **values,
        )  # fmt: skip

    rows = [
        visit(n, now - timedelta(days=1 + n // 200, seconds=n % 200)) for n in range(OLD_VISITS)
    ]
    rows += [visit(OLD_VISITS + n, now - timedelta(seconds=n)) for n in range(TODAY)]
    Visit.objects.bulk_create(rows, batch_size=2_000)
    ContactNote.objects.bulk_create(
        [
            ContactNote(
                form_token=f"old-note-{n}", origin="phone", sought=(person := next(turns)),
                keeper=person, team=person.team, name="김하람", contact="010-0000-1234",
                matter="문의", taken_by=desk, taken_at=now - timedelta(days=1, minutes=n),
                first_attempt_at=now, ending="reached", closed_at=now,
            )
            for n in range(OLD_NOTES)
        ],
        batch_size=2_000,
    )  # fmt: skip
    for n in range(WAITING):
        services.arrive(form_token=f"waiting-{n}", purpose="consult", by=desk, now=now)
    for n in range(NOTES):
        new = services.NewNote(
            origin="phone", sought_id=next(turns).pk, name="김하람", contact="010-0000-1234",
            matter="수료증",
        )  # fmt: skip
        services.take_note(form_token=f"open-note-{n}", new=new, by=desk, now=now)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
