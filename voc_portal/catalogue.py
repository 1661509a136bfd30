"""The English catalogue: what citizens see, collected from its sources; kept without GNU gettext.

``python -m voc_portal.catalogue`` (``make english``) puts new texts into
``locale/en/LC_MESSAGES/django.po`` with an empty translation, takes out those that are gone, and
compiles ``django.mo``. Both files are committed: a machine without gettext shows English too.

What is collected: texts of the templates and forms of citizens (gettext calls), constants named in
`SOURCES` (choices, timeline, refusals; values in an f-string become ``{{ a }}``), and data files.
Texts of the back-office alone are left out: its pages are Korean (`centre.languages`).
"""

from __future__ import annotations

import ast
import re
import struct
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PO = ROOT / "locale/en/LC_MESSAGES/django.po"
MO = PO.with_suffix(".mo")

TEMPLATES = (
    "templates/*.html",
    "templates/partials/*.html",
    "complaints/templates/complaints/*.html",
)
#: Python files; with names: only these top-level names (all Korean constants in them), "" = gettext calls.
SOURCES: dict[str, tuple[str, ...]] = {
    "voc_portal/context.py": ("", "NOT_YET"),
    "voc_portal/views.py": ("",),
    "complaints/again.py": ("",),
    "complaints/errors.py": ("NotFound", "TooMany", "NotNow"),
    "complaints/forms.py": ("",),
    "complaints/models.py": ("Kind", "Channel", "ReplyBy", "CitizenMessage.Kind"),
    "complaints/past.py": ("_TIMELINE", "_moved", "_missed_again", "_called", "_TEXTS"),
    "complaints/services/filing.py": ("_checked", "_contact", "contact_fields", "_phone"),
    "complaints/services/messaging.py": ("leave_message", "_number"),
    "complaints/services/repeating.py": ("raise_again",),
    "complaints/services/waiting.py": ("supplement", "answer_extension"),
    "complaints/views.py": ("",),
    "records/files.py": ("",),
}
#: Data: file, and the paths in it; ``*`` goes through a list or a table.
DATA: dict[str, tuple[str, ...]] = {
    "complaints/data/texts.toml": (
        "now.*",
        "kinds.*.name",
        "kinds.*.hint",
        "help.*",
        "assistance.*.label",
        "consent.title",
        "consent.agree_box",
        "consent.age_box",
        "refusals.*",
        "stages.*.name",
        "decisions.*.shown",
        "extension_reasons.*.label",
    ),
    "centre/data/centre.toml": (
        "centre.name",
        "centre.hours_text",
        "teams.*.name",
        "topics.*.name",
        "topics.*.description",
    ),
}
#: Said by rule or by a library: days on which the centre is closed, titles of those who sign.
OTHERS = (
    "토요일", "일요일", "센터장", "사무처장", "팀장", "대리", "주임",
    "신정", "새해", "설날", "설날 전날", "설날 다음 날", "삼일절", "어린이날", "부처님오신날",
    "현충일", "광복절", "추석", "추석 전날", "추석 다음 날", "개천절", "한글날", "기독탄신일",
    "근로자의 날", "노동절", "제헌절", "임시공휴일", "{{ name }} 대체 휴일",
    "(이름 가림)", "문자로", "{{ phone }} (내선 {{ extension }})",
)  # fmt: skip

_CALL = re.compile(
    r"""\b(n?)(?:gettext|_)\(\s*u?((?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))"""
    r"""(?:\s*,\s*u?((?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")))?"""
)
_GETTEXT = {"_", "_lazy", "translate", "gettext", "gettext_lazy"}
_HANGUL = re.compile("[가-힣]")
Message = tuple[str, str]  # singular, plural or ""


# --- collecting ---------------------------------------------------------------------------------


def messages() -> dict[Message, list[str]]:
    """Every text that citizens see, with the files it stands in."""
    found: dict[Message, list[str]] = {}
    for source, message in _collected():
        places = found.setdefault(message, [])
        if source not in places:
            places.append(source)
    return found


def _collected() -> Iterator[tuple[str, Message]]:
    for pattern in TEMPLATES:
        for path in sorted(ROOT.glob(pattern)):
            for message in _of_template(path):
                yield _name(path), message
    for source, names in SOURCES.items():
        for text in _of_python(ROOT / source, names):
            yield source, (text, "")
    for source, paths in DATA.items():
        for text in _of_data(ROOT / source, paths):
            yield source, (text, "")
    for text in _consent_lines():
        yield "complaints/data/texts.toml", (text, "")
    for text in OTHERS:
        yield "voc_portal/catalogue.py", (text, "")


def _of_data(file: Path, paths: tuple[str, ...]) -> Iterator[str]:
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    for path in paths:
        yield from (text for text in _at(data, path.split(".")) if _HANGUL.search(text))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _of_template(path: Path) -> Iterator[Message]:
    from django.utils.translation.template import templatize  # noqa: PLC0415 - after settings

    code = templatize(path.read_text(encoding="utf-8"), origin=_name(path))
    for plural, first, second in _CALL.findall(code):
        singular = ast.literal_eval(first)
        yield singular, ast.literal_eval(second) if plural and second else ""


