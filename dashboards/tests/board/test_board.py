"""The dashboard: who sees it, numbers that lead to their cases, figures recomputed from the rows."""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from centre.calendar import SEOUL
from centre.models import StaffMember, Team
from complaints.back_office import queue
from complaints.models import Complaint
from complaints.tests.staff import browser_of, page_of, words_of
from dashboards.board.incoming import incoming_of
from dashboards.board.now import now_of
from dashboards.board.periods import read
from dashboards.board.promises import promises_of, rate_words
from dashboards.board.scope import scope_of
from dashboards.tests.board.conftest import NOW
from standards.figures import Tally
from standards.models import Commitment, Observation, Standard
from standards.months import due_day

BOARD, FIGURES, WALL = "/dashboard/", "/dashboard/figures/", "/dashboard/wall/"
TODAY = NOW.astimezone(SEOUL).date()
MANAGER, LEAD = "seo.yh", "baek.sw"


def links_with_numbers(page: str) -> list[tuple[str, int]]:
    """Every number of the part "now" that is a link, with its address."""
    now = page[page.index('id="part-now"') : page.index('id="part-promises"')]
    found = re.findall(r'<a[^>]* href="([^"]+)">(.*?)</a>', now, flags=re.DOTALL)
    numbers = []
    for address, inside in found:
        plain = re.sub(r'<span class="visually-hidden">.*?</span>', "", inside, flags=re.DOTALL)
        shown = re.search(r"\d+", re.sub(r"<span>.*?</span>|<[^>]+>", "", plain))
        assert shown is not None, inside
        numbers.append((html.unescape(address), int(shown.group())))
    return numbers


# --- who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [BOARD, FIGURES, WALL])
@pytest.mark.parametrize(
    ("username", "status"),
    [(MANAGER, 200), (LEAD, 200), ("bae.sj", 200), ("im.do", 403), ("cha.mj", 403),
     ("sys.admin", 403)],
)  # fmt: skip
def test_managers_and_leads(demo_centre, username, status, address):
    assert browser_of(username).get(address).status_code == status


def test_others_are_told_where_to_look(demo_centre):
    said = words_of(browser_of("im.do").get(BOARD))
    assert "관리자와 팀장" in said
    assert "오늘 할 일" in said


@pytest.mark.parametrize("address", [BOARD, FIGURES, WALL])
def test_a_stranger_signs_in_and_comes_back_to_the_same_address(demo_centre, address):
    response = Client().get(f"{address}?period=year")
    assert response.status_code == 302
    assert response["Location"].endswith(f"?next={address}%3Fperiod%3Dyear")


@pytest.mark.parametrize("address", [BOARD, FIGURES, WALL])
def test_nothing_is_changed_here(demo_centre, address):
    assert browser_of(MANAGER).post(address).status_code == 405


@pytest.mark.parametrize(("username", "there"), [(MANAGER, True), (LEAD, True), ("im.do", False)])
def test_the_menu_leads_here(demo_centre, username, there):
    assert ('href="/dashboard/"' in page_of(browser_of(username).get("/admin/"))) == there


# --- numbers that are clicked -------------------------------------------------------------------


@pytest.mark.parametrize("username", [MANAGER, LEAD, "bae.sj"])
def test_a_number_clicked_shows_as_many_as_it_said(busy, username):
    client = browser_of(username)
    numbers = links_with_numbers(client.get(BOARD).content.decode())
    assert numbers
    for address, n in numbers:
        page = page_of(client.get(address))
        listed = re.search(r'<h1>.*?<span class="number">(\d+)건', page, flags=re.DOTALL)
        assert listed is not None, address
        assert int(listed.group(1)) == n, address


def test_every_column_has_something_to_click(busy):
    """Else the test above would say nothing of it."""
    addresses = [a for a, _n in links_with_numbers(browser_of(MANAGER).get(BOARD).content.decode())]
    for part in ("visit/?", "state=open", "late-now", "due=overdue", "due=today", "due=soon",
                 "state=unassigned", "team=~", "here-for-nobody"):  # fmt: skip
        assert any(part in address for address in addresses), part
    gone = StaffMember.objects.get(user__username="nam.gy")
    assert any(f"handler={gone.pk}" in address for address in addresses)


def test_teams_add_up_to_the_whole_and_people_to_their_team(busy, person):
    scope = scope_of(person(MANAGER).user, "", today=TODAY)
    assert scope is not None
    found = now_of(scope, now=NOW)
    for at, whole in enumerate(found.total):
        assert whole.n == sum(team.line.numbers[at].n for team in found.teams)
        for team in found.teams:
            assert team.line.numbers[at].n == sum(line.numbers[at].n for line in team.people)


