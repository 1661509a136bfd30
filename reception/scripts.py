"""What is said on the phone and at the counter (§11.5), as the centre has set itself."""

from __future__ import annotations

from dataclasses import dataclass

from centre import options


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to say, and when."""

    when: str
    words: str


def difficult_call() -> list[Line]:
    """The warnings in their order; recording is spoken of only where the centre records."""
    minutes = options.number("long_call_minutes")
    recorded = bool(options.value("calls_recorded"))
    second = "같은 말씀이 계속되면 통화를 마칠 수 있음을 알려 드립니다."
    return [
        Line(
            "1차 안내",
            "고객님, 그렇게 말씀하시면 상담을 이어 가기 어렵습니다. 말씀하신 내용을 돕고 싶으니 "
            "차분히 말씀해 주십시오.",
        ),
        Line("2차 알림", f"{second} 통화는 기록되고 있습니다." if recorded else second),
        Line(
            "마침",
            "더 상담하기 어려워 통화를 마치겠습니다. 말씀하신 용건은 접수하여 글로 "
            "답변드리겠습니다.",
        ),
        Line(
            f"오래 걸릴 때({minutes}분, 센터가 정한 값)",
            f"통화가 {minutes}분을 넘어 다른 고객께서 기다리십니다. 남은 말씀은 글로 남겨 주시면 "
            "답변드리겠습니다.",
        ),
    ]
