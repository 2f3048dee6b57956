"""The desk under load: a book of N incidents made through --records, 4 readers and a writer at once.

    python bench/web.py [--incidents 20000] [--seconds 30] [--keep FOLDER]

Prints for each page how many were asked, the median and the 95th percentile of the answer's time in milliseconds, and
the bytes sent (gzip on). Goals: 150 ms for the unfiltered overview, 400 ms with a filter, 1.5 MB a page.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
TYPES = ("bomb", "air_strike", "shelling", "attack", "armed_clash")
READERS = 4
HEADS = ("Bar", "Dal", "Gor", "Kas", "Lum", "Mer", "Nar", "Pol", "Sir", "Tav")
TAILS = ("abad", "eh", "in", "ok", "un", "ush", "ara", "ez")
PLACES = [(a + b, 30 + i * 0.21, 40 + j * 0.33) for i, a in enumerate(HEADS) for j, b in enumerate(TAILS)]


def records(count: int, path: Path) -> None:
    """`count` reports, each of its own act on its own day and place, some with two figures."""
    rng = random.Random(7)
    with path.open("w", encoding="utf-8") as stream:
        for n in range(count):
            place, lat, lon = PLACES[rng.randrange(len(PLACES))]
            year, month, day = 2010 + n % 12, 1 + n // 12 % 12, 1 + rng.randrange(28)
            date = f"{year}-{month:02d}-{day:02d}"
            dead = 1 + rng.randrange(30)
            hedge = "at least " if n % 9 == 0 else ""
            words = f"{hedge}{dead} people"
            sentence = f"An act no {n} in {place} killed {words}, police said."
            at = sentence.index(words)
            figure = {"harm": "killed", "who": "civilian", "min": dead, "max": None if hedge else dead, "approx": False,
                      "says": "police", "subset_of": None, "text": words, "span": [at, at + len(words)]}  # fmt: skip
            detail = {"name": place, "span": [sentence.index(place), sentence.index(place) + len(place)], "role": "at",
                      "gazetteer_id": None, "lat": lat, "lon": lon, "radius_km": 8.0, "admin_level": 3, "admin1": None,
                      "admin2": None, "alternatives": []}  # fmt: skip
            act = {
                "id": "a", "type": TYPES[n % 5], "status": "happened", "scope": "incident", "parts": [], "start": date,
                "end": date, "places": [place], "country": "IQ", "perpetrators": ["Group A"] if n % 4 == 0 else [],
                "targets": [f"thing {n}"], "casualties": [figure], "quote": sentence,
                "quote_span": [0, len(sentence)], "place_details": [detail],
            }  # fmt: skip
            record = {"doc_id": f"r{n}", "text": sentence, "title": "", "published": date, "outlet": f"Outlet {n % 40}",
                      "incidents": [act], "victims": []}  # fmt: skip
            stream.write(json.dumps(record) + "\n")


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
    return book


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
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return took, len(body), gzip.decompress(body) if answer.getheader("content-encoding") == "gzip" else body

    def post(self, path: str, value: Any) -> tuple[int, float]:
        started = time.perf_counter()
        body = json.dumps(value)
        self.connection.request("POST", path, body, {**self.headers, "content-type": "application/json"})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status, time.perf_counter() - started


def paths(rng: random.Random, ids: list[str], reports: list[str]) -> tuple[str, str]:
    """(kind of page, address) as an analyst might ask for."""
    place = PLACES[rng.randrange(len(PLACES))][0]
    choices = [
        ("overview", "/"), ("incidents", "/incidents"), ("totals", "/totals"), ("queue", "/queue"),
        ("overview, place", "/?" + urlencode({"place": place})),
        ("overview, year", "/?" + urlencode({"since": 2010 + rng.randrange(12), "until": 2021})),
        ("overview, type", "/?" + urlencode({"type": TYPES[rng.randrange(5)]})),
        ("incidents, filters", "/incidents?" + urlencode({"place": place, "type": TYPES[rng.randrange(5)]})),
        ("incident", f"/incidents/{rng.choice(ids)}"), ("report", f"/reports/{rng.choice(reports)}"),
        ("api incidents", "/api/incidents?limit=50"),
    ]  # fmt: skip
    return choices[rng.randrange(len(choices))]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--incidents", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two decisions of the writer")
    parser.add_argument("--think", type=float, default=0.25, help="seconds a reader waits between two pages")
    parser.add_argument("--keep")
    asked = parser.parse_args()
    folder = Path(asked.keep or tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    book = make(folder, asked.incidents)
    served = subprocess.Popen(
        tollbook("serve", str(book), "--no-open", "--port", "0"), stderr=subprocess.PIPE, text=True
    )
    assert served.stderr is not None
    try:
        address = ""
        while not address:
            found = re.search(r"http://127\.0\.0\.1:(\d+)(/enter\S+)", served.stderr.readline())
            if found:
                port, address = int(found.group(1)), found.group(2)
        first = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        first.request("GET", address)
        cookie = str(first.getresponse().getheader("set-cookie")).split(";")[0]
        client = Client(port, {"cookie": cookie})
        took, size, body = client.get("/")
        csrf = re.search(rb'data-csrf="([^"]+)"', body).group(1).decode()  # type: ignore[union-attr]
        print(f"first page of all, cold: {took * 1000:.0f} ms, {size / 1000:.0f} kB", flush=True)
        ids = [i["id"] for i in json.loads(client.get("/api/incidents?limit=200")[2])["items"]]
        reports = [r["report_id"] for r in json.loads(client.get("/api/reports?limit=200")[2])["items"]]
        found_times: dict[str, list[float]] = {}
        sizes: dict[str, int] = {}
        writes: list[float] = []
        lock = threading.Lock()
        until = time.monotonic() + asked.seconds

        def read(seed: int) -> None:
            rng, own = random.Random(seed), Client(port, {"cookie": cookie})
            while time.monotonic() < until:
                kind, path = paths(rng, ids, reports)
                took, size, _ = own.get(path)
                with lock:
                    found_times.setdefault(kind, []).append(took)
                    sizes[kind] = max(sizes.get(kind, 0), size)
                time.sleep(asked.think)

        def write() -> None:
            own = Client(port, {"cookie": cookie, "x-csrf": csrf, "origin": f"http://127.0.0.1:{port}"})
            for incident in ids:
                if time.monotonic() > until:
                    return
                status, took = own.post("/api/decisions", {"kind": "accept", "subjects": [incident], "why": "bench"})
                if status != 201:
                    raise RuntimeError(f"decision: {status}")
                writes.append(took)
                time.sleep(asked.pause)

        threads = [threading.Thread(target=read, args=(n,)) for n in range(READERS)] + [threading.Thread(target=write)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"{asked.incidents:,} incidents, {READERS} readers and a writer (one decision every {asked.pause} s)")
        for kind, times in sorted(found_times.items()):
            p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
            print(
                f"{kind:20} {len(times):5}  median {statistics.median(times) * 1000:7.0f} ms  "
                f"p95 {p95 * 1000:7.0f} ms  {sizes[kind] / 1000:7.1f} kB"
            )
        if writes:
            print(f"{'decision':20} {len(writes):5}  median {statistics.median(writes) * 1000:7.0f} ms")
    finally:
        served.terminate()
        served.wait(20)
    return 0


if __name__ == "__main__":
    sys.exit(main())
