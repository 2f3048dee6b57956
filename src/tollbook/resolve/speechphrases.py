"""The phrases speakers stand in: "a source at the Aleppo police command", "the Observatory's director Omar Hassan".

A phrase is read from its verb leftwards (`subject_before`) or from "according to" rightwards (`phrase_from`), around
a speaking noun, a named institution, a person's name or an actor; `describe` says which of them it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tollbook.model import Actor, Sentence, Span
from tollbook.resolve.names import Word, in_capitals, words
from tollbook.resolve.speechbook import Institution, SpeechBook, Voice

_MAX_NAME = 14
_DESCRIBING = frozenset({"a", "an", "the", "which", "who", "whose", "one", "its", "his", "her"})
_GOVERNING = frozenset({
    "in", "at", "near", "from", "of", "on", "by", "to", "with", "for", "into", "against", "around", "outside", "inside",
    "between", "towards", "toward", "over", "across", "through", "city", "town", "village", "province", "district",
    "neighborhood", "neighbourhood", "governorate", "called", "named",
})  # fmt: skip
_PERSON_NOUNS = frozenset({"official", "police", "party", "activist", "witness", "hospital_or_morgue", "rescue", "ngo"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """A speaker's phrase, words [first, last) of a line, and what it is."""

    first: int
    last: int
    name: Span
    institution: Institution | None = None
    kind: str | None = None
    generic: bool = False
    back: str | None = None  # the noun or pronoun of a back-reference
    plural: bool = False


@dataclass(slots=True)
class Line:
    """One sentence as words, and where institutions and actors start and end among them.

    `voices`/`actors`: word after the last -> (first word, what); `starts`/`actor_starts`: first word -> (end, what).
    """

    text: str
    sentence: Sentence
    words: Sequence[Word]
    caps: bool
    voices: dict[int, tuple[int, Voice]]  # last word (exclusive) -> (first word, voice)
    starts: dict[int, tuple[int, Voice]]  # first word -> (last word, voice)
    actors: dict[int, tuple[int, Actor]]
    actor_starts: dict[int, tuple[int, Actor]]


def read_line(text: str, sentence: Sentence, actors: Sequence[Actor], book: SpeechBook) -> Line:
    """The sentence with the institutions and the actors (those in it) found in it."""
    start, end = sentence.span
    found = words(text, start, end)
    caps = in_capitals(text, start, end)
    ends: dict[int, tuple[int, Voice]] = {}
    starts: dict[int, tuple[int, Voice]] = {}
    after = 0
    for i in book.voices.openings(found):
        hits = book.voices.at(text, found, i, caps) if i >= after else ()
        if hits:
            length, values, _ = hits[0]
            if not (
                caps and length == 1 and text[found[i].bare : found[i].end] in ("WHO", "US", "IT", "LATIN", "DAN", "AP")
            ):
                after = i + length
                ends[after] = (i, values[0])
                starts[i] = (after, values[0])
    by_start: dict[int, int] = {}
    if actors:
        by_start = {word.start: k for k, word in enumerate(found)} | {word.bare: k for k, word in enumerate(found)}
    actor_ends: dict[int, tuple[int, Actor]] = {}
    actor_starts: dict[int, tuple[int, Actor]] = {}
    for actor in actors:
        first = by_start.get(actor.span[0])
        if first is None:
            continue
        last = first
        while last < len(found) and found[last].bare < actor.span[1]:
            last += 1
        actor_ends[last] = (first, actor)
        actor_starts[first] = (last, actor)
    return Line(text, sentence, found, caps, ends, starts, actor_ends, actor_starts)


# --- phrases ------------------------------------------------------------------------------------


def is_capital(line: Line, word: Word) -> bool:
    """Whether a word has a capital that tells something: never in a sentence written in capitals."""
    return not line.caps and line.text[word.bare : word.bare + 1].isupper()


