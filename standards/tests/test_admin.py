"""Promises in the back-office: seen by those who may, changed by nobody."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from centre.factories import UserFactory
from centre.models import Role
from standards.models import Clause, Commitment, Standard
from standards.tests.conftest import promise

pytestmark = pytest.mark.usefixtures("charter")
PAGES = ("clause", "standard", "commitment")


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(UserFactory.create(roles=[role]), backend="centre.auth.RoleBackend")
    return client


def address(page: str, pk: object = "") -> str:
    return f"/admin/standards/{page}/" + (f"{pk}/change/" if pk else "")


def some(page: str) -> int:
    model: Any = {"clause": Clause, "standard": Standard, "commitment": Commitment}[page]
    return int(model.objects.values_list("pk", flat=True)[0])


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.MANAGER, 200), (Role.LEAD, 200), (Role.HANDLER, 403), (Role.DESK, 403)],
)
def test_lists(page: str, role: str, status: int) -> None:
    promise()
    assert client_of(role).get(address(page)).status_code == status


def test_one_of_each_explains_itself() -> None:
    client, row = client_of(Role.MANAGER), promise()
    text = client.get(address("commitment", row.pk)).content.decode()
    assert "민법" in text
    assert "처리기한" in text
    for page in ("clause", "standard"):
        assert client.get(address(page, some(page))).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_nobody_changes_anything(page: str) -> None:
    row = promise()
    pk = some(page)
    client = client_of(Role.MANAGER)
    assert client.get(f"{address(page)}add/").status_code == 403
    assert client.post(address(page, pk), {"state": "kept"}).status_code == 403
    assert client.post(f"{address(page)}{pk}/delete/", {"post": "yes"}).status_code == 403
    assert Commitment.objects.get().state == row.state