def test_a_case_with_a_second_promise_stands_in_one_column(busy, person):
    """Its first promise was missed: it is overdue, with that said, and due nowhere else."""
    user, case = person(MANAGER).user, busy[1]
    lists = [
        due
        for due in queue.Within.values
        if queue.found(queue.Wanted(due=due), user=user, now=NOW).filter(pk=case.pk).exists()
    ]
    assert lists == ["overdue"]
    scope = scope_of(user, "", today=TODAY)
    assert scope is not None
    overdue = next(one for one in now_of(scope, now=NOW).total if one.column == "overdue")
    renewed = Commitment.objects.filter(code="reply-renewed", state="running", due_at__gte=NOW)
    n = renewed.values("subject_id").distinct().count()
    assert n > 0
    assert (overdue.renewed, overdue.note[:2]) == (n, f"{n}건")
    assert "처음 약속을 넘김, 새 기한은 아직" in words_of(browser_of(MANAGER).get(BOARD))


def test_what_was_typed_stays_where_it_is_refused(at_work, demo_centre):
    page = page_of(browser_of(MANAGER).get(f"{BOARD}?period=free&first=2026-09-08&last=2026-09-01"))
    assert 'value="2026-09-08"' in page
    assert 'value="2026-09-01"' in page
    assert '<option value="free" selected>' in page


def test_people_are_not_ranked(busy, person):
    scope = scope_of(person(MANAGER).user, "", today=TODAY)
    assert scope is not None
    for team in now_of(scope, now=NOW).teams:
        names = [line.name for line in team.people if line.name != "맡은 사람 없음"]
        assert names == sorted(names)


def test_who_has_left_is_said_so(busy):
    assert "(퇴직)" in words_of(browser_of(MANAGER).get(BOARD))


# --- whose --------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["", "?team=support", "?team=nobody"])
def test_a_lead_sees_the_own_team_whatever_is_asked_for(busy, person, asked):
    lead = person(LEAD)
    page = browser_of(LEAD).get(f"{BOARD}{asked}").content.decode()
    rows = re.findall(r'<tr class="is-team"><th scope="rowgroup">(.*?)</th>', page)
    assert set(rows) == {lead.team.name}
    assert ("맡으신 팀" in page) == bool(asked)
    assert 'name="team"' not in page


def test_a_lead_with_every_case_before_the_eyes_still_sees_the_own_team_here(busy, person):
    """The lead of the desk may read all cases; the dashboard is of the team."""
    lead = person("bae.sj")
    page = browser_of("bae.sj").get(BOARD).content.decode()
    assert set(re.findall(r'<th scope="rowgroup">([^<]+팀)</th>', page)) == {lead.team.name}


def test_a_manager_chooses_a_team(busy, person):
    team = person(LEAD).team
    page = browser_of(MANAGER).get(f"{BOARD}?team={team.code}").content.decode()
    assert set(re.findall(r'<th scope="rowgroup">([^<]+팀)</th>', page)) == {team.name}
    assert f'value="{team.code}" selected' in page


@pytest.mark.parametrize("asked", [
    "period=free&first=2026-09-30&last=2026-09-01", "period=free&first=2031-01-01&last=2031-02-01",
    "period=free&first=1926-01-01&last=2026-01-01", "period=nonsense", "team=nobody",
    "period=free&first=x&last=y", "team=%00&period=%F0%9F%92%A9",
])  # fmt: skip
@pytest.mark.parametrize("address", [BOARD, FIGURES, WALL])
def test_what_makes_no_sense_gives_a_sane_page(busy, address, asked):
    response = browser_of(MANAGER).get(f"{address}?{asked}")
    assert response.status_code == 200
    if address == BOARD:
        assert 'class="warn" role="alert"' in response.content.decode()
        assert "2026년 9월" in words_of(response)


def test_a_team_that_is_gone_is_shown_and_said_to_be(busy, person):
    team = person(LEAD).team
    Team.objects.filter(pk=team.pk).update(dissolved_on=TODAY - timedelta(days=3))
    said = words_of(browser_of(MANAGER).get(f"{BOARD}?team={team.code}"))
    assert "없어진 팀입니다" in said


# --- promises, from the rows --------------------------------------------------------------------