def subject_before(line: Line, end: int, used: int, book: SpeechBook, strong: bool) -> Phrase | None:
    """The phrase that ends before the verb at word `end`, over what may stand between.

    Words before `used` are another cue's. `strong` verbs may have their subject far off, at the sentence's start.
    """
    if end and not set(line.text[line.words[end - 1].end : line.words[end].start]).isdisjoint('"”'):
        return None  # "... the clinic," said: the subject follows
    j = end
    floor = max(used, 0)
    while j > floor and end - j < 9 and _may_stand_between(line, j - 1, end, book):
        j -= 1
    direct = _phrase_ending(line, j, floor, book)
    if direct is not None and direct.first > floor:
        named = _named_before(line, direct, floor, book)
        if named is not None:
            return named
        if not _comma_after(line, j) or not (comma_before(line, direct.first) or direct.generic):
            return direct
    elif direct is not None:
        return direct
    # "Name, a description, said": the name before the commas speaks.
    if _comma_after(line, j):
        k = direct.first if direct is not None else j
        if direct is None or (direct.generic and not comma_before(line, k)):
            while k > floor and j - k < 12 and not comma_before(line, k):
                k -= 1
        if k > floor and comma_before(line, k):
            named = _phrase_ending(line, k, floor, book)
            whole = direct is None or k == direct.first
            described = whole or line.words[k].norm in _DESCRIBING
            if (
                named is not None
                and described
                and (whole or not named.generic or line.caps)
                and _outranks(line, named, direct)
            ):
                if direct is not None and direct.institution and direct.kind == "monitor" and not named.institution:
                    return replace(direct, first=named.first)
                return named
    return direct if direct is not None or not strong else _opening(line, j, floor, book)


def _outranks(line: Line, named: Phrase, direct: Phrase | None) -> bool:
    if direct is None or not named.generic or direct.generic:
        return True
    # "THE NATIONAL INTELLIGENCE CENTER, CNI, REPORTED"
    acronym = line.text[direct.name[0] : direct.name[1]]
    return direct.last - direct.first == 1 and acronym.isupper() and len(acronym) < 7


def _named_before(line: Line, direct: Phrase, floor: int, book: SpeechBook) -> Phrase | None:
    """The name that a description follows without a comma: "Omar Hassan a doctor in the town said"."""
    opening = line.words[direct.first]
    if opening.norm not in ("a", "an", "the") or opening.gap > 1 or not (direct.generic or direct.back):
        return None
    named = _phrase_ending(line, direct.first, floor, book)
    if named is not None and named.first > 0 and line.words[named.first - 1].norm in _GOVERNING:
        return None
    if named is None or named.back or (named.institution is None and (named.kind or named.last - named.first < 2)):
        return None
    return named


def _opening(line: Line, j: int, floor: int, book: SpeechBook) -> Phrase | None:
    """A speaker that opens the sentence and that a description parts from its verb."""
    first = 0
    openers = ("meanwhile", "earlier", "later", "but", "and", "however")
    while first < min(3, len(line.words)) and line.words[first].norm in openers:
        first += 1
    if floor > first or j - first > 25:
        return None
    if line.words[first].norm in book.openers and line.words[first].norm not in ("the", "a", "an", "one"):
        return None
    phrase = phrase_from(line, first, book)
    if (
        phrase is None
        or phrase.last >= j
        or phrase.back
        or (phrase.generic and phrase.kind not in ("source", "monitor"))
    ):
        return None
    after = line.words[phrase.last]
    if (
        after.norm in ("a", "an", "the", "who", "which", "whose", "one", "operating", "based", "citing")
        or after.gap == 3
    ):
        return phrase
    return None


def comma_before(line: Line, i: int) -> bool:
    """Whether only a comma stands between word i and the one before."""
    return i > 0 and line.text[line.words[i - 1].end : line.words[i].start].strip() == ","


def _comma_after(line: Line, i: int) -> bool:
    return i < len(line.words) and comma_before(line, i)


def _may_stand_between(line: Line, i: int, end: int, book: SpeechBook) -> bool:
    word = line.words[i]
    if i + 1 < end + 1 and i + 1 < len(line.words) and line.words[i + 1].gap == 3 and not comma_before(line, i + 1):
        return False
    if i + 1 in line.voices or i + 1 in line.actors:
        return False
    norm = word.norm
    if norm in ("who", "which"):
        return True
    if norm in ("the", "a", "an", "this", "last"):
        return i + 1 < end
    if norm in ("statement", "statements"):
        return i > 0 and line.words[i - 1].norm in ("a", "in", "separate", "written", "the", "brief", "its", "press")
    if len(norm) > 4 and norm.endswith("ly") and not is_capital(line, word):
        return True
    return norm in book.between or norm in book.time_words or (norm.isdigit() and len(norm) <= 4 and i + 1 < end)


