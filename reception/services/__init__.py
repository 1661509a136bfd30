"""The verbs of the front desk."""

from reception.services.absences import follow_absences
from reception.services.desk import answer_on_the_spot, look_up_case, undo_spot_answer
from reception.services.difficult import (
    NewDifficultCall,
    call_lead,
    confirm_difficult_call,
    record_difficult_call,
)
from reception.services.disposal import dispose_due
from reception.services.notes import (
    NewNote,
    called_back,
    give_note,
    hand_over,
    keep_note,
    log_attempt,
    take_note,
    undo_note,
)
from reception.services.steps import (
    contact_facts,
    take_contact_steps,
    take_visit_steps,
    visit_facts,
)
from reception.services.visits import (
    arrive,
    call,
    leave_unserved,
    put_back,
    serve,
    sought_is_away,
    undo_visit,
)

__all__ = [
    "NewDifficultCall",
    "NewNote",
    "answer_on_the_spot",
    "arrive",
    "call",
    "call_lead",
    "called_back",
    "confirm_difficult_call",
    "contact_facts",
    "dispose_due",
    "follow_absences",
    "give_note",
    "hand_over",
    "keep_note",
    "leave_unserved",
    "log_attempt",
    "look_up_case",
    "put_back",
    "record_difficult_call",
    "serve",
    "sought_is_away",
    "take_contact_steps",
    "take_note",
    "take_visit_steps",
    "undo_note",
    "undo_spot_answer",
    "undo_visit",
    "visit_facts",
]
