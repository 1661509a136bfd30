"""The reply templates (답변 틀) of ``data/reply_templates.toml``, loaded once each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from centre.models import Topic
from complaints.models import ReplyTemplate

_FILE = Path(__file__).parents[1] / "data" / "reply_templates.toml"


@transaction.atomic
def load_reply_templates() -> int:
    """Add the templates that are not there yet; says how many.

    One that people changed, or switched off, is left as it is.
    """
    rows: list[dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["templates"]
    known = set(ReplyTemplate.objects.values_list("code", flat=True))
    topics = {topic.code: topic for topic in Topic.objects.all()}
    new = [row for row in rows if row["code"] not in known]
    for row in new:
        template = ReplyTemplate.objects.create(
            code=row["code"],
            title=row["title"],
            text=row["text"],
            kinds=",".join(row["kinds"]),
        )
        template.topics.set(topics[code] for code in row["topics"] if code in topics)
    return len(new)
