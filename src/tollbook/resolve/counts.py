"""Number phrases: "at least 22 civilians" is 22 or more, "dozens" is 24 or more, "no one" is 0.

The values of hedges and vague words are those of the annotation guidelines; every word is a row in
`data/lexicon/en/counts.yml`. Numbers that count nothing (years, dates, ages, clock times, money,
distances, names such as "Resolution 2254" or "T-72") are left out. Which of the counts are people,
and what happened to them, is for the caller to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.model import Count, Span
from tollbook.resolve.ages import is_age
from tollbook.resolve.numbers import Phrases, Tokens, number_at, numerals, spoken_year, tokens

_DAY_LINKS = ("-", "–", ",", "and", "or", "to")
_BOUNDS = ("at_least", "more_than", "at_most", "less_than")
HEDGES = ("at_least", "more_than", "at_most", "less_than", "about", "same", "inside")

# --- the lexicon ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Words:
    small: Mapping[str, int]
    tens: Mapping[str, int]
    scales: Mapping[str, int]
    dozen: Mapping[str, int]
    exact: Phrases
    vague: Phrases
    vague_not_after: Phrases
    vague_not_before: frozenset[str]
    many_not_after: frozenset[str]
    hedges: Phrases
    over_not_after: frozenset[str]
    trailing: Phrases
    growth: frozenset[str]
    range_words: frozenset[str]
    zero_pronouns: Phrases
    zero_determiners: Phrases
    zero_nouns: frozenset[str]
    zero_adjectives: Phrases
    zero_not_before: Phrases
    another_not_before: frozenset[str]
    both_before: Phrases
    units: Phrases
    unit_bridges: frozenset[str]
    unit_people: frozenset[str]
    compound_ok: frozenset[str]
    compound_nouns: frozenset[str]
    money_left: frozenset[str]
    designators: Phrases
    designators_soft: frozenset[str]
    ages_left: Phrases
    telephone: Phrases
    one_not_after: frozenset[str]
    one_not_before: Phrases
    one_of_not_before: frozenset[str]
    one_of_determiners: frozenset[str]
    one_of_pronouns: frozenset[str]
    people: frozenset[str]
    months: frozenset[str]
    year_left: frozenset[str]
    clock_right: frozenset[str]
    starts: frozenset[str]
    after_article: frozenset[str]  # what may follow "a" or "an" in a number phrase


def _flag(rows: Iterable[str]) -> Phrases:
    return Phrases((row, True) for row in rows)


@cache
def _words() -> _Words:
    data = lexicon.load("lexicon/en/counts")
    check(data)
    zero = data["zero"]
    exact, vague = Phrases(data["exact"].items()), Phrases(data["vague"].items())
    pronouns, determiners = _flag(zero["pronouns"]), _flag(zero["determiners"])
    openers = [*data["small"], *data["tens"], *data["scales"], *data["dozen"], "a", "half", "another", "both"]
    return _Words(
        small=data["small"], tens=data["tens"], scales=data["scales"], dozen=data["dozen"], exact=exact, vague=vague,
        vague_not_after=_flag(data["vague_not_after"]), vague_not_before=frozenset(data["vague_not_before"]),
        many_not_after=frozenset(data["many_not_after"]),
        hedges=Phrases((phrase, kind) for kind, rows in data["hedges"].items() for phrase in rows),
        over_not_after=frozenset(data["over_not_after"]),
        trailing=Phrases((phrase, kind) for kind, rows in data["trailing"].items() for phrase in rows),
        growth=frozenset(data["growth"]), range_words=frozenset(data["range_words"]),
        zero_pronouns=pronouns, zero_determiners=determiners, zero_nouns=frozenset(zero["nouns"]),
        zero_adjectives=_flag(zero["adjectives"]), zero_not_before=_flag(zero["not_before"]),
        another_not_before=frozenset(data["another"]["not_before"]), both_before=_flag(data["both"]["before"]),
        units=_flag(unit for row in data["units"] for unit in row), unit_bridges=frozenset(data["unit_bridges"]),
        unit_people=frozenset(data["unit_people"]),
        compound_ok=frozenset(data["compound_ok"]), compound_nouns=frozenset(data["compound_nouns"]),
        money_left=frozenset(data["money_left"]), designators=_flag(data["designators"]),
        designators_soft=frozenset(data["designators_soft"]), ages_left=_flag(data["ages_left"]),
        telephone=_flag(data["telephone"]), one_not_after=frozenset(data["one_not_after"]),
        one_not_before=_flag(data["one_not_before"]), one_of_not_before=frozenset(data["one_of_not_before"]),
        one_of_determiners=frozenset(data["one_of_determiners"]), one_of_pronouns=frozenset(data["one_of_pronouns"]),
        people=frozenset(data["people"]),
        months=frozenset(lexicon.load("lexicon/en/dates")["months"]),
        year_left=frozenset(data["year_left"]),
        clock_right=frozenset(data["clock_right"]),
        starts=frozenset([*openers, *exact.firsts(), *vague.firsts(), *pronouns.firsts(), *determiners.firsts()]),
        after_article=numerals().after_article.union(
            *(table.seconds(a) for a in ("a", "an") for table in (exact, vague, pronouns, determiners))
        ),
    )  # fmt: skip


def check(data: Any) -> None:
    """Raises LexiconError unless `data` holds what `lexicon/en/counts.yml` must hold."""
    for key in ("small", "tens", "scales", "dozen", "exact", "vague"):
        if not isinstance(data.get(key), dict) or not all(isinstance(v, int) and v > 0 for v in data[key].values()):
            raise LexiconError(f"counts.yml: {key} must map phrases to whole numbers above 0")
    if tuple(data["hedges"]) != HEDGES:
        raise LexiconError(f"counts.yml: hedges must be {', '.join(HEDGES)}, in this order")
    if not set(data["trailing"]) <= set(data["hedges"]):
        raise LexiconError("counts.yml: trailing must use the kinds of hedges")
    lists: list[Any] = [*data["hedges"].values(), *data["trailing"].values(), *data["units"]]
    lists += [data["zero"][key] for key in ("pronouns", "determiners", "nouns", "adjectives", "not_before")]
    lists += [value for value in data.values() if isinstance(value, list) and value is not data["units"]]
    for row in lists:
        if not isinstance(row, list) or not all(isinstance(word, str) and word == word.lower().strip() for word in row):
            raise LexiconError(f"counts.yml: a list of lower-case phrases is wanted, not {row!r}")


# --- numbers that count nothing ------------------------------------------------------------------


def is_year(t: Tokens, i: int) -> bool:
    """Whether the digits at token i are a calendar year (1900-2099) rather than a number of people."""
    word = t.at(i)
    if len(word) != 4 or not word.isdecimal() or not 1900 <= int(word) <= 2099:
        return False
    words, before, after = _words(), t.at(i - 1), t.at(i + 1)
    if before in words.months:
        return True
    if before in ("at", "[") or after in words.clock_right:
        return False
    if before in words.year_left:
        return not (before == "of" and after in words.people)
    if t.at(i - 2) in words.months and before.isdecimal():
        return True
    hedge = words.hedges.before(t, i)
    if (hedge and hedge[1] not in ("same", "inside", "about")) or after in words.people:
        return False
    return not (word.endswith("00") and after.isalpha() and after.endswith("s") and len(after) > 3)  # "2000 Yazidis"


def _measures(t: Tokens, i: int, j: int) -> bool:
    """Whether tokens i..j are followed by a unit, a clock, a date or the rest of a compound."""
    words = _words()
    nxt = t.at(j)
    if not nxt:
        return False
    if t.glued(j) and (nxt.isalpha() or nxt in "/:" or (nxt in ".," and t.glued(j + 1) and t.at(j + 1).isdecimal())):
        return True
    if nxt in "-–" and t.glued(j) and t.glued(j + 1) and t.at(j + 1) != "-":
        if t.at(j + 1) in words.compound_ok and t.at(j + 2) in words.compound_nouns:
            return False
        return not words.trailing.after(t, j)
    if nxt in ("a", "the") and t.at(j + 2) in ("earlier", "before", "later", "ago"):
        return False  # "up from 32 a day earlier" is no rate
    if _unit(t, j) and t.at(j + 1) not in words.unit_people:
        return True
    k = j
    while k < j + 3 and t.at(k) in words.unit_bridges:
        k += 1
    if k > j:
        other = number_at(t, k) if t.at(k - 1) in ("or", "to") else None
        if other:
            k = other[1]
        k += t.at(k) == "-"
        if _unit(t, k) and t.at(k) not in words.people:
            return True
    return nxt in ("'", "’") and (t.at(j + 1) in words.units or t.at(j + 1) == "s")


def _unit(t: Tokens, j: int) -> bool:
    """Does a unit stand at token j ("nine km"), no name that begins with its letter ("nine M23 rebels")?"""
    k = j + 1 + (t.at(j + 1) == "-" and t.glued(j + 1))
    name = len(t.at(j)) == 1 and t.raw(j).isupper() and t.glued(k) and t.at(k).isdecimal()
    return not name and bool(_words().units.after(t, j))


def _in_date(t: Tokens, i: int, j: int) -> bool:
    """Whether the digits at i..j are a day of the month, the two-digit year behind one, or a clock time ("at 1730")."""
    words = _words()
    word, after = t.low[i], t.at(j)
    if j != i + 1 or not word.isdecimal():
        return False
    counted = after in words.people
    if len(word) == 4:
        return t.at(i - 1) in ("at", "around") and not counted and int(word[:2]) < 24 and int(word[2:]) < 60
    k = i - 1 - (t.at(i - 1) == ".")
    if t.at(k) in words.months and not t.raw(k).islower():
        if t.at(k - 1).isdecimal() and len(t.at(k - 1)) <= 2:  # "12 JAN 90 (AFP)", not "12 May 15 people died"
            return len(word) == 2 and t.raw(k).isupper() and not counted
        loose = t.at(k - 1) in ("in", "since", "until", "by", "of", "during", "late", "early", "last", "this")
        return (int(word[:5]) <= 31 and not (loose and counted)) or len(word) >= 5
    if t.at(i - 1) in _DAY_LINKS and t.at(i - 2).isdecimal() and t.at(i - 3) in words.months:  # "April 24 and 25"
        return int(word[:5]) <= 31 and not counted and not t.raw(i - 3).islower()
    return int(word[:5]) <= 31 and _month_follows(t, j)


def _month_follows(t: Tokens, j: int) -> bool:
    """Whether a month stands at token j, or behind more days of it ("13, 14 and 15 September")."""
    words = _words()
    for _ in range(6):
        if t.at(j) in words.months:
            may = t.at(j) in ("may", "march", "mar") and t.at(j + 1) in ("be", "have", "not", "also", "on", "in", "to")
            return not t.raw(j).islower() and not may
        while t.at(j) in _DAY_LINKS:
            j += 1
        j += t.at(j) == "of"
        if t.at(j) not in words.months and not (t.at(j).isdecimal() and len(t.at(j)) <= 2):
            return False
        j += t.at(j).isdecimal()
    return False


def _named(t: Tokens, i: int, j: int) -> bool:
    """Whether the number is part of a name, a sum of money, an age or a telephone number."""
    words = _words()
    before = t.at(i - 1)
    if t.glued(i):
        if before in words.money_left or before in "/:+@_#№°′″":
            return True
        if before == "[" and t.at(j) == "]" and t.glued(i - 1):  # a footnote's mark
            return True
        joined = before in "-–.," and t.glued(i - 1) and t.at(i - 2).isalnum()
        if before.isalnum() or (joined and not t.raw(i)[0].isupper()):  # "T-72", not "SANA-Two civilians"
            return True
    if before in words.money_left or (before == "." and t.at(i - 2) in words.money_left):
        return True
    digits = t.low[i].isdecimal()
    if digits and (t.low[i][0] == "0" or _enumerates(t, i, j)) and t.low[i] != "0":
        return True
    capital = t.raw(i - 1)[:1].isupper() or before in ("#", "№")
    name = words.designators.before(t, i - (before == "." and t.at(i - 2) in ("no", "nos", "nr")))
    if name and (capital or before == ".") and (digits or before != "no"):
        return True
    if before in words.designators_soft and capital and t.at(j) not in words.people:
        return True
    if before == "number" and t.at(i - 2) in ("the", "a") and digits and t.at(j) not in words.people:
        return True  # "on the number 30"
    return is_age(t, i, j) or (digits and _telephone(t, i, j))


def _enumerates(t: Tokens, i: int, j: int) -> bool:
    """ "2. The army ..." and "2) ..." at the head of a sentence or line."""
    if j != i + 1 or len(t.low[i]) > 2 or t.at(j) not in (".", ")") or not t.glued(j):
        return False
    head = i == 0 or t.at(i - 1) in (".", ";", "!", "?") or "\n" in t.text[t.end[i - 1] : t.start[i]]
    return head and t.at(j + 1) != "" and not t.glued(j + 1)


def _telephone(t: Tokens, i: int, j: int) -> bool:
    k = i
    while k > 0 and k > i - 4 and (t.low[k - 1].isdecimal() or t.low[k - 1] in "-.()+"):
        k -= 1
    k -= t.at(k - 1) == ":"
    return bool(_words().telephone.before(t, k)) and len(t.low[i]) >= 3


def _one_is_pronoun(t: Tokens, i: int) -> bool:
    """Whether "one" at token i stands for no number: "no one" is read elsewhere, "one day", "one of the largest"."""
    words = _words()
    if words.one_not_before.after(t, i + 1) or (t.at(i - 1) in words.one_not_after and t.at(i + 1) not in words.people):
        return True
    if t.at(i + 1) != "of":
        return t.at(i - 2) in ("a", "an", "very") and not t.at(i + 1).isalpha()  # "not an easy one"
    if t.at(i + 2) in words.one_of_pronouns:
        return False
    if t.at(i + 2) not in words.one_of_determiners or t.at(i + 3) in words.one_of_not_before or t.at(i + 3) == "of":
        return True
    return t.at(i + 2) in ("the", "those", "these") and not any(
        t.at(k) in words.people or t.at(k) in words.small for k in (i + 3, i + 4)
    )


# --- phrases -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Core:
    """A number before its hedges: tokens first..last (exclusive)."""

    low: int | None
    high: int | None
    first: int
    last: int
    word: str | None = None


def _phrase_word(t: Tokens, i: int, j: int) -> str:
    return " ".join(t.low[i:j]).replace(" - ", "-")


def _zero(t: Tokens, i: int) -> _Core | None:
    words = _words()
    if found := words.zero_pronouns.after(t, i):
        j = found[0]
        if words.zero_not_before.after(t, j) or (t.at(j) == "-" and t.glued(j)):
            return None
        return _Core(0, 0, i, j, _phrase_word(t, i, j))
    found = words.zero_determiners.after(t, i)
    if not found:
        return None
    j = found[0]
    for _ in range(2):
        if t.at(j) in words.zero_nouns and (t.at(j + 1) not in words.zero_nouns or t.at(j + 1) == "dead"):
            if t.at(j) in ("dead", "wounded", "injured") and t.at(j + 1) == "end":
                return None
            return _Core(0, 0, i, j + 1, _phrase_word(t, i, j + 1))
        adjective = words.zero_adjectives.after(t, j)
        if not adjective:
            return None
        j = adjective[0]
    if t.at(j) in words.zero_nouns:
        return _Core(0, 0, i, j + 1, _phrase_word(t, i, j + 1))
    return None


def _vague(t: Tokens, i: int) -> _Core | None:
    words = _words()
    found = words.vague.after(t, i)
    if not found:
        return None
    j, least = found
    if t.low[i] == "many" and t.at(i - 1) in words.many_not_after:
        return None
    if words.vague_not_after.before(t, i) or t.at(j) in words.vague_not_before:
        return None
    if "number" in t.low[i:j] and t.at(i - 1) == "the":
        return None
    if t.at(i - 1).isdecimal() and t.low[i] == "scores":
        return None
    if t.low[i] in ("many", "several", "numerous", "multiple", "a") and words.vague.after(t, j) and j == i + 1:
        return None
    if t.at(j) == "-" and t.glued(j) and t.glued(j + 1):
        return None
    if t.low[j - 1] in ("few", "several", "many", "hundreds", "thousands", "dozens", "tens", "handful", "of", "number"):
        k = j + (t.at(j) == "of")
        k += t.at(k) in words.unit_bridges
        if _unit(t, k):
            return None
    return _Core(least, None, i, j, _phrase_word(t, i, j).removesuffix(" of"))


def _special(t: Tokens, i: int) -> _Core | None:
    """Fixed phrases with one value: "a couple of", "another woman", "both of them"."""
    words = _words()
    if found := words.exact.after(t, i):
        j = found[0]
        scale = words.scales.get(t.at(j)) or words.dozen.get(t.at(j))
        if scale:
            return _Core(found[1] * scale, found[1] * scale, i, j + 1, _phrase_word(t, i, j + 1))
        if _unit(t, j):
            return None
        return _Core(found[1], found[1], i, j, _phrase_word(t, i, j).removesuffix(" of"))
    if t.low[i] == "another" and t.at(i - 1) != "one":
        nxt = t.at(i + 1)
        free = nxt not in words.another_not_before and not _unit(t, i + 1) and not number_at(t, i + 1)
        if nxt.isalpha() and free and not words.vague.after(t, i + 1):
            return _Core(1, 1, i, i + 1, "another")
    if t.low[i] == "both" and words.both_before.after(t, i + 1) and "and" not in t.low[i + 1 : i + 4]:
        return _Core(2, 2, i, i + 1, "both")
    return None


def _exact(t: Tokens, i: int) -> _Core | None:
    found = number_at(t, i)
    if not found:
        return None
    value, j = found
    digits = t.low[i].isdecimal()
    if value == 0 or (t.low[i] == "one" and j == i + 1 and _one_is_pronoun(t, i)):
        return None
    if (digits and j == i + 1 and (is_year(t, i) or _in_date(t, i, j))) or _named(t, i, j):
        return None
    return _Core(value, value, i, j)


def _range(t: Tokens, a: _Core) -> _Core | None:
    """ "20 to 30", "20-30", "22 or 23", "between 20 and 30"; None where the two numbers are no range."""
    words = _words()
    link = t.at(a.last)
    between = t.at(a.first - 1) == "between"
    if not (link in words.range_words or (between and link == "and")) or a.low is None:
        return None
    b = number_at(t, a.last + 1)
    if not b or b[0] <= a.low or (t.at(a.last + 1).isdecimal() and is_year(t, a.last + 1)):
        return None
    if link in ("-", "–") and (b[0] > 5 * a.low or t.at(a.last + 1).isdecimal() != t.low[a.first].isdecimal()):
        return None  # "677-6142", "7-Eleven"
    if t.at(a.first - 1) == "from" and any(word in words.growth for word in t.low[max(0, a.first - 9) : a.first - 1]):
        return None
    first = a.first - (between or t.at(a.first - 1) == "from")
    return _Core(a.low, b[0], first, b[1])


def _past_identifier(t: Tokens, i: int, j: int) -> int:
    """Where a telephone number that begins with "+" or a nought at token i ends; j for anything else."""
    if (t.at(i - 1) == "+" and t.glued(i)) or (t.low[i][0] == "0" and len(t.low[i]) in (3, 4, 5)):
        while t.at(j).isdecimal() or (t.at(j) in ("-", "(", ")") and t.at(j + 1).isdecimal()):
            j += 1
    return j


def _numeric(t: Tokens, i: int) -> tuple[_Core | None, int]:
    """The number or range at token i, or None where it counts nothing; and where to read on."""
    if year := spoken_year(t, i):
        return None, year[1]
    found = number_at(t, i)
    if not found or (t.low[i] in _words().scales and t.at(i - 1).isdecimal()):  # "$9.5 billion" is too large
        return None, i + 1
    core = _exact(t, i)
    if core is None:
        return None, _past_identifier(t, i, found[1])
    both = _range(t, core)
    if both:
        core = both
        if _measures(t, i, both.last) or _words().ages_left.before(t, both.first):
            return None, both.last
    elif t.at(core.last) in ("-", "–") and t.glued(core.last) and t.at(core.last + 1).isdecimal():
        second = core.last + 1
        while t.at(second + 1) in ("-", "–") and t.at(second + 2).isdecimal():
            second += 2
        return None, second + 1  # a score, a telephone number, a numeric date
    if not both and _measures(t, i, core.last):
        return None, core.last
    return core, core.last


def _hedged(t: Tokens, core: _Core, floor: int) -> Count:
    """The count with its hedges applied, the innermost bound only; no hedge is taken from before token `floor`."""
    words = _words()
    low, high, approx = core.low, core.high, False
    first, last = core.first, core.last
    kinds: list[str] = []
    if (found := words.trailing.after(t, last)) and t.at(found[0]) != "than":
        if not (t.low[last] == "odd" and not t.low[last - 1].isdecimal()):
            kinds.append(found[1])
            last = found[0]
    elif _late_at_least(t, last):
        kinds.append("at_least")
    left = first
    for _ in range(4):
        found = words.hedges.before(t, left)
        if not found or found[0] < floor or not t.same_line(left - 1, left):
            break
        if t.low[left - 1] in ("over", "above") and t.at(found[0] - 1) in words.over_not_after:
            break
        left = found[0]
        if found[1] != "inside":
            first = left
            kinds.append(found[1])
    bounded = False
    for kind in kinds:
        if kind in _BOUNDS and not bounded:
            low, high = _bounds(kind, low, high)
            bounded = True
        approx = approx or kind == "about"
    word = core.word
    span: Span = (t.start[first], t.end[last - 1])
    return Count(span, low, high, approx, word, (t.start[core.first], t.end[core.last - 1]))


def _bounds(kind: str, low: int | None, high: int | None) -> tuple[int | None, int | None]:
    if kind == "at_least":
        return low, None
    if kind == "more_than":  # a vague word ("more than hundreds") stays as it is
        return (low + 1 if low is not None and high is not None else low), None
    return None, max(high - (kind == "less_than"), 0) if high is not None else None


def _late_at_least(t: Tokens, j: int) -> bool:
    """ "20 civilians at least": the hedge follows within four words and no new number takes it."""
    for k in range(j, min(j + 4, len(t) - 1)):
        word = t.low[k]
        if word == "at" and t.low[k + 1] == "least":
            return k > j and not number_at(t, k + 2) and not _words().vague.after(t, k + 2)
        if not word.isalpha() or word == "and" or number_at(t, k):
            return False
    return False


def find_counts(text: str, start: int = 0, end: int | None = None) -> list[Count]:
    """Every number phrase of text[start:end], in order, hedges applied (guidelines: "at least 22" is 22/None).

    `span` covers hedge and number, `number_span` the number alone, both in `text`; `word` keeps words that are no
    exact number ("dozens", "no one", "another"). A hedge that stands apart ("20 civilians at least") counts but
    lies outside the span. `min` and `max` are both None only for a vague word under "up to". Never raises on text.
    """
    t = tokens(text, start, end)
    words = _words()
    starts = words.starts
    counts: list[Count] = []
    after = floor = 0
    for i in [k for k, word in enumerate(t.low) if word in starts or word.isdecimal()]:
        if i < after or (t.low[i] in ("a", "an") and t.at(i + 1) not in words.after_article):
            continue
        core: _Core | None = None
        if not t.low[i].isdecimal():
            core = _zero(t, i) or _vague(t, i) or _special(t, i)
        if core:
            after = core.last
        else:
            core, after = _numeric(t, i)
        if core:
            counts.append(_hedged(t, core, floor))
            floor = core.last
    return counts