def _phrase_ending(line: Line, j: int, floor: int, book: SpeechBook) -> Phrase | None:
    """The longest speaker's phrase that ends right before word j and starts at `floor` or later."""
    if j <= floor:
        return None
    last_word = line.words[j - 1].norm
    if last_word in book.pronouns and j - 1 not in line.voices:
        span = (line.words[j - 1].bare, line.words[j - 1].end)
        return Phrase(j - 1, j, span, back=last_word)
    k = j
    while k > floor and j - k < _MAX_NAME:
        step = _step_left(line, k, j, floor, book)
        if step == k:
            break
        k = step
        joined = k - 1 > floor and line.words[k - 1].norm == "and" and _and_joins(line, k - 1, book)
        if line.words[k].norm in ("the", "a", "an") and not joined and not _prepositional(line, k, floor, book):
            break
    k = _trimmed(line, k, j, book)
    phrase = describe(line, k, j, book)
    named = phrase is not None and phrase.kind is None and phrase.institution is None
    if named and k > 0 and line.words[k].gap < 2 and line.words[k - 1].norm in _GOVERNING:
        # "near Manbij claimed", "in Abu Kamal said": what a preposition governs is no subject.
        return None
    return phrase


def _step_left(line: Line, k: int, j: int, floor: int, book: SpeechBook) -> int:
    """The phrase's start one word or name further left than k, or k where it cannot grow."""
    if k < j and line.words[k].gap > 1 and not _quoted_gap(line, k):
        return k
    voice = line.voices.get(k)
    if voice is not None and voice[0] >= floor:
        return voice[0]
    actor = line.actors.get(k)
    if actor is not None and actor[0] >= floor:
        return actor[0]
    i = k - 1
    word = line.words[i]
    norm = word.norm
    if norm in book.time_words or norm.rstrip("s") in book.time_words:
        return k
    if norm in ("the", "a", "an"):
        return i if k < j else k
    if norm == "and":
        return i if k < j and i > floor and _and_joins(line, i, book) else k
    if norm in book.prepositions:
        return i if k < j and _prepositional(line, k, floor, book) else k
    if norm in book.nouns or norm in book.modifiers or norm in book.lands:
        return i
    owner = line.text[word.bare : word.end].endswith(("'s", "’s")) and not is_capital(line, word)
    if k < j and owner and _prepositional(line, i, floor, book):
        return i  # "doctors at the city's main hospital"
    if norm.endswith("s") and norm[:-1] in book.lands:
        return i
    around = [(n, n + size) for size in (2, 3) for n in range(max(floor, i + 1 - size), i + 1) if n + size <= j]
    if any(" ".join(w.norm for w in line.words[first:last]) in book.nouns for first, last in around):
        return i  # "the emergency services said": none of the words speaks alone
    if is_capital(line, word):
        return k if i == 0 and norm in book.openers else i
    if line.caps:
        return _caps_name(line, k, j, floor, book)
    return k


def _quoted_gap(line: Line, k: int) -> bool:
    return line.words[k].gap == 2 and line.text[line.words[k - 1].end : line.words[k].start].strip() in (
        "(",
        ")",
        "/",
        "'",
        "’",
        "[",
        "]",
    )


def _prepositional(line: Line, k: int, floor: int, book: SpeechBook) -> bool:
    """Whether words up to k hang on a speaking noun by a preposition ("source at |the Aleppo command")."""
    i = k - 1
    if i < floor or i < 1:
        return False
    if line.words[i].norm in ("the", "a", "an"):
        i -= 1
    if i < max(floor, 1) or line.words[i].norm not in book.prepositions:
        return False
    head = line.words[i - 1].norm
    return (
        head in book.nouns and head not in ("family", "man", "woman", "forces", "city", "center", "group")
    ) or i in line.voices


def _and_joins(line: Line, i: int, book: SpeechBook) -> bool:
    before = line.words[i - 1].norm
    return before in book.nouns or before in book.modifiers or i in line.voices or i in line.actors


def _caps_name(line: Line, k: int, j: int, floor: int, book: SpeechBook) -> int:
    """In capitals: up to four unknown words that a title or the start of a clause stands before are a name."""
    i = k
    while i > floor and k - i < 4:
        norm = line.words[i - 1].norm
        if norm in book.nouns and book.nouns[norm] in _PERSON_NOUNS:
            return i
        if norm in book.between or norm in book.openers or norm in book.prepositions or norm in book.verbs:
            break
        i -= 1
        if i == 0 or line.words[i].gap >= 2:
            return i if k == j else k
    return k


