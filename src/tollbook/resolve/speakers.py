"""Who says what: speakers, how they say it, and the range of text they vouch for.

A cue is a verb of speech with its subject ("the Observatory said", "... said a police spokesman"), "according to X",
or a headline that names its source. Each cue's subject is read as a phrase around a speaking noun, a named
institution, a person's name or an actor; pronouns and "the source", "the group" lead back to a speaker named before.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tollbook.model import Actor, Sentence, Span, Speaker
from tollbook.resolve.names import words
from tollbook.resolve.speechbook import Institution, SpeechBook, check_speakers, load_speech
from tollbook.resolve.speechphrases import (
    Line,
    Phrase,
    comma_before,
    describe,
    is_capital,
    phrase_from,
    read_line,
    subject_before,
    without_possessive,
)

__all__ = ["check_speakers", "default_speaker", "find_speakers"]

# A quotation is read as one up to this length; a longer one is more likely a lost quotation mark.
MAX_QUOTE = 1500
_QUOTE = re.compile(rf"(?<![\w\"“])[\"“](?=[^\s\"”])([^\"“”]{{1,{MAX_QUOTE}}})[\"”](?!\w)|``([^`']{{1,{MAX_QUOTE}}})''")
# A broadcast's transcript names who speaks in brackets; these bracketed words name nobody.
_BRACKET = re.compile(r"\[([^\W\d_][^\[\]\n]{1,40})\]")
_NO_NAME = re.compile(
    r"(?:text|begin|end|words?|passage|sentence|as|recording|video|excerpt|dateline|preceding|reporter|question"
    r"|announcer|figure|name|fnu|sic|unidentified|continued|applause|laughter|chant\w*|shout\w*|crowd|moderator"
    r"|correspondent|statement|commentary|communique|interview|editorial|report|signed|from|by|music|no|singing|cheers)(?!\w)",
    re.IGNORECASE,
)
# How many speakers back a pronoun or "the source" may lead.
LOOK_BACK = 80
_ENDS = re.compile(r"[.;:!?\n]")
_OFFICE = 40  # letters before and behind a name in which its office stands
_LABEL = re.compile(r"([A-Z][\w.'’ -]{1,40}): ")

# Verbs that may stand before their subject.
_NOBODY = frozenset({"no", "neither", "nobody", "none"})
_INVERTING = frozenset({"said", "says", "added", "reported", "announced", "reports", "confirmed", "adds"})


@dataclass(slots=True)
class _Cue:
    """A phrase with its verb: where the cue starts and ends, which way what it says lies."""

    phrase: Phrase
    start: int
    end: int
    stance: str
    forward: bool
    backward: bool
    told: bool = True


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
        lines.append(read_line(text, sentence, ordered[at:to], book))
    memory = _remember(lines)
    quotes = [match.span() for match in _QUOTE.finditer(text)]
    found = _labelled(text, sentences)
    before: Speaker | None = None
    for line in lines:
        here = _read(line, book, memory)
        if not here and before is not None and _is_quoted(line, quotes):
            # A whole sentence in quotation marks after somebody spoke is still theirs.
            found.append(replace(before, scope=line.sentence.span))
            continue
        here = [_with_quotes(speaker, quotes) for speaker in here]
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


def _remember(lines: Sequence[Line]) -> _Memory:
    memory = _Memory()
    for line in lines:
        for first, (last, voice) in line.starts.items():
            institution = voice.institution
            if voice.person:
                continue
            if institution.kind == "monitor" and institution not in memory.monitors:
                memory.monitors.append(institution)
            span = (line.words[first].bare, line.words[last - 1].end)
            span = without_possessive(line, span)
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


def _read(line: Line, book: SpeechBook, memory: _Memory) -> list[Speaker]:
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


def _cues(line: Line, book: SpeechBook) -> list[_Cue]:
    cues: list[_Cue] = []
    used, after = -1, 0
    for i in [k for k, word in enumerate(line.words) if word.norm in book.cue_words]:
        if i < after:
            continue
        before = _before(line, i, book)
        if before is not None:
            length, weak = before
            phrase = phrase_from(line, i + length, book)
            carried = _carried(line, i, phrase, used, book)
            if carried is not None:
                cues.append(carried)
                used = after = carried.end
                continue
            if phrase is not None and phrase.first >= used and _before_holds(line, phrase, weak, book):
                cues.append(_Cue(phrase, i, phrase.last, "states", i == 0, i > 0, told=False))
                used = after = phrase.last
                continue
        verb = _verb(line, i, book)
        if verb is not None:
            length, stance = verb
            cue = _verb_cue(line, i, length, stance, used, book)
            if cue is not None:
                cues.append(cue)
                used = after = max(cue.end, i + length)
    return cues


def _carried(line: Line, i: int, medium: Phrase | None, used: int, book: SpeechBook) -> _Cue | None:
    """ "Witnesses quoted by local radio said": the witnesses speak."""
    if medium is None or line.words[i].norm not in book.quoted or medium.last >= len(line.words):
        return None
    verb = _verb(line, medium.last, book)
    phrase = subject_before(line, i, used, book, False) if verb else None
    if verb is None or phrase is None:
        return None
    return _Cue(phrase, phrase.first, medium.last + verb[0], verb[1], True, False)


def _before(line: Line, i: int, book: SpeechBook) -> tuple[int, bool] | None:
    for parts in book.before.get(line.words[i].norm, ()):
        size = len(parts)
        if size == 1 or tuple([word.norm for word in line.words[i : i + size]]) == parts:
            return len(parts), " ".join(parts) in book.before_weak
    return None


def _before_holds(line: Line, phrase: Phrase, weak: bool, book: SpeechBook) -> bool:
    if not weak:
        return True
    after = [word.norm for word in line.words[phrase.last : phrase.last + 2]]
    return " ".join(after) in book.as_saying or (len(after) > 0 and after[0] in book.as_saying)


def _verb(line: Line, i: int, book: SpeechBook) -> tuple[int, str] | None:
    norm = line.words[i].norm
    if i + 1 < len(line.words):
        pair = f"{norm} {line.words[i + 1].norm}"
        if pair in book.verbs:
            return 2, book.verbs[pair]
    stance = book.verbs.get(norm)
    return (1, stance) if stance else None


def _verb_cue(line: Line, i: int, length: int, stance: str, used: int, book: SpeechBook) -> _Cue | None:
    norm = line.words[i].norm
    previous = line.words[i - 1].norm if i else ""
    if previous in ("to", "not", "reportedly") or (previous == "be"):
        return None
    k = i - 1
    while k > 0 and k > i - 3 and (line.words[k].norm in ("also", "not") or line.words[k].norm.endswith("ly")):
        k -= 1
    if i and line.words[k].norm in book.copular:
        if norm not in book.quoted or not _as_saying(line, i + 1, book):
            return None
        phrase = subject_before(line, i - 1, used, book, True)
        return _Cue(phrase, phrase.first, i + 1, "states", True, True) if phrase else None
    claim = " ".join(word.norm for word in line.words[i : i + 2]) in book.claim_phrases
    strong = norm not in book.weak and norm not in book.strict
    phrase = subject_before(line, i, used, book, strong)
    if phrase is not None and phrase.first and line.words[phrase.first - 1].norm in _NOBODY:
        return None
    if norm in _INVERTING:
        inverted = _inverted(line, i, phrase, book)
        if inverted is not None:
            return _Cue(inverted, i, inverted.last, stance, i == 0, i > 0)
    if phrase is None:
        return None
    if claim:
        # Claiming an act is not vouching for the figures told with it.
        return _Cue(phrase, phrase.first, i + length, "claims", False, False)
    if line.caps and phrase.kind is None and phrase.institution is None and norm in book.weak:
        return None
    if not strong and not _speech_follows(line, i + length, book):
        return None
    backward = _closes(line, i + length, book)
    if phrase.first == 0 or not says_something(line, 0, phrase.first):
        backward = False
    return _Cue(phrase, phrase.first, i + length, stance, not backward, backward)


def _inverted(line: Line, i: int, left: Phrase | None, book: SpeechBook) -> Phrase | None:
    """The subject after its verb: "... said the Observatory", also where what was said ends in a speaking noun."""
    after = phrase_from(line, i + 1, book)
    if after is None or after.first != i + 1:
        return None
    n = len(line.words)
    closing = book.adding | {"who", "which"}
    ends = after.last >= n or line.words[after.last].norm in closing or line.words[after.last].gap == 3
    if left is None:
        mark = line.text[line.words[i - 1].end : line.words[i].start] if i else ""
        parted = any(c in mark for c in ",\"”'")
        return after if ends or parted or (after.institution is not None and i > 3) else None
    opens = left.first == 0 or not says_something(line, 0, left.first)
    named = after.institution is not None or after.back is not None or not after.generic
    return after if ends and named and not opens and not comma_before(line, left.first) else None


def _as_saying(line: Line, i: int, book: SpeechBook) -> bool:
    return any(
        " ".join(word.norm for word in line.words[k : k + 2]) in book.as_saying
        for k in range(i, min(i + 5, len(line.words)))
    )


def _speech_follows(line: Line, i: int, book: SpeechBook) -> bool:
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


def _closes(line: Line, i: int, book: SpeechBook) -> bool:
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
    return all(
        word.norm in known or word.norm in told or word.norm.isdigit() or is_capital(line, word) for word in rest
    )


def says_something(line: Line, first: int, last: int) -> bool:
    """Whether words [first, last) could say something by themselves (a clause, not "On Sunday")."""
    return last - first > 5


def _headline(line: Line, book: SpeechBook) -> _Cue | None:
    """ "Monitor: 20 killed", "20 killed in raid - monitor" and, with its mark lost, "20 killed in raid monitor"."""
    if not line.words:
        return None
    start, end = line.sentence.span
    label = _LABEL.match(line.text, start, end)
    if label:
        last = next((k for k, word in enumerate(line.words) if word.start >= label.end() - 1), len(line.words))
        phrase = describe(line, 0, last, book) if last <= 5 else None
        if phrase is not None:
            return _Cue(phrase, 0, last, "states", True, False)
    n = len(line.words)
    last_word = line.words[-1].norm
    if last_word in book.headline_last and n > 5:
        marked = line.words[-1].gap == 3 or ":" in line.text[line.words[-2].end : line.words[-1].start]
        if marked or last_word in ("monitor", "monitors", "activists", "officials"):
            phrase = describe(line, n - 1, n, book)
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


def _scopes(line: Line, cues: Sequence[_Cue]) -> list[Span]:
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
    for before, after in pairwise(cues):
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


def _break_between(line: Line, first: int, last: int) -> int:
    for k in range(last - 1, first, -1):
        if line.words[k].norm in ("while", "but", "whereas"):
            return k
    return last


def _speaker(line: Line, cue: _Cue, scope: Span, memory: _Memory, book: SpeechBook) -> Speaker | None:
    phrase = cue.phrase
    span = phrase.name
    if phrase.back is not None:
        known = _antecedent(line.text, phrase, memory, book)
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


def _antecedent(text: str, phrase: Phrase, memory: _Memory, book: SpeechBook) -> Speaker | None:
    spoken = memory.spoken[-LOOK_BACK:]
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
    if noun in book.offices:
        return next((s for s in reversed(spoken) if _holds(text, s, noun)), None)
    if noun in ("statement", "report", "toll", "video", "claim", "communique", "bulletin", "latter", "man", "woman"):
        return spoken[-1] if spoken else None
    for speaker in reversed(spoken):
        if speaker.kind == phrase.kind:
            return speaker
    if phrase.kind in ("source", "official", "witness", "activist"):
        return spoken[-1] if spoken else None
    return None


def _holds(text: str, speaker: Speaker, office: str) -> bool:
    """Is the office told beside the speaker's name ("governor Ali Sesay said", "Ali Sesay, the governor, said")?"""
    first, last = speaker.span
    before = _ENDS.split(text[max(0, first - _OFFICE) : first])[-1]
    behind = _ENDS.split(text[last : last + _OFFICE])[0]
    return any(word.norm == office for side in (before, behind) for word in words(side, 0, len(side)))


