"""Whether a report is English: by script, then by the share of each language's function words.

Meant to keep other languages from being read as English, not to name languages exactly.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache
from typing import NamedTuple

from tollbook import lexicon
from tollbook.errors import LexiconError

UNKNOWN = "und"
# The beginning of a report tells its language; the bound keeps the check below half a millisecond.
SAMPLE = 2000

# Letters that Unicode does not take apart into a plain one and an accent.
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "ı": "i", "ß": "ss", "đ": "d", "ə": "e"})
_WORD = re.compile("[a-z]+")


class _Script(NamedTuple):
    language: str
    ranges: tuple[tuple[str, str], ...]  # first and last character
    unless: tuple[tuple[str, frozenset[str]], ...]

    def of(self, characters: Counter[str]) -> Counter[str]:
        """Those of the characters that belong to the script."""
        return Counter({c: n for c, n in characters.items() if any(first <= c <= last for first, last in self.ranges)})


class _Languages(NamedTuple):
    weights: dict[str, tuple[tuple[str, float], ...]]
    scripts: tuple[_Script, ...]
    names: dict[str, str]


@cache
def _languages() -> _Languages:
    return check(lexicon.load("languages"))


def check(data: object) -> _Languages:
    """What `data/languages.yml` holds, ready for use.

    Raises LexiconError for a word that is not lower case without accents, or a language without a name.
    """
    if not isinstance(data, dict) or set(data) != {"stop_words", "scripts", "names"}:
        raise LexiconError("languages.yml: needed are stop_words, scripts and names")
    owners: dict[str, list[str]] = {}
    for language, words in data["stop_words"].items():
        if language not in data["names"]:
            raise LexiconError(f"languages.yml: {language!r} has no name")
        for word in dict.fromkeys(words):
            if not isinstance(word, str) or word != _fold(word):
                raise LexiconError(f"languages.yml: {language}: {word!r} is not lower case without accents")
            owners.setdefault(word, []).append(language)
    # A word that n languages share says 1/n for each of them.
    weights = {word: tuple((language, 1 / len(owner)) for language in owner) for word, owner in owners.items()}
    scripts = []
    for row in data["scripts"]:
        ranges = tuple((chr(low), chr(high)) for low, high in row["ranges"])
        unless = tuple((language, frozenset(letters)) for language, letters in row["unless"].items())
        scripts.append(_Script(row["language"], ranges, unless))
    return _Languages(weights, tuple(scripts), dict(data["names"]))


def detect(text: str) -> str:
    """ISO 639-1 code of the text's language (639-3 where there is none), `und` where nothing tells.

    Latin text without a clear sign of another language is `en`: headlines and lists have few
    function words, and refusing English is worse than reading a line of something else.
    """
    sample = text[:SAMPLE]
    if not sample.isascii() and (other := _by_script(sample)):
        return other
    words = _WORD.findall(_fold(sample))
    if not words:
        return UNKNOWN
    weights = _languages().weights
    scores: dict[str, float] = dict.fromkeys(("en",), 0.0)
    for word, times in Counter(words).items():
        for language, weight in weights.get(word, ()):
            scores[language] = scores.get(language, 0.0) + weight * times
    english = scores["en"]
    best, score = max(scores.items(), key=lambda item: (item[1], item[0] == "en"))
    if best == "en" or score < 1.5 or score < 1.3 * english:
        # Long Latin text with hardly any English function word is some language we have no list for.
        return "en" if len(words) < 40 or english > 0.04 * len(words) else UNKNOWN
    return best


def name(code: str) -> str:
    """The English name of a code that `detect` gives."""
    return _languages().names.get(code, "an unknown language")


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFD", text.lower())
    return (
        "".join(c for c in plain if not unicodedata.combining(c)).replace("ø", "o").replace("æ", "ae").replace("ł", "l")
    )


def _by_script(sample: str) -> str | None:
    """The language of a script that holds more than half of the letters, when that script is not Latin."""
    letters = sum(map(str.isalpha, sample))
    # No script in the list has ASCII letters.
    others = Counter([c for c in sample if not c.isascii()])
    for script in _languages().scripts:
        present = script.of(others)
        found = present.total()
        # Kana settle Japanese although most of its letters are Chinese.
        share = 0.1 if script.language == "ja" else 0.5
        if letters and found > share * letters:
            for language, marks in script.unless:
                if sum(present[m] for m in marks) > 0.01 * found:
                    return language
            return script.language
    return None
