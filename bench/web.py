"""The desk under load: a book of N incidents made through --records, 4 readers and a writer at once.

    python bench/web.py [--incidents 20000] [--seconds 30] [--keep FOLDER] [--alone] [--paint]

Prints for each page how many were asked, the median and the 95th percentile of the answer's time in milliseconds, and
the bytes sent (gzip on); the same for all pages without and with a filter; processor time of the server for each
request, which other work on the machine stretches less than the clock. `--alone`: each page by one reader, three times,
then once after a decision, in processor time. `--paint`: until the first paint in Chromium. Goals: 95th percentile
150 ms unfiltered, 400 ms with a filter; first paint 1 s; 1.5 MB a page.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import http.client
import json
import os
import random
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tollbook.store import derive

ROOT = Path(__file__).resolve().parent.parent
TYPES = ("bomb", "air_strike", "shelling", "attack", "armed_clash")
READERS = 4
HEADS = ("Bar", "Dal", "Gor", "Kas", "Lum", "Mer", "Nar", "Pol", "Sir", "Tav")
TAILS = ("abad", "eh", "in", "ok", "un", "ush", "ara", "ez")
PLACES = [(a + b, 30 + i * 0.21, 40 + j * 0.33) for i, a in enumerate(HEADS) for j, b in enumerate(TAILS)]


def act(n: int, key: str, says: str, *, more: int = 0, at: int = 0) -> tuple[str, dict[str, Any]]:
    """(sentence, record) of the act no `n` as one speaker tells it, `more` dead than the first said, its text standing
    `at` characters into the report."""
    rng = random.Random(n)
    place, lat, lon = PLACES[rng.randrange(len(PLACES))]
    date = f"{2010 + n % 12}-{1 + n // 12 % 12:02d}-{1 + rng.randrange(28):02d}"
    dead = 1 + rng.randrange(30) + more
    hedge = "at least " if n % 9 == 0 else ""
    words = f"{hedge}{dead} people"
    sentence = f"An act no {n} in {place} killed {words}, {says} said."
    start = at + sentence.index(words)
    figure = {"harm": "killed", "who": "civilian", "min": dead, "max": None if hedge else dead, "approx": False,
              "says": says, "subset_of": None, "text": words, "span": [start, start + len(words)]}  # fmt: skip
    where = at + sentence.index(place)
    detail = {
        "name": place, "span": [where, where + len(place)], "role": "at", "gazetteer_id": None, "lat": lat, "lon": lon,
        "radius_km": 8.0, "admin_level": 3, "admin1": None, "admin2": None, "alternatives": [],
    }  # fmt: skip
    return sentence, {
        "id": key, "type": TYPES[n % 5], "status": "happened", "scope": "incident", "parts": [], "start": date,
        "end": date, "places": [place], "country": "IQ", "perpetrators": ["Group A"] if n % 4 == 0 else [],
        "targets": [f"thing {n}"], "casualties": [figure], "quote": sentence,
        "quote_span": [at, at + len(sentence)], "place_details": [detail],
    }  # fmt: skip


def report(doc: str, day: str, outlet: int, sentences: list[str], acts: list[dict[str, Any]]) -> str:
    """A line of JSON for `tollbook add --records`."""
    return json.dumps(
        {"doc_id": doc, "text": " ".join(sentences), "title": "", "published": day, "outlet": f"Outlet {outlet}",
         "incidents": acts, "victims": []}
    ) + "\n"  # fmt: skip


def records(count: int, path: Path) -> None:
    """`count` acts, each in a report of its own; every tenth is told again by another outlet with a higher toll, and
    every two-hundredth report sums up two acts of a day with more dead than both."""
    with path.open("w", encoding="utf-8") as stream:
        for n in range(count):
            sentence, one = act(n, "a", "police")
            day = one["start"]
            stream.write(report(f"r{n}", day, n % 40, [sentence], [one]))
            if n % 10 == 0:
                sentence, again = act(n, "a", "hospital officials", more=1 + n // 10 % 4)
                stream.write(report(f"s{n}", day, 40 + n % 7, [sentence], [again]))
            if n % 200 == 7:
                stream.write(_summed_up(n, sentence, one))


def _summed_up(n: int, sentence: str, one: dict[str, Any]) -> str:
    """A report that tells an act again, and that it and another left more dead than the one."""
    whole = one["casualties"][0]["min"] + 5
    words = f"{whole} people"
    told = f"In all {words} were killed in {one['places'][0]} that day, monitors said."
    at = len(sentence) + 1
    figure = {**one["casualties"][0], "min": whole, "max": whole, "says": "monitors", "text": words,
              "span": [at + told.index(words), at + told.index(words) + len(words)]}  # fmt: skip
    total = {**one, "id": "t", "scope": "total", "parts": ["a"], "casualties": [figure], "quote": told,
             "quote_span": [at, at + len(told)], "place_details": []}  # fmt: skip
    return report(f"t{n}", one["start"], 50, [sentence, told], [one, total])


def tollbook(*words: str) -> list[str]:
    return [sys.executable, "-c", "from tollbook.cli import main; main()", *words]


def make(folder: Path, count: int) -> Path:
    book = folder / f"{count}.toll"
    if not book.exists():
        lines = folder / f"{count}.jsonl"
        records(count, lines)
        subprocess.run(tollbook("init", str(book)), check=True)
        started = time.monotonic()
        subprocess.run(tollbook("add", str(book), "--records", str(lines)), check=True)
        print(f"book of {count:,}: {time.monotonic() - started:.0f} s to add and link", flush=True)
    else:
        _take_as_it_is(book)
    return book


def _take_as_it_is(book: Path) -> None:
    """A kept book counts as made by the data files of today: its actors and places are in none of them, and to link
    100,000 reports again takes longer than to measure."""
    with contextlib.closing(sqlite3.connect(book)) as connection:
        now = (derive.code_version(), derive.code_version(derive.LINK_FILES))
        was = connection.execute("SELECT code, linked FROM derived_head").fetchone()
        if was is not None and was != now:
            connection.execute("UPDATE derived_head SET code = ?, linked = ?", now)
            connection.commit()
            print(f"{book.name}: linked by {was[1]}, taken as it is by {now[1]}", flush=True)


class Client:
    """One keep-alive connection with its cookie or key."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"accept-encoding": "gzip", **headers}

    def get(self, path: str) -> tuple[float, int, bytes]:
        started = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - started
        if answer.status not in (200, 202):
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return took, len(body), gzip.decompress(body) if answer.getheader("content-encoding") == "gzip" else body

    def post(self, path: str, value: Any) -> tuple[int, float]:
        started = time.perf_counter()
        body = json.dumps(value)
        self.connection.request("POST", path, body, {**self.headers, "content-type": "application/json"})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, time.perf_counter() - started