def _touching(quotes: Sequence[Span], start: int, end: int) -> Sequence[Span]:
    """The quotations that overlap a range; they are sorted and apart."""
    return quotes[bisect_right(quotes, start, key=lambda q: q[1]) : bisect_left(quotes, end, key=lambda q: q[0])]


def _is_quoted(line: Line, quotes: Sequence[Span]) -> bool:
    start, end = line.sentence.span
    return any(a <= start and end <= b + 2 for a, b in _touching(quotes, start, end))


def _with_quotes(speaker: Speaker, quotes: Sequence[Span]) -> Speaker:
    """The scope widened to every quotation that touches the sentence's part of this speaker."""
    start, end = speaker.scope
    for a, b in _touching(quotes, *speaker.scope):
        start, end = min(start, a), max(end, b)
    return replace(speaker, scope=(start, end)) if (start, end) != speaker.scope else speaker


def _labelled(text: str, sentences: Sequence[Sentence]) -> list[Speaker]:
    """Speakers of a transcript: "[GONZALEZ] WE WERE HELD FOR TWO DAYS." Each speaks up to the next bracketed mark."""
    found: list[Speaker] = []
    end = 0
    for sentence in sentences:
        match = _BRACKET.match(text, *sentence.span)
        if match is None or match.start() < end or _NO_NAME.match(match[1]):
            continue
        following = _BRACKET.search(text, match.end(), match.end() + 20_000)
        while following is not None and not _opens_turn(text, following):
            following = _BRACKET.search(text, following.end(), match.end() + 20_000)
        end = following.start() if following else text.find("\n\n", match.end())
        end = end if end > 0 else sentences[-1].span[1]
        found.append(Speaker(match[1], match.span(1), (match.end(), end), "states"))
    return found


def _opens_turn(text: str, bracket: re.Match[str]) -> bool:
    """Whether a bracketed mark stands at the start of a line or ends a recording, not within a sentence."""
    before = text[max(0, bracket.start() - 2) : bracket.start()]
    return before[-1:] in ("", "\n", "]") or before.endswith("] ") or bracket[1].upper().startswith("END")
