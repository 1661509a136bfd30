"""The text of a notice as HTML, and the words for its times."""

from datetime import UTC, date, datetime

import pytest

from notices import texts
from notices.errors import IncompleteText


def html(body):
    return [
        str(block.html) or [(label, str(value)) for label, value in block.rows]
        for block in texts.blocks(body)
    ]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("한 줄\n두 줄\n\n다음\n", ["한 줄<br>\n두 줄", "다음"]),
        (
            " 접수번호   2026\n 담당 팀    정보 팀\n",
            [[("접수번호", "2026"), ("담당 팀", "정보 팀")]],
        ),
        ("앞\n 가  나\n뒤\n", ["앞", [("가", "나")], "뒤"]),
        (" 담당 팀   가\n 답변 기한 9월 까지", [[("담당 팀", "가"), ("답변 기한", "9월 까지")]]),
        (" 가  나\n다\n 라  마", [[("가", "나<br>\n다"), ("라", "마")]]),
        (" 때  오늘\n 방법\n  - 전화", [[("때", "오늘")], "&nbsp;방법<br>\n&nbsp;&nbsp;- 전화"]),
        (" 1. 하나\n 2. 둘\n", ["&nbsp;1. 하나<br>\n&nbsp;2. 둘"]),
        ("\n\n\n가\n\n\n\n나", ["가", "나"]),
        ("<i> & \"'", ["&lt;i&gt; &amp; &quot;&#x27;"]),
        (
            "보기: https://voc.example.org/a?b=1&c=2.",
            [
                '보기: <a href="https://voc.example.org/a?b=1&amp;c=2">https://voc.example.org/a?b=1&amp;c=2</a>.'
            ],
        ),
        ("(http://a.kr)", ['(<a href="http://a.kr">http://a.kr</a>)']),
        ("javascript:alert(1) data:x", ["javascript:alert(1) data:x"]),
        (
            " 주소  http://a.kr/<b>",
            [[("주소", '<a href="http://a.kr/">http://a.kr/</a>&lt;b&gt;')]],
        ),
        ("", []),
    ],
)
def test_plain_becomes_html(body, shown):
    assert [block for block in html(body) if block] == shown


def test_dates_are_written_as_people_say_them():
    text = texts.render(
        "due-two-days",
        {
            "receipt_number": "1",
            "next_step": date(2026, 10, 12),
            "due_at": datetime(2026, 10, 12, 9, 0, tzinfo=UTC),
        },
    )
    assert text.body == "남은 일: 2026년 10월 12일(월)\n\n기한 2026년 10월 12일(월) 18시까지\n"


def test_templates_are_named():
    assert texts.name_of("receipt") == "접수 알림"
    assert texts.name_of("no-longer-there") == "no-longer-there"
    with pytest.raises(KeyError):
        texts.render("no-longer-there", {})
    with pytest.raises(IncompleteText, match="due-two-days needs next_step, receipt_number"):
        texts.render("due-two-days", {})
