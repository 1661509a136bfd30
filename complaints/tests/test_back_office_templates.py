"""Reply templates: loaded once, edited by leads, offered where they fit."""

from __future__ import annotations

import pytest

from complaints.factories import ReplyTemplateFactory
from complaints.models import ReplyTemplate
from complaints.services.loading import load_reply_templates
from complaints.tests.staff import browser_of, page_of, words_of

pytestmark = pytest.mark.usefixtures("demo_centre")
LIST = "/admin/complaints/replytemplate/"


def test_loading_again_adds_nothing_and_changes_nothing() -> None:
    assert ReplyTemplate.objects.count() == 17
    changed = ReplyTemplate.objects.get(code="T3")
    assert changed.kinds == "enquiry"
    assert [topic.code for topic in changed.topics.all()] == ["record"]
    ReplyTemplate.objects.filter(pk=changed.pk).update(text="고친 글", active=False)
    ReplyTemplate.objects.filter(code="T17").delete()
    assert load_reply_templates() == 1
    changed.refresh_from_db()
    assert (changed.text, changed.active) == ("고친 글", False)


@pytest.mark.parametrize(
    ("username", "reads", "edits"),
    [
        ("baek.sw", 200, 200),
        ("seo.yh", 200, 200),
        ("nam.gy", 200, 403),
        ("im.do", 403, 403),
        ("sys.admin", 403, 403),
        ("", 302, 302),
    ],
)
def test_who_reads_and_who_edits(username: str, reads: int, edits: int) -> None:
    client = browser_of(username)
    assert client.get(LIST).status_code == reads
    assert client.get(f"{LIST}add/").status_code == edits


def test_a_lead_writes_one() -> None:
    client = browser_of("baek.sw")
    typed = {
        "code": "T30",
        "title": "새 틀",
        "text": "[날짜]",
        "kinds": ["complaint", "enquiry"],
        "active": "on",
    }
    assert client.post(f"{LIST}add/", typed).status_code == 302
    made = ReplyTemplate.objects.get(code="T30")
    assert made.kinds == "complaint,enquiry"
    page = client.get(f"{LIST}{made.pk}/change/")
    assert page_of(page).count("checked") == 3  # two kinds, and in use
    assert "불만, 문의" in words_of(client.get(LIST))


def test_one_that_is_switched_off_is_not_offered(file: object) -> None:
    ReplyTemplateFactory(code="X99", active=False)
    one = file().complaint  # type: ignore[operator]
    assert "X99" not in page_of(
        browser_of("nam.gy").get(f"/admin/complaints/complaint/{one.pk}/change/")
    )
