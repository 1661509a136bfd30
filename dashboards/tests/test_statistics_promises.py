"""Promises on ``/statistics/``: frozen figures and what was put right, the same as a live recount."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from centre.factories import StaffMemberFactory, UserFactory
from centre.models import Role
from complaints.factories import ComplaintFactory
from dashboards.intake.models import CaseChange, CasePass
from dashboards.intake.tallying import recount
from dashboards.statistics import months as public
from standards import figures, freezing, monthly, services, tallied, tallying
from standards.figures import Tally
from standards.models import Standard, TallyChange
from standards.months import Month
from standards.tests.conftest import charter, notes, promise  # noqa: F401 - fixtures
from standards.tests.instants import at

pytestmark = pytest.mark.usefixtures("charter", "notes")
FROZEN = at("2026-10-08 10:00")
NOW = at("2026-11-20 10:00")
SEPTEMBER, OCTOBER, NOVEMBER = Month(2026, 9), Month(2026, 10), Month(2026, 11)


def case(key: str, start: str, done: str | None) -> None:
    promise(key, start=start, category="complaint")
    if done:
        services.fulfil(key=key, at=at(done), now=at(done))


@pytest.fixture
def autumn() -> None:
    """Two of September, one kept; one of October; one of November. September is frozen."""
    case("a", "2026-09-10 10:00", "2026-09-11 10:00")
    case("b", "2026-09-14 10:00", None)
    case("c", "2026-10-12 10:00", "2026-10-13 10:00")
    case("d", "2026-11-02 10:00", "2026-11-03 10:00")
    freezing.freeze(now=FROZEN)
    opinion()


def opinion() -> None:
    """The page begins with the month of the first opinion."""
    ComplaintFactory.create(
        received_at=at("2026-09-03 10:00"), handler=None, team_confirmed_at=None, due_at=False
    )


def told(now: datetime = NOW) -> dict[Month, tuple[Tally, date | None]]:
    found = monthly.published(SEPTEMBER, NOVEMBER, now=now, codes=["reply"])
    return {
        month: (one.tallies.get("reply", Tally()), one.frozen_on) for month, one in found.items()
    }


def recounted(now: datetime = NOW) -> dict[Month, Tally]:
    live = figures.by_month(SEPTEMBER.first, NOVEMBER.last, now=now, codes=["reply"])["reply"]
    return {month: result.counted for month, result in live.items()}


def page(client: Client, query: str = "?month=2026-09") -> str:
    cache.clear()
    with time_machine.travel(NOW.astimezone(UTC), tick=False):
        return unescape(client.get(f"/statistics/{query}").content.decode())


def test_a_frozen_month_is_told_as_frozen_and_changes_only_with_its_reason(autumn: None) -> None:
    assert told() == {
        SEPTEMBER: (Tally(kept=1, overdue=1), date(2026, 10, 8)),
        OCTOBER: (Tally(kept=1), None),
        NOVEMBER: (Tally(kept=1), None),
    }
    services.fulfil(key="b", at=at("2026-09-15 10:00"), now=NOW)
    assert recounted()[SEPTEMBER] == Tally(kept=2)
    assert told()[SEPTEMBER][0] == Tally(kept=1, overdue=1)  # its correction is still to come
    tallying.count_changes(now=NOW)
    assert told()[SEPTEMBER][0] == Tally(kept=2)
    assert {month: tally for month, (tally, _on) in told().items()} == recounted()
    assert freezing.breaches() == []


def test_the_page_shows_the_frozen_figure_and_the_correction(client: Client, autumn: None) -> None:
    before = page(client)
    assert "<td>2건</td><td>1건</td><td>50.0%</td>" in before
    assert "이 달은 2026년 10월 8일" in before
    services.fulfil(key="b", at=at("2026-09-15 10:00"), now=NOW)
    assert "<td>2건</td><td>1건</td><td>50.0%</td>" in page(client)
    tallying.count_changes(now=NOW)
    after = page(client)
    assert "<td>2건</td><td>2건</td><td>100%</td>" in after
    assert "제때 마쳤다는 사실이 나중에 적혔습니다." in after
    assert "지킴 1건 → 2건" in after


def test_the_file_says_when_a_promise_was_frozen_and_put_right(
    client: Client, autumn: None
) -> None:
    services.fulfil(key="b", at=at("2026-09-15 10:00"), now=NOW)
    tallying.count_changes(now=NOW)
    with time_machine.travel(NOW.astimezone(UTC), tick=False):
        answer = client.get("/statistics/data.csv")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    name = public.promise_names()["reply"]
    rows = {
        (row["달"], row["무엇"]): row
        for row in csv.DictReader(io.StringIO(text))
        if row["항목"] == name
    }
    kept = rows["2026-09", "약속: 지킴"]
    assert (kept["값"], kept["마감한 날"], kept["적음"]) == (
        "2",
        "2026-10-08",
        "2026-11-20 바로잡음",
    )
    assert rows["2026-11", "약속: 지킴"]["마감한 날"] == ""


def test_as_many_queries_whatever_is_frozen(autumn: None) -> None:
    with CaptureQueriesContext(connection) as one:
        told()
    freezing.freeze(now=NOW)
    with CaptureQueriesContext(connection) as other:
        told()
    assert len(other) <= len(one) <= 6


# --- when tallies lag -----------------------------------------------------------------------------


def lag_of_promises() -> None:
    """More days wait than are counted while somebody looks."""
    standard = Standard.objects.first()
    assert standard is not None
    TallyChange.objects.bulk_create(
        TallyChange(
            standard=standard, day=date(2020, 1, 1) + timedelta(days=at_), was="", became=""
        )
        for at_ in range(tallied.MOST_WAITING + 1)
    )


def lag_of_opinions() -> None:
    CaseChange.objects.bulk_create(
        CaseChange(day=date(2026, 9, 1) + timedelta(days=at_), what="came") for at_ in range(20)
    )
    CasePass.objects.update_or_create(pk=1, defaults={"counted_at": at("2026-11-20 09:00")})


@pytest.mark.parametrize("lag", [lag_of_promises, lag_of_opinions])
def test_public_page_and_dashboard_say_that_tallies_lag(client: Client, lag: object) -> None:
    said = "집계를 다시 세고 있습니다."
    leader = Client()
    user = UserFactory.create(roles=[Role.MANAGER])
    StaffMemberFactory.create(user=user, position="secretary_general")
    leader.force_login(user, backend="centre.auth.RoleBackend")
    opinion()
    recount(now=NOW)

    def pages() -> list[str]:
        found = [page(client), page(client, "?year=2026")]
        with time_machine.travel(NOW.astimezone(UTC), tick=False):
            for address in ("/dashboard/?period=year", "/dashboard/wall/?period=year"):
                answer = leader.get(address)
                assert answer.status_code == 200
                found.append(answer.content.decode())
        return found

    assert not [text for text in pages() if said in text]
    lag()  # type: ignore[operator]
    assert all(said in text for text in pages())
    if lag is lag_of_opinions:
        assert all("(2026-11-20 09:00 기준)" in text for text in pages())
