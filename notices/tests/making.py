"""Notices for tests: a citizen's mail with an access code, and reminders to staff."""

from datetime import datetime, timedelta
from typing import Any

from centre.calendar import SEOUL
from centre.factories import StaffMemberFactory
from notices import services
from notices.models import Channel

OPEN = datetime(2026, 10, 6, 10, 0, tzinfo=SEOUL)  # a Tuesday morning
EVENING = OPEN.replace(hour=20)
CODE = "ABCDEFGHJK"
CASE = {
    "citizen_name": "김하람",
    "receipt_number": "2026-000123-H",
    "received_at": OPEN,
    "kind": "불만",
    "topic": "봉사실적·확인서",
    "channel": "인터넷",
    "due_at": OPEN + timedelta(days=7, hours=8),
    "team": "정보관리팀",
    "team_phone": "(054)855-1365 (내선 501)",
    "tracking_url": "https://voc.example.org/complaints/2026-000123-H/",
}
HARAM = services.Citizen("김하람", Channel.EMAIL, "haram@example.com")


def make_person(**fields: Any) -> Any:
    return StaffMemberFactory(**fields)


def owe_receipt(
    number: int = 1,
    *,
    to: Any = HARAM,
    now: datetime = OPEN,
    secret: str = CODE,
    context: dict[str, Any] | None = None,
    **more: Any,
) -> Any:
    return services.owe(
        key=f"case:{number}:receipt",
        template="receipt",
        subject_type="case",
        subject_id=number,
        to=to,
        context=CASE | (context or {}),
        now=now,
        secret=secret,
        **more,
    )


def reminder(
    person: Any,
    number: int = 1,
    *,
    template: str = "due-two-days",
    hours: str = "any",
    **context: Any,
) -> services.Owed:
    return services.Owed(
        key=f"case:{number}:{template}:{person.pk}",
        template=template,
        subject_type="case",
        subject_id=number,
        to=services.Person(person),
        context={
            "receipt_number": f"2026-{number or 0:06}-H",
            "next_step": f"초안 쓰기 {number}",
            "link": f"https://voc.example.org/admin/{number}/",
        }
        | context,
        hours=hours,
    )


def owe_staff(person: Any, number: Any = 1, *, now: datetime = OPEN, **more: Any) -> int:
    return services.owe_many([reminder(person, number, **more)], now=now)
