"""The pages of the front desk, for staff; and the staff guide, for everybody."""

from reception.views.desk import arrive, board, desk, late_visit, progress, spot, visit
from reception.views.difficult import difficult_calls, new_difficult_call
from reception.views.notes import new_note, note, notes
from reception.views.people import absences, staff_guide

__all__ = [
    "absences",
    "arrive",
    "board",
    "desk",
    "difficult_calls",
    "late_visit",
    "new_difficult_call",
    "new_note",
    "note",
    "notes",
    "progress",
    "spot",
    "staff_guide",
    "visit",
]