def pages(rng: random.Random, ids: list[str], reports: list[str]) -> list[tuple[str, str]]:
    """(kind of page, address) as an analyst might ask for; what is filtered says so after a comma."""
    place, kind = PLACES[rng.randrange(len(PLACES))][0], TYPES[rng.randrange(5)]
    year = 2010 + rng.randrange(12)
    return [
        ("overview", "/"), ("incidents", "/incidents"), ("totals", "/totals"), ("queue", "/queue"),
        ("overview, place", "/?" + urlencode({"place": place})),
        ("overview, years", "/?" + urlencode({"since": year, "until": 2021})),
        ("overview, type", "/?" + urlencode({"type": kind})),
        ("overview, checked", "/?" + urlencode({"review": "machine"})),
        ("incidents, place and type", "/incidents?" + urlencode({"place": place, "type": kind})),
        ("totals, type", "/totals?" + urlencode({"type": kind})),
        ("incident", f"/incidents/{rng.choice(ids)}"), ("report", f"/reports/{rng.choice(reports)}"),
        ("reports", "/reports"), ("api incidents", "/api/incidents?limit=50"), ("api totals", "/api/totals"),
        ("api totals, country", "/api/totals?country=IQ"), ("api queue", "/api/queue"),
    ]  # fmt: skip


