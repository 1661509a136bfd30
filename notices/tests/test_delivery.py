"""Delivery against a real SMTP server, good and bad."""

from datetime import timedelta

import pytest
from django.db import connection
from django.template.loader import select_template

from notices import mail, registry, services, texts
from notices.models import Heartbeat, Notice, Status
from notices.services import delivering, settling
from notices.tests.making import CODE, EVENING, OPEN, owe_receipt, owe_staff, reminder
from records.models import Event

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def deliver(now=OPEN, **more):
    return services.deliver(now=now, **more)


# --- what arrives -------------------------------------------------------------------------------


def test_a_receipt_arrives_with_its_code_and_is_told_once(post, app):
    notice = owe_receipt()
    assert deliver() == 1
    assert deliver(OPEN + SECOND) == 0
    (arrived,) = post.mails
    assert arrived["Subject"] == "[고객의 소리] 접수되었습니다 (접수번호 2026-000123-H)"
    assert arrived["To"].addresses[0].display_name == "김하람"
    assert arrived["To"].addresses[0].addr_spec == "haram@example.com"
    assert arrived["From"].addresses[0].display_name == "경상북도종합자원봉사센터"
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["X-Auto-Response-Suppress"] == "All"
    assert "2026" not in arrived["Message-ID"]
    assert not [name for name in arrived if name.lower().startswith("list-")]
    text = arrived.get_body(("plain",)).get_content()
    html = arrived.get_body(("html",)).get_content()
    assert f" 확인번호   {CODE}" in text.replace("\r\n", "\n").split("\n")
    assert f'<th scope="row">확인번호</th><td>{CODE}</td>' in html
    assert '<html lang="ko">' in html
    notice.refresh_from_db()
    assert notice.status == Status.DELIVERED
    assert OPEN <= notice.delivered_at < OPEN + timedelta(seconds=5)
    assert (notice.secret, notice.attempts, notice.lease) == ("", 1, "")
    assert CODE not in notice.body
    assert app.told == [("delivered", "case:1:receipt", notice.delivered_at)]
    event = Event.objects.get(kind="notice-delivered")
    assert event.data == {"template": "receipt", "channel": "email"}
    assert (event.subject_id, event.at) == (1, notice.delivered_at)


def test_one_connection_serves_the_whole_pass(post):
    for number in range(30):
        owe_receipt(number)
    assert deliver() == 30
    assert post.connections == 1
    assert len(set(post.ids)) == 30


def test_nothing_to_send_opens_no_connection_and_beats(post, django_assert_num_queries):
    Heartbeat.objects.create(name="deliver", at=OPEN - SECOND)
    with django_assert_num_queries(3):  # follow-ups, mails, heartbeat
        deliver()
    assert post.connections == 0
    assert Heartbeat.objects.get().at >= OPEN


def test_queries_for_each_mail(post, django_assert_max_num_queries):
    for number in range(10):
        owe_receipt(number)
    # The row, its transaction with mark and event (savepoints while testing), and what is shared.
    with django_assert_max_num_queries(10 * 8 + 12):
        assert deliver() == 10


def test_a_bundle_arrives_as_one_mail_and_each_part_is_told(post, app, nam):
    services.owe_many([reminder(nam, n) for n in (1, 2, 3)], now=OPEN)
    assert deliver() == 1
    assert post.subjects == ["[알림] 확인하실 일 3건"]
    assert not Notice.objects.exclude(status=Status.DELIVERED).exists()
    assert len(set(Notice.objects.values_list("delivered_at", flat=True))) == 1
    assert len(app.told) == 3
    assert not Event.objects.exists()


def test_held_mails_go_out_at_the_opening(post, nam):
    owe_staff(nam, hours="opening", now=EVENING)
    assert deliver(EVENING) == 0
    assert deliver(EVENING + timedelta(hours=13) - SECOND) == 0
    assert deliver(EVENING + timedelta(hours=13)) == 1


def test_citizens_come_first(post, nam):
    owe_staff(nam, now=OPEN - timedelta(hours=1))
    owe_receipt()
    deliver()
    assert [name[:6] for name in post.subjects] == ["[고객의 소", "[기한 2일"]


