"""What people and programs get to see: every form, and hostile text in each."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import hashlib
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory import TEXT, figure, full_reading, incident, record, report
from tollbook.extract import Reading
from tollbook.model import Incident, Record, Victim
from tollbook.render import FORMATS, get_renderer
from tollbook.render import text as say
from tollbook.render.csv import COLUMNS, write_csv
from tollbook.render.html import write_html
from tollbook.render.jsonl import to_line
from tollbook.render.table import write_table

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    '=HYPERLINK("http://bad.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\u202etxt.exe\u202c",
    "\x1b[31mred\x1b[0m",
    "\x07\x00bell",
    "[bold]markup[/bold]",
    "&amp; &#x3c;",
    "漢字 كلمة עברית",
    "\ud800 lone",
    "a\u2028b\x85c",
]


def rendered(name: str, *records: Record) -> str:
    stream = io.StringIO()
    get_renderer(name)(list(records), stream)
    return stream.getvalue()


def hostile_record(words: str) -> Record:
    """A record that says these words wherever a record can say something."""
    text = f"{words} is the headline\n\n{words} were killed by {words}, {words} said."
    told = replace(report(text), outlet=words)
    quote = text.split("\n\n", 1)[1]
    bomb = incident(
        text,
        "a",
        quote,
        places=(words,),
        perpetrators=(words,),
        targets=(words,),
        country="IQ",
        casualties=(figure(text, words, 3, None, says=words, word=words, role=words),),
    )
    person = Victim(words, 3, "male", words, (0, 3), "a", "killed")
    reading = Reading((bomb,), (person,), full_reading().issues)
    return record(reading, told, title=words, doc_id=words, url=words, extra={words: words, "n": float("nan")})


# --- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (None, None, "–"),
        ("2014-01-02", "2014-01-02", "2 Jan 2014"),
        ("2014-01-01", "2014-01-02", "1–2 Jan 2014"),
        ("2013-12-29", "2014-01-02", "29 Dec 2013 – 2 Jan 2014"),
        ("2014-03-29", "2014-04-02", "29 Mar – 2 Apr 2014"),
        ("2013-04-01", "2013-04-30", "Apr 2013"),
        ("2016-02-01", "2016-02-29", "Feb 2016"),
        ("2013-01-01", "2013-12-31", "2013"),
        ("2013-01-01", "2013-01-31", "Jan 2013"),
        ("2013-12-01", "2013-12-31", "Dec 2013"),
        ("2011-03-15", None, "from 15 Mar 2011"),
        (None, "2011-03-15", "until 15 Mar 2011"),
    ],
)
def test_a_period_in_words(start: str | None, end: str | None, words: str) -> None:
    day = dt.date.fromisoformat
    assert say.period(start and day(start), end and day(end)) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "changes", "words"),
    [
        (13, 13, {}, "13"),
        (0, 0, {}, "0"),
        (13, None, {}, "13+"),
        (None, 30, {}, "≤30"),
        (20, 30, {}, "20–30"),
        (30, 30, {"approx": True}, "~30"),
        (24, None, {"word": "dozens"}, "24+ (dozens)"),
        (4000, 5000, {}, "4,000–5,000"),
    ],
)
def test_a_figure_in_words(low: int | None, high: int | None, changes: dict[str, Any], words: str) -> None:
    assert say.count(figure(TEXT, "Four more", low, high, **changes)) == words


@pytest.mark.parametrize(
    ("basis", "says", "words"),
    [
        ("claimed", None, "Northern Front (claims it)"),
        ("asserted", None, "Northern Front"),
        ("asserted", "police", "Northern Front (says police)"),
        ("blamed", "police", "Northern Front (blamed by police)"),
        ("blamed", None, "Northern Front (blamed)"),
        ("suspected", None, "Northern Front (suspected)"),
        ("denied", "Northern Front", "Northern Front (accused; denies it)"),
    ],
)
def test_an_accusation_reads_as_one(basis: Any, says: str | None, words: str) -> None:
    (detail,) = full_reading().incidents[1].perpetrator_details
    assert say.attribution(replace(detail, basis=basis, says=says)) == words


def test_parts_follow_their_total_and_nothing_is_lost() -> None:
    reading = full_reading()
    shown = [(i.id, depth) for i, depth, _ in say.ordered(reading.incidents)]
    assert shown[:4] == [("a", 0), ("b", 1), ("c", 1), ("d", 1)]
    assert sorted(name for name, _ in shown) == sorted(i.id for i in reading.incidents)


ids = st.sampled_from("abcdef")


@settings(max_examples=100, deadline=None)
@given(parts=st.dictionaries(ids, st.lists(ids, max_size=4), min_size=1, max_size=6))
def test_totals_that_name_each_other_lose_nothing(parts: dict[str, list[str]]) -> None:
    incidents = tuple(incident(TEXT, name, "Four more", parts=tuple(of)) for name, of in parts.items())
    assert sorted(i.id for i, _, _ in say.ordered(incidents)) == sorted(parts)


# --- table --------------------------------------------------------------------------------------


def table(*records: Record, width: int = 100, colour: bool = False) -> str:
    stream = io.StringIO()
    write_table(records, stream, width=width, colour=colour)
    return stream.getvalue()


def test_the_table_tells_what_a_recorder_asks() -> None:
    page = table(record())
    assert "Three bombs kill 23 around Harrowgate" in page
    assert "Fenwick Courier · 4 Mar 2031 (dateline) · fenwick-1" in page
    row = next(line for line in page.splitlines() if "Lower Fenwick" in line)
    assert re.search(r"├ 3 Mar 2031 +Lower Fenwick, GB +bomb \[denied\] +13\+ +24\+ \(dozens\)", row)
    assert "incl. 5" in page
    assert "children" in page
    assert "by Northern Front (accused; denies it)" in page
    assert "says police" in " ".join(page.replace("│", "").split())
    assert "≈3 Mar 2031" in page
    assert "~30 killed or injured" in page
    assert "2 missing" in page
    assert "no place of the name 'Brackley' is known" in page
    assert "1 report read · 8 entries: 4 news, 2 recalled, 1 sum, 1 statistic · 1 value or passage left open" in page
    assert "Read by machine, not checked by a person." in page.replace("\n", " ")


def test_zero_is_zero_and_unknown_is_a_dash() -> None:
    row = next(line for line in table(record()).splitlines() if "shelling" in line)
    assert row.split()[-2:] == ["–", "0"]


def test_undivided_figures_are_not_deaths() -> None:
    row = next(line for line in table(record()).splitlines() if line.strip().startswith("Jan 2031"))
    assert row.split()[-2:] == ["–", "–"]


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_the_table_keeps_to_its_width(width: int) -> None:
    assert max(len(line) for line in table(record(), width=width).splitlines()) <= width


def test_no_colour_where_none_is_wanted() -> None:
    assert "\x1b" not in table(record())
    assert "\x1b[" in table(record(), colour=True)


def test_a_report_without_an_incident_says_so() -> None:
    page = table(record(Reading()))
    assert "no incident" in page
    assert "1 report read · 1 without an incident · 0 entries" in page


# --- csv ----------------------------------------------------------------------------------------


def rows(*records: Record) -> list[dict[str, str]]:
    stream = io.StringIO()
    write_csv(records, stream)
    text = stream.getvalue()
    assert text.startswith("\ufeff")
    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_one_row_a_figure_and_one_for_an_incident_without() -> None:
    found = rows(record())
    assert list(found[0]) == list(COLUMNS)
    assert [(row["incident"], row["figure"]) for row in found][:5] == [
        ("a", "0"), ("b", "0"), ("b", "1"), ("b", "2"), ("c", "0"),
    ]  # fmt: skip
    child = found[2]
    assert (child["min"], child["max"], child["subset_of"], child["age_group"]) == ("5", "5", "0", "child")
    assert (found[1]["min"], found[1]["max"], found[1]["says"]) == ("13", "", "police")
    assert (found[1]["lat"], found[1]["lon"], found[1]["admin1"]) == ("54.1", "-1.2", "Northshire")
    assert found[0]["parts"] == "b; c; d"
    bare = rows(record(Reading((incident(TEXT, "a", "Four more"),))))
    assert [(row["incident"], row["figure"], row["harm"], row["min"]) for row in bare] == [("a", "", "", "")]


def test_a_report_without_incidents_has_no_row() -> None:
    assert rows(record(Reading())) == []


@pytest.mark.parametrize("words", HOSTILE)
def test_no_cell_is_a_formula(words: str) -> None:
    for row in rows(hostile_record(words)):
        for name, value in row.items():
            if name not in ("lat", "lon"):
                assert not value.startswith(("=", "+", "-", "@", "\t", "\r")), (name, value)


def test_numbers_stay_numbers() -> None:
    assert rows(record())[1]["lon"] == "-1.2"


# --- jsonl --------------------------------------------------------------------------------------


def test_a_line_is_the_record() -> None:
    line = to_line(record())
    assert line.endswith("}\n")
    assert json.loads(line) == json.loads(json.dumps(record().to_json()))


@pytest.mark.parametrize("words", HOSTILE)
def test_a_hostile_record_is_one_line_of_utf8_that_reads_back(words: str) -> None:
    line = to_line(hostile_record(words)).encode("utf-8", "backslashreplace").decode("utf-8")
    assert len(line.splitlines()) == 1
    plain = json.loads(line)
    assert plain["doc_id"] == words
    assert plain["extra"]["n"] is None


# --- html ---------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a browser would make of the page: elements, their attributes, the text, the style sheet."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.style = ""
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "link", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


ALLOWED = (
    frozenset(
        (
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "a",
            "header",
            "h1",
            "h2",
            "h3",
            "p",
            "strong",
            "q",
            "section",
        )
    )
    | frozenset(
        (
            "ul",
            "li",
            "mark",
            "main",
            "article",
            "details",
            "summary",
            "div",
            "span",
            "dl",
            "dt",
            "dd",
            "code",
            "footer",
            "b",
        )
    )
    | frozenset(("table", "thead", "tbody", "tr", "th", "td"))
)
ATTRIBUTES = frozenset(
    ("lang", "charset", "http-equiv", "content", "name", "class", "href", "id", "aria-label", "aria-labelledby")
) | frozenset(("dir", "open", "title", "scope", "rel"))


@pytest.mark.parametrize("words", ["plain", *HOSTILE])
def test_the_page_holds_nothing_that_runs_or_fetches(words: str) -> None:
    page = Page(rendered("html", hostile_record(words), record()))
    assert page.open == []
    for tag, attributes in page.elements:
        assert tag in ALLOWED
        assert set(attributes) <= ATTRIBUTES, (tag, attributes)
        href = attributes.get("href") or "#"
        assert href.startswith(("#", "https://", "http://"))
        if not href.startswith("#"):
            assert attributes["rel"] == "noreferrer noopener external"
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    (policy,) = [m["content"] for m in page.all("meta") if m.get("http-equiv")]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_ids_are_unique_and_links_within_the_page_lead_somewhere() -> None:
    page = Page(rendered("html", record(), record()))
    known = [a["id"] for _, a in page.elements if "id" in a]
    assert len(known) == len(set(known))
    links = [a["href"] or "" for a in page.all("a")]
    assert {link[1:] for link in links if link.startswith("#")} <= set(known)
    labels = [a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a]
    assert set(labels) <= set(known)


def test_the_text_stands_on_the_page_whole_with_its_marks() -> None:
    page = rendered("html", record())
    section = page[page.index('<section class="text"') : page.index('<section class="cards"')]
    section = re.sub(r'<a class="ref".*?</a>', "", section)
    shown = "".join(Page(f"<section{section.split('<section', 1)[1]}").text)
    assert shown.split() == TEXT.split()
    marks = {(a["class"] or "").split()[0] for a in Page(page).all("mark")}
    assert {"figure", "place", "actor", "speaker", "date", "means", "victim", "quote"} <= marks
    assert '<mark class="figure in" title="entry 2: 13+ killed">At least 13 people</mark>' in page
    assert "not the report&#x27;s own telling: copyright" in page
    assert "Read by machine, not checked by a person." in page


def test_only_the_first_reports_are_open() -> None:
    page = Page(rendered("html", *[record()] * 8))
    assert ["open" in a for a in page.all("details")] == [True] * 5 + [False] * 3


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_have_the_contrast_of_wcag_aa() -> None:
    style = Page(rendered("html")).style
    schemes = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", scheme))
        marks = ("figure", "date", "place", "actor", "target", "speaker", "victim", "means", "object", "quote")
        for back in (colours[name] for name in marks):
            assert contrast(colours["mark"], back) >= 4.5, back
        for back in (colours["paper"], colours["card"]):
            for ink in ("ink", "soft", "link", "loud"):
                assert contrast(colours[ink], back) >= 4.5, (ink, back)


# --- any record, any form -----------------------------------------------------------------------

words = st.text(max_size=12) | st.sampled_from(HOSTILE)
bounds = st.none() | st.integers(0, 10**7)
days = st.none() | st.dates()


@st.composite
def incidents(draw: st.DrawFn, name: str) -> Incident:
    one = draw(st.sampled_from(full_reading().incidents))
    figures = tuple(
        replace(
            figure(TEXT, "Four more", draw(bounds), draw(bounds)),
            harm=draw(st.sampled_from(["killed", "injured", "missing"])),
            undivided=draw(st.booleans()),
            approx=draw(st.booleans()),
            says=draw(st.none() | words),
            word=draw(st.none() | words),
            role=draw(st.none() | words),
            subset_of=draw(st.none() | st.integers(0, number - 1)) if number else None,
        )
        for number in range(draw(st.integers(0, 3)))
    )
    return replace(
        one,
        id=name,
        parts=tuple(draw(st.lists(st.sampled_from("abc"), max_size=2))),
        start=draw(days),
        end=draw(days),
        places=tuple(draw(st.lists(words, max_size=2))),
        perpetrators=tuple(draw(st.lists(words, max_size=2))),
        casualties=figures,
        acts=draw(st.integers(1, 3)),
    )


@pytest.mark.parametrize("name", list(FORMATS))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_record_renders(name: str, data: st.DataObject) -> None:
    found = tuple(data.draw(incidents(i)) for i in "abc"[: data.draw(st.integers(0, 3))])
    known = {i.id for i in found}
    found = tuple(replace(i, parts=tuple(p for p in i.parts if p in known and p != i.id)) for i in found)
    title = data.draw(words)
    made = record(Reading(found), title=title, doc_id=data.draw(words), outlet=data.draw(st.none() | words))
    stream = io.StringIO()
    get_renderer(name)([made], stream)
    assert stream.getvalue().encode("utf-8", "backslashreplace" if name == "jsonl" else "replace")


@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_steers_the_terminal(words: str) -> None:
    page = table(hostile_record(words))
    steers = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
    assert not re.search(steers, page)
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", rendered("html", hostile_record(words))
    )


def test_the_renderers_stream() -> None:
    """Each record is written before the next is asked for."""
    for name in FORMATS:
        stream = io.StringIO()
        sizes = []

        def feed(stream: io.StringIO = stream, sizes: list[int] = sizes) -> Any:
            for _ in range(3):
                sizes.append(len(stream.getvalue()))
                yield record()

        get_renderer(name)(feed(), stream)
        assert sizes[0] < sizes[1] < sizes[2], name


def test_html_of_nothing_is_a_page() -> None:
    stream = io.StringIO()
    write_html([], stream)
    assert "0 reports, 0 entries" in stream.getvalue()
