"""The desk in a real browser, over a real book made of the bundled reports: pages, actions, keys, two windows."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from desk_book import HOSTILE, demo_book, doubtful_book, hostile_book
from tollbook.web import guard
from tollbook.web.app import create_app

playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here")

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PATIENCE = 120_000


class Served:
    """A desk that answers in this process."""

    def __init__(self, book: Path) -> None:
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.base = f"http://127.0.0.1:{self.port}"
        self.app, self.sessions = create_app(book, self.port)
        config = uvicorn.Config(self.app, log_level="error", access_log=False)  # type: ignore[arg-type]
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=lambda: self.server.run(sockets=[self.listener]), daemon=True)
        self.thread.start()
        until = time.monotonic() + 30
        while not self.server.started and time.monotonic() < until:
            time.sleep(0.05)

    def address(self) -> str:
        return f"{self.base}/enter?token={self.sessions.invite()}"

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        try:
            opened = started.chromium.launch(executable_path=found, args=FLAGS)
        except playwright.Error as error:
            pytest.skip(f"no browser here: {str(error).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    served = Served(demo_book(tmp_path))
    yield served
    served.close()


def window(browser: Any, desk: Served, width: int = 1440) -> Any:
    """A window of its own: another browser, as far as the desk can tell."""
    page = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce").new_page()
    page.set_default_timeout(PATIENCE)
    page.faults = []
    page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: page.faults.append(str(e)))
    page.on("request", lambda r: None if r.url.startswith(desk.base) else page.faults.append(f"asked for {r.url}"))
    page.goto(desk.address())
    page.wait_for_url(f"{desk.base}/")
    return page


def api(page: Any, path: str) -> Any:
    return page.evaluate("async (path) => (await fetch('/api' + path)).json()", path)


def an_incident(page: Any, place: str, kind: str | None = None) -> dict[str, Any]:
    found = [
        i for i in api(page, "/incidents?limit=200")["items"]
        if place in (i["place"] or "") and i["scope"] == "incident" and kind in (None, i["type"])
    ]  # fmt: skip
    return dict(max(found, key=lambda i: i["reports"]))


def report_address(page: Any, part: str) -> str:
    return next(f"/reports/{r['report_id']}" for r in api(page, "/reports?limit=200")["items"] if part in r["doc_id"])


PAGES = (
    "/", "/incidents", "/queue", "/reports", "/voices", "/totals", "/log", "/method", "/model-card", "/new", "/doors",
)  # fmt: skip


MORE = (
    "/totals?by=place", "/totals?by=type&harm=injured", "/incidents?voices=2&review=machine", "/queue?kind=pair",
    "/queue?kind=range", "/incidents/ffffffffffff", "/reports?q=Baghdad", "/?place=Baghdad&harm=injured",
)  # fmt: skip
"""Pages in other states: filters open, another chart, an error."""


LOOKS = (
    (1440, "light", "{}"), (1440, "dark", "{runOnly: ['color-contrast']}"),
    (390, "dark", "{rules: {'color-contrast': {enabled: false}}}"),
)  # fmt: skip
"""How a page is looked at: width, scheme, and what axe-core is asked of it (colours are the same at every width)."""


def test_every_page_at_two_widths_without_a_fault_or_a_request_elsewhere(browser: Any, desk: Served) -> None:
    """axe-core finds nothing serious (contrast among it, in both schemes), nothing is wider than the window, nothing
    is asked for elsewhere."""
    page = window(browser, desk)
    incidents = api(page, "/incidents?limit=200")["items"]
    shaab = an_incident(page, "Shaab")["id"]
    page.goto(f"{desk.base}/incidents/{shaab}")
    form = page.locator("form", has=page.get_by_role("button", name="Accept as it stands"))
    form.get_by_label("Reason").fill("so that a page shows a decision")
    form.get_by_role("button").click()
    page.get_by_text("Decided: accept").wait_for()
    paths = [
        *PAGES,
        *MORE,
        f"/incidents/{an_incident(page, 'Baladruz', 'suicide_bomb')['id']}",
        f"/incidents/{shaab}",
        f"/incidents/{next(i['id'] for i in incidents if i['scope'] == 'total')}",
        report_address(page, "2014-01-02-north"),
    ]
    axe = AXE.read_text(encoding="utf-8")
    for path in paths:
        page.goto(desk.base + path)
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        page.evaluate(f"() => {{ {axe}; }}")
        for width, scheme, asked in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            found = page.evaluate(
                "async () => (await axe.run(document, Object.assign({resultTypes: ['violations']}, "
                f"{asked}))).violations"
            )
            serious = [
                (v["id"], v["nodes"][0]["html"][:200], v["nodes"][0].get("failureSummary", "")[:300])
                for v in found if v["impact"] in ("serious", "critical")
            ]  # fmt: skip
            assert not serious, (path, width, scheme, serious)
    assert [f for f in page.faults if "404" not in f] == []


def test_a_place_is_chosen_on_the_map_by_keyboard(browser: Any, desk: Served) -> None:
    page = window(browser, desk)
    incident = an_incident(page, "Shaab")["id"]
    page.goto(f"{desk.base}/incidents/{incident}")
    link = page.locator(".map.small a[aria-label*=Armenia]")
    number = link.locator("text.number").text_content()
    link.focus()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(f"{number} Shaab, town in")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "why"
    page.keyboard.type("the report is about Armenia")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.get_by_text("Decided: correct place").wait_for()
    assert page.locator("h1").inner_text().count("Shaab") == 1
    assert api(page, f"/incidents/{incident}")["card"]["country"] == "AM"
    assert page.locator(".map.small .mark.chosen").count() == 1
    assert "Armenia" in page.locator(".map.small g[role=img]").get_attribute("aria-label")
    assert page.faults == []


@pytest.mark.parametrize(("wish", "behaviour"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_nothing_moves_for_who_asks_for_stillness(browser: Any, desk: Served, wish: str, behaviour: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion=wish)
    context.add_init_script(
        "window.asked = []; Element.prototype.scrollIntoView = function (how) { window.asked.push(how.behavior); };"
    )
    page = context.new_page()
    page.goto(desk.address())
    page.wait_for_url(f"{desk.base}/")
    page.goto(desk.base + report_address(page, "2014-01-02-north"))
    page.locator("#text mark.figure").first.click()
    assert page.evaluate("window.asked") == [behaviour]
    moving = "[...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).transitionDuration !== '0s').length"
    if wish == "reduce":
        assert page.evaluate(moving) == 0
    context.close()


def test_a_page_prints_its_content_and_no_controls(browser: Any, desk: Served) -> None:
    page = window(browser, desk)
    page.goto(f"{desk.base}/incidents/{an_incident(page, 'Baladruz', 'suicide_bomb')['id']}")
    page.set_viewport_size({"width": 718, "height": 1000})
    page.emulate_media(media="print", color_scheme="dark")
    for hidden in ("header.top", ".actions", "form", "footer.foot"):
        assert page.locator(hidden).filter(visible=True).count() == 0, hidden
    for shown in ("h1.sentence", ".bounds", "blockquote", ".map.small", ".chart"):
        assert page.locator(shown).first.is_visible(), shown
    assert page.evaluate("document.documentElement.scrollWidth") <= 718, "it fits the paper"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 31, 34)", "paper is light"
    assert page.pdf(format="A4")[:5] == b"%PDF-"


def test_accept_undo_and_back(browser: Any, desk: Served) -> None:
    page = window(browser, desk)
    incident = an_incident(page, "Shaab")["id"]
    page.goto(f"{desk.base}/incidents/{incident}")
    form = page.locator("form", has=page.get_by_role("button", name="Accept as it stands"))
    form.get_by_label("Reason").fill("read all reports")
    form.get_by_role("button").click()
    page.get_by_text("Decided: accept").wait_for()
    assert "; reviewed." in page.locator("h1").inner_text()
    page.reload()
    assert "; reviewed." in page.locator("h1").inner_text()
    assert len(api(page, "/decisions")["items"]) == 1, "reloading does not decide again"
    page.locator(".decision").first.locator("summary").click()
    page.locator(".decision").first.get_by_label("Reason").fill("too quick")
    page.get_by_role("button", name="Undo it").click()
    page.get_by_text("Undone. The row stays in the log.").wait_for()
    assert "not yet reviewed" in page.locator("h1").inner_text()
    page.goto(f"{desk.base}/log")
    page.go_back()
    assert "not yet reviewed" in page.locator("h1").inner_text()
    assert page.faults == []


def test_a_reason_is_asked_before_anything_is_sent(browser: Any, desk: Served) -> None:
    page = window(browser, desk)
    page.goto(f"{desk.base}/incidents/{an_incident(page, 'Shaab')['id']}")
    page.get_by_role("button", name="Accept as it stands").click()
    assert page.locator("input:invalid").count() >= 1
    assert api(page, "/decisions")["items"] == []


def test_filters_live_in_the_address(browser: Any, desk: Served) -> None:
    page = window(browser, desk)
    page.get_by_label("Place", exact=True).fill("Baghdad")
    page.get_by_label("Type").select_option("suicide_bomb")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/?*place=Baghdad*")
    assert "type=suicide_bomb" in page.url
    dots, counts = page.locator(".map .dot"), page.locator(".map .count").all_text_contents()
    assert dots.count() - len(counts) + sum(map(int, counts)) == int(page.locator(".figures b").first.inner_text())
    page.locator("a", has_text=re.compile(r"^All \d+")).click()
    assert "place=Baghdad" in page.url
    shown = page.locator("td.days").count()
    assert shown == api(page, "/incidents?place=Baghdad&type=suicide_bomb")["count"]
    page.go_back()
    assert page.get_by_label("Place", exact=True).input_value() == "Baghdad"
    page.locator(".map a").first.click()
    page.wait_for_url(re.compile(r"/incidents[/?]"))


def test_selected_words_become_a_missed_figure(browser: Any, desk: Served) -> None:
    page = window(browser, desk)
    page.goto(desk.base + report_address(page, "2014-01-02-north"))
    paragraph = page.locator(".para", has_text="Elsewhere in the country").first
    box = paragraph.evaluate(
        """(p) => { const walk = document.createTreeWalker(p, NodeFilter.SHOW_TEXT); let node;
        while ((node = walk.nextNode())) { const at = node.data.indexOf("Elsewhere");
          if (at >= 0) { const r = document.createRange(); r.setStart(node, at); r.setEnd(node, at + 9);
            r.startContainer.parentElement.scrollIntoView({block: "center"});
            const b = r.getBoundingClientRect(); return [b.left, b.top + b.height / 2, b.right]; } } }"""
    )
    page.mouse.move(box[0] + 1, box[1])
    page.mouse.down()
    page.mouse.move(box[2], box[1], steps=6)
    page.mouse.up()
    words = page.locator("#add [name=words]")
    page.wait_for_function("() => document.querySelector('#add [name=words]').value !== ''")
    assert words.input_value() == "Elsewhere"
    form = page.locator("#add")
    form.locator("[name=figure]").fill("7")
    form.get_by_label("Harm").select_option("displaced")
    form.get_by_label("Reason").fill("missed by the machine")
    form.get_by_role("button", name="Add").click()
    page.get_by_text("Added: figure").wait_for()
    assert page.locator("mark.figure", has_text="Elsewhere").count() == 1
    decision = api(page, "/decisions")["items"][-1]
    assert (decision["kind"], decision["anchors"][0]["quote"]) == ("add", "Elsewhere")
    report = api(page, "/reports/" + page.url.split("/")[-1].split("?")[0].split("#")[0])
    span = decision["value"]["claim"][0][3]
    assert report["text"][span[0] : span[1]] == "Elsewhere"
    assert page.faults == []


def test_a_mark_leads_to_its_row_and_fields_follow_the_choice(browser: Any, desk: Served) -> None:
    page = window(browser, desk)
    page.goto(desk.base + report_address(page, "2014-01-02-north"))
    page.locator("#text mark.figure").first.click()
    row = page.locator("#text mark.figure").first.get_attribute("data-row")
    assert "lit" in (page.locator(f"#row-{row}").get_attribute("class") or "")
    form = page.locator("#add")
    assert not form.get_by_label("First day").is_visible()
    form.get_by_label("a date").check()
    assert form.get_by_label("First day").is_visible()
    assert not form.get_by_label("Harm").is_visible()


KEYS = {"s": "same", "a": "apart", "u": "unsure", "y": "accept", "x": "reject", "z": "undo"}
COST = 0.3
"""Seconds of processor time that one decision may cost the desk, page and all; about 0.06 on a quiet machine."""


def pressed(page: Any, key: str) -> list[str]:
    """Decides by a key and Enter; returns the subjects that the page said the decision is about."""
    form = page.locator(f"form[data-key={key}]")
    name = "decision" if key == "z" else "subject"
    about = form.locator(f"input[name={name}]").evaluate_all("all => all.map((i) => i.value)")
    page.keyboard.press(key)
    assert page.evaluate("document.activeElement.name") == "why"
    with page.expect_navigation(wait_until="domcontentloaded"):  # the script has run then
        page.keyboard.press("Enter")
    assert page.locator("#notes .done").count() == 1, page.locator("#notes").inner_text()
    assert page.evaluate("document.activeElement.className").startswith("note"), "what was done is read first"
    return list(about)


def test_fifty_decisions_by_keyboard_alone(browser: Any, tmp_path: Path) -> None:
    served = Served(doubtful_book(tmp_path))
    try:
        page = window(browser, served)
        page.goto(f"{served.base}/queue")
        choices = {kind: itertools.cycle("sau") for kind in ("pair", "merge")}
        either = itertools.cycle("yx")
        expected: list[tuple[str, list[str]]] = []
        undone = 0
        began = time.process_time()
        for turn in range(50):
            if turn % 7 == 3:
                here = page.url
                page.keyboard.press("n")
                page.wait_for_url(lambda url, here=here: url != here, wait_until="domcontentloaded")
            key = next(choices.get(page.locator(".item").get_attribute("data-kind"), either))
            expected.append((KEYS[key], pressed(page, key)))
            if turn % 10 == 9:
                expected.append(("undo", pressed(page, "z")))
                undone += 1
        cost = (time.process_time() - began) / len(expected)
        rows = api(page, "/decisions?limit=200")["items"]
        assert [kind for kind, _ in expected] == [r["kind"] for r in rows]
        assert Counter(kind for kind, _ in expected).keys() == set(KEYS.values()), "every key was used"
        last = ""
        for (kind, about), row in zip(expected, rows, strict=True):
            if kind == "undo":
                assert about == row["subjects"] == [last]
            elif kind in ("same", "apart", "unsure"):
                assert len(row["subjects"]) == len(about) == 2
            else:
                assert about[0] in row["subjects"]
                assert kind == "reject" or len(row["subjects"]) == 1
            assert row["why"]
            last = row["id"]
        assert sum(not r["holds"] for r in rows) == undone == 5
        assert cost < COST, f"{cost:.3f} s a decision"
        page.keyboard.press("y")
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.name") != "why", "Esc leaves it"
        assert page.faults == []
    finally:
        served.close()


def test_previous_leads_back_and_what_is_settled_is_gone(browser: Any, desk: Served) -> None:
    page = window(browser, desk)
    page.goto(f"{desk.base}/queue")
    first = page.locator("#h-item").inner_text()
    page.keyboard.press("n")
    page.get_by_text("2 of ").wait_for()
    page.keyboard.press("p")
    page.get_by_text("1 of ").wait_for()
    assert page.locator("#h-item").inner_text() == first
    item = api(page, "/queue")["items"][0]
    pressed(page, "u" if item["kind"] in ("pair", "merge") else "y")
    page.goto(f"{desk.base}/queue?at={item['key']}")
    page.get_by_text("That item is settled").wait_for()
    page.go_back()
    page.locator(".item").wait_for()


def test_two_windows_decide_the_same_thing(browser: Any, desk: Served) -> None:
    one, two = window(browser, desk), window(browser, desk)
    item = api(one, "/queue?kind=pair")["items"][0]
    for page in (one, two):
        page.goto(f"{desk.base}/queue?at={item['key']}")
    one.keyboard.press("a")
    one.keyboard.press("Enter")
    one.get_by_text("Decided: apart").wait_for()
    two.get_by_text("on this while the page was open").wait_for(timeout=PATIENCE)
    two.keyboard.press("s")
    two.keyboard.press("Enter")
    two.get_by_text("Both rows are kept; yours is the newest and stands.").wait_for()
    one.reload()
    one.get_by_text("after your “apart” on the same").wait_for()
    rows = api(one, "/decisions")["items"]
    assert [(d["kind"], d["holds"]) for d in rows] == [("apart", True), ("same", True)]
    ids = {api(one, f"/incidents/{s}")["card"]["id"] for s in item["subjects"]}
    assert len(ids) == 1


def test_a_report_is_pasted_and_read(browser: Any, desk: Served) -> None:
    page = window(browser, desk)
    page.get_by_role("link", name="Add a report").click()
    page.locator("textarea[name=text]").fill("Gunmen shot dead two teachers in Tikrit on Tuesday, police said.")
    page.get_by_label("Title").fill("Teachers shot in Tikrit")
    page.get_by_label("Published").fill("2014-01-08")
    page.get_by_role("button", name="Read it and add it").click()
    page.get_by_text("1 report added").wait_for()
    assert page.locator("mark.figure").count() >= 1
    page.get_by_role("link", name="incident", exact=True).first.click()
    assert "Tikrit" in page.locator("h1").inner_text()


def test_a_hostile_report_runs_nothing(browser: Any, tmp_path: Path) -> None:
    served = Served(hostile_book(tmp_path))
    try:
        page = window(browser, served)
        dialogs: list[str] = []
        page.on("dialog", lambda d: (dialogs.append(d.message), d.dismiss()))
        paths = [*PAGES, *(f"/incidents/{i['id']}" for i in api(page, "/incidents")["items"])]
        paths += [f"/reports/{r['report_id']}" for r in api(page, "/reports")["items"]]
        paths += [f"/queue?at={i['key']}" for i in api(page, "/queue")["items"]]
        for path in paths:
            page.goto(served.base + path)
            assert page.locator("script").count() == 1, path
            assert "\u202e" not in page.content()
        assert dialogs == []
        assert page.faults == []
        assert HOSTILE in page.locator("main").inner_text(), "shown as text"
    finally:
        served.close()


def test_it_works_without_scripts(browser: Any, desk: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(desk.address())
    page.goto(desk.base + "/queue")
    page.get_by_role("button", name=re.compile("unsure|accept")).first.click()
    assert "Decided" in page.locator("#notes").inner_text()
    context.close()


def test_serve_prints_an_address_that_opens_it_once_and_ends_on_interrupt(tmp_path: Path) -> None:
    book = demo_book(tmp_path)
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    started = subprocess.Popen(
        [sys.executable, "-c", "from tollbook.cli import main; main()", "serve", str(book), "--no-open", "--port", "0"],
        stderr=subprocess.PIPE, text=True, env=env,
    )  # fmt: skip
    try:
        assert started.stderr is not None
        lines = [started.stderr.readline() for _ in range(3)]
        address = re.search(r"http://127\.0\.0\.1:\d+/enter\?token=\S+", "".join(lines))
        assert address, lines
        import http.client

        port = int(address.group().split(":")[2].split("/")[0])
        statuses = []
        for _ in range(2):
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            asked.request("GET", "/" + address.group().split("/", 3)[3])
            statuses.append(asked.getresponse().status)
        assert statuses == [200, 403]
    finally:
        import signal

        started.send_signal(signal.SIGINT)
        assert started.wait(30) in (0, 130, -signal.SIGINT)


def test_schemathesis_finds_no_500(desk: Served) -> None:
    """Requests made from the API's own description, right and wrong: never a 500, always the one shape of error."""
    import httpx
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings

    key = {"authorization": f"Bearer {desk.sessions.open()}"}
    described = httpx.get(f"{desk.base}/api/openapi.json", headers=key, timeout=30).json()
    schema = schemathesis.openapi.from_dict(described)
    asked = 0
    with httpx.Client(base_url=desk.base, headers=key, timeout=60) as client:
        for operation in (found.ok() for found in schema.get_all_operations()):

            @given(case=operation.as_strategy())
            @settings(
                max_examples=6, deadline=None, phases=[Phase.generate], derandomize=True, database=None,
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            def ask(case: Any) -> None:
                nonlocal asked
                body = case.body if isinstance(case.body, (dict, list, str, int, float, bool, type(None))) else None
                path = case.path
                for name, value in (case.path_parameters or {}).items():
                    path = path.replace("{" + name + "}", str(value))
                answer = client.request(
                    case.method,
                    path,
                    params=dict(case.query or {}),
                    content=None if body is None else json.dumps(body),
                    headers={"content-type": "application/json"},
                )
                asked += 1
                assert answer.status_code < 500, (case.method, answer.url, answer.text[:300])
                if answer.status_code >= 400:
                    assert set(answer.json()["error"]) == {"code", "message"}

            ask()
    assert asked > 40


def test_guard_says_who_may() -> None:
    assert guard.hosts(80) >= {"127.0.0.1", "127.0.0.1:80"}
    assert "127.0.0.1" not in guard.hosts(8787)
