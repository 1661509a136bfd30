"""What the lists of the back-office share: the way to download what stands on the screen."""

from __future__ import annotations

from typing import Any

from django import template

from centre.models import User
from centre.registry import download_address

register = template.Library()
#: The place in the list is no filter: a download begins at the beginning.
_PLACES = ("page", "p", "all")


@register.inclusion_tag("partials/download.html", takes_context=True)
def download_button(context: Any, name: str, *, look: str = "button") -> dict[str, str]:
    """The button for the list of this ``name``, with the filters of its address; else nothing.

    ``look`` is its class, "" where the place it stands in dresses it.
    """
    request = context["request"]
    user = request.user
    address = download_address(name, user) if name and isinstance(user, User) else ""
    filters = request.GET.copy()
    for place in _PLACES:
        filters.pop(place, None)
    query = filters.urlencode()
    return {"address": f"{address}?{query}" if address and query else address, "look": look}
