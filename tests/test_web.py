"""The desk without a browser: who may, what is refused, that nothing a report holds can run, and every action."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from typer.testing import CliRunner

from desk_book import HOSTILE, PLANTED, REVERSED, demo_book, hostile_book
from tollbook import web
from tollbook.book import init_book, open_book
from tollbook.cli import main
from tollbook.cli.app import app as program
from tollbook.model import Furniture
from tollbook.store.filters import Filters
from tollbook.web import filling, guard, lists, marks, overview, svg, utf16, wording, worldmap
from tollbook.web.app import create_app
from tollbook.web.atlas import Spot
from tollbook.web.method import CARD

PORT = 8787
BASE = f"http://127.0.0.1:{PORT}"
SAME = {"origin": BASE, "sec-fetch-site": "same-origin"}


class Visitor:
    """A browser without scripts: a session, and forms with what they need."""

    def __init__(self, app: Any, sessions: guard.Sessions) -> None:
        self.sessions = sessions
        self.client = TestClient(app, base_url=BASE, follow_redirects=False)
        self.entered = self.client.get(f"/enter?token={sessions.invite()}")
        self.csrf = re.search(r'data-csrf="([^"]+)"', self.get("/new")).group(1)  # type: ignore[union-attr]

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:400])
        return answer.text

    def api(self, path: str) -> Any:
        return json.loads(self.get(f"/api{path}"))

    def post(self, path: str, status: int = 303, **fields: Any) -> Any:
        answer = self.client.post(path, data={"csrf": self.csrf, **fields}, headers=SAME)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:600])
        return answer

    def incident(self, place: str, kind: str | None = None) -> dict[str, Any]:
        found = [
            i for i in self.api("/incidents?limit=200")["items"]
            if place in (i["place"] or "") and i["scope"] == "incident" and kind in (None, i["type"])
        ]  # fmt: skip
        assert found, place
        return dict(max(found, key=lambda i: i["reports"]))

    def decisions(self) -> list[dict[str, Any]]:
        return list(self.api("/decisions?limit=200")["items"])


@pytest.fixture
def made(tmp_path: Path) -> tuple[Any, guard.Sessions]:
    return create_app(demo_book(tmp_path), PORT)


@pytest.fixture
def visitor(made: tuple[Any, guard.Sessions]) -> Visitor:
    return Visitor(*made)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Visitor:
    """For tests that change nothing."""
    return Visitor(*create_app(demo_book(tmp_path_factory.mktemp("desk")), PORT))


PAGES = (
    "/", "/incidents", "/queue", "/reports", "/voices", "/totals", "/log", "/method", "/model-card", "/new", "/doors",
)  # fmt: skip


# --- who may ------------------------------------------------------------------------------------


def test_only_who_comes_with_the_address_gets_in_and_it_works_once(made: tuple[Any, guard.Sessions]) -> None:
    app, sessions = made
    client = TestClient(app, base_url=BASE)
    for path in (*PAGES, "/api/incidents", "/api/openapi.json", "/export/csv"):
        assert client.get(path).status_code == 401, path
    assert client.get("/enter?token=guessed").status_code == 403
    token = sessions.invite()
    assert client.get(f"/enter?token={token}").status_code == 200
    assert client.get("/").status_code == 200
    other = TestClient(app, base_url=BASE)
    assert other.get(f"/enter?token={token}").status_code == 403
    assert other.get("/").status_code == 401


def test_the_cookie_is_httponly_strict_and_of_this_desk(visitor: Visitor) -> None:
    cookie = visitor.entered.headers["set-cookie"]
    assert cookie.startswith(f"tollbook_{PORT}=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"host": f"evil.example:{PORT}"}, 403),
        ({"host": "127.0.0.1:9999"}, 403),
        ({"host": f"localhost:{PORT}"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 200),
    ],
)
def test_foreign_hosts_and_origins_get_nothing(reader: Visitor, headers: dict[str, str], status: int) -> None:
    cookies = "; ".join(f"{k}={v}" for k, v in reader.client.cookies.items())
    answer = TestClient(reader.client.app, base_url=BASE).get("/log", headers={"cookie": cookies, **headers})
    assert answer.status_code == status


def forms(visitor: Visitor) -> list[str]:
    """Every address that takes a form."""
    site = visitor.client.app.app.app  # type: ignore[attr-defined] - the gate, the packer, the desk
    found = {r.path for r in routes_of(site.routes) if "POST" in (getattr(r, "methods", None) or ())}
    forms = sorted(p for p in found if not p.startswith("/api/"))
    assert len(forms) >= 7, forms
    return forms


def routes_of(listed: Any) -> Iterator[Any]:
    """The routes of an application, those of its routers among them."""
    for route in listed:
        yield from routes_of(route.original_router.routes) if hasattr(route, "original_router") else (route,)


def test_no_form_without_the_sessions_own_token(visitor: Visitor) -> None:
    for path in forms(visitor):
        for data in ({}, {"csrf": "wrong"}, {"csrf": visitor.csrf + "x"}):
            assert visitor.client.post(path, data=data, headers=SAME).status_code == 403, path
        crossed = visitor.client.post(path, data={"csrf": visitor.csrf}, headers={"origin": "http://evil.example"})
        assert crossed.status_code == 403
        assert visitor.client.post(path, data={"csrf": visitor.csrf}).status_code == 403, "it does not say where from"
    stranger = Visitor(visitor.client.app, visitor.sessions)
    assert visitor.client.post("/names", data={"csrf": stranger.csrf}, headers=SAME).status_code == 403
    assert not visitor.decisions()


def test_a_key_in_the_header_opens_the_api(visitor: Visitor) -> None:
    text = unescape(visitor.post("/doors", 200, kind="key").text)
    key = re.search(r"Bearer ([\w-]+)", text).group(1)  # type: ignore[union-attr]
    script = TestClient(visitor.client.app, base_url=BASE)
    assert script.get("/api/incidents").status_code == 401
    assert script.get("/api/incidents", headers={"authorization": f"Bearer {key}"}).status_code == 200
    assert script.get("/api/incidents", headers={"authorization": "Bearer x"}).status_code == 401
    incident = visitor.incident("Shaab")["id"]
    body = {"kind": "accept", "subjects": [incident], "why": "read it"}
    assert script.post("/api/decisions", json=body, headers={"authorization": f"Bearer {key}"}).status_code == 201
    assert visitor.client.post("/api/decisions", json=body, headers=SAME).status_code == 403, "a cookie alone"
    assert visitor.client.post("/api/decisions", json=body, headers={**SAME, "x-csrf": visitor.csrf}).status_code == 201


def test_another_window_gets_an_address_of_its_own(visitor: Visitor) -> None:
    text = unescape(visitor.post("/doors", 200, kind="window").text)
    path = re.search(rf"{BASE}(/enter\?token=[\w-]+)", text).group(1)  # type: ignore[union-attr]
    other = TestClient(visitor.client.app, base_url=BASE)
    assert other.get(path).status_code == 200
    assert other.get("/").status_code == 200


def test_every_answer_carries_strict_headers(reader: Visitor) -> None:
    for path in (*PAGES, "/static/desk.js", "/api/incidents", "/nowhere"):
        headers = reader.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin", "with none, a browser would send Origin: null"
        assert headers["x-frame-options"] == "DENY"


def test_pages_hold_no_inline_script_style_or_handler_and_nothing_from_elsewhere(reader: Visitor) -> None:
    incident = reader.incident("Baladruz")["id"]
    report = reader.api("/reports")["items"][0]["report_id"]
    for path in (*PAGES, f"/incidents/{incident}", f"/reports/{report}"):
        page = reader.get(path)
        assert re.findall(r"<script(?![^>]*src=\"/static/)", page) == [], path
        assert "<style" not in page
        assert re.findall(r"<[^>]*\s(?:style|on\w+)=", page) == [], path
        assert re.findall(r"(?:src|href|action)=\"(?:https?:)?//", page) == [], path
    assert "http" not in re.sub(r"http://www\.w3\.org/\S+", "", reader.get("/static/desk.js"))
    assert "url(http" not in reader.get("/static/desk.css")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../desk.py",
        "/static/%2e%2e/desk.py",
        "/static/..%2fdesk.py",
        "/static//etc/passwd",
        "/static/vendor/../../app.py",
        "/static/%5c..%5cdesk.py",
        "/incidents/../../etc/passwd",
        "/reports/..%2f..%2fetc%2fpasswd",
        "/export/..%2f..%2fx",
    ],
)
def test_no_path_leads_out(reader: Visitor, path: str) -> None:
    answer = reader.client.get(path)
    assert answer.status_code in (400, 404), answer.status_code
    assert "root:" not in answer.text
    assert "def " not in answer.text


def test_forms_lead_back_to_this_desk_only(visitor: Visitor) -> None:
    for target in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a\r\nx: y"):
        assert visitor.post("/names", back=target).headers["location"] == "/", target
    assert visitor.post("/names", back="/log?subject=ab").headers["location"] == "/log?subject=ab"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.org"])
def test_any_other_host_is_refused_with_the_reason(tmp_path: Path, host: str) -> None:
    done = CliRunner().invoke(program, ["serve", str(tmp_path / "x.toll"), "--host", host, "--no-open"])
    assert done.exit_code == 2
    assert "127.0.0.1 only" in done.stderr
    assert main is not None


def test_a_body_beyond_the_limit_is_refused(reader: Visitor) -> None:
    answer = reader.client.post("/reports", content=b"x", headers={**SAME, "content-length": "99999999999"})
    assert answer.status_code == 413


# --- hostile reports ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Visitor:
    return Visitor(*create_app(hostile_book(tmp_path_factory.mktemp("hostile")), PORT))


def every_page(visitor: Visitor) -> Iterator[tuple[str, str]]:
    paths = [*PAGES, "/totals?by=place", "/totals?by=perpetrator", "/incidents?place=Qasrin", "/reports?q=script"]
    paths += [f"/incidents/{i['id']}" for i in visitor.api("/incidents")["items"]]
    paths += [f"/reports/{r['report_id']}" for r in visitor.api("/reports")["items"]]
    paths += [f"/queue?at={i['key']}" for i in visitor.api("/queue")["items"]]
    paths += ["/totals.txt", "/api/incidents", "/api/totals?by=place", "/api/voices", "/api/reports", "/api/decisions"]
    paths += [f"/api/incidents/{i['id']}" for i in visitor.api("/incidents")["items"]]
    paths += [f"/api/reports/{r['report_id']}" for r in visitor.api("/reports")["items"]]
    for path in paths:
        yield path, visitor.get(path)


def test_nothing_a_report_holds_runs_or_reorders_a_page(victim: Visitor) -> None:
    incident = victim.api("/incidents")["items"][0]["id"]
    victim.post("/decide", kind="correct", subject=incident, field="grade", grade=HOSTILE, why=f"{HOSTILE}{REVERSED}")
    victim.post("/decide", kind="correct", subject=incident, field="place", places=HOSTILE, why=HOSTILE)
    for path, page in every_page(victim):
        if not path.startswith("/api") and not path.endswith(".txt"):
            assert HOSTILE not in page, path
            assert "<script>" not in page, path
            assert "\u202e" not in page, path
            assert 'href="javascript' not in page, path


QUERIES = {
    "/": ("since", "until", "place", "country", "type", "perpetrator", "victims", "status", "review", "grade", "voices",
          "harm", "map"),
    "/incidents": ("place", "type", "grade", "cursor", "harm"),
    "/queue": ("kind", "at"),
    "/reports": ("q", "cursor"),
    "/totals": ("by", "rule", "as_of", "harm", "parties", "place"),
    "/log": ("subject", "cursor"),
    "/export/csv": ("place", "type"),
    "/enter": ("token",),
}  # fmt: skip
"""Every value that an address may carry, by page."""


@pytest.mark.parametrize("planted", [HOSTILE, f'"><img src=x onerror=alert(1)>{REVERSED}', "'; x: url(//evil.example)"])
def test_what_an_address_carries_is_shown_as_text_only(reader: Visitor, planted: str) -> None:
    paths = [(p, {name: planted}) for p, names in QUERIES.items() for name in names]
    paths += [(f"{start}/{planted}", {}) for start in ("/incidents", "/reports", "/static", "/export", "")]
    for path, query in paths:
        answer = reader.client.get(path, params=query)
        assert answer.status_code < 500, (path, query)
        if "html" in answer.headers["content-type"]:
            assert planted not in answer.text, (path, query)
            assert "<img src=x" not in answer.text
            assert "\u202e" not in answer.text


def test_what_a_form_carries_is_shown_as_text_only(visitor: Visitor) -> None:
    """Each field that a person (or a file a person was sent) may fill, with a script and a reordering mark."""
    bad = f"{HOSTILE} {REVERSED} \"><b x='"
    row, report = open_report(visitor, "2014-01-02-north-gulf-wire")
    act = next(c for c in report["claims"] if c["kind"] == "act")
    of = {"report": row["report_id"], "mention": act["mention"], "why": bad}
    visitor.post("/add", **of, what="figure", words="Elsewhere", figure="5", harm="injured", says=bad)
    visitor.post("/add", **of, what="incident", words="called the camp a base", start="2014-01-02", places=bad)
    incident = visitor.incident("Shaab")["id"]
    for fields in (
        {"field": "grade", "grade": bad[:60]},
        {"field": "place", "places": bad},
        {"field": "actor", "perpetrators": bad},
    ):
        visitor.post("/decide", kind="correct", subject=incident, why=bad, **fields)
    visitor.post("/note", incident=incident, note=f"{bad} 14 died", words="14", figure="14", says=bad, why=bad)
    visitor.post("/undo", decision=visitor.decisions()[-1]["id"], why=bad)
    told = "Gunmen shot dead two teachers in Tikrit on Tuesday, police said."
    visitor.post("/reports", kind="paste", text=f"{told} {bad}", title=bad, outlet=bad, published="2014-01-08")
    visitor.client.post(
        "/reports", data={"csrf": visitor.csrf, "kind": "file", "title": bad, "outlet": bad},
        files={"file": (f"{HOSTILE}.html", f"<title>{bad}</title><p>{told} &lt;script&gt;</p>".encode(), "text/html")},
        headers=SAME,
    )  # fmt: skip
    seen = 0
    for path, page in every_page(visitor):
        if not path.startswith("/api") and not path.endswith(".txt"):
            assert HOSTILE not in page, path
            assert "<b x=" not in page, path
            assert "\u202e" not in page, path
            seen += "&lt;script&gt;alert(1)" in page
    assert seen > 5, "it is shown, as text"


def test_five_megabytes_in_one_paragraph_are_shown_in_parts(tmp_path: Path) -> None:
    from book_reports import act, figure, record
    from book_reports import report as made

    sentence = "A bomb killed 3 people in Qasrin on Monday, police said."
    path = tmp_path / "big.toll"
    with init_book(path, {"title": "Big"}) as book:
        book.add_records(
            [made("big", "Blast", f"{sentence} {'word ' * 1_000_000}", "Daily")],
            [record("big", "2021-03-02", act("a", sentence, figure("3 people", 3, 3)))],
        )
        book.refresh()
    big = Visitor(*create_app(path, PORT))
    for where, page in every_page(big):
        if not where.startswith("/api/reports/"):
            assert len(page) < 600_000, (where, len(page))


def test_a_planted_name_is_on_no_page_until_names_are_shown(victim: Visitor) -> None:
    for path, page in every_page(victim):
        assert PLANTED not in unescape(page), path
        assert "Mandourani" not in unescape(page), path
    report = victim.api("/reports")["items"][0]["report_id"]
    victim.post("/names", back="/")
    assert PLANTED in victim.get(f"/reports/{report}")
    victim.post("/names", back="/")
    for name in ("csv", "jsonl"):
        packed = zipfile.ZipFile(BytesIO(victim.client.get(f"/export/{name}").content))
        assert len(packed.namelist()) == 2, "the file and its loss report"
        for inside in packed.namelist():
            assert PLANTED.encode() not in packed.read(inside)


def test_a_paragraph_of_two_megabytes_is_shown_in_parts_and_five_are_refused(visitor: Visitor) -> None:
    text = "A bomb killed 5 people in Baghdad on Sunday, police said. " + "word " * 390_000
    sent = visitor.post("/reports", kind="paste", text=text, title="Long", published="2014-02-03")
    page = visitor.get(sent.headers["location"])
    assert len(page) < 400_000
    assert "Part 1 of" in page
    assert "5 people" in page
    assert "Part 2 of" in visitor.get(sent.headers["location"] + "?part=1")
    visitor.post("/reports", kind="paste", text=text + "word " * 600_000, title="Longer", published="2014-02-03")
    assert "more than one report holds" in visitor.get("/reports")
    (found,) = visitor.api("/incidents?since=2014-02")["items"][:1] or [None]
    assert found is None or len(visitor.get(f"/incidents/{found['id']}")) < 400_000


# --- pages --------------------------------------------------------------------------------------


def test_the_overview_says_what_the_book_holds(reader: Visitor) -> None:
    page = reader.get("/")
    assert "People killed" in page
    assert "it is not a confidence interval" in page
    assert "What is documented is not all that happened" in page
    assert "23.2%" in page
    assert 'class="map"' in page


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("place=Baladruz", None),
        ("type=suicide_bomb", None),
        ("since=2016&until=2016", None),
        ("victims=civilian", None),
        ("review=reviewed", 0),
        ("voices=2", None),
        ("perpetrator=Taliban", None),
        ("country=UA", None),
        ("status=denied", None),
        ("grade=corroborated", None),
        ("review=machine&type=bomb", None),
    ],
)
def test_filters_in_the_address_hold_everywhere(reader: Visitor, query: str, count: int | None) -> None:
    found = reader.api(f"/incidents?{query}&limit=200")
    assert found["count"] == len(found["items"])
    if count is not None:
        assert found["count"] == count
    else:
        assert 0 < found["count"] < reader.api("/incidents")["count"]
    page = reader.get(f"/incidents?{query}")
    assert len(re.findall(r'<td class="days"><a href="/incidents/', page)) == min(found["count"], lists.PAGE)
    assert f"{found['count']:,} in all" in page
    for path in ("/", "/totals"):
        text = unescape(reader.get(f"{path}?{query}"))
        name, value = query.split("&")[0].split("=")
        assert re.search(rf'name="{name}"[^>]*value="{value}"|<option value="{value}" selected', text), path
    with open_book(reader.client.app.app.app.state.site.desk.path) as book:  # type: ignore[attr-defined]
        asked = dict(p.split("=") for p in query.split("&"))
        where = Filters(**{k: int(v) if k == "voices" else v for k, v in asked.items()})  # type: ignore[arg-type]
        assert {i.id for i in book.incidents(where)} == {i["id"] for i in found["items"]}
        total = book.totals("month", "killed", where).total
        assert reader.api(f"/totals?{query}")["total"]["low"] == total.low
        for harm in ("killed", "injured"):
            told = {r.label: (r.low, r.high, r.open) for r in book.totals("month", harm, where).rows}
            with book.view() as connection:
                months, rest = overview.months(filling.read(connection), where, harm)
            drawn = {m.label: (m.low, m.high, m.open) for m in (*months, *rest)}
            assert {k: v for k, v in told.items() if any(v)} == {k: v for k, v in drawn.items() if any(v)}
    mapped = {f["properties"]["id"] for f in reader.api(f"/map?{query}")["features"]}
    acts = {i["id"]: i["spot"] for i in found["items"] if i["scope"] in ("incident", "background")}
    assert mapped == {i for i, spot in acts.items() if spot}
    drawn = unescape(reader.get(f"/?{query}")).split('class="map"')[1].split("</svg>")[0]
    together = [int(n) for n in re.findall(r'class="(?:count|celltext)"[^>]*>(\d+)<', drawn)]
    assert len(re.findall(r'class="(?:dot|cell)\b', drawn)) - len(together) + sum(together) == len(mapped), "on the map"
    told = reader.api(f"/overview?{query}")
    assert told["known"]["incidents"] == len(acts)
    if (
        "victims" not in query
    ):  # the chart then counts those victims, the totals everybody in these incidents, and say so
        assert sum(m["low"] for m in (*told["months"], *told["no_month"])) == total.low
    packed = zipfile.ZipFile(BytesIO(reader.client.get(f"/export/jsonl?{query}").content))
    rows = packed.read(next(n for n in packed.namelist() if n.endswith(".jsonl"))).decode().splitlines()
    assert len(rows) == found["count"]


def test_what_cannot_be_asked_is_told(reader: Visitor) -> None:
    assert "there are: abduction" in unescape(reader.get("/incidents?type=nix", 400))
    assert "is not a day" in unescape(reader.get("/?since=never", 400))
    fault = json.loads(reader.get("/api/incidents?type=nix", 400))
    assert fault["error"]["code"] == "bad_request"
    assert json.loads(reader.get("/api/incidents?voices=0", 422))["error"]["code"] == "invalid"
    assert json.loads(reader.get("/api/incidents/ffffffffffff", 404))["error"]["code"] == "not_found"
    assert json.loads(reader.get("/api/nowhere", 404))["error"]["code"] == "not_found"


def test_lists_go_on_by_cursor_and_show_each_once(reader: Visitor) -> None:
    for name in ("incidents", "reports", "queue", "voices"):
        seen: list[str] = []
        cursor = ""
        for _ in range(40):
            page = reader.api(f"/{name}?limit=7{cursor}")
            seen += [i.get("id") or i.get("report_id") or i.get("key") or str(i) for i in page["items"]]
            if not page["next"]:
                break
            cursor = f"&cursor={page['next']}"
        assert len(seen) == len(set(seen)) or name == "voices", "names that are hidden look alike"
        assert len(seen) == len(reader.api(f"/{name}?limit=200")["items"])
    assert json.loads(reader.get("/api/incidents?cursor=xx", 400))["error"]["code"] == "bad_request"


def test_decisions_go_on_by_cursor(visitor: Visitor) -> None:
    incident = visitor.incident("Shaab")["id"]
    for n in range(5):
        visitor.post("/decide", kind="correct", subject=incident, field="grade", grade=str(n), why=f"reason {n}")
    seen, cursor = [], ""
    for _ in range(9):
        page = visitor.api(f"/decisions?limit=2{cursor}")
        seen += [d["told"] for d in page["items"]]
        cursor = f"&cursor={page['next']}"
        if not page["next"]:
            break
    assert seen == [f"correct grade: {n}" for n in range(5)]


def test_the_api_gives_what_the_pages_show(reader: Visitor) -> None:
    first = reader.api("/overview?since=2014&until=2014")
    page = unescape(reader.get("/?since=2014&until=2014"))
    assert f"<b>{first['known']['incidents']}</b> <span>acts on record" in page
    assert {m["label"] for m in first["months"] if m["high"]} == set(re.findall(r'">(2014-\d\d)</a></td>', page))
    assert sum(first["waiting"].values()) == len(reader.api("/queue?limit=200")["items"])
    for item in reader.api("/queue?limit=200")["items"]:
        one = reader.api(f"/queue/{item['key']}")
        page = unescape(reader.get(f"/queue?at={item['key']}"))
        assert one["sides"]
        for side in one["sides"]:
            assert side["title"] in page
        for reason in one["reasons"]:
            assert reason["why"] in page
        assert {c["key"] for c in one["choices"]} == set(re.findall(r'data-key="([a-z])"', page)) - {"n", "p", "z"}
    assert json.loads(reader.get("/api/queue/pair-ffff-aaaa", 404))["error"]["code"] == "not_found"
    for line in reader.api("/incidents?limit=200")["items"]:
        one, page = reader.api(f"/incidents/{line['id']}"), unescape(reader.get(f"/incidents/{line['id']}"))
        assert one["sentence"] in page
        for claim in one["claims"]:
            shown = f'{claim["before"]}<mark class="figure">{claim["words"]}</mark>{claim["after"]}'
            assert shown in page
            assert all(f">{bound}</span>" in page for bound in claim["sets"])
        for place in one["readings"]:
            assert place["chosen"] or f'id="reading-{place["number"]}"' in page
        assert set(re.findall(r'<option value="([0-9a-f]{16})"', page)) == set(one["nearby"])
    for line in reader.api("/reports?q=baghdad")["items"]:
        assert "baghdad" in line["title"].lower()
        assert line["acts"] >= 1
    method, page = reader.api("/method"), unescape(reader.get("/method"))
    for told in (*method["rules"].values(), method["in_force"]["rule"], *map(str, method["link"].values())):
        assert told in page
    assert method["model_card"] in unescape(reader.get("/model-card"))
    packed = zipfile.ZipFile(BytesIO(reader.client.get("/api/release").content))
    assert any("SHA256" in n.upper() for n in packed.namelist())


def test_what_the_forms_write_the_api_writes(visitor: Visitor) -> None:
    def send(path: str, status: int = 201, **body: Any) -> Any:
        answer = visitor.client.post(f"/api{path}", json=body, headers={**SAME, "x-csrf": visitor.csrf})
        assert answer.status_code == status, answer.text[:400]
        return answer.json()

    text = "Gunmen shot dead two teachers in Tikrit on Tuesday, police said. Three pupils were hurt."
    made = send("/reports", text=text, title="Teachers shot", published="2014-01-08", outlet="Desk Wire")
    (report,) = made["ids"]
    assert (made["reports"], made["not_added"]) == (1, [])
    told = visitor.api(f"/reports/{report}")
    assert (told["title"], told["outlet"], told["published"]) == ("Teachers shot", "Desk Wire", "2014-01-08")
    (mention, *_) = [c["mention"] for c in told["claims"] if c["kind"] == "act"]
    at = told["text"].index("Three pupils")
    words = {"what": "figure", "words": "Three", "span": [at, at + 5], "mention": mention, "harm": "displaced"}
    added = send(f"/reports/{report}/words", **words, figure="3", why="missed")["decision"]
    claims = visitor.api(f"/reports/{report}")["claims"]
    assert [c["span"] for c in claims if c["added"]] == [[at, at + 5]]
    assert visitor.api(f"/reports/{report}")["decisions"][0]["id"] == added
    fault = send(f"/reports/{report}/words", 400, what="date", words="xyzzy", why="w")["error"]
    assert "does not stand" in fault["message"]
    incident = visitor.incident("Tikrit")["id"]
    send(f"/incidents/{incident}/notes", note="The head told us 4 died", words="4", figure="4", why="call", says="head")
    assert {b["harm"]: b["high"] for b in visitor.incident("Tikrit")["bounds"]}["killed"] == 4
    lines = '{"id": "x1", "text": "A bomb killed five people in Kirkuk on Monday.", "published": "2014-02-04"}'
    assert send("/reports", kind="file", name="more.jsonl", text=lines)["reports"] == 1
    bare = visitor.client.post("/api/reports", json={"text": text}, headers=SAME)
    assert bare.status_code == 403, "a page of another site has no token"
    assert send("/reports", 400, text="x", country="QQ")["error"]["code"] == "bad_request"


def test_every_row_of_the_book_has_its_page(reader: Visitor) -> None:
    for path, page in every_page(reader):
        assert page, path


def test_an_incident_is_one_sentence_with_its_voices(reader: Visitor) -> None:
    incident = reader.incident("Baladruz", "suicide_bomb")["id"]
    page = unescape(reader.get(f"/incidents/{incident}"))
    assert re.search(
        r"At least 13 killed by a (?:suicide )?car bomb in Baladruz, 2 Jan 2014, officials say; \d reports", page
    )
    assert "not yet reviewed" in page
    assert '<mark class="figure">at least 13 people</mark>' in page
    assert "Why these reports are one incident" in page


def test_a_release_leaves_as_one_file_that_can_be_checked(reader: Visitor) -> None:
    with zipfile.ZipFile(BytesIO(reader.client.get("/release.zip").content)) as archive:
        names = {Path(n).name: n for n in archive.namelist()}
        assert {"README.md", "codebook.md", "losses.md", "conformance.md", "SHA256SUMS"} <= set(names)
        for line in archive.read(names["SHA256SUMS"]).decode().splitlines():
            digest, name = line.split(maxsplit=1)
            assert hashlib.sha256(archive.read(f"demo-release/{name.lstrip('*')}")).hexdigest() == digest
    assert "/release.zip" in reader.get("/totals")


def test_the_model_card_of_the_desk_is_that_of_the_docs(reader: Visitor) -> None:
    shown = unescape(reader.get("/model-card"))
    assert "What it learned from" in shown
    docs = Path(__file__).resolve().parent.parent / "docs" / "model-card.md"
    assert CARD.read_text(encoding="utf-8") == docs.read_text(encoding="utf-8"), f"copy {docs.name} to {CARD}"
    assert "/model-card" in reader.get("/method")


def test_what_waits_and_what_was_decided_goes_by_its_name(visitor: Visitor) -> None:
    assert re.search(r"range to check: [a-z ]+, [A-Z][\w ]+, \d+ \w+ \d{4}</a>", unescape(visitor.get("/queue")))
    incident = visitor.incident("Shaab", "bomb")["id"]
    visitor.post("/decide", kind="accept", subject=incident, why="read")
    assert f'<a href="/incidents/{incident}">bomb, Shaab, 2 Jan 2014</a>' in visitor.get("/log")


@pytest.mark.parametrize(
    ("kind", "means", "expected"),
    [
        ("suicide_bomb", [("truck bomb", "car_bomb"), ("suicide bomber", "suicide_vehicle")], "suicide truck bomb"),
        ("suicide_bomb", [("Lorry bomb", "car_bomb")], "suicide lorry bomb"),
        ("suicide_bomb", [("car packed with explosives", "car_bomb")], "suicide car bomb"),
        ("suicide_bomb", [("car bomb", "car_bomb"), ("truck bomb", "car_bomb")], "suicide vehicle bomb"),
        ("suicide_bomb", [("suicide bomber", "suicide_vest")], "suicide vest"),
        ("suicide_bomb", [("explosion", "explosive")], "suicide bomb"),
        ("bomb", [("lorries packed with explosives", "car_bomb")], "lorry bomb"),
        ("bomb", [("VBIED", "car_bomb")], "vehicle bomb"),
        ("bomb", [("bomb", "explosive")], "bomb"),
        ("air_strike", [("air strike", "aircraft")], "air strike"),
        ("air_strike", [("barrel bombs", "barrel_bomb")], "barrel bomb"),
        ("attack", [], None),
    ],
)
def test_a_weapon_is_called_what_the_reports_call_it(
    kind: str, means: list[tuple[str, str]], expected: str | None
) -> None:
    told = [SimpleNamespace(act={"means": [{"name": name, "kind": code}]}) for name, code in means]
    state: Any = SimpleNamespace(told=told, card=SimpleNamespace(type=kind))
    assert wording.means(state) == expected


# --- actions ------------------------------------------------------------------------------------


def test_accepting_is_a_row_in_force_at_once_and_can_be_undone(visitor: Visitor) -> None:
    incident = visitor.incident("Shaab")["id"]
    visitor.post("/decide", kind="accept", subject=incident, why="read all four reports", back=f"/incidents/{incident}")
    assert "; reviewed." in visitor.get(f"/incidents/{incident}")
    row = visitor.decisions()[-1]
    assert (row["kind"], row["why"], row["holds"]) == ("accept", "read all four reports", True)
    visitor.post("/undo", decision=row["id"], why="too quick")
    assert "not yet reviewed" in visitor.get(f"/incidents/{incident}")
    assert [d["holds"] for d in visitor.decisions()] == [False, True]


def test_a_decision_needs_a_reason_and_a_subject_there_is(visitor: Visitor) -> None:
    incident = visitor.incident("Shaab")["id"]
    for fields in (
        {"kind": "accept", "subject": incident, "why": " "},
        {"kind": "accept", "subject": "ffffffffffffffff", "why": "x"},
        {"kind": "add", "subject": incident, "why": "x"},
        {"kind": "nix", "subject": incident, "why": "x"},
        {"kind": "accept", "why": "x"},
        {"kind": "same", "subject": incident, "why": "x"},
        {"kind": "correct", "subject": incident, "field": "type", "type": "nix", "why": "x"},
        {"kind": "correct", "subject": incident, "field": "date", "start": "2014-13-01", "why": "x"},
        {"kind": "accept", "subject": "'; drop table", "why": "x"},
    ):
        assert visitor.client.post("/decide", data={"csrf": visitor.csrf, **fields}, headers=SAME).status_code in (
            400,
            404,
        )
    assert not visitor.decisions()


def test_correcting_date_place_actor_type_grade(visitor: Visitor) -> None:
    incident = visitor.incident("Shaab")["id"]
    visitor.post("/decide", kind="correct", subject=incident, field="date", start="2014-01-01", end="", why="w")
    visitor.post("/decide", kind="correct", subject=incident, field="place", places="Adhamiya, Baghdad", why="w")
    visitor.post("/decide", kind="correct", subject=incident, field="actor", perpetrators="A; B", why="w")
    visitor.post("/decide", kind="correct", subject=incident, field="type", type="grenade", why="w")
    visitor.post("/decide", kind="correct", subject=incident, field="grade", grade="fair", why="w")
    card = visitor.api(f"/incidents/{incident}")["card"]
    assert (card["start"], card["end"], card["type"]) == ("2014-01-01", "2014-01-01", "grenade")
    assert card["places"] == ["Adhamiya", "Baghdad"]
    assert [p["name"] for p in card["perpetrators"]] == ["A", "B"]
    assert visitor.api(f"/incidents/{incident}")["grade"] == "fair"
    visitor.post("/decide", kind="correct", subject=incident, field="actor", perpetrators="", why="nobody is named")
    assert visitor.api(f"/incidents/{incident}")["card"]["perpetrators"] == []


def test_correcting_and_rejecting_a_figure(visitor: Visitor) -> None:
    incident = visitor.incident("Vinnytsia")["id"]
    figures = [
        f for f in visitor.api(f"/incidents/{incident}")["figures"] if f["harm"] == "killed" and not f["subset_of"]
    ]
    claim = figures[0]["claim_id"]
    visitor.post("/decide", kind="correct", subject=claim, field="figure", figure="24+", why="misread")
    assert visitor.incident("Vinnytsia")["bounds"][0]["low"] == 24
    visitor.post("/undo", decision=visitor.decisions()[-1]["id"], why="it was right")
    assert visitor.incident("Vinnytsia")["bounds"][0]["low"] == 23
    before = len(visitor.api(f"/incidents/{incident}")["figures"])
    visitor.post("/decide", kind="reject", subject=claim, why="not of this act")
    assert len(visitor.api(f"/incidents/{incident}")["figures"]) == before - 1


def test_an_incident_is_rejected_with_all_that_tells_of_it(visitor: Visitor) -> None:
    incident = visitor.incident("Mogadishu")
    assert incident["reports"] > 1
    told = [t["mention"] for t in visitor.api(f"/incidents/{incident['id']}")["told"]]
    before = visitor.api("/totals")["total"]["low"]
    visitor.post("/decide", kind="reject", subject=incident["id"], why="did not happen", back="/incidents")
    row = visitor.decisions()[-1]
    assert sorted(row["subjects"]) == sorted(told), "one row about every telling"
    assert visitor.api("/totals")["total"]["low"] < before
    assert incident["id"] not in {i["id"] for i in visitor.api("/incidents?limit=200")["items"]}
    page = unescape(visitor.get(f"/incidents/{told[-1]}", 404))
    assert "rejected it on" in page
    assert "did not happen" in page
    assert f'href="/log?subject={told[-1]}"' in page, "the way to undo it"
    assert "rejected it on" in json.loads(visitor.get(f"/api/incidents/{incident['id']}", 404))["error"]["message"]
    visitor.post("/undo", decision=row["id"], why="it did")
    assert visitor.incident("Mogadishu")["reports"] == incident["reports"]
    assert visitor.api("/totals")["total"]["low"] == before


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"field": "date", "start": "2014-01-01", "end": "2014-01-03"}, "correct date: 2014-01-01 to 2014-01-03"),
        ({"field": "place", "places": "Adhamiya, Baghdad"}, "correct place: Adhamiya, Baghdad"),
        ({"field": "actor", "perpetrators": "Taliban; police"}, "correct actor: Taliban, police"),
        ({"field": "actor", "perpetrators": ""}, "correct actor: nobody"),
        ({"field": "type", "type": "grenade"}, "correct type: grenade"),
        ({"field": "grade", "grade": "fair"}, "correct grade: fair"),
        ({"field": "figure", "figure": "3-5", "who": "civilian"}, "correct figure: 3 to 5 civilian"),
        ({"field": "figure", "figure": "7+"}, "correct figure: 7+"),
    ],
)
def test_the_log_says_what_was_set(visitor: Visitor, fields: dict[str, str], told: str) -> None:
    incident = visitor.incident("Shaab")["id"]
    figure = visitor.api(f"/incidents/{incident}")["figures"][0]["claim_id"]
    subject = figure if fields["field"] == "figure" else incident
    visitor.post("/decide", kind="correct", subject=subject, why="as the report has it", **fields)
    for path in ("/log", f"/incidents/{incident}"):
        page = " ".join(re.sub(r"<[^>]+>", "", unescape(visitor.get(path))).split())
        assert f"{told} “as the report has it”" in page, path


def test_the_other_of_two_that_are_one_is_chosen_from_nearby_or_by_its_address(visitor: Visitor) -> None:
    one, other = visitor.incident("Shaab"), visitor.incident("Latifiya", "attack")
    page = visitor.get(f"/incidents/{one['id']}")
    assert f'<option value="{other["id"]}">2 Jan 2014, Latifiya: attack' in page
    assert f'<option value="{visitor.incident("Vinnytsia")["id"]}">' not in page, "another year"
    assert "choose the other" in unescape(visitor.post("/decide", 400, kind="same", subject=one["id"], why="w").text)
    address = f"{BASE}/incidents/{other['id']}?x=1#h-act"
    visitor.post("/decide", kind="same", subject=[one["id"], "", address], why="one blast")
    assert (
        visitor.api(f"/incidents/{other['id']}")["card"]["id"] == visitor.api(f"/incidents/{one['id']}")["card"]["id"]
    )


def test_a_harm_asked_for_stays_in_the_address(reader: Visitor) -> None:
    for path in ("/", "/incidents", "/totals"):
        page = unescape(reader.get(f"{path}?harm=injured&country=IQ"))
        for to in {"/", "/incidents", "/totals"} - {path}:
            assert re.search(rf'href="{to}\?(?=[^"]*harm=injured)(?=[^"]*country=IQ)', page), (path, to)


def test_apart_and_same_move_reports_between_incidents(visitor: Visitor) -> None:
    incident = visitor.incident("Shaab")
    told = [t["mention"] for t in visitor.api(f"/incidents/{incident['id']}")["told"]]
    assert len(told) > 1
    visitor.post("/decide", kind="apart", subject=[told[-1], *told[:-1]], why="another bomb")
    left = visitor.api(f"/incidents/{told[0]}")
    assert len(left["told"]) == len(told) - 1
    visitor.post("/decide", kind="same", subject=[told[0], told[-1]], why="no, the same")
    assert len(visitor.api(f"/incidents/{told[0]}")["told"]) >= 2


def test_readings_of_a_place_stand_on_the_small_map_and_one_can_be_taken(visitor: Visitor) -> None:
    incident = visitor.incident("Shaab")["id"]
    page = unescape(visitor.get(f"/incidents/{incident}"))
    drawn = page[page.index('class="map small"') :].split("</svg>")[0]
    assert drawn.count("mark chosen") == 1, "where it is put"
    linked = re.findall(r'<a href="#reading-(\d)" aria-label="\1 Shaab, town in ([^:]+): another', drawn)
    assert {where.split(", ")[1] for _, where in linked} == {"Israel", "Armenia"}
    assert all(f'id="reading-{n}"' in page for n, _ in linked)
    before = visitor.api(f"/incidents/{incident}")["spot"]
    chosen = re.search(r'name="at" value="(gn:616429)"', page)
    assert chosen, "the one in Armenia"
    form = {"kind": "correct", "subject": incident, "field": "place", "places": "Shaab", "at_name": "Shaab", "why": "w"}
    visitor.post("/decide", **form, at=chosen.group(1))
    now = visitor.api(f"/incidents/{incident}")
    assert (now["spot"]["gazetteer_id"], round(now["spot"]["lat"])) == ("gn:616429", 40)
    assert (now["card"]["country"], now["card"]["places"]) == ("AM", ["Shaab"])
    (on_map,) = [f for f in visitor.api("/map")["features"] if f["properties"]["id"] == incident]
    assert [round(x) for x in on_map["geometry"]["coordinates"]] == [45, 40]
    packed = zipfile.ZipFile(BytesIO(visitor.client.get("/export/geojson?country=AM").content))
    (feature,) = json.loads(packed.read(next(n for n in packed.namelist() if n.endswith(".geojson"))))["features"]
    assert round(feature["geometry"]["coordinates"][1]) == 40
    assert 'value="tb:iq-shaab"' in visitor.get(f"/incidents/{incident}"), "the way back"
    visitor.post("/undo", decision=visitor.decisions()[-1]["id"], why="no")
    assert visitor.api(f"/incidents/{incident}")["spot"] == before
    for wrong in ("gn:0", "x", "gn:98182"):
        visitor.post("/decide", 400, **form, at=wrong)


def test_two_browsers_decide_the_same_thing(visitor: Visitor) -> None:
    other = Visitor(visitor.client.app, visitor.sessions)
    item = next(i for i in visitor.api("/queue?kind=pair")["items"])
    page = other.get(f"/queue?at={item['key']}")
    head = re.search(r'name="head" value="(\d+)"', page).group(1)  # type: ignore[union-attr]
    visitor.post("/decide", kind="apart", subject=list(item["subjects"]), head=head, why="first of us")
    other.post("/decide", kind="same", subject=list(item["subjects"]), head=head, why="second of us")
    rows = visitor.decisions()
    assert [(d["kind"], d["holds"]) for d in rows] == [("apart", True), ("same", True)]
    assert "first of us" in other.get("/log")
    told = unescape(visitor.get("/log"))
    assert "after your “apart” on the same" in told
    assert visitor.api(f"/incidents/{item['subjects'][0]}")["card"]["id"] == visitor.api(
        f"/incidents/{item['subjects'][1]}")["card"]["id"]  # fmt: skip


def test_the_later_of_two_browsers_is_told_on_its_next_page(visitor: Visitor) -> None:
    other = Visitor(visitor.client.app, visitor.sessions)
    incident = visitor.incident("Shaab")["id"]
    visitor.post("/decide", kind="accept", subject=incident, head="0", why="mine")
    other.post("/decide", kind="reject", subject=incident, head="0", why="theirs")
    assert "While this page was open" in unescape(other.get("/log"))
    assert "While this page was open" not in unescape(other.get("/log")), "told once"


def open_report(visitor: Visitor, part: str) -> tuple[dict[str, Any], dict[str, Any]]:
    row = next(r for r in visitor.api("/reports?limit=200")["items"] if part in r["doc_id"])
    return row, visitor.api(f"/reports/{row['report_id']}")


def test_selected_words_become_a_figure(visitor: Visitor) -> None:
    row, report = open_report(visitor, "2014-01-02-north-gulf-wire")
    act = next(c for c in report["claims"] if c["kind"] == "act")
    at = report["text"].index("Elsewhere in the country")
    words = report["text"][at : at + 9]
    visitor.post(
        "/add", report=row["report_id"], what="figure", words=words, **{"from": str(at), "to": str(at + 9)},
        mention=act["mention"], figure="5", harm="injured", who="civilian", says="medics", why="missed",
    )  # fmt: skip
    after = visitor.api(f"/reports/{row['report_id']}")
    assert [c["id"] for c in report["claims"]] == [
        c["id"] for c in after["claims"] if c["id"] in {x["id"] for x in report["claims"]}
    ]
    detail = visitor.api(f"/incidents/{act['mention']}")
    added = [f for f in detail["figures"] if f["words"] == words]
    assert [(f["low"], f["high"], f["harm"]) for f in added] == [(5, 5, "injured")]
    assert detail["card"]["id"] == act["incident"]
    decision = visitor.decisions()[-1]
    assert decision["kind"] == "add"
    assert decision["anchors"][0]["quote"] == words
    visitor.post("/undo", decision=decision["id"], why="it was not one")
    assert not [f for f in visitor.api(f"/incidents/{act['mention']}")["figures"] if f["words"] == words]
    undo = next(d for d in visitor.decisions() if d["kind"] == "undo")
    visitor.post("/undo", decision=undo["id"], why="it was one after all")
    assert [f for f in visitor.api(f"/incidents/{act['mention']}")["figures"] if f["words"] == words]


def test_selected_words_become_place_date_actor_and_incident(visitor: Visitor) -> None:
    row, report = open_report(visitor, "2014-01-02-north-gulf-wire")
    act = next(c for c in report["claims"] if c["kind"] == "act")
    asked = {"report": row["report_id"], "mention": act["mention"], "why": "w"}
    visitor.post("/add", **asked, what="place", words="Anbar province")
    visitor.post("/add", **asked, what="actor", words="Government troops")
    visitor.post("/add", **asked, what="date", words="Monday", start="2013-12-30")
    card = visitor.api(f"/incidents/{act['mention']}")["card"]
    assert card["places"][0] == "Anbar province"
    assert [p["name"] for p in card["perpetrators"]] == ["Government troops"]
    assert card["start"] == "2013-12-30"
    assert visitor.decisions()[0]["value"]["words"] == "Anbar province"
    told = {"report": row["report_id"], "what": "incident", "start": "2014-01-02", "why": "missed", "type": "bomb"}
    words = "The prime minister, Nouri Maliki, had called the camp a base for al-Qaeda"
    before = visitor.api("/incidents")["count"]
    visitor.post("/add", **told, words=words, figure="1", harm="detained", places="Ramadi")
    acts = acts_of(visitor, row["report_id"])
    (fresh,) = [a for a in acts if a["id"] not in {c["id"] for c in report["claims"]}]
    assert report["text"][slice(*fresh["span"])] == words
    assert visitor.api("/incidents")["count"] == before + 1
    shaab = visitor.incident("Shaab")["id"]
    bounds = [(b["harm"], b["low"], b["high"]) for b in visitor.api(f"/incidents/{shaab}")["bounds"]]
    visitor.post(
        "/add", **told, words="In Baghdad, a bomb killed four people in the mostly Shia district of Shaab",
        harm="killed", places="Shaab, Baghdad",
    )  # fmt: skip
    assert len(acts_of(visitor, row["report_id"])) == len(acts), "the machine tells it too: one act, counted once"
    assert [(b["harm"], b["low"], b["high"]) for b in visitor.api(f"/incidents/{shaab}")["bounds"]] == bounds
    assert visitor.api("/incidents")["count"] == before + 1


def acts_of(visitor: Visitor, report: str) -> list[dict[str, Any]]:
    return [c for c in visitor.api(f"/reports/{report}")["claims"] if c["kind"] == "act"]


def test_words_that_do_not_stand_there_are_refused(visitor: Visitor) -> None:
    row, report = open_report(visitor, "2014-01-02-north-gulf-wire")
    act = next(c for c in report["claims"] if c["kind"] == "act")
    for more in ({"words": "nowhere in it"}, {"words": "Baladruz", "figure": ""}, {"words": "", "figure": "3"}):
        visitor.post("/add", 400, report=row["report_id"], what="figure", mention=act["mention"], why="w", **more)
    assert not visitor.decisions()


def test_what_was_added_is_there_after_a_reread_and_shown_as_a_persons(visitor: Visitor) -> None:
    row, report = open_report(visitor, "2014-01-02-north-gulf-wire")
    act = next(c for c in report["claims"] if c["kind"] == "act")
    visitor.post(
        "/add", report=row["report_id"], what="figure", words="Elsewhere", mention=act["mention"], figure="5",
        harm="displaced", why="missed",
    )  # fmt: skip
    path = visitor.client.app.app.app.state.site.desk.path  # type: ignore[attr-defined]
    with open_book(path, write=True) as book:
        book.reread("rules")
        book.refresh()
    assert [f["low"] for f in visitor.api(f"/incidents/{act['mention']}")["figures"] if f["harm"] == "displaced"] == [5]
    assert not visitor.api("/queue?kind=orphan")["items"]
    page = visitor.get(f"/reports/{row['report_id']}")
    assert page.count("added by a person") == 1
    (added,) = visitor.decisions()
    visitor.post("/undo", decision=added["id"], why="it was nothing")
    assert not any(f["harm"] == "displaced" for f in visitor.api(f"/incidents/{act['mention']}")["figures"])
    page = visitor.get(f"/reports/{row['report_id']}")
    assert "added by a person" not in page
    assert "it was nothing" in page
    assert "it was nothing" in visitor.get(f"/incidents/{act['mention']}")


def test_a_note_is_undone_whole(visitor: Visitor) -> None:
    incident = visitor.incident("Baladruz", "suicide_bomb")["id"]
    before = visitor.api(f"/incidents/{incident}")
    visitor.post(
        "/note", incident=incident, note="The mayor told us by telephone that 14 died.", words="14", figure="14",
        harm="killed", says="mayor", why="phone call",
    )  # fmt: skip
    visitor.post("/undo", decision=visitor.decisions()[-1]["id"], why="it was another attack")
    after = visitor.api(f"/incidents/{incident}")
    assert after["bounds"] == before["bounds"]
    assert after["told"] == before["told"]
    assert [(d["kind"], d["holds"]) for d in visitor.decisions()] == [("add", False), ("undo", True)]


def test_a_note_adds_a_figure_and_new_reports_come_in_three_ways(visitor: Visitor) -> None:
    incident = visitor.incident("Baladruz", "suicide_bomb")["id"]
    visitor.post(
        "/note", incident=incident, note="The mayor told us by telephone that 14 died.", words="14", figure="14",
        harm="killed", says="mayor", why="phone call",
    )  # fmt: skip
    assert any(f["high"] == 14 for f in visitor.api(f"/incidents/{incident}")["figures"])
    text = "Gunmen shot dead two teachers in Tikrit on Tuesday, police said."
    sent = visitor.post(
        "/reports", kind="paste", text=text, title="Teachers shot", outlet="Daily", published="2014-01-08"
    )
    assert "Teachers shot" in visitor.get(sent.headers["location"])
    assert visitor.api("/incidents?place=Tikrit")["count"] >= 1
    sent = visitor.post("/reports", kind="note", text="I saw three houses burnt in Kirkuk yesterday.")
    assert "note by" in visitor.get(sent.headers["location"])
    page = f"<html><head><title>Mosul</title></head><body><h1>Blast in Mosul</h1><p>{text}</p></body></html>"
    answer = visitor.client.post(
        "/reports", data={"csrf": visitor.csrf, "kind": "file", "published": "2014-01-08"},
        files={"file": ("../../etc/mosul.html", page.encode(), "text/html")}, headers=SAME,
    )  # fmt: skip
    assert answer.status_code == 303
    row, _ = open_report(visitor, "mosul")
    assert "/" not in row["doc_id"]
    visitor.post("/reports", 400, kind="paste", text=" ")
    visitor.post("/reports", 400, kind="paste", text="x", published="soon")
    visitor.post("/reports", 400, kind="paste", text="x", country="XX")


def test_the_queue_is_ordered_by_its_formula_and_empties(visitor: Visitor) -> None:
    items = visitor.api("/queue?limit=200")["items"]
    effects = [i["effect"] for i in items]
    assert effects == sorted(effects, reverse=True)
    for i in items:
        assert i["effect"] == pytest.approx(i["width"] * (1 - i["confidence"]))
    item = next(i for i in items if i["kind"] == "range")
    answer = visitor.post("/decide", kind="accept", subject=item["subjects"][0], why="read", back="/queue")
    assert answer.headers["location"] == "/queue"
    assert item["key"] not in {i["key"] for i in visitor.api("/queue?limit=200")["items"]}
    pair = next(i for i in items if i["kind"] == "pair")
    visitor.post("/decide", kind="unsure", subject=list(pair["subjects"]), why="cannot tell")
    assert pair["key"] not in {i["key"] for i in visitor.api("/queue?limit=200")["items"]}


def test_a_book_that_another_process_writes_to_is_told(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tollbook.web.desk.PATIENCE", 0.2)
    path = visitor.client.app.app.app.state.site.desk.path  # type: ignore[attr-defined]
    incident = visitor.incident("Shaab")["id"]
    with open_book(path, write=True):
        text = visitor.post("/decide", 409, kind="accept", subject=incident, why="w").text
    assert "is writing to this book" in text
    visitor.post("/decide", kind="accept", subject=incident, why="w")


# --- parts --------------------------------------------------------------------------------------


@given(st.text(max_size=60), st.integers(0, 60))
@settings(max_examples=150, deadline=None)
def test_utf16_offsets_go_there_and_back(text: str, at: int) -> None:
    at = min(at, len(text))
    units = utf16.to_utf16(text, at)
    assert units == len(text[:at].encode("utf-16-le", "surrogatepass")) // 2
    assert utf16.from_utf16(text, units) == at


def test_utf16_inside_a_pair_and_outside_the_text() -> None:
    assert utf16.from_utf16("a\U0001f600b", 2) == 2
    for wrong in (-1, 5):
        with pytest.raises(ValueError, match="the text"):
            utf16.from_utf16("a\U0001f600b", wrong)


@given(st.text("ab \n\u202e😀", max_size=80), st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=6))
@settings(max_examples=150, deadline=None)
def test_marked_pieces_hold_the_text_and_nothing_else(text: str, spans: list[tuple[int, int]]) -> None:
    found = [
        marks.Mark("figure", (min(a, b), max(a, b)), "t", "r") for a, b in spans if a != b and max(a, b) <= len(text)
    ]
    cut = marks.paragraphs(text, sorted(found, key=lambda m: m.span), [Furniture("menu", (0, min(3, len(text))))])
    shown = "".join(p.text for q in cut for p in q.pieces)
    assert "".join(shown.split()) == "".join(text.split())
    for q in cut:
        at = q.start
        for p in q.pieces:
            assert text[at : at + len(p.text)] == p.text
            inside = any(m.span[0] <= at and at + len(p.text) <= m.span[1] for m in found)
            assert (p.mark is not None) == inside
            at += len(p.text)


def test_a_band_shows_what_is_reviewed_machine_and_open_apart() -> None:
    drawn = svg.band(
        [lists.Month("2014-01", 8, 12, 1, 3), lists.Month("2014-03", 5, 5, 0, 5)], "killed", [("2014-01", 4)]
    )
    assert drawn.count('class="reviewed"') == 2
    assert drawn.count('class="machine"') == 1
    assert 'class="band open"' in drawn
    assert "2014-01: 8 to 12+" in drawn
    assert "4 reports" in drawn
    assert svg.band([], "killed", []) == ""


def test_months_without_figures_leave_a_gap_and_many_become_years() -> None:
    three = svg.filled([lists.Month("2013-12", 1, 1, 0, 0), lists.Month("2014-02", 2, 2, 0, 0)])
    assert [m.label for m in three] == ["2013-12", "2014-01", "2014-02"]
    years = svg.filled([lists.Month("1989-11", 1, 2, 0, 0), lists.Month("2022-02", 2, 2, 1, 0)])
    assert years[0] == lists.Month("1989", 1, 2, 0, 0)
    assert len(years) == 34


def toll(n: int) -> lists.Toll:
    return lists.Toll(f"{n:016x}", "bomb", "2014-01-01", "2014-01-01", "machine", n % 7, n % 7, False)


def drawn(count: int) -> str:
    """A map of so many incidents, each at a point of its own."""
    spots = [Spot("X", 33 + n % 50 / 30, 44 + n % 40 / 30 + n / 9e6, 20.0) for n in range(count)]
    points = [worldmap.Point(s, 1, n % 7, n % 7, False, False, np.array([n])) for n, s in enumerate(spots)]
    view = worldmap.fit(p.spot for p in points)
    return worldmap.draw(
        points, lambda ns: [toll(n) for n in ns], view, lambda i: f"/i/{i}", lambda v: f"?map={v.text()}", str
    )


def test_the_map_draws_areas_and_thousands_as_cells() -> None:
    many = drawn(3000)
    assert many.count('class="cell"') < 400
    assert 'class="dot' not in many
    told = re.findall(r'aria-label="([\d,]+) incidents, ([\d,]+)', many)
    assert sum(int(n.replace(",", "")) for n, _ in told) == 3000
    assert sum(int(low.replace(",", "")) for _, low in told) == sum(n % 7 for n in range(3000))
    few = drawn(30)
    assert few.count('class="dot') == 30
    assert few.count('class="area"') == 30
    assert few.count("<a ") == 30
    assert len(drawn(0)) < 250_000


@pytest.mark.parametrize(
    "text", ["", "x", "1,2", "1,2,3,4", "nan,0,10", "500,0,10", "0,99,10", "0,0,0.0001", "inf,0,1"]
)
def test_a_map_view_that_is_none_is_not_taken(text: str) -> None:
    assert worldmap.read_view(text) is None


def test_the_vendored_files_are_what_they_say() -> None:
    import runpy

    found = runpy.run_path(str(Path(__file__).resolve().parent.parent / "tools" / "vendor.py"))
    assert found["check"]() == []


@pytest.mark.parametrize(
    ("low", "high", "opened", "told"),
    [
        (13, 13, False, "13"),
        (13, 13, True, "at least 13"),
        (8, 13, False, "8 to 13"),
        (8, 13, True, "8 to 13 or more"),
        (None, 30, False, "up to 30"),
        (0, 0, False, "no one"),
        (None, None, False, "an unknown number"),
        (5, None, True, "at least 5"),
    ],
)
def test_counts_in_words(low: int | None, high: int | None, opened: bool, told: str) -> None:
    assert wording.count(low, high, opened) == told


# --- colours --------------------------------------------------------------------------------------

ON_PAGE = ("paper", "card", "field", "hover", "ground", "lit", "goodtint", "warnfill")
MARKS = ("figure", "date", "place", "actor", "target", "speaker", "victim", "means", "object", "quote")
CONTRAST = [
    *((ink, under, 4.5) for ink in ("ink", "soft", "link") for under in ON_PAGE),
    *(("ink", mark, 4.5) for mark in MARKS),
    *((ink, under, 4.5) for ink in ("good", "warn", "change", "machineink") for under in ("paper", "card", "field")),
    ("machineink", "machinetint", 4.5), ("change", "warnfill", 4.5), ("setsink", "setsfill", 4.5),
    ("onreviewed", "reviewed", 4.5), ("ondraw", "draw", 4.5), ("ink", "sea", 4.5), ("ink", "halo", 4.5),
    *((drawn, under, 3) for drawn in ("reviewed", "draw", "dotline") for under in ("card", "ground", "sea")),
    ("band", "card", 3),
    ("edge", "field", 3), ("edge", "paper", 3),
]  # fmt: skip
"""(what is written or drawn, on what, the least contrast WCAG 2.2 AA asks: 1.4.3 for words, 1.4.11 for shapes)."""


def tokens(scheme: str) -> dict[str, str]:
    """The colours of a scheme by name, as the style sheet sets them."""
    sheet = (Path(web.__file__).parent / "static" / "desk.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[:2]
    found = dict(re.findall(r"--(\w+): (#[0-9a-f]+);", light))
    return found | dict(re.findall(r"--(\w+): (#[0-9a-f]+);", dark)) if scheme == "dark" else found


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of "#rgb" or "#rrggbb"."""
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_and_shapes_stand_out_in_both_schemes(scheme: str) -> None:
    found = tokens(scheme)
    weak = []
    for one, under, least in CONTRAST:
        dark, bright = sorted((luminance(found[one]), luminance(found[under])))
        ratio = (bright + 0.05) / (dark + 0.05)
        if ratio < least:
            weak.append(f"{one} on {under}: {ratio:.2f}")
    assert not weak
    assert set(tokens("dark")) == set(tokens("light"))


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/?place=Nowhere", 200, ("Unknown is not zero", 'href="/">Clear the filters', "in the whole book")),
        ("/incidents?place=Nowhere", 200, ('href="/incidents">Clear the filters',)),
        ("/totals?place=Nowhere", 200, ("No figures of this harm in what is asked for",)),
        ("/reports?q=nobody+wrote+this", 200, ("No report has this in its title", 'href="/reports">All reports')),
        ("/queue?kind=orphan", 200, ('href="/queue">All that waits',)),
        ("/incidents/fff", 404, ("No incident &#39;fff&#39; in this book.", 'href="/incidents">')),
        ("/?since=soon", 400, ("is not a day (YYYY-MM-DD), month or year.",)),
    ],
)
def test_a_page_with_nothing_says_what_to_do(reader: Visitor, path: str, status: int, told: tuple[str, ...]) -> None:
    answer = reader.client.get(path)
    assert answer.status_code == status
    for words in told:
        assert words in answer.text, words
