"""Who says what: speakers, how they say it, and the range of text they vouch for.

A cue is a verb of speech with its subject ("the Observatory said", "... said a police spokesman"), "according to X",
or a headline that names its source. Each cue's subject is read as a phrase around a speaking noun, a named
institution, a person's name or an actor; pronouns and "the source", "the group" lead back to a speaker named before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tollbook.model import Actor, Sentence, Span, Speaker
from tollbook.resolve.names import Word, in_capitals, words
from tollbook.resolve.speechbook import Institution, SpeechBook, Voice, check_speakers, load_speech

__all__ = ["check_speakers", "default_speaker", "find_speakers"]

# A quotation is read as one up to this length; a longer one is more likely a lost quotation mark.
MAX_QUOTE = 1500
_QUOTE = re.compile(
    r"(?<![\w\"“])[\"“](?=[^\s\"”])([^\"“”]{1,%d})[\"”](?!\w)|``([^`']{1,%d})''" % (MAX_QUOTE, MAX_QUOTE)
)
_LABEL = re.compile(r"([A-Z][\w.'’ -]{1,40}): ")
_MAX_NAME = 14

# Verbs that may stand before their subject.
_INVERTING = frozenset({"said", "says", "added", "reported", "announced", "reports", "confirmed", "adds"})
_GOVERNING = frozenset({
    "in", "at", "near", "from", "of", "on", "by", "to", "with", "for", "into", "against", "around", "outside", "inside",
    "between", "towards", "toward", "over", "across", "through", "city", "town", "village", "province", "district",
    "neighborhood", "neighbourhood", "governorate", "called", "named",
})  # fmt: skip
_PERSON_NOUNS = frozenset({"official", "police", "party", "activist", "witness", "hospital_or_morgue", "rescue", "ngo"})


@dataclass(frozen=True, slots=True)
class _Phrase:
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
class _Cue:
    """A phrase with its verb: where the cue starts and ends, which way what it says lies."""

    phrase: _Phrase
    start: int
    end: int
    stance: str
    forward: bool
    backward: bool
    told: bool = True


@dataclass(slots=True)
class _Line:
    text: str
    sentence: Sentence
    words: list[Word]
    caps: bool
    voices: dict[int, tuple[int, Voice]]  # last word (exclusive) -> (first word, voice)
    starts: dict[int, tuple[int, Voice]]  # first word -> (last word, voice)
    actors: dict[int, tuple[int, Actor]]
    actor_starts: dict[int, tuple[int, Actor]]


@dataclass(slots=True)
class _Memory:
    """What the report has told so far: its speakers, and every name of each institution in it."""

    spoken: list[Speaker] = field(default_factory=list)
    fullest: dict[str, tuple[str, Span]] = field(default_factory=dict)
    monitors: list[Institution] = field(default_factory=list)


def find_speakers(text: str, sentences: Sequence[Sentence], actors: Sequence[Actor]) -> list[Speaker]:
    """The speakers of a report, sorted by the start of their scope.

    `text[span]` is where the speaker stands; `name` is the report's own words for it, shortened, with the fullest
    form of an institution's name in the report, or the antecedent's name for a back-reference. `scope` is the
    sentence, or the part of it that is this speaker's, widened to the whole of a quotation that runs over several
    sentences. `stance`: states, alleges, denies, claims. Linear in the length of the text.
    """
    book = load_speech()
    ordered = sorted(actors, key=lambda actor: actor.span)
    lines = []
    at = 0
    for sentence in sentences:
        while at < len(ordered) and ordered[at].span[0] < sentence.span[0]:
            at += 1
        to = at
        while to < len(ordered) and ordered[to].span[0] < sentence.span[1]:
            to += 1
        lines.append(_line(text, sentence, ordered[at:to], book))
    memory = _remember(lines)
    quotes = [match.span() for match in _QUOTE.finditer(text)]
    found: list[Speaker] = []
    before: Speaker | None = None
    for line in lines:
        here = _read(line, book, memory)
        if not here and before is not None and _is_quoted(line, quotes):
            # A whole sentence in quotation marks after somebody spoke is still theirs.
            found.append(replace(before, scope=line.sentence.span))
            continue
        here = [_with_quotes(speaker, line, quotes) for speaker in here]
        found += here
        before = here[-1] if here else None
    return sorted(found, key=lambda speaker: (speaker.scope, speaker.span))


def default_speaker(text: str, sentences: Sequence[Sentence], speakers: Sequence[Speaker], at: int) -> Speaker | None:
    """Whose words a place in the text may still be when no scope covers it, else None.

    Only a sentence that goes on from the one before ("Among the dead were ...") takes over its speaker.
    """
    book = load_speech()
    for k, sentence in enumerate(sentences):
        if sentence.span[0] <= at < sentence.span[1]:
            if k == 0 or sentences[k - 1].paragraph != sentence.paragraph:
                return None
            opening = [
                word.norm for word in words(text, sentence.span[0], min(sentence.span[1], sentence.span[0] + 60))
            ]
            if not any(" ".join(opening[:n]) in book.carries for n in (1, 2, 3)):
                return None
            last = [
                s for s in speakers if s.scope[0] < sentences[k - 1].span[1] and s.scope[1] > sentences[k - 1].span[0]
            ]
            return last[-1] if last else None
    return None


# --- lines --------------------------------------------------------------------------------------


def _line(text: str, sentence: Sentence, actors: Sequence[Actor], book: SpeechBook) -> _Line:
    start, end = sentence.span
    found = words(text, start, end)
    caps = in_capitals(text, start, end)
    ends: dict[int, tuple[int, Voice]] = {}
    starts: dict[int, tuple[int, Voice]] = {}
    i = 0
    while i < len(found):
        hits = book.voices.at(text, found, i, caps)
        if hits:
            length, values, _ = hits[0]
            if not (
                caps and length == 1 and text[found[i].bare : found[i].end] in ("WHO", "US", "IT", "LATIN", "DAN", "AP")
            ):
                ends[i + length] = (i, values[0])
                starts[i] = (i + length, values[0])
                i += length
                continue
        i += 1
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
    return _Line(text, sentence, found, caps, ends, starts, actor_ends, actor_starts)


def _remember(lines: Sequence[_Line]) -> _Memory:
    memory = _Memory()
    for line in lines:
        for first, (last, voice) in line.starts.items():
            institution = voice.institution
            if institution.kind == "monitor" and institution not in memory.monitors:
                memory.monitors.append(institution)
            if voice.person:
                continue
            span = (line.words[first].bare, line.words[last - 1].end)
            span = _clip(line, first, last, span)
            name = line.text[span[0] : span[1]]
            if name.endswith("s") and name[:-1] == institution.name:
                name, span = name[:-1], (span[0], span[1] - 1)
            known = memory.fullest.get(institution.speaker_id)
            if (
                known is None
                or (len(name) > len(known[0]) and known[0] != institution.name)
                or name == institution.name
            ):
                memory.fullest[institution.speaker_id] = (name, span)
    return memory


# --- cues ---------------------------------------------------------------------------------------


def _read(line: _Line, book: SpeechBook, memory: _Memory) -> list[Speaker]:
    cues = _cues(line, book)
    if not cues and line.sentence.kind == "title":
        label = _headline(line, book)
        cues = [label] if label else []
    if not cues:
        return []
    cues = _without_media(cues)
    scopes = _scopes(line, cues)
    found: list[Speaker] = []
    for cue, scope in zip(cues, scopes, strict=True):
        speaker = _speaker(line, cue, scope, memory, book)
        if speaker is not None:
            found.append(speaker)
            memory.spoken.append(speaker)
    return found


def _cues(line: _Line, book: SpeechBook) -> list[_Cue]:
    cues: list[_Cue] = []
    used = -1
    i = 0
    n = len(line.words)
    while i < n:
        before = _before(line, i, book)
        if before is not None:
            length, weak = before
            phrase = _right(line, i + length, book)
            if phrase is not None and phrase.first >= used and _before_holds(line, phrase, weak, book):
                last = phrase.last
                if weak and line.words[i].norm in book.quoted:
                    pass
                cues.append(_Cue(phrase, i, last, "states", i == 0, i > 0, told=False))
                used = last
                i = last
                continue
        verb = _verb(line, i, book)
        if verb is not None:
            length, stance = verb
            cue = _verb_cue(line, i, length, stance, used, book)
            if cue is not None:
                cues.append(cue)
                used = max(cue.end, i + length)
                i = used
                continue
        i += 1
    return cues


def _before(line: _Line, i: int, book: SpeechBook) -> tuple[int, bool] | None:
    for parts in book.before.get(line.words[i].norm, ()):
        if tuple(word.norm for word in line.words[i : i + len(parts)]) == parts:
            return len(parts), " ".join(parts) in book.before_weak
    return None


def _before_holds(line: _Line, phrase: _Phrase, weak: bool, book: SpeechBook) -> bool:
    if not weak:
        return True
    after = [word.norm for word in line.words[phrase.last : phrase.last + 2]]
    return " ".join(after) in book.as_saying or (len(after) > 0 and after[0] in book.as_saying)


def _verb(line: _Line, i: int, book: SpeechBook) -> tuple[int, str] | None:
    norm = line.words[i].norm
    if i + 1 < len(line.words):
        pair = f"{norm} {line.words[i + 1].norm}"
        if pair in book.verbs:
            return 2, book.verbs[pair]
    stance = book.verbs.get(norm)
    return (1, stance) if stance else None


def _verb_cue(line: _Line, i: int, length: int, stance: str, used: int, book: SpeechBook) -> _Cue | None:
    norm = line.words[i].norm
    previous = line.words[i - 1].norm if i else ""
    if previous in ("to", "not", "reportedly") or (previous == "be"):
        return None
    if previous in book.copular or (previous == "been"):
        if norm not in book.quoted or not _as_saying(line, i + 1, book):
            return None
        phrase = _left(line, i - 1, used, book)
        return _Cue(phrase, phrase.first, i + 1, "states", True, True) if phrase else None
    claim = " ".join(word.norm for word in line.words[i : i + 2]) in book.claim_phrases
    phrase = _left(line, i, used, book)
    if norm in _INVERTING:
        inverted = _inverted(line, i, phrase, book)
        if inverted is not None:
            return _Cue(inverted, i, inverted.last, stance, i == 0, i > 0)
    if phrase is None:
        return None
    if claim:
        # Claiming an act is not vouching for the figures told with it.
        return _Cue(phrase, phrase.first, i + length, "claims", False, False)
    if (norm in book.weak or norm in book.strict) and not _speech_follows(line, i + length, book):
        return None
    backward = _closes(line, i + length, book)
    if phrase.first == 0 or not _content(line, 0, phrase.first):
        backward = False
    return _Cue(phrase, phrase.first, i + length, stance, not backward, backward)


def _inverted(line: _Line, i: int, left: _Phrase | None, book: SpeechBook) -> _Phrase | None:
    """The subject after its verb: "... said the Observatory", also where what was said ends in a speaking noun."""
    after = _right(line, i + 1, book)
    if after is None or after.first != i + 1:
        return None
    n = len(line.words)
    closing = book.adding | {"who", "which"}
    ends = after.last >= n or line.words[after.last].norm in closing or line.words[after.last].gap == 3
    if left is None:
        return after if ends or line.words[i].norm in ("said", "says", "added") else None
    opens = left.first == 0 or not _content(line, 0, left.first)
    named = after.institution is not None or after.back is not None or not after.generic
    return after if ends and named and not opens and not _comma_before(line, left.first) else None


def _as_saying(line: _Line, i: int, book: SpeechBook) -> bool:
    return any(
        " ".join(word.norm for word in line.words[k : k + 2]) in book.as_saying
        for k in range(i, min(i + 5, len(line.words)))
    )


def _speech_follows(line: _Line, i: int, book: SpeechBook) -> bool:
    if i >= len(line.words):
        return True
    word = line.words[i]
    between = line.text[line.words[i - 1].end : word.start]
    if line.words[i - 1].norm in book.strict:
        return word.norm in book.after_strict or any(c in between for c in '"“:,') or word.norm in book.adding
    return (
        word.norm in book.after_weak
        or word.norm.isdigit()
        or any(c in between for c in '"“:,')
        or word.norm in book.adding
    )


def _closes(line: _Line, i: int, book: SpeechBook) -> bool:
    """Whether nothing but when, where and to whom follows the verb."""
    rest = line.words[i:]
    if not rest:
        return True
    between = line.text[line.words[i - 1].end : rest[0].start]
    if rest[0].norm in book.adding or (rest[0].gap == 3 and "," in between):
        return True
    if rest[0].norm in ("that", "there"):
        return False
    if len(rest) > 8:
        return any(rest[k].norm in book.adding for k in range(min(6, len(rest)))) and rest[0].norm not in (
            "at",
            "the",
            "a",
        )
    known = book.time_words | book.between | book.prepositions
    told = {"afp", "reuters", "ap", "sana", "reporters", "journalists", "cnn", "bbc", "media", "agency", "news", "tv"}
    return all(word.norm in known or word.norm in told or word.norm.isdigit() or _capital(line, word) for word in rest)


def _content(line: _Line, first: int, last: int) -> bool:
    """Whether words [first, last) could say something by themselves (a clause, not "On Sunday")."""
    return last - first > 5


# --- phrases ------------------------------------------------------------------------------------


def _capital(line: _Line, word: Word) -> bool:
    return not line.caps and line.text[word.bare : word.bare + 1].isupper()


def _left(line: _Line, end: int, used: int, book: SpeechBook) -> _Phrase | None:
    """The phrase that ends before the verb at word `end`, over what may stand between."""
    j = end
    floor = max(used, 0)
    while j > floor and end - j < 9 and _may_stand_between(line, j - 1, end, book):
        j -= 1
    direct = _phrase_ending(line, j, floor, book)
    if direct is not None and direct.first > floor:
        named = _named_before(line, direct, floor, book)
        if named is not None:
            return named
        if not (_comma_before(line, direct.first) and _comma_after(line, j)):
            return direct
    elif direct is not None:
        return direct
    # "Name, a description, said": the name before the commas speaks.
    if _comma_after(line, j):
        k = direct.first if direct is not None else j
        if direct is None:
            while k > floor and j - k < 12 and not _comma_before(line, k):
                k -= 1
        if k > floor and _comma_before(line, k):
            named = _phrase_ending(line, k, floor, book)
            if named is not None and (direct is None or not named.generic or direct.generic):
                if direct is not None and direct.institution and direct.kind == "monitor" and not named.institution:
                    return replace(direct, first=named.first)
                return named
    return direct if direct is not None else _opening(line, j, floor, book)


def _named_before(line: _Line, direct: _Phrase, floor: int, book: SpeechBook) -> _Phrase | None:
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


def _opening(line: _Line, j: int, floor: int, book: SpeechBook) -> _Phrase | None:
    """A speaker that opens the sentence and that a description parts from its verb."""
    first = 0
    openers = ("meanwhile", "earlier", "later", "but", "and", "however")
    while first < min(3, len(line.words)) and line.words[first].norm in openers:
        first += 1
    if floor > first or j - first > 25:
        return None
    if line.words[first].norm in book.openers and line.words[first].norm not in ("the", "a", "an", "one"):
        return None
    phrase = _right(line, first, book)
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


def _comma_before(line: _Line, i: int) -> bool:
    return i > 0 and line.text[line.words[i - 1].end : line.words[i].start].strip() == ","


def _comma_after(line: _Line, i: int) -> bool:
    return i < len(line.words) and _comma_before(line, i)


def _may_stand_between(line: _Line, i: int, end: int, book: SpeechBook) -> bool:
    word = line.words[i]
    if i + 1 < end + 1 and i + 1 < len(line.words) and line.words[i + 1].gap == 3 and not _comma_before(line, i + 1):
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
    return norm in book.between or norm in book.time_words or (norm.isdigit() and len(norm) <= 4 and i + 1 < end)


def _phrase_ending(line: _Line, j: int, floor: int, book: SpeechBook) -> _Phrase | None:
    """The longest speaker's phrase that ends right before word j and starts at `floor` or later."""
    if j <= floor:
        return None
    last_word = line.words[j - 1].norm
    if last_word in book.pronouns and j - 1 not in line.voices:
        span = (line.words[j - 1].bare, line.words[j - 1].end)
        return _Phrase(j - 1, j, span, back=last_word)
    k = j
    while k > floor and j - k < _MAX_NAME:
        step = _step_left(line, k, j, floor, book)
        if step == k:
            break
        k = step
        if line.words[k].norm in ("the", "a", "an") and not _prepositional(line, k, floor, book):
            if not (k - 1 > floor and line.words[k - 1].norm == "and" and _and_joins(line, k - 1, book)):
                break
    k = _trimmed(line, k, j, book)
    phrase = _describe(line, k, j, book)
    if phrase is not None and phrase.kind is None and phrase.institution is None and k > 0 and line.words[k].gap < 2:
        # "near Manbij claimed", "in Abu Kamal said": what a preposition governs is no subject.
        if line.words[k - 1].norm in _GOVERNING:
            return None
    return phrase


