"""What staff do with notices."""

from datetime import timedelta

import pytest

from centre import registry as centre_registry
from centre.models import Role
from notices import queries, services
from notices.errors import CodeIsGone, NotDelivered, NotThere
from notices.models import Attempt, Notice, Status
from notices.tests.making import CODE, OPEN, make_person, owe_receipt, owe_staff, reminder
from records.actors import SYSTEM
from records.models import Event

pytestmark = pytest.mark.django_db
PARK = services.Citizen("박순례", "phone", "010-0000-1002")
LATER = OPEN + timedelta(minutes=5)
DAY = timedelta(days=1)


def phone_task(nam, **more):
    return owe_receipt(to=PARK, task_for=nam, **more)


# --- tasks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["phone", "post", "fax"])
def test_doing_the_task_delivers_the_notice_once(app, nam, channel):
    task = owe_receipt(to=services.Citizen("박순례", channel, "어디"), task_for=nam)
    assert services.do_task(notice_id=task.pk, by=nam, now=LATER, note="등기 12345") is True
    assert services.do_task(notice_id=task.pk, by=nam, now=LATER + DAY) is False
    task.refresh_from_db()
    assert (task.status, task.delivered_at, task.done_by) == (Status.DELIVERED, LATER, nam)
    assert (task.done_note, task.secret) == ("등기 12345", "")
    assert app.told == [("delivered", "case:1:receipt", LATER)]
    event = Event.objects.get(kind="notice-delivered")
    assert (event.actor_kind, event.actor_label) == ("staff", "남가영 주임")
    assert event.data == {"template": "receipt", "channel": channel}


def test_a_mail_is_no_task(nam):
    notice = owe_receipt()
    assert services.do_task(notice_id=notice.pk, by=nam, now=OPEN) is False
    with pytest.raises(NotThere):
        services.do_task(notice_id=notice.pk + 1, by=nam, now=OPEN)


def test_reached_by_phone_is_told(app, nam):
    task = phone_task(nam)
    log = {"notice_id": task.pk, "by": nam}
    assert services.log_attempt(**log, outcome="no_answer", now=OPEN)
    assert services.log_attempt(**log, outcome="reached", now=LATER)
    assert not services.log_attempt(**log, outcome="reached", now=LATER + DAY)
    task.refresh_from_db()
    assert (task.status, task.delivered_at, task.attempts) == (Status.DELIVERED, LATER, 2)
    assert [attempt.outcome for attempt in task.attempts_made.all()] == ["no_answer", "reached"]
    assert app.outcomes == [("delivered", "case:1:receipt")]


def test_a_double_click_is_one_try(nam):
    task = phone_task(nam)
    tries = [
        services.log_attempt(
            notice_id=task.pk, by=nam, outcome="busy", now=OPEN + timedelta(seconds=after)
        )
        for after in (0, 1, 9, 30)
    ]
    assert tries == [True, False, False, True]
    assert Attempt.objects.count() == 2


def test_an_outcome_that_is_none_is_refused(nam):
    with pytest.raises(ValueError, match="perhaps"):
        services.log_attempt(notice_id=phone_task(nam).pk, by=nam, outcome="perhaps", now=OPEN)
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    ("after", "unreached"),
    [
        (["0h", "1h", "2h"], False),  # three on one day
        (["0h", "24h"], False),  # two on two days
        (["0h", "1h", "24h"], True),
        (["0h", "13h", "14h"], False),  # midnight in UTC, not in Seoul
        (["0h", "14h", "15h"], True),  # from 00:00 in Seoul
    ],
)
def test_three_tries_on_two_days_are_unreached_once(app, nam, after, unreached):
    task = phone_task(nam)
    for hours in [*after, "80h", "90h"] if unreached else after:
        services.log_attempt(
            notice_id=task.pk,
            by=nam,
            outcome="no_answer",
            now=OPEN + timedelta(hours=int(hours[:-1])) - timedelta(minutes=1),
        )
    task.refresh_from_db()
    assert task.status == Status.TASK
    assert (task.unreached_at is not None) == unreached
    assert app.outcomes == ([("unreached", "case:1:receipt")] if unreached else [])


def test_what_follows_unreached_may_be_a_letter(app, nam):
    """As an app above does it: the same text by post instead."""
    from notices import registry  # noqa: PLC0415

    def by_post(notice, *, now):
        services.owe_again(
            notice_id=notice.pk, channel="post", address="안동시", key="post", now=now
        )

    registry.register("case", unreached=by_post)
    task = phone_task(nam)
    for hours in (0, 1, 24):
        services.log_attempt(
            notice_id=task.pk, by=nam, outcome="busy", now=OPEN + timedelta(hours=hours)
        )
    task.refresh_from_db()
    letter = Notice.objects.get(key="post")
    assert task.status == Status.CANCELLED
    assert (letter.status, letter.secret, letter.staff) == (Status.TASK, CODE, nam)


def test_a_page_is_read_by_whom_it_is_for():
    person = make_person(email="")
    owe_staff(person)
    (page,) = queries.tasks_for(person)
    services.do_task(notice_id=page.pk, by=person, now=OPEN)
    assert not queries.tasks_for(person).exists()
    assert not Event.objects.exists()


def test_nobody_leaves_with_tasks_open(nam):
    task = phone_task(nam)
    other = make_person()
    assert centre_registry.open_work(nam) == {"전화·우편·팩스로 알릴 일": 1}
    hand_over = centre_registry.hand_overs()["전화·우편·팩스로 알릴 일"]
    assert hand_over(from_person=nam, to_person=other, by=SYSTEM, now=OPEN) == 1
    task.refresh_from_db()
    assert task.staff == other
    assert centre_registry.open_work(nam) == {}


