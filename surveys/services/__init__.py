"""The verbs of surveys. Each is one transaction with its event and its owed notices."""

from surveys.services.answering import (
    answer,
    check_open,
    enter_answers,
    find_invitation,
    look_again,
    may_ask_again,
)
from surveys.services.building import (
    NewQuestion,
    change_survey,
    copy_version,
    create_survey,
    delete_draft,
    move_question,
    remove_question,
    save_question,
)
from surveys.services.disposing import dispose
from surveys.services.inviting import (
    Guest,
    delivered,
    end_tasks,
    forget_addresses,
    invite,
    invite_attended,
    invite_cases,
    invite_consented,
    invite_courses,
    remind,
)
from surveys.services.mixing import mix
from surveys.services.promises import course_facts, survey_facts, take_steps, year_facts
from surveys.services.running import close_survey, follow_times, open_survey
from surveys.services.watching import warn

__all__ = [
    "Guest",
    "NewQuestion",
    "answer",
    "change_survey",
    "check_open",
    "close_survey",
    "copy_version",
    "course_facts",
    "create_survey",
    "delete_draft",
    "delivered",
    "dispose",
    "end_tasks",
    "enter_answers",
    "find_invitation",
    "follow_times",
    "forget_addresses",
    "invite",
    "invite_attended",
    "invite_cases",
    "invite_consented",
    "invite_courses",
    "look_again",
    "may_ask_again",
    "mix",
    "move_question",
    "open_survey",
    "remind",
    "remove_question",
    "save_question",
    "survey_facts",
    "take_steps",
    "warn",
    "year_facts",
]