def _step_left(line: _Line, k: int, j: int, floor: int, book: SpeechBook) -> int:
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
    if norm.endswith("s") and norm[:-1] in book.lands:
        return i
    if i + 1 < len(line.words) and f"{norm} {line.words[i + 1].norm}" in book.nouns:
        return i
    if _capital(line, word):
        return k if i == 0 and norm in book.openers else i
    if line.caps:
        return _caps_name(line, k, j, floor, book)
    return k


def _quoted_gap(line: _Line, k: int) -> bool:
    return line.words[k].gap == 2 and line.text[line.words[k - 1].end : line.words[k].start].strip() in (
        "(",
        ")",
        "/",
        "'",
        "’",
        "[",
        "]",
    )


def _prepositional(line: _Line, k: int, floor: int, book: SpeechBook) -> bool:
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


def _and_joins(line: _Line, i: int, book: SpeechBook) -> bool:
    before = line.words[i - 1].norm
    return before in book.nouns or before in book.modifiers or i in line.voices or i in line.actors


def _caps_name(line: _Line, k: int, j: int, floor: int, book: SpeechBook) -> int:
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


def _trimmed(line: _Line, k: int, j: int, book: SpeechBook) -> int:
    """The start of the phrase without what cannot open one."""
    while k < j - 1 and (line.words[k].norm in ("and", "of", "at", "in", "from", "for", "with", "on")):
        k += 1
    return k


