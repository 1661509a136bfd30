"""Every due date can explain itself, word for word."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from centre.calendar import SEOUL, Allowance, Calendar, Rule, Why

CHARTER = Calendar()
MOVING = Calendar(closures={date(2026, 9, 28): "센터 이전", date(2026, 9, 29): "센터 이전"})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


PAUSE = (at("2026-09-23 17:55"), at("2026-10-02 10:30"))
LAW = "근거: 「민원 처리에 관한 법률」 제19조제2항에 준하여 셉니다."
OWN = "센터 휴무일을 건너뛰는 것은 법이 아니라 센터가 정한 기준입니다."


@pytest.mark.parametrize(
    ("rule", "allowance", "start", "lines"),
    [
        (
            Rule.CIVIL_DAYS,
            "7d",
            "2026-10-02 10:00",
            [
                (
                    "2026년 10월 2일(금) 다음 날부터 7일째인 10월 9일은 한글날, "
                    "10·11일은 토·일요일이므로 "
                    "그다음 근무일인 10월 12일(월) 18:00까지입니다."
                ),
                "근거: 「민법」 제157조, 제159조, 제161조.",
            ],
        ),
        (
            Rule.CIVIL_DAYS,
            "7d",
            "2026-09-22 00:00",
            [
                "2026년 9월 22일(화) 0시에 시작되어 그날부터 7일째인 9월 28일(월) 18:00까지입니다.",
                "근거: 「민법」 제157조 단서, 제159조.",
            ],
        ),
        (
            Rule.CIVIL_DAYS,
            "7d",
            "2026-12-27 10:00",
            [
                (
                    "2026년 12월 27일(일) 다음 날부터 7일째인 2027년 1월 3일은 일요일이므로 "
                    "그다음 근무일인 1월 4일(월) 18:00까지입니다."
                ),
                "근거: 「민법」 제157조, 제159조, 제161조.",
            ],
        ),
        (
            Rule.PETITION_DAYS,
            "7d",
            "2026-09-23 10:00",
            [
                (
                    "2026년 9월 23일(수)부터 그날을 포함하여 근무일만 세어 7일째인 "
                    "10월 6일(화) 18:00까지입니다."
                ),
                (
                    "세지 않은 날: 9월 24일은 추석 전날, 25일은 추석, 26일은 추석 다음날, "
                    "27일은 일요일, "
                    "10월 3일은 개천절, 4일은 일요일, 5일은 대체공휴일(개천절)."
                ),
                LAW,
            ],
        ),
        (
            Rule.PETITION_DAYS,
            "3d",
            "2026-11-23 10:00",
            [
                (
                    "2026년 11월 23일(월)부터 그날을 포함하여 근무일만 세어 3일째인 "
                    "11월 25일(수) 18:00까지입니다."
                ),
                "근거: 5일 이하의 기간을 날로 세는 것은 센터가 정한 기준입니다.",
            ],
        ),
        (
            Rule.WORKING_TIME,
            "15m",
            "2026-09-23 17:50",
            [
                (
                    "2026년 9월 23일(수) 17:50부터 근무시간만 세어 15분이 되는 "
                    "9월 28일(월) 09:05까지입니다."
                ),
                "센 시간: 9월 23일(수) 17:50~18:00(10분), 9월 28일(월) 09:00~09:05(5분).",
                (
                    "세지 않은 날: 9월 24일은 추석 전날, 25일은 추석, 26일은 추석 다음날, "
                    "27일은 일요일."
                ),
            ],
        ),
        (
            Rule.WORKING_TIME,
            "1h",
            "2026-11-21 00:30",
            [
                (
                    "2026년 11월 21일(토) 00:30부터 근무시간만 세어 1시간이 되는 "
                    "11월 23일(월) 10:00까지입니다."
                ),
                "근무시간이 아닌 때에 시작되어 11월 23일(월) 09:00부터 세기 시작합니다.",
                "세지 않은 날: 11월 21·22일은 토·일요일.",
            ],
        ),
        (
            Rule.WORKING_TIME,
            "40h",
            "2026-11-23 10:00:30",
            [
                (
                    "2026년 11월 23일(월) 10:00:30부터 근무시간만 세어 40시간이 되는 "
                    "11월 30일(월) 10:00:30까지입니다."
                ),
                "세지 않은 날: 11월 28·29일은 토·일요일.",
            ],
        ),
        (
            Rule.ELAPSED,
            "10m",
            "2026-11-20 23:55",
            [
                (
                    "2026년 11월 20일(금) 23:55부터 쉬는 시간 없이 세어 10분이 되는 "
                    "11월 21일(토) 00:05 전까지입니다."
                )
            ],
        ),
        (
            Rule.DAYS_BEFORE,
            "20d",
            "2028-03-21 10:00",
            [
                (
                    "행사일 2028년 3월 21일(화)의 20일 전은 3월 1일(수)이므로, 그날 0시가 되기 전, "
                    "곧 2월 29일(화)까지입니다."
                )
            ],
        ),
    ],
)
def test_explanations(rule, allowance, start, lines):
    due = CHARTER.due(rule, Allowance.parse(allowance), at(start))
    assert due.explain().split("\n") == lines


@pytest.mark.parametrize(
    ("rule", "allowance", "start", "lines"),
    [
        (
            Rule.CIVIL_DAYS,
            "7d",
            "2026-09-22 10:00",
            [
                (
                    "2026년 9월 22일(화) 다음 날부터 보완을 기다린 날(9월 23일~10월 2일)을 빼고 "
                    "7일째인 "
                    "10월 9일은 한글날, 10·11일은 토·일요일이므로 그다음 근무일인 "
                    "10월 12일(월) 18:00까지입니다."
                ),
                "근거: 「민법」 제157조, 제159조, 제161조.",
            ],
        ),
        (
            Rule.PETITION_DAYS,
            "7d",
            "2026-09-22 23:50",
            [
                (
                    "2026년 9월 22일(화)부터 그날을 포함하여 근무일만 세어 7일째인 "
                    "10월 14일(수) 18:00까지입니다."
                ),
                (
                    "세지 않은 날: 9월 23일은 보완을 기다린 날, 24일은 추석 전날, 25일은 추석, "
                    "26일은 추석 다음날, 27일은 일요일, 28·29일은 센터 이전, "
                    "30일~10월 2일은 보완을 기다린 날, 3일은 개천절, 4일은 일요일, "
                    "5일은 대체공휴일(개천절), 9일은 한글날, 10·11일은 토·일요일."
                ),
                OWN,
                LAW,
            ],
        ),
        (
            Rule.WORKING_TIME,
            "15m",
            "2026-09-23 17:50",
            [
                (
                    "2026년 9월 23일(수) 17:50부터 근무시간만 세어 15분이 되는 "
                    "10월 2일(금) 10:40까지입니다."
                ),
                "센 시간: 9월 23일(수) 17:50~17:55(5분), 10월 2일(금) 10:30~10:40(10분).",
                (
                    "세지 않은 날: 9월 24일은 추석 전날, 25일은 추석, 26일은 추석 다음날, "
                    "27일은 일요일, "
                    "28·29일은 센터 이전."
                ),
                "보완을 기다려 세지 않은 시간: 9월 23일(수) 17:55~10월 2일(금) 10:30.",
            ],
        ),
        (
            Rule.WORKING_TIME,
            "1h",
            "2026-10-02 08:00",
            [
                (
                    "2026년 10월 2일(금) 08:00부터 근무시간만 세어 1시간이 되는 "
                    "10월 2일(금) 11:30까지입니다."
                ),
                "10월 2일(금) 10:30부터 세기 시작합니다.",
                "보완을 기다려 세지 않은 시간: 10월 2일(금) 08:00~10:30.",
            ],
        ),
        (
            Rule.ELAPSED,
            "10m",
            "2026-09-23 17:50",
            [
                (
                    "2026년 9월 23일(수) 17:50부터 쉬는 시간 없이 세어 10분이 되는 "
                    "10월 2일(금) 10:35 전까지입니다."
                ),
                "보완을 기다려 세지 않은 시간: 9월 23일(수) 17:55~10월 2일(금) 10:30.",
            ],
        ),
    ],
)
def test_explanations_with_a_pause_and_a_closure(rule, allowance, start, lines):
    due = MOVING.due(rule, Allowance.parse(allowance), at(start), pauses=[PAUSE])
    assert due.explain().split("\n") == lines


def test_the_choice_of_the_centre_is_said_as_such():
    due = MOVING.due(Rule.CIVIL_DAYS, Allowance.parse("7d"), at("2026-09-22 10:00"))
    assert due.explain().split("\n") == [
        (
            "2026년 9월 22일(화) 다음 날부터 7일째인 9월 29일은 센터 이전이므로 그다음 근무일인 "
            "9월 30일(수) 18:00까지입니다."
        ),
        OWN,
        "근거: 「민법」 제157조, 제159조, 제161조.",
    ]
    assert [skip.why for skip in due.skipped] == [Why.CLOSURE]


def test_a_pause_that_came_too_late_is_not_mentioned():
    late = [(at("2026-11-20 11:00"), at("2026-11-20 12:00"))]
    due = CHARTER.due(Rule.ELAPSED, Allowance.parse("10m"), at("2026-11-20 10:00"), pauses=late)
    assert due.pauses == ()
    assert "보완" not in due.explain()


def test_what_was_skipped_can_be_shown_one_by_one():
    due = CHARTER.due(Rule.CIVIL_DAYS, Allowance.parse("7d"), at("2026-10-02 10:00"))
    assert due.nominal_day == date(2026, 10, 9)
    assert due.last_day == date(2026, 10, 12)
    assert [(skip.day.day, skip.why, skip.reason) for skip in due.skipped] == [
        (9, Why.HOLIDAY, "한글날"),
        (10, Why.WEEKEND, "토요일"),
        (11, Why.WEEKEND, "일요일"),
    ]