def _of_python(path: Path, names: tuple[str, ...]) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if "" in names:
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in _GETTEXT
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
            ):
                yield node.args[0].value
    for name in filter(None, names):
        yield from _constants(_named(tree, name.split(".")))


def _named(tree: ast.AST, names: list[str]) -> ast.AST:
    """The class, function or assignment called so; KeyError where there is none."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == names[0]:
            return _named(node, names[1:]) if names[1:] else node
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == names[0] for target in targets):
            return node
    raise KeyError(".".join(names))


def _constants(node: ast.AST) -> Iterator[str]:
    """The Korean texts below a node; not its docstrings. Values in them become ``{{ a }}``."""
    if isinstance(node, ast.JoinedStr):
        letters = iter("abcdefghij")
        text = "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{{ " + next(letters) + " }}"
            for part in node.values
        )
        if _HANGUL.search(text):
            yield text
        return
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _HANGUL.search(node.value)
    ):
        yield node.value
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)):
            yield from _constants(child)


def _at(data: Any, path: list[str]) -> Iterator[str]:
    if not path:
        if isinstance(data, str):
            yield data
        elif isinstance(data, list):
            yield from (text for text in data if isinstance(text, str))
        return
    if path[0] == "*":
        for value in data.values() if isinstance(data, dict) else data:
            yield from _at(value, path[1:])
    elif path[0] in data:
        yield from _at(data[path[0]], path[1:])


def _consent_lines() -> Iterator[str]:
    """The consent as the form lays it out: terms, and lines."""
    texts = tomllib.loads((ROOT / "complaints/data/texts.toml").read_text(encoding="utf-8"))
    for line in texts["consent"]["text"].strip("\n").splitlines():
        words = line.strip()
        if not line.startswith("  "):
            term, _gap, words = words.partition(" ")
            yield term
        yield words.strip()


# --- the catalogue's two files ------------------------------------------------------------------


def read() -> dict[Message, tuple[str, ...]]:
    """Texts with their translations (two where there is a plural) as they stand in the file."""
    found: dict[Message, tuple[str, ...]] = {}
    if not PO.exists():
        return found
    for entry in PO.read_text(encoding="utf-8").split("\n\n"):
        fields: dict[str, str] = {}
        current = ""
        for line in entry.splitlines():
            if match := re.fullmatch(r'(msgid|msgid_plural|msgstr(?:\[\d\])?) (".*")', line):
                current = match[1]
                fields[current] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                fields[current] += ast.literal_eval(line)
        if fields.get("msgid"):
            plural = fields.get("msgid_plural", "")
            keys = ("msgstr[0]", "msgstr[1]") if plural else ("msgstr",)
            found[fields["msgid"], plural] = tuple(fields[key] for key in keys)
    return found


_HEAD = """# English of what citizens see. Kept by `make english`; the Korean is the source.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Language: en\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""


def write(translated: dict[Message, tuple[str, ...]]) -> None:
    """Write the catalogue: all texts that are collected, in order, with what is translated."""
    entries = [_HEAD]
    for message, places in messages().items():
        singular, plural = message
        lines = [f"#: {place}" for place in places]
        if "%(" in singular:
            lines.append("#, python-format")
        lines.append(f"msgid {_quoted(singular)}")
        values = translated.get(message, ("", "") if plural else ("",))
        if plural:
            lines.append(f"msgid_plural {_quoted(plural)}")
            lines += [f"msgstr[{n}] {_quoted(value)}" for n, value in enumerate(values)]
        else:
            lines.append(f"msgstr {_quoted(values[0])}")
        entries.append("\n".join(lines) + "\n")
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_text("\n".join(entries), encoding="utf-8")


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{plain}"'


def compiled() -> bytes:
    """The catalogue as gettext reads it (GNU ``.mo``, little-endian), the same each time."""
    head = "Content-Type: text/plain; charset=UTF-8\nLanguage: en\n"
    head += "Plural-Forms: nplurals=2; plural=(n != 1);\n"
    rows = {b"": head.encode()}
    for (singular, plural), values in read().items():
        if all(values):
            key = f"{singular}\0{plural}" if plural else singular
            rows[key.encode()] = "\0".join(values).encode()
    keys = sorted(rows)
    ids, strings = b"", b""
    places = []
    for name in keys:
        places.append((len(name), len(ids), len(rows[name]), len(strings)))
        ids += name + b"\0"
        strings += rows[name] + b"\0"
    start = 28 + 16 * len(keys)
    first = [n for length, at, _l, _a in places for n in (length, start + at)]
    second = [n for _l, _a, length, at in places for n in (length, start + len(ids) + at)]
    numbers = (0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0, *first, *second)
    return struct.pack(f"<{len(numbers)}I", *numbers) + ids + strings


def main() -> int:
    """Bring both files up to date; 1 where a text is still without English."""
    from django.conf import settings  # noqa: PLC0415

    if not settings.configured:
        settings.configure()
    write(read())
    MO.write_bytes(compiled())
    empty = [message[0] for message, values in read().items() if not all(values)]
    for text in empty:
        print(f"no English yet: {text}")  # noqa: T201 - a tool of the command line
    print(f"{len(read())} texts, {len(empty)} without English")  # noqa: T201
    return 1 if empty else 0


if __name__ == "__main__":
    sys.exit(main())
