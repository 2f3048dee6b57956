"""The pictures of docs/img: every page of the desk over the bundled reports, at 1440 and 390 pixels.

    python tools/screenshots.py [PAGE...]

Some decisions are made first, so that what a person has read is seen beside what a machine has.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "img"
TALLEST = {1440: 1060, 390: 1250}
"""Pixels of a page that a picture shows: enough to see what it is."""


def decide(page: Any, items: list[dict[str, Any]]) -> None:
    """A few decisions, as an analyst would make them."""
    csrf = page.evaluate("document.body.dataset.csrf")
    send = """async ([csrf, body]) => (await fetch('/api/decisions', {method: 'POST',
        headers: {'content-type': 'application/json', 'x-csrf': csrf}, body: JSON.stringify(body)})).status"""
    for item in items:
        place = item["place"] or ""
        for word, why in (("Shaab", "read all reports"), ("Mogadishu", "read both"), ("Nyanya", "the police's figure")):
            if word in place and item["scope"] == "incident":
                page.evaluate(send, [csrf, {"kind": "accept", "subjects": [item["id"]], "why": why}])


def main() -> int:
    """Takes the pictures; exit status 1 where a page is wider than its window."""
    sys.path.insert(0, str(ROOT / "tests"))
    from playwright.sync_api import sync_playwright

    from test_desk_browser import FLAGS, Served, demo_book, window

    wide = 0
    OUT.mkdir(parents=True, exist_ok=True)
    served = Served(demo_book(Path(tempfile.mkdtemp())))
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = window(browser, served)
        get = "async (path) => (await fetch('/api' + path)).json()"
        items = page.evaluate(get, "/incidents?limit=200")["items"]
        decide(page, items)
        incident = next(i["id"] for i in items if "Karrada" in (i["place"] or "") and i["reports"] > 1)
        reports = page.evaluate(get, "/reports?limit=200")["items"]
        report = next(r["report_id"] for r in reports if "2014-01-02-north" in r["doc_id"])
        pages = {
            "overview": "/", "map": "/?since=2013&until=2016&country=IQ", "incidents": "/incidents",
            "incident": f"/incidents/{incident}", "report": f"/reports/{report}", "queue": "/queue",
            "reports": "/reports", "voices": "/voices", "totals": "/totals?since=2013", "log": "/log",
            "method": "/method", "new": "/new",
        }  # fmt: skip
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            for name, path in pages.items():
                if sys.argv[1:] and name not in sys.argv[1:]:
                    continue
                page.goto(served.base + path)
                wide += page.evaluate("document.documentElement.scrollWidth") > width
                tall = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST[width])
                page.set_viewport_size({"width": width, "height": tall})
                shown = page.locator("#map") if name == "map" else page
                shown.screenshot(path=str(OUT / f"{name}-{width}.png"))
                page.set_viewport_size({"width": width, "height": 900})
        browser.close()
    served.close()
    return 1 if wide else 0


if __name__ == "__main__":
    sys.exit(main())
