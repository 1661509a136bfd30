"""Whom a text speaks of: by name, by title where that is one person's, or by a title of several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from centre.models import Position, StaffMember

#: What may stand between and after the words that name somebody.
_END = r"(?:\s*(?:씨|님|양|군))?"
_ALONE = r"(?<![가-힣])"
#: Titles that people use for a position, whoever holds it.
_SPOKEN = {
    Position.LEAD: r"팀(?:장|\s+장님)",
    Position.SECRETARY_GENERAL: r"[처국](?:장|\s+장님)",
    Position.DIRECTOR: r"(?:센터|기관)(?:장|\s+장님)|소장",
}
#: Positions of one person, by the words that can mean nobody else here.
_ONLY = {
    Position.SECRETARY_GENERAL: r"사무\s*[처국](?:장|\s+장님)",
    Position.DIRECTOR: r"(?:센터|기관)(?:장|\s+장님)",
}
#: 센터 장소, 팀 장비: no title.
_NO_TITLE = r"(?![소비애면치르])"


@dataclass(slots=True)
class Meant:
    """``named`` are meant; ``fitting`` are those whom words that fit several people could mean."""

    named: set[int] = field(default_factory=set)
    fitting: set[int] = field(default_factory=set)

    def take(self, people: Iterable[StaffMember]) -> None:
        """One person is meant, several could be."""
        keys = {person.pk for person in people}
        (self.named if len(keys) == 1 else self.fitting).update(keys)


def people_meant(text: str, people: Sequence[StaffMember]) -> Meant:
    """Whom of ``people`` (with their teams) the words can mean.

    What names nobody for certain but speaks of a lead, or of who stands above, fits all of them.
    """
    meant = Meant()
    left = text
    for pattern, group in _certain(people):
        left, hits = re.subn(pattern, " ", left)
        if hits:
            meant.take(group)
    for position, words in _SPOKEN.items():
        if re.search(rf"(?:{words}){_NO_TITLE}", left):
            meant.fitting |= {person.pk for person in people if person.position == position}
    meant.fitting -= meant.named
    return meant


def people_named(text: str, people: Sequence[StaffMember]) -> set[int]:
    """Whom of ``people`` the text names beyond doubt; for texts that speak of other things too."""
    meant = Meant()
    for pattern, group in _certain(people):
        if len(group) == 1 and re.search(pattern, text):
            meant.take(group)
    return meant.named


def _certain(people: Sequence[StaffMember]) -> list[tuple[str, list[StaffMember]]]:
    """Patterns of words that name somebody, each with whoever it fits; the longest come first."""
    found: list[tuple[str, list[StaffMember]]] = []
    titles = {title for person in people if (title := person.title.strip())}
    any_title = "|".join(sorted(map(re.escape, titles), key=len, reverse=True)) or "팀장"
    for person in people:
        called = rf"(?:\s*(?:{any_title}))?{_END}"
        name = rf"(?:{re.escape(person.name)}|{_ALONE}{_spaced(person.name)})"
        found.append((name + called, [person]))
    groups: dict[str, list[StaffMember]] = {}
    for person in people:
        for pattern in _titles(person, any_title):
            groups.setdefault(pattern, []).append(person)
    return found + sorted(groups.items(), key=lambda row: -len(row[0]))


def _titles(person: StaffMember, any_title: str) -> list[str]:
    """How people speak of this person without the whole name."""
    title = person.title.strip()
    surname, given = person.name[:1], person.name[1:]
    words = {re.escape(title)} if title else set()
    if person.position == Position.LEAD:
        words.add(_SPOKEN[Position.LEAD])
    said = "|".join(sorted(words))
    patterns = []
    if said:
        stem = re.sub(r"팀$", "", person.team.name)
        patterns.append(rf"{_spaced(stem)}\s*팀?\s*의?\s*(?:{said}){_NO_TITLE}{_END}")
        patterns.append(rf"{_ALONE}{surname}\s*(?:{said}){_NO_TITLE}{_END}")
    if len(given) > 1:
        patterns.append(rf"{_ALONE}{_spaced(given)}\s*(?:{any_title}|씨|님)")
    if person.position in _ONLY:
        patterns.append(rf"{_ALONE}(?:{_ONLY[Position(person.position)]}){_NO_TITLE}{_END}")
    return patterns


def _spaced(word: str) -> str:
    """The word, with or without spaces in it."""
    return r"\s*".join(map(re.escape, "".join(word.split())))
