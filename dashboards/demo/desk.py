"""Who comes and who calls: waits, call-backs, answers on the spot, and who of us is away."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from centre import queries as centre_queries
from centre import services as centre
from centre.models import StaffMember
from complaints import services as complaints
from dashboards.demo import opinions
from dashboards.demo.world import World
from reception import queries, services
from reception.models import ContactNote
from reception.services import NewNote
from records.actors import SYSTEM

PURPOSES: Final = {"consult": 45, "papers": 25, "education": 15, "opinion": 5, "other": 10}
#: How often somebody is away for a day or a few, on an open day.
AWAY: Final = 0.12


class Desk:
    """What happens at the front desk, in a world."""

    def __init__(self, world: World) -> None:
        self.world = world

    # --- absences ---------------------------------------------------------------------------------

    def plan_absence(self, day: date) -> None:
        if self.world.comes_up("away", AWAY):
            self.world.at(self.world.instant(day, 8.9), "absence", partial(self.go_away, day))
        for hour in (9.02, 11.0, 13.02, 15.0, 17.0):
            self.world.at(self.world.instant(day, hour), "follow absences", self.follow)

    def go_away(self, day: date, now: datetime) -> None:
        staff = list(centre_queries.present(at=now).order_by("pk"))
        person = self.world.rng.choice(staff)
        last = day + timedelta(days=self.world.rng.choice((0, 0, 0, 1, 2)))
        centre.enter_absence(
            person_id=person.pk,
            starts_at=self.world.instant(day, 9),
            ends_at=self.world.instant(last, 18),
            reason=self.world.rng.choice(("leave", "leave", "trip", "training")),
            by=SYSTEM,
            now=now,
        )

    def follow(self, now: datetime) -> None:
        complaints.follow_absences(now=now)
        services.follow_absences(now=now)

    # --- visitors ---------------------------------------------------------------------------------

    def arrive(self, now: datetime) -> None:
        by = self._somebody(now)
        if by is None:
            return
        purpose = self.world.rng.choices(list(PURPOSES), weights=list(PURPOSES.values()))[0]
        arrived = services.arrive(form_token=self.world.token(), purpose=purpose, by=by, now=now)
        wait = timedelta(minutes=min(self.world.minutes(3.2, spread=0.6), 25))
        call = partial(self.call, arrived.visit.pk)
        self.world.at(now + wait, "visitor called", call)

    def wait(self, now: datetime) -> None:
        """Somebody has come and is waiting still."""
        by = self._somebody(now)
        if by is not None:
            services.arrive(form_token=self.world.token(), purpose="consult", by=by, now=now)

    def call(self, visit_id: int, now: datetime) -> None:
        by = self._somebody(now)
        if by is None:
            return
        if self.world.chance(0.01):
            services.leave_unserved(visit_id=visit_id, by=by, now=now)
            return
        services.call(visit_id=visit_id, by=by, now=now)
        serve = partial(self.serve, visit_id)
        self.world.at(now + timedelta(seconds=40), "visitor served", serve)

    def serve(self, visit_id: int, now: datetime) -> None:
        by = self._somebody(now)
        if by is not None:
            services.serve(visit_id=visit_id, by=by, now=now)

    def send_home(self, now: datetime) -> None:
        """Nobody is left waiting when the doors close."""
        for waiting in queries.here_now(now=now):
            self.world.at(now, "visitor left", partial(self._leave, waiting.visit.pk))

    def _leave(self, visit_id: int, now: datetime) -> None:
        by = self._somebody(now)
        if by is not None:
            services.leave_unserved(visit_id=visit_id, by=by, now=now)

    # --- callers ----------------------------------------------------------------------------------

    def ring(self, number: int, now: datetime) -> None:
        """Somebody calls for a colleague: on the spot, or a note where he is not there."""
        by = self._somebody(now)
        if by is None:
            return
        if not self.world.comes_up("call for a colleague", 0.45):
            services.answer_on_the_spot(
                form_token=self.world.token(), origin="phone", by=by, now=now
            )
            return
        staff = list(centre_queries.employed(at=now).exclude(pk=by.pk).order_by("pk"))
        citizen = opinions.citizen(self.world.rng, number)
        taken = services.take_note(
            form_token=self.world.token(),
            new=NewNote(
                origin="phone",
                sought_id=self.world.rng.choice(staff).pk,
                name=citizen.name,
                matter=opinions.matter(self.world.rng),
                contact=citizen.phone,
            ),
            by=by,
            now=now,
        )
        wait = self.world.minutes(22, spread=0.7)
        self.world.later(wait, "rung back", partial(self.ring_back, taken.note.pk))

    def ring_back(self, note_id: int, now: datetime) -> None:
        note = ContactNote.objects.select_related("keeper__user").get(pk=note_id)
        if note.closed_at is not None:
            return
        outcome = self.world.rng.choices(("reached", "no_answer", "busy"), weights=(80, 14, 6))[0]
        services.log_attempt(note_id=note_id, way="phone", outcome=outcome, by=note.keeper, now=now)
        if outcome != "reached":
            self.world.later(150, "rung back", partial(self.ring_back, note_id))

    # --- who --------------------------------------------------------------------------------------

    def _somebody(self, now: datetime) -> StaffMember | None:
        team = centre_queries.desk_team()
        here = centre_queries.present(at=now).filter(team=team).select_related("user", "team")
        staff = list(here.order_by("pk"))
        return self.world.rng.choice(staff) if staff else None
