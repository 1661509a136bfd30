"""What conftest.py promises: no network, and no test left out unseen."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("example.org", 443), ("2001:db8::1", 80)])
def test_nothing_outside_this_machine_is_reached(address: tuple[str, int]) -> None:
    with (
        socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET) as connection,
        pytest.raises(AssertionError, match="wanted to connect"),
    ):
        connection.connect(address)


def test_this_machine_is_reached() -> None:
    with socket.socket() as listening, socket.socket() as connection:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        connection.connect(listening.getsockname())


@pytest.mark.parametrize(
    ("body", "require_all", "outcome"),
    [
        ("pytest.skip('not today')", "0", "1 skipped"),
        ("pytest.skip('not today')", "1", "1 failed"),
        ("pytest.xfail('known')", "1", "1 xfailed"),
        ("pass", "1", "1 passed"),
    ],
)
def test_where_all_is_required_a_skip_is_a_failure(
    tmp_path: Path, body: str, require_all: str, outcome: str
) -> None:
    (tmp_path / "test_one.py").write_text(f"import pytest\ndef test_one():\n    {body}\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "pytest.ini", "-p", "conftest", str(tmp_path)],
        cwd=CHECKOUT,
        env=os.environ | {"REQUIRE_ALL": require_all},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert outcome in done.stdout, done.stdout + done.stderr
