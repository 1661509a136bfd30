"""Finding cases by their words: pairs of characters, kept by the database.

A word of two syllables is the usual one in Korean, and trigrams do not know it; so every two
characters that stand together are a key of the index. On PostgreSQL triggers keep the pairs
(migration 0004): whatever writes a case, its words follow. On SQLite, where cases are few, the
texts themselves are read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.models import Exists, F, Func, OuterRef, Q, Value

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field

#: Up to two characters the pairs decide alone; of a longer word they only say that it may be there.
PAIR = 2
_ALL = 2**31


class PairsField(_Field):
    """A ``tsvector`` without positions, written by the database alone."""

    def db_type(self, connection: Any) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"


class Words(models.Model):
    """What a case says, subject and body, as pairs of characters; a word's last has a space.

    One row a case on PostgreSQL, none on SQLite.
    """

    complaint = models.OneToOneField(
        "complaints.Complaint", primary_key=True, on_delete=models.CASCADE, related_name="words"
    )
    pairs = PairsField()

    class Meta:
        verbose_name = "words of a case"


class _HasPairs(Func):
    template = "%(expressions)s)"
    arg_joiner = " @@ complaints_sought("
    output_field = models.BooleanField()


class _Holds(Func):
    """Whether subject or body holds a word, both folded by the database."""

    template = "(strpos(complaints_folded(%(expressions)s)) > 0)"
    arg_joiner = "), complaints_folded("
    output_field = models.BooleanField()


def are_kept() -> bool:
    """Whether this database keeps pairs."""
    return connection.vendor == "postgresql"


def said(words: Sequence[str], *, by_index: bool = False) -> Q:
    """Cases in which every one of these words stands, in the subject or in the body.

    Upper and lower case are alike. A word holds no white space and is found inside others.
    ``by_index``: the index is asked first, whatever the database makes of it. It believes that
    cases with a word lie evenly, and would rather read on until it has met enough of them.
    """
    plain = [unicodedata.normalize("NFC", word) for word in words]
    if not are_kept():
        return Q(*(Q(subject__icontains=word) | Q(body__icontains=word) for word in plain))
    kept = Words.objects.filter(*(_HasPairs(F("pairs"), Value(word)) for word in plain))
    if by_index:
        found = Q(pk__in=kept.values("pk")[:_ALL])  # a limit is not looked through by the planner
    else:
        found = Q(Exists(kept.filter(complaint=OuterRef("pk"))))
    for word in plain:
        if len(word) > PAIR:
            found &= Q(_Holds(F("subject"), Value(word))) | Q(_Holds(F("body"), Value(word)))
    return found