def _right(line: _Line, i: int, book: SpeechBook) -> _Phrase | None:
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
        elif norm in book.time_words and not norm.endswith("y"):
            break
        elif norm in book.time_words:
            break
        elif norm in book.nouns or norm in book.modifiers or norm in book.lands or _capital(line, line.words[k]):
            plain = norm not in book.nouns and not _capital(line, line.words[k])
            if k > i and plain and line.words[k - 1].norm in book.nouns:
                break
            k += 1
        else:
            break
    while k > i and line.words[k - 1].norm in ("and", "the", "a", "an", *book.prepositions):
        k -= 1
    return _describe(line, i, k, book) if k > i else None


def _goes_on(line: _Line, k: int, book: SpeechBook) -> bool:
    """Whether an institution's name goes on as a phrase: "SANA |reporter", "Human Rights Watch |in Beirut"."""
    norm = line.words[k].norm
    return norm in book.nouns or norm == "and" or norm in book.prepositions or norm in book.modifiers


def _right_joins(line: _Line, k: int, book: SpeechBook) -> bool:
    if k + 1 >= len(line.words):
        return False
    head = line.words[k - 1].norm
    after = line.words[k + 1]
    if after.norm in book.time_words:
        return False
    fits = (
        after.norm in ("the", "a")
        or _capital(line, after)
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


def _describe(line: _Line, first: int, last: int, book: SpeechBook) -> _Phrase | None:
    """What words [first, last) are as a speaker; None where nothing in them can speak."""
    if last <= first:
        return None
    opening = line.words[first].norm
    body = first + 1 if opening in book.definite | {"a", "an"} and last - first > 1 else first
    inner = [(k, voice) for k, (to, voice) in line.starts.items() if body <= k and to <= last]
    noun = _noun(line, body, last, book)
    name = (line.words[body].bare, line.words[last - 1].end)
    name = _clip(line, body, last, name)
    if inner:
        at, voice = inner[-1]
        to = line.starts[at][0]
        institution = voice.institution
        covered = body == at and to == last
        if institution.kind == "media" and not covered and _reporter(line, to, last, book):
            return _Phrase(first, last, name, institution, "media", True)
        if (covered and not voice.person) or institution.kind == "monitor":
            return _Phrase(first, last, name, institution, institution.kind)
        if noun is not None and noun[0] != institution.kind and not voice.person:
            person = _person(line, body, last, book)
            return _Phrase(first, last, person or name, None, noun[0], person is None)
        person = _person(line, body, last, book)
        if voice.person and institution.kind != "monitor":
            own = (line.words[at].bare, line.words[to - 1].end)
            return _Phrase(first, last, _clip(line, at, to, own), institution, institution.kind, True)
        if voice.person or person is None:
            return _Phrase(first, last, name, institution, institution.kind)
        return _Phrase(first, last, person, None, "official")
    person = None if line.caps else _person(line, body, last, book)
    if noun is None:
        actor = line.actors.get(last)
        if actor is not None and actor[0] >= first and actor[1].actor_id:
            if actor[1].actor_id.startswith("kind:") and actor[1].who in ("civilian", "unknown"):
                return None
            return _Phrase(first, last, actor[1].span, None, "party", actor[1].generic)
        if person is not None:
            return _Phrase(first, last, person, None, None)
        if line.caps and all(line.words[k].norm not in book.modifiers | book.lands for k in range(body, last)):
            return _Phrase(first, last, name, None, None)
        return None
    kind, word = noun
    inside = [w.norm for w in line.words[body : last - word.count(" ") - 1]]
    definite = opening in book.definite and (
        "based" in inside or (len(inside) < 2 and not book.lands.intersection(inside))
    )
    if definite and word in book.back_nouns and person is None:
        return _Phrase(first, last, name, None, kind, True, back=word, plural=word.endswith("s"))
    if person is not None and kind in _PERSON_NOUNS:
        return _Phrase(first, last, person, None, kind)
    if (
        kind == "witness"
        and last - body == 1
        and opening not in book.definite | {"a", "an", "one"}
        and not word.endswith("s")
    ):
        return None
    return _Phrase(first, last, name, None, kind, not _capital(line, line.words[last - 1]) or last - body < 2)


def _reporter(line: _Line, first: int, last: int, book: SpeechBook) -> bool:
    return any(line.words[k].norm in book.reporters_of for k in range(first, last))


def _clip(line: _Line, first: int, last: int, name: Span) -> Span:
    raw = line.text[name[0] : name[1]]
    return (name[0], name[1] - 2) if raw.endswith(("'s", "’s")) else name


def _noun(line: _Line, first: int, last: int, book: SpeechBook) -> tuple[str, str] | None:
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


def _person(line: _Line, first: int, last: int, book: SpeechBook) -> Span | None:
    """A person's name at the end of the phrase, after its nouns: two or three capitalised words, or one after a title."""
    k = last
    while k > first:
        word = line.words[k - 1]
        norm = word.norm
        if not _capital(line, word) or norm in book.nouns or norm in book.lands or norm in book.modifiers:
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
    span = (
        line.words[k].start if line.words[k].start >= line.words[first].start else line.words[k].bare,
        line.words[last - 1].end,
    )
    return _clip(line, k, last, span)


def _headline(line: _Line, book: SpeechBook) -> _Cue | None:
    """ "Monitor: 20 killed", "20 killed in raid - monitor" and, with its mark lost, "20 killed in raid monitor"."""
    if not line.words:
        return None
    start, end = line.sentence.span
    label = _LABEL.match(line.text, start, end)
    if label:
        last = next((k for k, word in enumerate(line.words) if word.start >= label.end() - 1), len(line.words))
        phrase = _describe(line, 0, last, book) if last <= 5 else None
        if phrase is not None:
            return _Cue(phrase, 0, last, "states", True, False)
    n = len(line.words)
    last_word = line.words[-1].norm
    if last_word in book.headline_last and n > 5:
        marked = line.words[-1].gap == 3 or ":" in line.text[line.words[-2].end : line.words[-1].start]
        if marked or last_word in ("monitor", "monitors", "activists", "officials"):
            phrase = _describe(line, n - 1, n, book)
            if phrase is not None:
                return _Cue(phrase, n - 1, n, "states", False, True)
    return None


# --- from cues to speakers ----------------------------------------------------------------------


def _without_media(cues: list[_Cue]) -> list[_Cue]:
    """Where a source is quoted, the agency that carries it is the medium, not the speaker."""
    if len(cues) < 2:
        return cues
    kept = []
    for k, cue in enumerate(cues):
        after = cues[k + 1] if k + 1 < len(cues) else None
        # "AFP reported, citing a doctor": the doctor speaks.
        nested = after is not None and cue.phrase.kind == "media" and after.start - cue.end < 4 and not after.told
        if not nested:
            kept.append(cue)
    return kept


def _scopes(line: _Line, cues: Sequence[_Cue]) -> list[Span]:
    start, end = line.sentence.span
    claims = [k for k, cue in enumerate(cues) if not cue.forward and not cue.backward]
    if claims:
        others = [cue for k, cue in enumerate(cues) if k not in claims]
        rest = iter(_scopes(line, others) if others else ())
        return [
            (line.words[cue.start].start, line.words[cue.end - 1].end) if k in claims else next(rest)
            for k, cue in enumerate(cues)
        ]
    if len(cues) == 1:
        return [(start, end)]
    bounds = [start]
    for before, after in zip(cues, cues[1:], strict=False):
        if before.backward and not before.forward:
            at = before.end
        else:
            at = after.start if after.forward or not after.backward else before.end
            if after.backward and not after.forward and before.forward:
                # "X said A, B, Y said": A is X's; what follows the last comma or conjunction before Y is Y's.
                at = _break_between(line, before.end, after.start)
        bounds.append(line.words[min(at, len(line.words) - 1)].start if at < len(line.words) else end)
    bounds.append(end)
    return [(bounds[k], bounds[k + 1]) for k in range(len(cues))]


def _break_between(line: _Line, first: int, last: int) -> int:
    for k in range(last - 1, first, -1):
        if line.words[k].norm in ("while", "but", "whereas"):
            return k
    return last


def _speaker(line: _Line, cue: _Cue, scope: Span, memory: _Memory, book: SpeechBook) -> Speaker | None:
    phrase = cue.phrase
    span = phrase.name
    if phrase.back is not None:
        known = _antecedent(phrase, memory)
        if known is not None:
            return replace(known, span=span, scope=scope, stance=cue.stance)
        if phrase.back in book.pronouns:
            return None
    name = line.text[span[0] : span[1]]
    institution = phrase.institution
    own_name = institution is not None and phrase.generic
    if institution is None and phrase.generic and len(memory.monitors) == 1 and _vague_monitor(name, book):
        institution = memory.monitors[0]
    if institution is not None:
        fullest = None if own_name else memory.fullest.get(institution.speaker_id)
        return Speaker(
            fullest[0] if fullest else name, span, scope, cue.stance, institution.speaker_id, institution.kind, False
        )
    return Speaker(name, span, scope, cue.stance, None, phrase.kind, phrase.generic)


def _vague_monitor(name: str, book: SpeechBook) -> bool:
    norms = [word.norm for word in words(name, 0, len(name))]
    return any(" ".join(norms[-k:]) in book.vague_monitors for k in (1, 2, 3, 4)) and len(norms) <= 5


def _antecedent(phrase: _Phrase, memory: _Memory) -> Speaker | None:
    spoken = memory.spoken
    noun = phrase.back or ""
    if noun in ("he", "she", "it", "they"):
        return spoken[-1] if spoken else None
    if phrase.kind == "monitor" or noun in ("group", "organization", "network"):
        for speaker in reversed(spoken):
            if speaker.kind in ("monitor", "ngo"):
                return speaker
        if len(memory.monitors) == 1 and phrase.kind == "monitor":
            institution = memory.monitors[0]
            fullest = memory.fullest.get(institution.speaker_id)
            name = fullest[0] if fullest else institution.name
            return Speaker(name, phrase.name, phrase.name, "states", institution.speaker_id, "monitor")
    for speaker in reversed(spoken):
        if noun in speaker.name.lower().split() or noun.rstrip("s") in speaker.name.lower().split():
            return speaker
    if noun in ("statement", "report", "toll", "video", "claim", "communique", "bulletin", "latter", "man", "woman"):
        return spoken[-1] if spoken else None
    for speaker in reversed(spoken):
        if speaker.kind == phrase.kind:
            return speaker
    if phrase.kind in ("source", "official", "witness", "activist"):
        return spoken[-1] if spoken else None
    return None


def _is_quoted(line: _Line, quotes: Sequence[Span]) -> bool:
    start, end = line.sentence.span
    return any(a <= start and end <= b + 2 for a, b in quotes)


def _with_quotes(speaker: Speaker, line: _Line, quotes: Sequence[Span]) -> Speaker:
    """The scope widened to every quotation that touches the sentence's part of this speaker."""
    start, end = speaker.scope
    for a, b in quotes:
        if a < speaker.scope[1] and b > speaker.scope[0]:
            start, end = min(start, a), max(end, b)
    return replace(speaker, scope=(start, end)) if (start, end) != speaker.scope else speaker