# --- names and headers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Nguyễn Thị Lan", "Nguyễn Thị Lan"),
        ("해솔나눔봉사단 회장 윤보람 " * 6, ("해솔나눔봉사단 회장 윤보람 " * 6).strip()),
        ("김\r\nBcc: all@example.com", "김 Bcc: all@example.com"),
        ('"; <evil@example.com>', '"; <evil@example.com>'),
        ("강, 하람 (대표)", "강, 하람 (대표)"),
        ("\x00\x7f봄", "봄"),
        ("", ""),
    ],
)
def test_any_name_is_only_a_name(post, name, shown):
    owe_receipt(to=services.Citizen(name, "email", "haram@example.com"))
    assert deliver() == 1
    (arrived,) = post.mails
    assert arrived.envelope == ["haram@example.com"]
    assert [a.addr_spec for a in arrived["To"].addresses] == ["haram@example.com"]
    assert arrived["To"].addresses[0].display_name == shown
    assert arrived["Bcc"] is None


def test_a_subject_cannot_bring_headers(post, nam):
    owe_staff(nam, template="due-two-days", receipt_number="x\r\nBcc: all@example.com\r\n")
    assert deliver() == 1
    (arrived,) = post.mails
    assert arrived["Bcc"] is None
    assert arrived["Subject"] == "[기한 2일 전] x Bcc: all@example.com"


def test_a_long_korean_subject_comes_back_whole(post, nam):
    number = "가나다라마바사아자차카타파하" * 12
    owe_staff(nam, receipt_number=number)
    deliver()
    assert post.subjects == [f"[기한 2일 전] {number}"]
    assert max(len(line) for line in post.mails[0].raw.split(b"\r\n\r\n")[0].split(b"\r\n")) <= 78


def test_what_a_citizen_wrote_is_only_text_in_the_html(post, nam):
    owe_staff(nam, next_step='<script>alert(1)</script> http://e.com/"onclick=x <b>')
    deliver()
    html = post.mails[0].get_body(("html",)).get_content()
    assert "<script" not in html
    assert "<b>" not in html
    assert '<a href="http://e.com/">http://e.com/</a>&quot;onclick=x' in html


@pytest.mark.parametrize(
    "address", ["", "no-at", "a@x.org, b@x.org", "a@x.org\nBcc: b@x.org", "가@"]
)
def test_what_is_no_address_fails_at_once(post, app, address):
    owe_receipt(to=services.Citizen("김하람", "email", address))
    owe_receipt(2)
    assert deliver() == 1
    failed = Notice.objects.get(subject_id=1)
    assert (failed.status, failed.last_error) == (Status.FAILED, "BadAddress")
    assert sorted(app.outcomes) == [("delivered", "case:2:receipt"), ("failed", "case:1:receipt")]


# --- bad servers --------------------------------------------------------------------------------


def test_refused_for_good_fails_at_once_and_the_others_arrive(post, app):
    post.recipients["haram@example.com"] = "550 5.1.1 no such user haram@example.com"
    owe_receipt(1)
    owe_receipt(2, to=services.Citizen("이도겸", "email", "dogyeom@example.com"))
    assert deliver() == 1
    failed = Notice.objects.get(subject_id=1)
    assert (failed.status, failed.attempts) == (Status.FAILED, 1)
    assert failed.last_error == "SMTPRecipientsRefused 550"
    assert failed.secret == CODE
    assert ("failed", "case:1:receipt") in app.outcomes
    assert post.connections == 1


def test_refused_for_now_is_tried_again_with_growing_waits(post, app):
    post.recipients["haram@example.com"] = "450 4.2.1 mailbox busy"
    owe_receipt()
    now, waits = OPEN, []
    for _ in range(9):
        assert deliver(now) == 0
        notice = Notice.objects.get()
        waits.append((notice.next_attempt_at - now).total_seconds())
        assert deliver(notice.next_attempt_at - SECOND) == 0
        now = notice.next_attempt_at
    # On a busy machine the pass itself takes a moment before the refusal comes.
    expected = [5, 15, 60, 300, 900, 3600, 3600, 3600, 3600]
    assert all(aim - 1 <= wait <= aim + 10 for aim, wait in zip(expected, waits, strict=True))
    assert (notice.status, notice.attempts) == (Status.OWED, 9)
    assert notice.last_error == "SMTPRecipientsRefused 450"
    post.recipients.clear()
    assert deliver(now) == 1
    assert app.outcomes == [("delivered", "case:1:receipt")]


def test_after_two_days_it_has_failed(post, app):
    post.data = "451 4.3.0 try again later"
    owe_receipt()
    waits = [mail.wait_after(n) or timedelta() for n in range(1, mail.MOST_ATTEMPTS)]
    waited = sum(waits, timedelta())
    assert mail.wait_after(mail.MOST_ATTEMPTS) is None
    assert timedelta(hours=48) < waited < timedelta(hours=49)
    Notice.objects.update(attempts=mail.MOST_ATTEMPTS - 1)
    assert deliver() == 0
    assert Notice.objects.get().status == Status.FAILED
    assert app.outcomes == [("failed", "case:1:receipt")]