def _trimmed(line: Line, k: int, j: int, book: SpeechBook) -> int:
    """The start of the phrase without what cannot open one."""
    while k < j - 1 and (line.words[k].norm in ("and", "of", "at", "in", "from", "for", "with", "on")):
        k += 1
    return k


def phrase_from(line: Line, i: int, book: SpeechBook) -> Phrase | None:
    """The speaker's phrase that starts at word i ("according to |a military source")."""
    n = len(line.words)
    if i >= n:
        return None
    if line.words[i].gap > 2 and i > 0:
        return None
    k = i
    if line.words[k].norm in book.pronouns - {"it"}:
        return None
    while k < n and k - i < _MAX_NAME:
        if k > i and line.words[k].gap > 1 and not _quoted_gap(line, k):
            break
        voice = line.starts.get(k)
        if voice is not None:
            k = voice[0]
            if k < n and not _goes_on(line, k, book):
                break
            continue
        actor = line.actor_starts.get(k)
        if actor is not None and (k == i or k - i < 3):
            k = actor[0]
            continue
        norm = line.words[k].norm
        pair = f"{norm} {line.words[k + 1].norm}" if k + 1 < n else ""
        if pair in book.nouns:
            k += 2
        elif norm in ("the", "a", "an"):
            if k > i and line.words[k - 1].norm not in book.prepositions and line.words[k - 1].norm != "and":
                break
            k += 1
        elif norm == "and" or norm in book.prepositions:
            if k == i or not _right_joins(line, k, book):
                break
            k += 1
        elif (norm in book.time_words and not norm.endswith("y")) or norm in book.time_words:
            break
        elif norm in book.nouns or norm in book.modifiers or norm in book.lands or is_capital(line, line.words[k]):
            plain = norm not in book.nouns and not is_capital(line, line.words[k])
            last = line.words[k - 1].norm
            if k > i and plain and last in book.nouns and last not in book.modifiers:
                break  # "a local emergency committee" goes on
            k += 1
        else:
            break
    while k > i and line.words[k - 1].norm in ("and", "the", "a", "an", *book.prepositions):
        k -= 1
    return describe(line, i, k, book) if k > i else None


def _goes_on(line: Line, k: int, book: SpeechBook) -> bool:
    """Whether an institution's name goes on as a phrase: "SANA |reporter", "Human Rights Watch |in Beirut"."""
    norm = line.words[k].norm
    return norm in book.nouns or norm == "and" or norm in book.prepositions or norm in book.modifiers


def _right_joins(line: Line, k: int, book: SpeechBook) -> bool:
    if k + 1 >= len(line.words):
        return False
    head = line.words[k - 1].norm
    after = line.words[k + 1]
    if after.norm in book.time_words:
        return False
    fits = (
        after.norm in ("the", "a")
        or is_capital(line, after)
        or after.norm in book.nouns
        or after.norm in book.modifiers
        or after.norm in book.lands
        or line.caps
    )
    if line.words[k].norm == "and":
        return fits and (
            after.norm in book.nouns
            or k + 1 in line.starts
            or after.norm in ("the", "a")
            or after.norm in book.modifiers
        )
    return fits and (head in book.nouns or k in line.voices)