def slowly(first: Any, last: Any, *, team: Team | None = None) -> dict[str, Tally]:
    """The same figures one row at a time."""
    found: dict[str, Counter[str]] = {}
    for row in Commitment.objects.select_related("standard"):
        if not first <= due_day(row.due_at) <= last or (team and row.team_id != team.pk):
            continue
        if row.standard.kinds and row.category and row.category not in row.standard.kinds:
            continue
        state = row.state
        if state == "running":
            state = "overdue" if row.due_at < NOW else ""
        found.setdefault(row.code, Counter())[state] += 1
    for seen in Observation.objects.select_related("standard"):
        if not first <= seen.at.astimezone(SEOUL).date() <= last:
            continue
        if team and seen.team_id != team.pk:
            continue
        if seen.standard.kinds and seen.category and seen.category not in seen.standard.kinds:
            continue
        counts = found.setdefault(seen.standard.code, Counter())
        counts["kept"] += seen.kept
        counts["missed"] += seen.n - seen.kept
    names = ("kept", "kept_extended", "missed", "overdue", "excluded")
    return {code: Tally(*(counts[name] for name in names)) for code, counts in found.items()}


@pytest.mark.parametrize("asked", [
    {}, {"period": "last-month"}, {"period": "year"},
    {"period": "free", "first": "2026-08-27", "last": "2026-09-08"},
])  # fmt: skip
@pytest.mark.parametrize("of_team", [False, True])
def test_each_promise_is_what_its_rows_say(busy, person, asked, of_team):
    period, wrong = read(asked, today=TODAY)
    assert not wrong
    team = Team.objects.order_by("place").first() if of_team else None
    found = promises_of(period, team_ids=[team.pk] if team else None, now=NOW)
    slow = slowly(period.first, period.last, team=team)
    assert period.before is not None
    before = slowly(*period.before, team=team)
    assert any(row.tally.n for row in found.rows)
    for row in found.rows:
        code = row.standard.code
        if code == "stage-3":
            assert row.tally == Tally()
            continue
        assert row.tally == slow.get(code, Tally()), code
        assert row.before == rate_words(before.get(code, Tally())), code
        for month, cell in zip(period.months, row.months, strict=True):
            whole = slowly(month.first, min(month.last, period.last), team=team)
            assert (cell.kept, cell.n) == (
                whole.get(code, Tally()).kept, whole.get(code, Tally()).n,
            ), (code, month)  # fmt: skip


def test_the_page_shows_those_figures(busy):
    page = browser_of(MANAGER).get(f"{BOARD}?period=year").content.decode()
    row = page[page.index('id="row-phone-callback"') :]
    row = row[: row.index("</tr>")]
    tally = slowly(TODAY.replace(month=1, day=1), TODAY)["phone-callback"]
    assert tally.kept
    assert tally.missed + tally.overdue
    assert f"{tally.kept}/{tally.n}" in row
    assert rate_words(tally) in row
    assert "목표에 못 미침" in row


def test_every_standard_in_force_has_its_row(busy):
    page = browser_of(MANAGER).get(BOARD).content.decode()
    for standard in Standard.objects.filter(valid_until=None):
        assert f'id="row-{standard.code}"' in page
        assert html.escape(standard.title.split("\n")[0]) in page


@pytest.mark.parametrize(("kept", "missed", "words"), [
    (0, 0, "해당 없음"), (1, 0, "100%"), (0, 1, "0%"), (999, 1, "99.9%"), (9999, 1, "99.9%"),
    (2, 1, "66.6%"), (1, 999_999, "0.0%"),
])  # fmt: skip
def test_a_rate_is_never_rounded_up_to_what_was_not_reached(kept, missed, words):
    assert rate_words(Tally(kept=kept, missed=missed)) == words


def test_a_target_is_reached_exactly(busy):
    """19 of 20 reach 95 %, 18 of 19 do not."""
    Commitment.objects.filter(code="phone-callback").delete()
    standard = Standard.objects.get(code="visit-welcome", valid_until=None)
    Standard.objects.filter(pk=standard.pk).update(target="0.95")
    row = Observation.objects.create(key="x", standard=standard, at=NOW, n=20, kept=19)
    period, _wrong = read({}, today=TODAY)

    def words() -> str:
        rows = promises_of(period, team_ids=None, now=NOW).rows
        return next(one.words for one in rows if one.standard.code == "visit-welcome")

    assert words() == "목표 이룸"
    Observation.objects.filter(pk=row.pk).update(n=19, kept=18)
    assert words() == "목표에 못 미침"


def test_a_standard_replaced_in_the_middle_counts_both_and_says_so(busy):
    old = Standard.objects.get(code="phone-callback", valid_until=None)
    Standard.objects.filter(pk=old.pk).update(valid_until=TODAY - timedelta(days=2))
    old.pk, old.version, old.valid_from = None, old.version + 1, TODAY - timedelta(days=2)
    old.save(force_insert=True)
    period, _wrong = read({"period": "year"}, today=TODAY)
    rows = [r for r in promises_of(period, team_ids=None, now=NOW).rows
            if r.standard.code == "phone-callback"]  # fmt: skip
    assert len(rows) == 1
    assert rows[0].changed
    assert rows[0].tally == slowly(period.first, period.last)["phone-callback"]