def test_content_refused_for_good_has_failed(post):
    post.data = "554 5.7.1 spam"
    owe_receipt()
    deliver()
    notice = Notice.objects.get()
    assert (notice.status, notice.last_error) == (Status.FAILED, "SMTPDataError 554")


def test_a_server_that_is_away_costs_no_mail_a_try(post, app):
    post.stop()
    for number in range(3):
        owe_receipt(number)
    for minute in range(60):
        assert deliver(OPEN + timedelta(minutes=minute)) == 0
    assert set(Notice.objects.values_list("status", "attempts", "last_error")) == {("owed", 0, "")}
    assert Heartbeat.objects.get().at > OPEN + timedelta(minutes=58)
    post.start()
    assert deliver(OPEN + timedelta(minutes=60)) == 3
    assert len(post.mails) == len(set(post.ids)) == 3


def test_a_server_that_refuses_us_altogether_costs_little(post):
    """Our own address is refused: after three mails the pass ends, the others wait unharmed."""
    post.sender = "550 5.7.1 sender not allowed"
    for number in range(10):
        owe_receipt(number)
    deliver()
    assert Notice.objects.filter(status=Status.OWED).count() == 10
    assert Notice.objects.filter(attempts=0, next_attempt_at__lte=OPEN + SECOND).count() == 7
    assert post.connections == 3


def test_closed_after_data_is_sent_again_with_the_same_message_id(post, app):
    """The server took it, but we were never told."""
    post.closes_after_data = True
    owe_receipt()
    assert deliver() == 0
    notice = Notice.objects.get()
    assert (notice.status, notice.last_error) == (Status.OWED, "SMTPServerDisconnected")
    post.closes_after_data = False
    assert deliver(notice.next_attempt_at) == 1
    assert [mail["Message-ID"] for mail in post.lost] == post.ids
    assert CODE in post.mails[0].get_body(("plain",)).get_content()
    assert len(app.told) == 1


def test_a_server_that_hangs_up_now_and_then_loses_nothing(post):
    post.closes_after_mails = 2
    for number in range(6):
        owe_receipt(number)
    now = OPEN
    for _ in range(8):
        deliver(now)
        now += timedelta(seconds=20)
    assert len(post.mails) == len(set(post.ids)) == 6
    assert not Notice.objects.exclude(status=Status.DELIVERED).exists()


def test_a_slow_server_is_given_up(post, settings):
    settings.EMAIL_TIMEOUT = 0.15
    post.seconds = 0.4
    owe_receipt()
    assert deliver() == 0
    notice = Notice.objects.get()
    assert (notice.status, notice.last_error) == (Status.OWED, "SMTPServerDisconnected")


def test_a_pass_ends_in_time_and_gives_back_what_it_did_not_send(post):
    post.seconds = 0.05
    for number in range(10):
        owe_receipt(number)
    sent = deliver(seconds=0.12)
    assert 1 <= sent <= 4
    left = Notice.objects.filter(status=Status.OWED)
    assert left.count() == 10 - sent
    assert not left.exclude(lease="").exists()
    assert deliver(OPEN + SECOND) == 10 - sent


# --- crashes and two at once --------------------------------------------------------------------


def test_a_crash_between_acceptance_and_mark_sends_again_recognisably(post, app, monkeypatch):
    owe_receipt()

    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(delivering, "settle", killed)
    monkeypatch.setattr(delivering._Pass, "_give_back", lambda *_: None)
    with pytest.raises(KeyboardInterrupt):
        deliver()
    monkeypatch.undo()
    assert Notice.objects.get().status == Status.OWED
    assert deliver(OPEN + delivering.LEASE - SECOND) == 0
    assert deliver(OPEN + delivering.LEASE + SECOND) == 1
    assert len(post.ids) == 2
    assert len(set(post.ids)) == 1


def test_a_pass_that_lost_its_lease_sends_nothing(post, monkeypatch):
    """It hung for longer than the lease; meanwhile another pass sent the mail."""
    for number in (1, 2):
        owe_receipt(number)
    real = mail.compose
    once: list[int] = []

    def slow(notice, *, at, **more):
        if not once:
            once.append(1)
            assert services.deliver(now=OPEN + timedelta(seconds=61)) == 2
            monkeypatch.setattr(delivering, "RENEW_AFTER", timedelta(seconds=-1))
        return real(notice, at=at, **more)

    monkeypatch.setattr(mail, "compose", slow)
    assert deliver() == 0
    assert len(post.mails) == len(set(post.ids)) == 2


