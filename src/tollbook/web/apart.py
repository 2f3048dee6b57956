"""What is counted from the whole book takes long: a process of its own does it, so that no page waits for another's.

One such process runs at a time. Its answer is kept for whoever asks the same of the same book.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from tollbook.book import open_book
from tollbook.errors import TollbookError
from tollbook.store.filters import Filters
from tollbook.web import voices

KEPT = 20
"""Answers that are kept, the last asked for."""
CHILD = "import sys; from tollbook.web.apart import answer; answer(sys.stdin.buffer, sys.stdout.buffer)"


class Apart:
    """The long questions about one book. All of it may be used from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._asked: OrderedDict[tuple[Any, ...], Future[Any]] = OrderedDict()
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def ask(self, state: object, what: str, **given: Any) -> Future[Any]:
        """The answer to a question about the book as of a state, perhaps still to come. A failure is asked again."""
        key = (state, what, *sorted(given.items(), key=lambda item: item[0]))
        with self._lock:
            found = self._asked.get(key)
            if found is None or (found.done() and found.exception() is not None):
                found = self._asked[key] = Future()
                threading.Thread(target=self._run, args=(found, what, given), daemon=True).start()
                while len(self._asked) > KEPT:
                    self._asked.popitem(last=False)
            self._asked.move_to_end(key)
            return found

    def _run(self, future: Future[Any], what: str, given: Mapping[str, Any]) -> None:
        try:
            with self._turn:
                sent = pickle.dumps((str(self._path), what, dict(given)))
                self._child = subprocess.Popen(
                    [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
                )
                back, _ = self._child.communicate(sent)
                if self._child.returncode:
                    raise TollbookError("this could not be counted; the program's log says why")
            future.set_result(pickle.loads(back))  # what our own process wrote
        except Exception as error:  # whoever asked is told
            future.set_exception(error)
        finally:
            self._child = None

    def close(self) -> None:
        """Ends what is being counted."""
        child = self._child
        if child is not None:
            child.terminate()


def answer(questions: Any, answers: Any) -> None:
    """In the process of its own: one question, one answer."""
    path, what, given = pickle.load(questions)
    with open_book(path) as book:
        if what == "voices":
            with book.store.read() as connection:
                found: Any = voices.profiles(connection)
        else:
            by, harm, where = given.pop("by"), given.pop("harm"), given.pop("where")
            assert isinstance(where, Filters)
            found = book.totals(by, harm, where, **given)
    answers.write(pickle.dumps(found))
    answers.flush()