# --- what comes in, from the rows ---------------------------------------------------------------


@pytest.mark.parametrize("asked", [{}, {"period": "last-month"}, {"period": "year"}])
@pytest.mark.parametrize("of_team", [False, True])
def test_what_came_in_is_what_the_rows_say(busy, person, asked, of_team):
    period, _wrong = read(asked, today=TODAY)
    team = person(LEAD).team if of_team else None
    found = incoming_of(period, team_ids=[team.pk] if team else None, now=NOW)
    cases = [
        case
        for case in Complaint.objects.select_related("topic")
        if period.first <= case.received_at.astimezone(SEOUL).date() <= period.last
        and (team is None or case.team_id == team.pk)
    ]
    assert found.total.now == f"{len(cases):,}건"
    sheets = {sheet.code: {label: n for label, n, *_r in sheet.rows if n} for sheet in found.sheets}
    assert sheets["kinds"] == Counter(case.get_kind_display() for case in cases)
    assert sheets["channels"] == Counter(case.get_channel_display() for case in cases)
    assert sheets["topics"] == Counter(case.topic.name for case in cases)
    local = [case.received_at.astimezone(SEOUL) for case in cases]
    assert [n for _label, n, *_r in found.hours.rows] == [
        sum(at.hour == hour for at in local) for hour in range(24)
    ]
    assert [n for _label, n, *_r in found.weekdays.rows] == [
        sum(at.weekday() == day for at in local) for day in range(7)
    ]
    for day, (_label, line) in enumerate(found.grid):
        for hour, n in enumerate(line):
            assert n == sum(at.weekday() == day and at.hour == hour for at in local)


# --- the wall, refreshing, queries --------------------------------------------------------------


def test_nobody_is_named_on_the_wall(busy):
    for address in (WALL, f"{WALL}?part=1"):
        page = page_of(browser_of(MANAGER).get(address))
        assert "기한 지남" in page
        for someone in StaffMember.objects.all():
            assert someone.name not in page
        for case in Complaint.objects.all():
            assert case.name not in page
            assert case.receipt_number not in page


def test_the_wall_is_also_a_view_of_the_dashboard(demo_centre):
    response = browser_of(MANAGER).get(f"{BOARD}?view=wall&period=year")
    assert response["Location"] == f"{WALL}?period=year"


def test_the_part_that_refreshes_is_the_part_of_the_page(busy):
    client = browser_of(MANAGER)
    part = client.get(f"{FIGURES}?period=year").content.decode().strip()
    assert part in client.get(f"{BOARD}?period=year").content.decode()
    assert "<html" not in part


def test_the_address_that_is_sent_shows_the_same_later(busy):
    client = browser_of(MANAGER)
    page = client.get(f"{BOARD}?period=quarter").content.decode()
    sent = html.unescape(re.findall(r'href="(\?[^"]+)">이 기간 그대로', page)[0])
    assert sent == "?period=free&first=2026-07-01&last=2026-09-09"
    assert client.get(f"{BOARD}{sent}").status_code == 200


@pytest.mark.parametrize(("address", "most"), [(BOARD, 40), (FIGURES, 36), (WALL, 32)])
def test_as_many_queries_for_few_cases_as_for_many(busy, file, address, most):
    client = browser_of(MANAGER)
    client.get(address)
    cache.clear()
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for at in range(12):
        file(now=NOW - timedelta(hours=at), email=f"more{at}@example.com", subject=f"더 {at}")
    cache.clear()
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few) <= most


def test_figures_are_counted_once_for_many_looks_and_what_waits_now_each_time(busy, file):
    client = browser_of(MANAGER)
    client.get(BOARD)
    file(now=NOW, email="again@example.com", subject="하나 더")
    with CaptureQueriesContext(connection) as again:
        page = client.get(BOARD).content.decode()
    assert len(again) <= 15
    now = page[page.index('id="part-now"') : page.index('id="part-promises"')]
    assert f"<strong>{len(busy) + 1}</strong> <span>처리 중 모두" in now


def test_what_is_kept_of_one_team_is_not_shown_for_another(busy, person):
    of_all = browser_of(MANAGER).get(f"{BOARD}?period=year").content.decode()
    of_team = browser_of(LEAD).get(f"{BOARD}?period=year").content.decode()
    assert of_all[of_all.index("part-incoming") :] != of_team[of_team.index("part-incoming") :]


def test_a_dashboard_of_nothing_is_a_page(demo_centre, at_work):
    said = words_of(browser_of(MANAGER).get(BOARD))
    assert "지금 기다리는 일이 없습니다." in said
    assert "해당 없음" in said
