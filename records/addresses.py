"""Where a request comes from: what limits count by and the access log keeps. Pure but for settings."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The client's address: an IPv4 address, or the /64 that an IPv6 client has to itself.

    ``settings.TRUSTED_PROXIES`` proxies stand before us and each adds the address it saw to
    X-Forwarded-For, so the client is that many places from the end; what stands before it was sent
    by the client and is not believed. "" where there is nothing that can be an address.
    """
    seen = str(request.META.get("REMOTE_ADDR", ""))
    trusted: int = settings.TRUSTED_PROXIES
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    if trusted and forwarded.count(",") + 1 >= trusted and forwarded.strip():
        seen = forwarded.split(",")[-trusted]
    return normalise(seen)


def normalise(text: str) -> str:
    """An address in one spelling; IPv4 inside IPv6 is IPv4, other IPv6 becomes its /64."""
    try:
        address = ipaddress.ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(address)
