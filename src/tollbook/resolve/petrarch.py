"""Reads the actor and agent dictionaries of PETRARCH and TABARI, which many researchers keep.

Actor dictionaries: a line `NAME_ [CODE]` opens an entry, `+SYNONYM_` lines add names, indented `[CODE 890101-950615]`
lines give codes with dates (`>DATE` from a day on, `<DATE` up to a day, dates as YYMMDD or YYYYMMDD); the first code
whose dates hold on the day of the report counts. Agent dictionaries: `NOUN {PLURAL} [~CODE]`, with sets such as
`!PERSON! = MAN, MEN` written into nouns. `#` starts a comment. The format is that of PETRARCH2's dictionaries
(https://github.com/openeventdata/petrarch2).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tollbook.errors import SourceError

# Years of two digits: TABARI's files run from 1932 on ("32" is 1932, "07" is 2007).
PIVOT = 31
MAX_BYTES = 64 * 1024 * 1024

Code = tuple[str, dt.date | None, dt.date | None]

_CODE = re.compile(r"\[([^\[\]{}]{1,120})[\]}]")
_PLURAL = re.compile(r"\{([^{}]{0,120})\}")
_SET = re.compile(r"\s*!([A-Z_]{1,40})!\s*=\s*(.+)")
_BRACKETED = re.compile(r"\(([^()]{1,60})\)?")
_DATES = re.compile(r"(?P<code>\S+)(?:\s+(?P<mark>[<>]?)\s*(?P<first>\d{6,8})?(?:\s*-\s*(?P<last>\d{6,8}))?)?\s*$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One actor or agent: its names in plain spelling, its codes with the days from and to which they hold."""

    names: tuple[str, ...]
    codes: tuple[Code, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Dictionary:
    """What a file held. `kind` is actors or agents. Every line is counted once: entries' lines (`read`), blank and
    comment lines (`skipped`), and lines that could not be read (`notes`, one each, with the line's number)."""

    kind: str
    entries: tuple[Entry, ...]
    read: int
    skipped: int
    notes: tuple[str, ...]

    @property
    def names(self) -> int:
        """How many names the entries hold together."""
        return sum(len(entry.names) for entry in self.entries)


@dataclass(slots=True)
class _State:
    names: list[str] = field(default_factory=list)
    codes: list[Code] = field(default_factory=list)
    line: int = 0


def read_dictionary(path: Path) -> Dictionary:
    """The dictionary in a file (UTF-8, or Windows-1252 where it is not).

    A line that cannot be read becomes a note and the rest is read. Raises SourceError `actors-file`, naming the file,
    where it cannot be opened or is too big, and, naming the line too, where no entry at all has a code.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"{path.name}: larger than {MAX_BYTES} bytes", code="actors-file", file=str(path))
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path.name}: cannot be read: {error}", code="actors-file", file=str(path)) from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    dictionary = parse(text)
    if not dictionary.entries:
        line = next((k for k, row in enumerate(text.split("\n"), start=1) if _content(row)), 1)
        raise SourceError(
            f"{path.name}, line {line}: no entry of a PETRARCH dictionary, such as NAME_ [CODE]",
            code="actors-file",
            file=str(path),
            line=line,
        )
    return dictionary


def parse(text: str) -> Dictionary:
    """The dictionary in a text; never raises. See `read_dictionary`."""
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if any("[~" in line or "~]" in line for line in lines):
        return _agents(lines)
    return _actors(lines)


def _content(line: str) -> str:
    return line.split("#", 1)[0].strip()


def plain(name: str) -> str:
    """A dictionary's name in plain spelling: underscores are spaces, stop marks and brackets go."""
    name = _BRACKETED.sub(" ", name.replace("_", " "))
    return " ".join(word for word in name.replace("+", " ").replace("?", " ").replace("]", " ").split())


def _names(raw: str) -> list[str]:
    """The names on a line; `A_ +B_` holds two, "(AAIA)" is one more."""
    found: list[str] = []
    for part in re.split(r"\s\+|\+_", raw.lstrip("+ ")):
        name = plain(part)
        if name and any(c.isalnum() for c in name):
            found.append(name)
        found += [
            short for short in _BRACKETED.findall(part) if short.isupper() and 2 < len(short) < 12 and short.isalnum()
        ]
    return found


# --- actors -------------------------------------------------------------------------------------


def _actors(lines: Sequence[str]) -> Dictionary:
    entries: list[Entry] = []
    notes: list[str] = []
    read = skipped = 0
    state = _State()
    for number, line in enumerate(lines, start=1):
        content = _content(line)
        if not content:
            skipped += 1
            continue
        before = content.split("[", 1)[0]
        code = _CODE.search(content)
        problem = None
        if "[" in content and code is None:
            problem = f"line {number}: a code that is not closed: {content[:60]}"
        elif content.startswith("["):
            if not state.names:
                problem = f"line {number}: a code before any name: {content[:60]}"
        elif content.startswith("+"):
            found = _names(before)
            if not found:
                problem = f"line {number}: no name: {content[:60]}"
            elif not state.names:
                problem = f"line {number}: a synonym before any name: {content[:60]}"
            else:
                state.names += found
        else:
            found = _names(before)
            if not found:
                problem = f"line {number}: no name: {content[:60]}"
            else:
                _close(state, entries, notes)
                state = _State(found, [], number)
        if problem is None and code is not None:
            dated = _dated(code.group(1))
            if dated is None:
                problem = f"line {number}: a code or date that is none: {code.group(0)[:60]}"
            else:
                state.codes.append(dated)
        if problem is not None:
            notes.append(problem)
        else:
            read += 1
    _close(state, entries, notes)
    return Dictionary("actors", tuple(entries), read, skipped, tuple(notes))


def _close(state: _State, entries: list[Entry], notes: list[str]) -> None:
    """Ends an entry; one without any code is noted and left out, its lines have been read."""
    if not state.names:
        return
    if state.codes:
        entries.append(Entry(tuple(dict.fromkeys(state.names)), tuple(state.codes), state.line))
    else:
        notes.append(f"entry of line {state.line}: has no code: {state.names[0][:60]}")


def _dated(code: str) -> Code | None:
    match = _DATES.match(code.strip())
    if match is None:
        return None
    mark, first, last = match["mark"], _day(match["first"]), _day(match["last"])
    if (match["first"] and first is None) or (match["last"] and last is None):
        return None
    name = match["code"].strip(">")
    if mark == "<":
        return name, None, first
    return name, first, last if match["last"] else None


def _day(digits: str | None) -> dt.date | None:
    """A day of a dictionary; one beyond its month's end is the month's last ("331131" is 30 November 1933)."""
    if not digits or len(digits) not in (6, 8):
        return None
    year, month, day = int(digits[:-4]), int(digits[-4:-2]), int(digits[-2:])
    if len(digits) == 6:
        year += 1900 if year > PIVOT else 2000
    if not 1 <= month <= 12 or not 0 <= day <= 31 or not 1 <= year <= 9999:
        return None
    for last in (max(day, 1), 30, 29, 28):
        try:
            return dt.date(year, month, last)
        except ValueError:
            continue
    return None


# --- agents -------------------------------------------------------------------------------------


def _agents(lines: Sequence[str]) -> Dictionary:
    sets: dict[str, tuple[str, ...]] = {}
    entries: list[Entry] = []
    notes: list[str] = []
    read = skipped = 0
    for number, line in enumerate(lines, start=1):
        content = _content(line)
        if not content:
            skipped += 1
            continue
        definition = _SET.match(content)
        if definition:
            sets[definition[1]] = tuple(item.strip() for item in definition[2].split(",") if item.strip())
            read += 1
            continue
        code = _CODE.search(content)
        if code is None:
            notes.append(f"line {number}: no code: {content[:60]}")
            continue
        names = _agent_names(content[: code.start()], sets)
        if not names:
            notes.append(f"line {number}: no name: {content[:60]}")
            continue
        entries.append(Entry(tuple(names), ((code.group(1).strip(), None, None),), number))
        read += 1
    return Dictionary("agents", tuple(entries), read, skipped, tuple(notes))


def _agent_names(raw: str, sets: dict[str, tuple[str, ...]]) -> list[str]:
    """The nouns of a line, sets written out, with their plural: as given, none for `{}`, else regular."""
    plural = _PLURAL.search(raw)
    singular = raw[: plural.start()] if plural else raw
    forms = [singular]
    for name, members in sets.items():
        mark = f"!{name}!"
        if any(mark in form for form in forms):
            # A member inside a word ("AD!MINIST!RATION") makes no word; only whole endings are written out.
            forms = [form.replace(mark, member) for form in forms for member in members]
            plural = plural or _PLURAL.match("{}")
    names = [name for form in forms if (name := plain(form))]
    if plural is None and names:
        names.append(_plural(names[0]))
    elif plural is not None and plural.group(1).strip():
        names.append(plain(plural.group(1)))
    return list(dict.fromkeys(names))


def _plural(noun: str) -> str:
    if noun.endswith(("S", "X", "CH", "SH", "Z")):
        return f"{noun}ES"
    if noun.endswith("Y") and noun[-2:-1] not in "AEIOU":
        return f"{noun[:-1]}IES"
    return f"{noun}S"
