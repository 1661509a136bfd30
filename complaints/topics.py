"""What the form offers to choose from, also while the database is away."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

from centre.models import Topic
from complaints.forms import TopicChoice

_last: list[TopicChoice] = []


def offered() -> list[TopicChoice]:
    """The topics in use, in order; the last ones seen while the database does not answer.

    So whoever has typed a page of text gets it back with the form around it.
    """
    try:
        rows = Topic.objects.filter(active=True).values_list("code", "name", "description")
        found = [TopicChoice(*row) for row in rows]
    except (OperationalError, InterfaceError):
        if not _last:
            raise
        return list(_last)
    _last[:] = found
    return found