# --- bounces and sending again ------------------------------------------------------------------


def test_a_bounced_mail_keeps_no_promise(post, app, nam):
    notice = owe_receipt()
    services.deliver(now=OPEN)
    assert services.mark_bounced(notice_id=notice.pk, by=nam, now=LATER) is True
    assert services.mark_bounced(notice_id=notice.pk, by=nam, now=LATER) is False
    notice.refresh_from_db()
    assert notice.status == Status.BOUNCED
    assert app.outcomes == [("delivered", "case:1:receipt"), ("failed", "case:1:receipt")]
    assert app.told[1][2] == LATER
    assert Event.objects.get(kind="notice-bounced").actor_label == "남가영 주임"
    assert list(queries.troubled()) == [notice]


def test_only_what_was_sent_can_come_back(app, nam):
    notice = owe_receipt()
    with pytest.raises(NotDelivered):
        services.mark_bounced(notice_id=notice.pk, by=nam, now=OPEN)
    task = phone_task(nam, number=2)
    services.do_task(notice_id=task.pk, by=nam, now=OPEN)
    with pytest.raises(NotDelivered):
        services.mark_bounced(notice_id=task.pk, by=nam, now=OPEN)


def test_a_bundle_comes_back_as_a_whole(post, app, nam):
    services.owe_many([reminder(nam, 1), reminder(nam, 2)], now=OPEN)
    services.deliver(now=OPEN)
    part = Notice.objects.get(subject_type="case", subject_id=1)
    assert services.mark_bounced(notice_id=part.pk, by=nam, now=LATER)
    assert set(Notice.objects.values_list("status", flat=True)) == {Status.BOUNCED}
    assert [outcome for outcome, _ in app.outcomes] == ["delivered"] * 2 + ["failed"] * 2
    assert services.retry_failed(notice_id=part.pk, by=nam, now=LATER)
    assert services.deliver(now=LATER) == 1
    assert set(Notice.objects.values_list("status", flat=True)) == {Status.DELIVERED}


def test_a_failed_mail_is_sent_again_with_its_code(post, app, nam):
    post.recipients["haram@example.com"] = "550 no such user"
    notice = owe_receipt()
    services.deliver(now=OPEN)
    post.recipients.clear()
    assert services.retry_failed(notice_id=notice.pk, by=nam, now=LATER) is True
    assert services.retry_failed(notice_id=notice.pk, by=nam, now=LATER) is False
    assert services.deliver(now=LATER) == 1
    assert CODE in post.mails[0].get_body(("plain",)).get_content()
    assert app.outcomes == [("failed", "case:1:receipt"), ("delivered", "case:1:receipt")]
    assert Event.objects.filter(kind="notice-sent-again").count() == 1


def test_a_code_that_is_gone_is_not_sent_as_a_hole(post, nam):
    notice = owe_receipt()
    services.deliver(now=OPEN)
    services.mark_bounced(notice_id=notice.pk, by=nam, now=LATER)
    with pytest.raises(CodeIsGone, match="새로 발급"):
        services.retry_failed(notice_id=notice.pk, by=nam, now=LATER)


def test_owed_again_another_way_it_is_no_trouble_any_more(post, nam):
    notice = owe_receipt()
    services.deliver(now=OPEN)
    services.mark_bounced(notice_id=notice.pk, by=nam, now=LATER)
    again = services.owe_again(
        notice_id=notice.pk, channel="email", address="new@example.com", key="again", now=LATER
    )
    assert again is not None
    assert not queries.troubled().exists()
    services.deliver(now=LATER)
    text = post.mails[1].get_body(("plain",)).get_content()
    assert "(새 확인번호는 요청하시면 보내 드립니다)" in text
    assert post.ids[0] != post.ids[1]


# --- disposal and who sees what -----------------------------------------------------------------


def test_disposal_blanks_what_is_settled_for_good(post, nam):
    owe_receipt()
    services.deliver(now=OPEN)
    phone_task(nam, context={}, now=OPEN, number=1) or owe_receipt(9)
    assert services.blank_contents(subject_type="case", subject_id=1) == 1
    notice = Notice.objects.get(key="case:1:receipt")
    assert notice.title + notice.body + notice.recipient + notice.recipient_name == ""
    assert notice.delivered_at is not None
    assert Notice.objects.get(key="case:9:receipt").body


def test_notices_are_seen_by_those_who_may_see_the_subject(app, nam):
    from notices import registry  # noqa: PLC0415

    about_nam = {1}
    registry.register(
        "case", visible_to=lambda user: {1, 2, 3} - (about_nam if user == nam.user else set())
    )
    desk = make_person(roles=[Role.DESK])
    for number in (1, 2):
        owe_receipt(number, to=PARK, task_for=desk)
    owe_staff(nam, 1)
    seen = set(queries.visible_to(nam.user).values_list("template", "subject_id"))
    assert seen == {("receipt", 2), ("task-tell", 2), ("due-two-days", 1)}
    assert queries.visible_to(desk.user).count() == 5
    assert [task.subject_id for task in queries.open_tasks(nam.user)] == [2]


def test_counts(post, nam):
    post.recipients["haram@example.com"] = "550 no"
    owe_receipt(1)
    services.deliver(now=OPEN)
    owe_receipt(2)
    phone_task(nam, number=3)
    assert queries.counts() == queries.Counts(owed=2, tasks=1, failed=1, bounced=0)
    assert list(queries.about("case", 1)) == list(
        Notice.objects.filter(subject_id=1, template="receipt")
    )
    assert queries.late(now=OPEN + timedelta(minutes=61)).count() == 2