def test_one_unreadable_row_does_not_stop_the_others(post, app):
    bad = owe_receipt(1)
    owe_receipt(2)
    with connection.cursor() as cursor:
        cursor.execute("update notices_notice set body='gAAAAnonsense' where id=%s", [bad.pk])
    assert deliver() == 1
    failed = Notice.objects.without_texts().get(pk=bad.pk)
    assert (failed.status, failed.last_error) == (Status.FAILED, "Unreadable")


def test_a_mail_that_cannot_be_made_waits_and_does_not_stop_the_others(post, app, monkeypatch):
    owe_receipt(1)
    owe_receipt(2)
    real = mail.compose

    def broken(notice, **more):
        if notice.subject_id == 1:
            raise KeyError("a fault of ours")
        return real(notice, **more)

    monkeypatch.setattr(mail, "compose", broken)
    assert deliver() == 1
    assert Notice.objects.get(subject_id=1).last_error == "KeyError"


def test_cancelled_while_it_is_sent_it_counts_as_told(post, app):
    notice = owe_receipt()
    post.on_mail = lambda: None
    real = delivering._Pass._send

    def cancelled_meanwhile(self, row):
        answer = real(self, row)
        services.cancel(subject_type="case", subject_id=1, templates=None, now=OPEN)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivering._Pass, "_send", cancelled_meanwhile)
        assert deliver() == 1
    notice.refresh_from_db()
    assert notice.status == Status.DELIVERED


# --- what follows -------------------------------------------------------------------------------


def test_trouble_in_the_app_above_never_sends_twice(post, app):
    owe_receipt()
    app.broken = True
    assert deliver() == 1
    notice = Notice.objects.get()
    assert (notice.status, notice.follow_up) == (Status.DELIVERED, "delivered")
    deliver(OPEN + SECOND)
    assert len(app.told) == 1
    app.broken = False
    later = OPEN + timedelta(seconds=40)
    deliver(later)
    deliver(later + timedelta(minutes=5))
    assert len(post.mails) == 1
    assert app.told == [("delivered", "case:1:receipt", notice.delivered_at)] * 2
    assert Notice.objects.get().follow_up == ""


def test_what_the_app_above_did_before_it_broke_is_undone(post, app, monkeypatch):
    def half_done(notice, *, now):
        Heartbeat.objects.create(name="half", at=now)
        raise RuntimeError

    registry.register("case", delivered=half_done)
    owe_receipt()
    deliver()
    assert not Heartbeat.objects.filter(name="half").exists()
    assert Notice.objects.get().status == Status.DELIVERED


def test_follow_ups_of_nobody_are_not_kept(post):
    owe_receipt()
    deliver()
    assert Notice.objects.get().follow_up == ""


# --- the simulated past -------------------------------------------------------------------------


def test_addresses_of_the_simulated_past_get_no_mail(post, settings, app):
    settings.DEMO = True
    owe_receipt(1, to=services.Citizen("김하람", "email", "haram@example.invalid"))
    owe_receipt(2)
    assert deliver() == 2
    assert [sent.envelope for sent in post.mails] == [["haram@example.com"]]
    assert len(app.told) == 2


def test_without_demo_they_are_addresses_like_others(post):
    owe_receipt(1, to=services.Citizen("김하람", "email", "haram@example.invalid"))
    assert deliver() == 1
    assert len(post.mails) == 1


def test_the_simulation_sends_nothing_at_all(post, settings, nam):
    with pytest.raises(ValueError, match="demo"):
        deliver(simulated=True)
    settings.DEMO = True
    owe_receipt()
    owe_staff(nam)
    assert deliver(simulated=True, heartbeat=False) == 2
    assert not post.mails
    assert not Heartbeat.objects.exists()
    notice = Notice.objects.get(subject_id=1, template="receipt")
    assert (notice.status, notice.secret) == (Status.DELIVERED, "")


def test_an_english_text_is_used_where_there_is_one(monkeypatch):
    names = []

    def select(asked):
        names.append(asked)
        return select_template(asked[1:])

    monkeypatch.setattr(texts, "select_template", select)
    texts._compiled.cache_clear()
    owe_receipt(language="en")
    texts._compiled.cache_clear()
    assert names == [["notices/receipt.en.txt", "notices/receipt.txt"]]


def test_settling_names_what_happened():
    assert set(settling.OUTCOMES) == {Status.DELIVERED, Status.FAILED, Status.BOUNCED}