def describe(line: Line, first: int, last: int, book: SpeechBook) -> Phrase | None:
    """What words [first, last) are as a speaker; None where nothing in them can speak."""
    if last <= first:
        return None
    opening = line.words[first].norm
    body = first + 1 if opening in book.definite | {"a", "an"} and last - first > 1 else first
    inner = [(k, voice) for k, (to, voice) in line.starts.items() if body <= k and to <= last]
    noun = _noun(line, body, last, book)
    name = (line.words[body].bare, line.words[last - 1].end)
    name = without_possessive(line, name)
    if inner:
        at, voice = inner[-1]
        to = line.starts[at][0]
        institution = voice.institution
        covered = body == at and to == last
        if institution.kind == "media" and not covered and _reporter(line, to, last, book):
            return Phrase(first, last, name, institution, "media", True)
        if (covered and not voice.person) or institution.kind == "monitor":
            return Phrase(first, last, name, institution, institution.kind)
        if noun is not None and noun[0] != institution.kind and not voice.person:
            person = _person(line, body, last, book)
            return Phrase(first, last, person or name, None, noun[0], person is None)
        person = _person(line, body, last, book)
        if voice.person and institution.kind != "monitor":
            own = (line.words[at].bare, line.words[to - 1].end)
            return Phrase(first, last, without_possessive(line, own), institution, institution.kind, True)
        if voice.person or person is None:
            return Phrase(first, last, name, institution, institution.kind)
        return Phrase(first, last, person, None, "official")
    person = None if line.caps else _person(line, body, last, book)
    if noun is None:
        actor = line.actors.get(last)
        if actor is not None and actor[0] >= first and actor[1].actor_id:
            if actor[1].actor_id.startswith("kind:") and actor[1].who in ("civilian", "unknown"):
                return None
            return Phrase(first, last, actor[1].span, None, "party", actor[1].generic)
        if person is not None:
            return Phrase(first, last, person, None, None)
        if line.caps and any(line.words[k].norm in book.openers for k in range(body, last)):
            return None
        if line.caps and all(line.words[k].norm not in book.modifiers | book.lands for k in range(body, last)):
            return Phrase(first, last, name, None, None)
        return None
    kind, word = noun
    inside = [w.norm for w in line.words[body : last - word.count(" ") - 1]]
    definite = opening in book.definite and (
        "based" in inside or (len(inside) < 2 and not book.lands.intersection(inside))
    )
    if definite and word in book.back_nouns and person is None:
        return Phrase(first, last, name, None, kind, True, back=word, plural=word.endswith("s"))
    if person is not None and kind in _PERSON_NOUNS:
        return Phrase(first, last, person, None, kind)
    if (
        kind == "witness"
        and last - body == 1
        and opening not in book.definite | {"a", "an", "one"}
        and not word.endswith("s")
    ):
        return None
    return Phrase(first, last, name, None, kind, not is_capital(line, line.words[last - 1]) or last - body < 2)


def _reporter(line: Line, first: int, last: int, book: SpeechBook) -> bool:
    return any(line.words[k].norm in book.reporters_of for k in range(first, last))


def without_possessive(line: Line, name: Span) -> Span:
    """The span without a final 's and without a bracket that opens in it and does not close."""
    raw = line.text[name[0] : name[1]]
    for mark, closing in ("()", "[]"):
        if mark in raw and closing not in raw:
            raw = raw[: raw.index(mark)].rstrip() or raw
    if raw.endswith(("'s", "’s")):
        raw = raw[:-2]
    return (name[0], name[0] + len(raw))


def _noun(line: Line, first: int, last: int, book: SpeechBook) -> tuple[str, str] | None:
    """The kind and the word of the phrase's speaking noun: the last before a preposition, or the last of all."""
    found: tuple[str, str] | None = None
    for k in range(first, last):
        norm = line.words[k].norm
        if norm in book.prepositions and found is not None:
            return found
        if k + 1 < last and (pair := f"{norm} {line.words[k + 1].norm}") in book.nouns:
            found = (book.nouns[pair], pair)
        elif norm in book.nouns and not (found and found[1].endswith(f" {norm}")):
            found = (book.nouns[norm], norm)
    return found


def _person(line: Line, first: int, last: int, book: SpeechBook) -> Span | None:
    """A person's name that ends the phrase, after its nouns: capitalised words, a single one only after a title."""
    k = last
    while k > first:
        word = line.words[k - 1]
        norm = word.norm
        if not is_capital(line, word) or norm in book.nouns or norm in book.lands or norm in book.modifiers:
            break
        if k in line.voices and not line.voices[k][1].person:
            break
        k -= 1
    length = last - k
    if length == 0 or length > 5:
        return None
    before = line.words[k - 1].norm if k > first else ""
    if before in book.prepositions or before in ("and", "the", "a"):
        return None
    raw = line.text[line.words[last - 1].bare : line.words[last - 1].end]
    if length == 1 and (len(raw) < 3 or raw.isupper()):
        return None
    if k > first and book.nouns.get(before) in ("media", "monitor", "ngo", "statement", "source", "party", "un"):
        return None
    while (
        k > first
        and line.words[k - 1].norm in book.ranks
        and line.words[k - 1].gap < 4
        and is_capital(line, line.words[k - 1])
    ):
        k -= 1
    span = (
        line.words[k].start if line.words[k].start >= line.words[first].start else line.words[k].bare,
        line.words[last - 1].end,
    )
    return without_possessive(line, span)
