"""The map of a spreadsheet: which column holds what. Proposed from headers and cells, corrected by a person, checked.

A map is a YAML file (docs/formats.md): the sheet, the row of headers, and one entry a column with `is` and what that
kind needs. A proposal says with each entry why it was guessed, and leaves open what the cells do not tell.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from tollbook import ontology
from tollbook.errors import UsageError
from tollbook.exchange import cells
from tollbook.exchange.cells import BOUNDS, KINDS, LAYOUTS, CellError, fold, words
from tollbook.exchange.sheets import Cell, Row, Sheet, letter

ROWS = ("incidents", "reports")
SAMPLE = 5_000
HEADER_WITHIN = 20
"""Rows in which the row of headers is looked for: IBC's files begin with eleven lines of comment."""

_COLUMN_KEYS = frozenset(
    {"column", "at", "is", "layout", "harm", "who", "bound", "role", "sex", "age_group", "part", "undivided", "rank",
     "separators", "values", "why"}
)  # fmt: skip
_MAP_KEYS = frozenset({"name", "sheet", "header_row", "recorder", "rows", "defaults", "columns"})
_DEFAULTS = frozenset({"country", "type", "status"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a map: where it stands (from 0), its header, what it holds (`is_`), and how to read it."""

    at: int
    header: str
    is_: str
    layout: str | None = None
    harm: str = "killed"
    who: str = "unknown"
    bound: str = "value"
    role: str | None = None
    sex: str | None = None
    age_group: str | None = None
    part: bool = False
    undivided: bool = False
    rank: int = 2
    separators: tuple[str, ...] | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def group(self) -> tuple[object, ...]:
        """Columns of one group give the bounds of one figure: its least, its most."""
        return (self.harm, self.who, self.role, self.sex, self.age_group, self.undivided, self.part)


@dataclass(frozen=True, slots=True)
class SheetMap:
    """A checked map. `rows`: "incidents" (a row is one incident, kept apart from the others) or "reports" (a row is
    one telling, linked like any report). `recorder` is who states what no source is named for, `name` what the file is
    called in the book whatever its name on disk."""

    columns: tuple[Column, ...]
    header_row: int
    name: str
    sheet: str | None = None
    recorder: str | None = None
    rows: str = "incidents"
    defaults: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: str) -> list[Column]:
        """The columns of a kind, in the order of the sheet."""
        return [c for c in self.columns if c.is_ == kind]


def load_map(path: Path) -> dict[str, Any]:
    """The content of a map file. Raises UsageError where it cannot be read or is no map."""
    import yaml

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: cannot be read as a map: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("columns"), list):
        raise UsageError(f"{path}: a map needs `columns`, a list; `tollbook import --propose-map` writes one")
    return data


def check_map(data: Mapping[str, Any], sheet: Sheet) -> SheetMap:
    """The map of a sheet. Raises UsageError naming the entry that is wrong and what is allowed."""
    _only(data, _MAP_KEYS, "map")
    number = data.get("header_row", 1)
    if not isinstance(number, int) or number < 1:
        raise UsageError(f"map: header_row {number!r} is not a row's number")
    headers = header_row(sheet, number)
    rows = data.get("rows", "incidents")
    if rows not in ROWS:
        raise UsageError(f"map: rows {rows!r}; allowed: {', '.join(ROWS)}")
    defaults = data.get("defaults") or {}
    _only(defaults, _DEFAULTS, "map: defaults")
    for name, group in (("type", "types"), ("status", "statuses")):
        if defaults.get(name) is not None and defaults[name] not in ontology.codes(group):
            raise UsageError(f"map: defaults: {name} {defaults[name]!r}; allowed: {', '.join(ontology.entries(group))}")
    plain = {k: str(v) for k, v in defaults.items() if v is not None}
    if "country" in plain:
        try:
            plain["country"] = cells.country(plain["country"])
        except CellError as error:
            raise UsageError(f"map: defaults: country: {error}") from None
    columns = [_column(entry, headers) for entry in data["columns"]]
    twice = [letter(at) for at, n in Counter(c.at for c in columns).items() if n > 1]
    if twice:
        raise UsageError(f"map: column {', '.join(twice)} is named twice")
    for kind in ("id", "same", "date", "end", "published", "type", "status", "latitude", "longitude", "country"):
        if sum(c.is_ == kind for c in columns) > 1:
            raise UsageError(f"map: more than one column is {kind!r}")
    if not any(c.is_ in ("date", "place", "figure") for c in columns):
        raise UsageError("map: no column is a date, a place or a figure: nothing would be read")
    name = str(data.get("name") or sheet.file)
    recorder = data.get("recorder")
    found = tuple(sorted(columns, key=lambda c: c.at))
    return SheetMap(found, number, name, sheet.name, str(recorder) if recorder else None, rows, plain)


def _only(data: Mapping[str, Any], allowed: frozenset[str], where: str) -> None:
    if not isinstance(data, Mapping):
        raise UsageError(f"{where}: not a list of keys and values")
    strange = sorted(str(k) for k in data if k not in allowed)
    if strange:
        raise UsageError(f"{where}: no such key: {', '.join(strange)}; there are: {', '.join(sorted(allowed))}")


def header_row(sheet: Sheet, number: int) -> tuple[Cell, ...]:
    """The cells of the row of headers. Raises UsageError where the sheet has no such row."""
    for row in sheet.rows():
        if row.number == number:
            return row.cells
        if row.number > number:
            break
    raise UsageError(f"{sheet.file}: no row {number} with headers")


def _column(entry: Any, headers: Sequence[Cell]) -> Column:
    where = f"map: column {entry.get('column') or entry.get('at')!r}" if isinstance(entry, Mapping) else "map: columns"
    _only(entry, _COLUMN_KEYS, where)
    kind = entry.get("is")
    if kind not in KINDS:
        raise UsageError(f"{where}: is {kind!r}; allowed: {', '.join(KINDS)}")
    at = _where(entry, headers, where)
    for key, allowed in (
        ("layout", LAYOUTS),
        ("harm", tuple(ontology.entries("harms"))),
        ("who", tuple(ontology.entries("who"))),
        ("bound", BOUNDS),
        ("role", tuple(ontology.entries("roles"))),
        ("sex", ("female", "male")),
        ("age_group", ("child", "adult", "elderly")),
    ):
        if entry.get(key) is not None and entry[key] not in allowed:
            raise UsageError(f"{where}: {key} {entry[key]!r}; allowed: {', '.join(allowed)}")
    values = entry.get("values") or {}
    group = {"type": "types", "status": "statuses"}.get(kind)
    if values and group is None:
        raise UsageError(f"{where}: only type and status have `values`")
    wrong = {str(v) for v in values.values() if group and v not in ontology.codes(group)}
    if wrong:
        raise UsageError(
            f"{where}: values: {', '.join(sorted(wrong))}; allowed: {', '.join(ontology.entries(str(group)))}"
        )
    given = {
        k: entry[k] for k in ("layout", "harm", "who", "bound", "role", "sex", "age_group") if entry.get(k) is not None
    }
    marks = entry.get("separators")
    rank = entry.get("rank", 2)
    if not isinstance(rank, int):
        raise UsageError(f"{where}: rank {rank!r} is not a number: 1 the finest place, 4 a province")
    return Column(
        at=at, header=headers[at].text if at < len(headers) else "", is_=kind, part=bool(entry.get("part")),
        undivided=bool(entry.get("undivided")), rank=rank,
        separators=tuple(str(m) for m in marks) if isinstance(marks, list) else None,
        values={str(k): str(v) for k, v in values.items()}, **given,
    )  # fmt: skip


def _where(entry: Mapping[str, Any], headers: Sequence[Cell], where: str) -> int:
    if entry.get("at") is not None:
        letters = str(entry["at"]).upper()
        if not re.fullmatch(r"[A-Z]{1,3}", letters):
            raise UsageError(f"{where}: at {entry['at']!r}: the letters of a column, as A or AB")
        from tollbook.exchange.sheets import column_of

        return column_of(letters)
    wanted = fold(str(entry.get("column") or ""))
    found = [c.column for c in headers if wanted and fold(c.text) == wanted]
    if len(found) != 1:
        how = "no column has" if not found else f"{len(found)} columns have"
        listed = ", ".join(f"{letter(c.column)} {c.text!r}" for c in headers if c.text)
        raise UsageError(f"{where}: {how} this header (give `at: LETTER`); there are: {listed}")
    return found[0]


# --- proposing ------------------------------------------------------------------------------------


def propose(sheet: Sheet) -> dict[str, Any]:
    """A map guessed from headers and up to 5,000 rows, each entry with why. Raises UsageError for a sheet without rows.

    What the cells do not decide (day or month first) is left empty and said; a column nothing is known of is `notes`.
    """
    first = list(islice(sheet.rows(), HEADER_WITHIN))
    if len(first) < 1:
        raise UsageError(f"{sheet.file}: there is nothing in it")
    head = max(first, key=lambda row: (_known(row), -row.number))
    if not _known(head):
        head = first[0]
    sample = [row for row in islice(sheet.rows(), SAMPLE) if row.number > head.number]
    taken: Counter[str] = Counter()
    columns = []
    for cell in head.cells:
        inside = [row.at(cell.column) for row in sample]
        if not cell.text and not any(c.text for c in inside):
            continue
        entry = _guess(cell.text, inside, taken)
        shown: dict[str, Any] = {"column": cell.text} if cell.text else {}
        if not cell.text or sum(fold(c.text) == fold(cell.text) for c in head.cells) > 1:
            shown["at"] = letter(cell.column)
        columns.append({**shown, **entry})
    _parts(columns)
    return {
        "name": sheet.file,
        "sheet": sheet.name,
        "header_row": head.number,
        "recorder": None,
        "rows": "incidents",
        "defaults": {"country": None, "type": None, "status": "happened"},
        "columns": columns,
    }


def _known(row: Row) -> int:
    return sum(_rule(fold(c.text)) is not None for c in row.cells if c.text and isinstance(c.value, str))


def _rule(header: str) -> tuple[dict[str, Any], str] | None:
    """What a folded header says its column holds, and why."""
    data = words()
    known = data["known_figures"].get(header)
    if known:
        return {"is": "figure", **known}, f"{header!r} is a known header of a count"
    for rule in data["rules"]:
        if header in rule.get("exact", ()):
            return _kind(rule), f"the header is {header!r}"
    if (found := _people(header)) is not None:
        return found
    for rule in data["rules"]:
        word = next((w for w in rule.get("words", ()) if f" {w} " in f" {header} "), None)
        if word is not None:
            return _kind(rule), f"the header has {word!r}"
    return None


def _kind(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {"is": rule["is"], **({"rank": rule["rank"]} if "rank" in rule else {})}


def _people(header: str) -> tuple[dict[str, Any], str] | None:
    data, padded = words(), f" {header} "

    def first(group: str) -> tuple[str, str] | None:
        return next(((k, w) for k, listed in data[group].items() for w in listed if f" {w} " in padded), None)

    harm = first("harms")
    if harm is None:
        return None
    out: dict[str, Any] = {"is": "figure", "harm": harm[0]}
    why = [f"{harm[1]!r} counts {harm[0]}"]
    for key, group in (("who", "who"), ("bound", "bounds"), ("age_group", "age_groups"), ("sex", "sexes")):
        found = first(group)
        if found is not None:
            out[key] = found[0]
            why.append(f"{found[1]!r} is {found[0]}")
    if out.get("age_group") or out.get("sex"):
        out.setdefault("who", "civilian")
    return out, "; ".join(why)


def _guess(header: str, inside: Sequence[Cell], taken: Counter[str]) -> dict[str, Any]:
    found = _rule(fold(header))
    if found is None:
        if inside and _readable(inside, {"is": "date"}) and any(isinstance(c.value, dt.date) for c in inside):
            found = {"is": "date"}, "its cells are days"
        else:
            return {"is": "notes", "why": "no rule knows this header: kept as words"}
    entry, why = found
    kind = entry["is"]
    single = ("id", "date", "end", "published", "type", "status", "latitude", "longitude", "country")
    if kind in single and taken[kind]:
        return {"is": "notes", "why": f"{why}, but an earlier column is {kind} already: kept as words"}
    if kind in ("date", "end", "published"):
        entry, why = _layout(entry, why, inside)
    told = [c for c in inside if not cells.is_blank(c)]
    if told and not _readable(inside, entry):
        return {"is": "notes", "why": f"{why}, but fewer than half of its cells can be read so: kept as words"}
    if kind == "id" and len({c.text for c in told}) < len(told):
        entry = {"is": "same"}
        why += "; its values come again: rows with one value tell of one incident"
        if taken["same"]:
            return {"is": "notes", "why": why + ", but an earlier column is that already: kept as words"}
    if kind == "type":
        strange = Counter(c.text for c in told if _fails(lambda c=c: cells.code(c, "types")))
        if strange:
            entry = {**entry, "values": {text: "other" for text, _ in strange.most_common(40)}}
            why += f"; {len(strange)} values are not known: they stand under `values` as other, say what they are"
    taken[entry["is"]] += 1
    return {**entry, "why": why}


def _fails(read: Any) -> bool:
    try:
        read()
    except CellError:
        return True
    return False


def _layout(entry: dict[str, Any], why: str, inside: Sequence[Cell]) -> tuple[dict[str, Any], str]:
    """The entry with the layout of its days, where the cells decide it."""
    day_first = month_first = both = 0
    for cell in inside:
        match = re.match(r"(\d{1,2})[./-](\d{1,2})[./-]\d{2,4}", cell.text)
        if match:
            a, b = int(match[1]), int(match[2])
            day_first += a > 12 >= b
            month_first += b > 12 >= a
            both += a <= 12 and b <= 12 and a != b
    if day_first and not month_first:
        return {**entry, "layout": "dmy"}, f"{why}; {day_first} cells can only be day first, none month first"
    if month_first and not day_first:
        return {**entry, "layout": "mdy"}, f"{why}; {month_first} cells can only be month first, none day first"
    if both or (day_first and month_first):
        told = "some cells are day first, some month first" if day_first else "no cell tells day first from month first"
        return {**entry, "layout": None}, f"{why}; {told}: write dmy or mdy as `layout`, or such cells become issues"
    return entry, why


def _readable(inside: Sequence[Cell], entry: Mapping[str, Any]) -> bool:
    """Whether at least half of the cells that hold something read as what the entry says."""
    kind = entry["is"]
    readers: dict[str, Any] = {
        "date": lambda c: cells.days(c, entry.get("layout") or "dmy"),
        "figure": cells.figure,
        "latitude": lambda c: cells.degrees(c, 90),
        "longitude": lambda c: cells.degrees(c, 180),
        "country": lambda c: cells.country(c.text),
        "age": cells.age,
        "sex": cells.sex,
    }
    read = readers.get("date" if kind in ("end", "published") else kind)
    told = [c for c in inside if not cells.is_blank(c)]
    if read is None or not told:
        return True
    return sum(not _fails(lambda c=c: read(c)) for c in told) * 2 >= len(told)


def _parts(columns: list[dict[str, Any]]) -> None:
    """Marks counts of a group ("children killed") as parts of a count of all, where there is one; never added to it."""
    figures = [c for c in columns if c["is"] == "figure"]
    for entry in figures:
        whole = [
            f for f in figures
            if f is not entry and f["harm"] == entry["harm"] and not f.get("age_group") and not f.get("sex")
            and f.get("who", "unknown") in ("unknown", entry.get("who"))
        ]  # fmt: skip
        narrow = entry.get("age_group") or entry.get("sex")
        grouped = entry.get("who") and any(f.get("who") is None for f in whole)
        if whole and (narrow or grouped):
            entry["part"] = True
            entry["why"] += f"; part of {whole[0].get('column') or whole[0].get('at')!r}, not added to it"


def dump_map(data: Mapping[str, Any], sheet: Sheet) -> str:
    """A proposed map as a file to correct: comments say what may stand where."""
    import yaml

    head = [
        f"# Map of {sheet.file}{f', sheet {sheet.name}' if sheet.name else ''}, guessed. Correct it, then:",
        f"#   tollbook import BOOK {sheet.file} --map THIS_FILE",
        f"# is: {', '.join(KINDS)}",
        "# rows: incidents (each row is one incident, kept apart from the others) or reports (linked like any report)",
        "# name: what the file is called in the book; keep it when the file gets another name, or its rows come twice",
        "# recorder: who states what a row names no source for (empty: the file's name)",
    ]
    return "\n".join(head) + "\n" + yaml.safe_dump(
        dict(data), sort_keys=False, allow_unicode=True, width=110, default_flow_style=False
    )  # fmt: skip
