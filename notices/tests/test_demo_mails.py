"""Mails as files, and the pages that show them in the demo."""

import email
import stat
from email.policy import default as policy
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, get_connection

from notices import services
from notices.tests.making import CODE, OPEN, owe_receipt, owe_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    settings.EMAIL_BACKEND = "notices.backends.FileBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    settings.DEMO, settings.MAIL_IS_REAL = True, False
    return tmp_path / "mail"


def test_mails_are_private_files_that_appear_whole(folder):
    owe_receipt()
    assert services.deliver(now=OPEN) == 1
    (path,) = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    mail = email.message_from_bytes(path.read_bytes(), policy=policy)
    assert mail["Subject"] == "[고객의 소리] 접수되었습니다 (접수번호 2026-000123-H)"
    assert f" 확인번호   {CODE}".encode() in path.read_bytes()
    assert mail["Date"].datetime == OPEN.replace(microsecond=0) or mail["Date"].datetime > OPEN


def test_a_disk_that_is_full_leaves_nothing_half_and_the_mail_owed(folder, monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    notice = owe_receipt()
    assert services.deliver(now=OPEN) == 0
    assert list(folder.iterdir()) == []
    notice.refresh_from_db()
    assert (notice.status, notice.last_error) == ("owed", "OSError")


def test_a_mail_to_nobody_is_an_error(folder):
    with pytest.raises(ValueError, match="recipient"):
        get_connection().send_messages([EmailMessage("s", "b")])


def test_the_newest_mails_are_listed_first(client, folder, nam):
    owe_receipt()
    services.deliver(now=OPEN)
    owe_staff(nam)
    services.deliver(now=OPEN)
    page = client.get("/dev/mail/").content.decode()
    assert page.index("[기한 2일 전]") < page.index("[고객의 소리] 접수되었습니다")
    assert "haram@example.com" in page


def test_an_empty_list_says_so(client, folder):
    assert "아직 나간 메일이 없습니다" in client.get("/dev/mail/").content.decode()


def test_a_mail_is_shown_as_text_as_html_and_as_it_is(client, folder):
    owe_receipt(context={"citizen_name": "<b>김</b>"})
    services.deliver(now=OPEN)
    name = next(folder.iterdir()).stem
    page = client.get(f"/dev/mail/{name}/")
    assert CODE in page.content.decode()
    assert "<b>김" not in page.content.decode()
    html = client.get(f"/dev/mail/{name}/html/")
    assert CODE in html.content.decode()
    policy_sent = html["Content-Security-Policy"]
    assert "default-src 'none'" in policy_sent
    assert "sandbox" in policy_sent
    assert "script" not in policy_sent
    raw = client.get(f"/dev/mail/{name}/raw/")
    assert raw["Content-Type"] == "message/rfc822"
    assert raw.content == (folder / f"{name}.eml").read_bytes()


@pytest.mark.parametrize(
    "address",
    ["none/", "none/raw/", "none/html/", "..%2f..%2fsecret/", "../keys.json", ".hidden/"],
)
def test_nothing_else_can_be_read(client, folder, address):
    assert client.get(f"/dev/mail/{address}").status_code == 404


@pytest.mark.parametrize(("demo", "real"), [(False, False), (True, True), (False, True)])
def test_without_demo_there_are_no_such_pages(client, folder, settings, demo, real):
    owe_receipt()
    services.deliver(now=OPEN)
    name = next(folder.iterdir()).stem
    settings.DEMO, settings.MAIL_IS_REAL = demo, real
    for address in ("", f"{name}/", f"{name}/html/", f"{name}/raw/"):
        assert client.get(f"/dev/mail/{address}").status_code == 404