class Server:
    """`tollbook serve` over a book: where it answers, who may ask, and the processor time it has used."""

    def __init__(self, book: Path) -> None:
        self.process = subprocess.Popen(
            tollbook("serve", str(book), "--no-open", "--port", "0"), stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        found = None
        while found is None:
            found = re.search(r"http://127\.0\.0\.1:(\d+)(/enter\S+)", self.process.stderr.readline())
        self.port = int(found.group(1))
        first = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        first.request("GET", found.group(2))
        self.cookie = str(first.getresponse().getheader("set-cookie")).split(";")[0]
        started = time.perf_counter()
        _, size, body = self.client().get("/")
        while b"being read into memory" in body:
            time.sleep(0.1)
            _, size, body = self.client().get("/")
        took = time.perf_counter() - started
        self.csrf = re.search(rb'data-csrf="([^"]+)"', body).group(1).decode()  # type: ignore[union-attr]
        print(f"first page of all, cold: {took * 1000:.0f} ms, {size / 1000:.0f} kB", flush=True)

    def client(self) -> Client:
        """A reader."""
        return Client(self.port, {"cookie": self.cookie})

    def writer(self) -> Client:
        """One who may decide."""
        origin = f"http://127.0.0.1:{self.port}"
        return Client(self.port, {"cookie": self.cookie, "x-csrf": self.csrf, "origin": origin})

    def seconds(self) -> float:
        """Processor time so far (Linux)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self) -> float:
        """Megabytes in memory (Linux)."""
        held = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return held * os.sysconf("SC_PAGE_SIZE") / 1e6

    def close(self) -> None:
        """Ends it."""
        self.process.terminate()
        self.process.wait(20)


def decide(client: Client, incident: str) -> float:
    """Accepts an incident; seconds until the answer."""
    status, took = client.post("/api/decisions", {"kind": "accept", "subjects": [incident], "why": "bench"})
    if status != 201:
        raise RuntimeError(f"decision: {status}")
    return took


def alone(server: Server, ids: list[str], reports: list[str]) -> None:
    """Processor time of each page for one reader: the first time, again, and after a decision."""
    rng, client, writer = random.Random(5), server.client(), server.writer()
    print(f"{'page':28} {'first':>7} {'again':>7} {'after a decision':>17} {'decision':>9}   processor ms")
    for n, (kind, path) in enumerate(pages(rng, ids, reports)):
        times = []
        for step in range(4):
            if step == 2:
                before = server.seconds()
                decide(writer, ids[n])
                decision = server.seconds() - before
            before = server.seconds()
            client.get(path)
            times.append(1000 * (server.seconds() - before))
        print(f"{kind:28} {times[0]:7.0f} {times[1]:7.0f} {times[2]:17.0f} {1000 * decision:9.0f}", flush=True)


def paint(server: Server, ids: list[str]) -> None:
    """Milliseconds until the first contentful paint of a page in Chromium, median of five, the style sheet in its
    cache."""
    from playwright.sync_api import sync_playwright

    name, _, value = server.cookie.partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{server.port}"}])
        for kind, path in (("overview", "/"), ("incident", f"/incidents/{ids[0]}"), ("queue", "/queue"),
                           ("totals", "/totals")):  # fmt: skip
            found = []
            for _ in range(5):
                page = context.new_page()
                page.goto(f"http://127.0.0.1:{server.port}{path}")
                page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
                found.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
                page.close()
            print(
                f"first paint, {kind:10} {statistics.median(found):7.0f} ms (of {min(found):.0f} to {max(found):.0f})"
            )
        browser.close()


def together(server: Server, ids: list[str], reports: list[str], asked: argparse.Namespace) -> None:
    """Readers and a writer at once."""
    found: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    writes: list[float] = []
    faults: list[str] = []
    lock = threading.Lock()
    until = time.monotonic() + asked.seconds

    def read(seed: int) -> None:
        rng, own = random.Random(seed), server.client()
        while time.monotonic() < until:
            choices = pages(rng, ids, reports)
            kind, path = choices[rng.randrange(len(choices))]
            took, size, _ = own.get(path)
            with lock:
                found.setdefault(kind, []).append(took)
                sizes[kind] = max(sizes.get(kind, 0), size)
            time.sleep(asked.think)

    def write() -> None:
        own = server.writer()
        for incident in ids[20:]:
            if time.monotonic() > until:
                return
            writes.append(decide(own, incident))
            time.sleep(asked.pause)

    def told(work: Any, *given: Any) -> None:
        try:
            work(*given)
        except Exception as error:  # a thread's fault is the run's
            faults.append(repr(error))

    threads = [threading.Thread(target=told, args=(read, n)) for n in range(READERS)]
    threads.append(threading.Thread(target=told, args=(write,)))
    before = server.seconds()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    used = server.seconds() - before
    if faults:
        raise SystemExit("; ".join(faults))
    asks = sum(map(len, found.values()))
    print(f"{READERS} readers and a writer (one decision every {asked.pause} s), load {os.getloadavg()[0]:.1f}")
    for kind, times in sorted(found.items()):
        line(kind, times, sizes[kind])
    line("ALL UNFILTERED", [t for k, ts in found.items() if "," not in k for t in ts])
    line("ALL FILTERED", [t for k, ts in found.items() if "," in k for t in ts])
    if writes:
        line("decisions", writes)
    print(f"processor: {1000 * used / (asks + len(writes)):.0f} ms a request, {server.resident():.0f} MB in memory")


def line(name: str, times: list[float], size: int | None = None) -> None:
    """A row of the table."""
    p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
    sent = f"  {size / 1000:7.1f} kB" if size is not None else ""
    print(f"{name:28} {len(times):5}  median {statistics.median(times) * 1000:6.0f} ms  p95 {p95 * 1000:6.0f} ms{sent}")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--incidents", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two decisions of the writer")
    parser.add_argument("--think", type=float, default=0.25, help="seconds a reader waits between two pages")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--paint", action="store_true")
    parser.add_argument("--keep")
    asked = parser.parse_args()
    folder = Path(asked.keep or tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(make(folder, asked.incidents))
    try:
        client = server.client()
        ids = [i["id"] for i in json.loads(client.get("/api/incidents?limit=200")[2])["items"]]
        reports = [r["report_id"] for r in json.loads(client.get("/api/reports?limit=200")[2])["items"]]
        print(f"{asked.incidents:,} incidents")
        if asked.alone:
            alone(server, ids, reports)
        if asked.paint:
            paint(server, ids)
        if asked.seconds:
            together(server, ids, reports, asked)
    finally:
        server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
