import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from voc_portal.keys import DamagedKeys, load_or_make_keys


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_made_once_and_kept(tmp_path: Path) -> None:
    first = load_or_make_keys(tmp_path / "var")
    assert load_or_make_keys(tmp_path / "var") == first
    assert Fernet(first.field_keys[0]).decrypt(Fernet(first.field_keys[0]).encrypt(b"x")) == b"x"
    assert len(first.secret_key) >= 50
    assert len({first.secret_key, first.field_keys[0], first.index_key}) == 3


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    load_or_make_keys(tmp_path / "var")
    assert mode(tmp_path / "var") == 0o700
    assert mode(tmp_path / "var" / "keys.json") == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["keys.json"]


def test_a_file_restored_with_open_permissions_is_closed(tmp_path: Path) -> None:
    load_or_make_keys(tmp_path)
    (tmp_path / "keys.json").chmod(0o644)
    load_or_make_keys(tmp_path)
    assert mode(tmp_path / "keys.json") == 0o600


def test_a_shared_directory_is_left_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    load_or_make_keys(shared)
    assert mode(shared) == 0o1777


def test_keys_do_not_show_in_logs(tmp_path: Path) -> None:
    keys = load_or_make_keys(tmp_path)
    assert keys.secret_key not in f"{keys!r} {keys}"


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "{}", "null", '{"secret_key": "short"}', "\x00" * 200],
)
def test_a_damaged_file_is_an_error_and_stays(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(DamagedKeys, match=r"keys\.json"):
        load_or_make_keys(tmp_path)
    assert path.read_text() == content


@pytest.mark.parametrize(
    ("name", "value"),
    [("field_keys", []), ("field_keys", ["abc"]), ("index_key", "abc"), ("secret_key", None)],
)
def test_one_bad_key_is_an_error(tmp_path: Path, name: str, value: object) -> None:
    load_or_make_keys(tmp_path)
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    with pytest.raises(DamagedKeys, match=name):
        load_or_make_keys(tmp_path)


def test_processes_that_start_together_get_the_same_keys(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from voc_portal.keys import load_or_make_keys; "
        "print(load_or_make_keys(Path(sys.argv[1])).index_key)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "var")], stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    answers = {process.communicate(timeout=30)[0] for process in started}
    assert [process.returncode for process in started] == [0] * 6
    assert len(answers) == 1
