"""Casualty figures of one sentence: how many of whom came to what harm.

A figure is a number phrase (or "a woman", "civilians") tied to a word of harm by where it stands:
before a passive or intransitive word ("13 people were killed", "13 died"), after an active one
("killed 13 people"), next to a state or a noun ("13 dead", "13 deaths"). Numbers joined by "and"
share their word; "including", "among them" open a part. The conventions of what a phrase means are
GUIDELINES.md, "Casualties", and RULINGS.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.tokens import Hit, Phrases, Tokens
from tollbook.extract.words import phrases, words
from tollbook.model import Actor, AgeGroup, Count, Harm, Sex, Span, Who

HARMS: tuple[Harm, ...] = ("killed", "injured", "missing", "abducted", "detained", "displaced")
USES = ("verb", "active", "subject", "state", "counted", "of", "toll", "vague")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure found in a sentence. `part_of` is the index of its whole in the same list.

    `counted` is False for a group named without any number ("civilians were killed").
    """

    span: Span
    harm: Harm
    who: Who
    min: int | None
    max: int | None
    approx: bool = False
    word: str | None = None
    counted: bool = True
    part_of: int | None = None
    among_dead: bool = False
    undivided: bool = False
    head: str | None = None
    of: str | None = None
    of_span: Span | None = None
    role: str | None = None
    sex: Sex | None = None
    age_group: AgeGroup | None = None
    cue: Span = (0, 0)
    definite: bool = False
    name: str | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class _Cue:
    harm: Harm
    use: str


@dataclass(frozen=True, slots=True)
class _Group:
    """A noun phrase for people: tokens [first, last), its number and its head noun."""

    first: int
    last: int
    count: Count | None
    head: str | None
    actor: Actor | None
    article: bool = False
    definite: bool = False
    possessive: bool = False
    name: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The compiled word lists of `harm.yml` and `groups.yml`."""

    cues: Phrases[_Cue]
    nouns: Phrases[str]
    who: dict[str, Who]
    role: dict[str, str]
    sex: dict[str, Sex]
    age: dict[str, AgeGroup]


@cache
def vocabulary() -> Vocabulary:
    """Loads and checks the lists. Raises LexiconError for a harm, use or class that is not known."""
    harm: dict[str, dict[str, list[str]]] = lexicon.load("lexicon/en/harm")
    groups: dict[str, Any] = lexicon.load("lexicon/en/groups")
    entries: list[tuple[str, _Cue]] = []
    for name, uses in harm.items():
        if name not in HARMS:
            raise LexiconError(f"harm.yml: {name!r} is not one of {', '.join(HARMS)}")
        for use, listed in uses.items():
            if use not in USES:
                raise LexiconError(f"harm.yml: {name}: {use!r} is not one of {', '.join(USES)}")
            entries += [(phrase, _Cue(name, use)) for phrase in listed]
    classes: dict[str, Who] = {}
    for who in ("unknown", "civilian", "state_forces", "armed_group"):
        for noun in groups[who]:
            classes[noun] = who  # a class named later is the narrower one and wins
    for part in ("roles", "sex", "age"):
        for key, nouns in groups[part].items():
            for noun in nouns:
                if noun not in classes:
                    raise LexiconError(f"groups.yml: {part}: {key}: {noun!r} is in no class")

    def table(part: str) -> dict[str, Any]:
        return {n: k for k, ns in groups[part].items() for n in ns}

    return Vocabulary(
        Phrases(entries), Phrases((n, n) for n in classes), classes, table("roles"), table("sex"), table("age")
    )


def find_figures(text: str, tokens: Tokens, counts: Sequence[Count], actors: Sequence[Actor]) -> list[Figure]:
    """The figures of the sentence that `tokens` covers, in text order; `part_of` points into the result."""
    vocab = vocabulary()
    cues = _one_each(vocab.cues.find(tokens))
    zeros = _nobody(tokens)
    if not cues:
        return zeros
    groups = _groups(tokens, counts, actors, vocab)
    cues = _live_cues(tokens, cues, groups)
    groups = _with_names(text, tokens, cues, groups, actors)
    links = _link(tokens, cues, groups)
    links = _with_parts(tokens, groups, links)
    figures = [_figure(tokens, groups[g], cues[c], undivided, vocab) for g, c, undivided in links]
    order = [g for g, _, _ in links]
    figures = _parts(tokens, groups, order, figures)
    read = _households(tokens, groups, order, figures)
    read = [f for f in read if not any(z.span[0] <= f.cue[0] < z.span[1] for z in zeros)]
    return [*read, *zeros] or _vague(tokens, cues)


def _nobody(tokens: Tokens) -> list[Figure]:
    """ "No casualties", "without loss of life": zero, said of the killed, the injured, or both."""
    low = " ".join(tokens.low)
    for phrase in phrases("nobody"):
        at = f" {low} ".find(f" {phrase} ")
        if at < 0 or any(w in low[:at].split()[-3:] for w in ("reports", "report", "word")):
            continue
        first = low[:at].count(" ")
        span = (tokens.starts[first], tokens.ends[first + phrase.count(" ")])
        harms: tuple[Harm, ...] = ("killed", "injured")
        if phrase.split()[-1] in ("deaths", "fatalities", "life"):
            harms = ("killed",)
        elif phrase.split()[-1] in ("injuries", "hurt"):
            harms = ("injured",)
        return [Figure(span, harm, "unknown", 0, 0, cue=span) for harm in harms]
    return []


def _vague(tokens: Tokens, cues: Sequence[Hit[_Cue]]) -> list[Figure]:
    """Harm told without any group or number ("inflicting heavy losses"): one figure of at least one."""
    for cue in cues:
        if cue.value.use == "vague":
            span = (tokens.starts[cue.first], tokens.ends[cue.last - 1])
            return [Figure(span, cue.value.harm, "unknown", 1, None, counted=False, cue=span)]
    return []


def _with_parts(
    tokens: Tokens, groups: Sequence[_Group], links: list[tuple[int, int, bool]]
) -> list[tuple[int, int, bool]]:
    """Adds groups that only a part-word ties to a figure: "13 were killed, among them a child and two women"."""
    linked = {g for g, _, _ in links}
    extra: list[tuple[int, int, bool]] = []
    for g, group in enumerate(groups):
        if g in linked or (group.count is None and not group.article):
            continue
        before = [(h, c) for h, c, _ in [*links, *extra] if h < g]
        if not before:
            after = [(h, c) for h, c, _ in links if h == g + 1]
            if after and "among" in tokens.low[group.last : groups[g + 1].first]:
                extra.append((g, after[0][1], False))
            continue
        lead = " ".join(tokens.low[max(0, group.first - 3) : group.first])
        tail = " ".join(tokens.low[group.first : group.last + 3])
        near = before[-1]
        close = group.first - groups[near[0]].last <= 14
        opened = any(lead.endswith(p) for p in phrases("part")[:-1]) or any(p in tail for p in phrases("of_whole"))
        split = ":" in tokens.low[groups[near[0]].last : group.first] and _adds_up(groups, near[0], g)
        goes_on = any(e[0] == g - 1 for e in extra) and _chained(tokens, groups[g - 1], group)
        if (close and (opened or split)) or goes_on:
            extra.append((g, near[1], False))
    return sorted([*links, *extra])


def _adds_up(groups: Sequence[_Group], whole: int, first: int) -> bool:
    """Do the numbered groups from `first` on add up to the whole's number?"""
    counts = [g.count.min for g in groups[first:] if g.count is not None and g.count.min is not None]
    told = groups[whole].count
    return told is not None and any(sum(counts[:k]) == told.min for k in range(2, len(counts) + 1))


def _households(tokens: Tokens, groups: Sequence[_Group], order: list[int], figures: list[Figure]) -> list[Figure]:
    """ "a woman and her two sons" is one figure of three (GUIDELINES count persons, not phrases)."""
    result: list[Figure] = []
    gone: dict[int, int] = {}
    for k, figure in enumerate(figures):
        group = groups[order[k]]
        last = result[-1] if result else None
        joined = (
            last is not None and k > 0 and order[k - 1] == order[k] - 1 and group.possessive
            and last.harm == figure.harm
            and last.part_of == figure.part_of and last.counted and not last.word and not figure.word
            and "and" in tokens.low[groups[order[k - 1]].last : group.first]
            and (group.count is not None or not (group.head or "").endswith(("s", "children")))
        )  # fmt: skip
        if joined and last is not None and last.min is not None and figure.min is not None:
            result[-1] = replace(
                last, span=(last.span[0], figure.span[1]), min=last.min + figure.min,
                max=None if last.max is None or figure.max is None else last.max + figure.max,
                sex=None, age_group=None, role=None,
            )  # fmt: skip
            gone[k] = len(result) - 1
            continue
        part = figure.part_of
        result.append(replace(figure, part_of=gone.get(part, part)) if part is not None else figure)
        gone[k] = len(result) - 1
    return result


def _one_each(cues: list[Hit[_Cue]]) -> list[Hit[_Cue]]:
    """One cue a place: a form that is verb and noun alike ("arrests", "displaced") is read as the verb."""
    seen: dict[int, Hit[_Cue]] = {}
    for hit in cues:
        seen.setdefault(hit.first, hit)
    return list(seen.values())


# --- groups -------------------------------------------------------------------------------------


def _groups(tokens: Tokens, counts: Sequence[Count], actors: Sequence[Actor], vocab: Vocabulary) -> list[_Group]:
    """Noun phrases for people, numbered or not, in order and not overlapping."""
    nouns = {hit.first: hit for hit in vocab.nouns.find(tokens)}
    by_token: dict[int, Actor] = {}
    for actor in actors:
        if tokens.span[0] <= actor.span[0] < tokens.span[1]:
            for i in range(tokens.at(actor.span[0]), min(tokens.at(actor.span[1] - 1) + 1, len(tokens))):
                by_token[i] = actor
    groups: list[_Group] = []
    taken = 0
    starts = {tokens.at(c.span[0]): c for c in counts if tokens.span[0] <= c.span[0] and c.span[1] <= tokens.span[1]}
    i = 0
    while i < len(tokens):
        if i in starts:
            group = _noun_phrase(tokens, i, tokens.at(starts[i].span[1] - 1) + 1, starts[i], nouns, by_token, starts)
        elif tokens.low[i] in words("articles") and not any(i < k <= i + 2 for k in starts):
            group = _noun_phrase(tokens, i, i + 1, None, nouns, by_token, starts)
            if group.head is None or (group.last < len(tokens) and tokens.low[group.last] in words("not_persons")):
                i += 1
                continue
        elif i in nouns and i >= taken and not _rank_only(tokens, nouns[i]):
            group = _bare(tokens, i, nouns, by_token)
        else:
            i += 1
            continue
        if not _kin_of(tokens, group):
            groups.append(group)
        i = taken = max(group.last, i + 1)
    return groups


def _kin_of(tokens: Tokens, group: _Group) -> bool:
    """ "The father of four boys": the boys are not the ones harmed."""
    i = group.first
    return i >= 2 and tokens.low[i - 1] == "of" and tokens.low[i - 2] in words("kin")


def _noun_phrase(
    tokens: Tokens,
    first: int,
    i: int,
    count: Count | None,
    nouns: dict[int, Hit[str]],
    actors: dict[int, Actor],
    starts: dict[int, Count],
) -> _Group:
    """From a number or article on: skips up to six words for the head noun ("13 Syrian government soldiers")."""
    head: str | None = None
    actor: Actor | None = None
    last = i
    j = i
    if (
        j < len(tokens)
        and tokens.low[j] == "of"
        and j + 1 < len(tokens)
        and tokens.low[j + 1] in ("the", "its", "his", "their", "our", "these", "them")
    ):
        j += 1  # "several of the", "dozens of their"
    elif j < len(tokens) and tokens.low[j] == "of":
        j += 1
    limit = j + 7
    while j < min(limit, len(tokens)):
        if j in nouns and _rank_only(tokens, nouns[j]):
            j += 1
            continue
        if j in nouns:
            hit = nouns[j]
            head, last, j = hit.value, hit.last, hit.last
            actor = actors.get(hit.first, actor)
            if (
                j < len(tokens)
                and tokens.low[j] == "of"
                and head in ("member", "members", "group", "party", "family", "number")
            ):
                follow = _after_of(tokens, j + 1, actors)
                if follow is not None:
                    actor, last = follow
                break
            if j not in nouns:
                break
            continue
        if j in actors:
            actor = actors[j]
            last = j + 1
            j += 1
            continue
        if tokens.low[j] in words("stop_np") or not tokens.low[j][0].isalnum():
            if tokens.low[j] == "'" or tokens.low[j] == "-":
                j += 1
                continue
            break
        if tokens.low[j] in _cue_words():
            break
        j += 1
    if head is None and actor is None:
        last = i
    of_count = None
    if head in words("collective") and last + 1 < len(tokens) and tokens.low[last] == "of":
        of_count = starts.get(last + 1)
    if of_count is not None:  # "a family of five"
        count, last = of_count, tokens.at(of_count.span[1] - 1) + 1
        if last in nouns:
            last = nouns[last].last
    possessive = first > 0 and tokens.low[first - 1] in words("possessive")
    return _Group(first, max(last, i), count, head, actor, article=count is None, possessive=possessive)


@cache
def _cue_words() -> frozenset[str]:
    harm: dict[str, dict[str, list[str]]] = lexicon.load("lexicon/en/harm")
    uses = ("verb", "active", "subject", "state")
    firsts = {phrase.split()[0] for kinds in harm.values() for use in uses for phrase in kinds.get(use, [])}
    return frozenset(firsts - words("adverb"))


def _rank_only(tokens: Tokens, hit: Hit[str]) -> bool:
    """ "Two major cities", "the general strike": a rank's word that describes the next noun."""
    if hit.value not in words("rank_or_adjective") or hit.last >= len(tokens):
        return False
    after = tokens.low[hit.last]
    return after[0].isalpha() and after not in words("stop_np") and after not in _cue_words()


def _after_of(tokens: Tokens, j: int, actors: dict[int, Actor]) -> tuple[Actor, int] | None:
    """The actor of "members of the X", within three words."""
    for k in range(j, min(j + 4, len(tokens))):
        if k in actors:
            actor = actors[k]
            return actor, tokens.at(actor.span[1] - 1) + 1
    return None


def _bare(tokens: Tokens, i: int, nouns: dict[int, Hit[str]], actors: dict[int, Actor]) -> _Group:
    """A person noun without a number of its own, with the determiner before it."""
    hit = nouns[i]
    last = hit.last
    head = hit.value
    while last in nouns:
        head, last = nouns[last].value, nouns[last].last
    first = i
    while first > 0 and first - 1 in actors and i - first < 4:
        first -= 1
    before = tokens.low[first - 1] if first else ""
    return _Group(
        first,
        last,
        None,
        head,
        actors.get(i) or actors.get(first),
        definite=before in ("the", "his", "her", "their", "its", "this"),
        article=before in words("possessive") and not head.endswith(("s", "children", "people", "men", "women")),
        possessive=before in words("possessive"),
    )


def _with_names(
    text: str, tokens: Tokens, cues: Sequence[Hit[_Cue]], groups: Sequence[_Group], actors: Sequence[Actor]
) -> list[_Group]:
    """Adds persons told by name next to a word of harm ("Ahmad Karim, a baker, was killed"); mixed case only."""
    if text[tokens.span[0] : tokens.span[1]].isupper():
        return list(groups)
    taken = {i for g in groups for i in range(g.first, g.last)}
    for actor in actors:
        first, last = tokens.at(actor.span[0]), tokens.at(actor.span[1] - 1) + 1
        if last - first > 1 or last >= len(tokens) or not _capital(text, tokens, last):  # a first name may be a group's
            taken |= set(range(first, last))
    names: list[_Group] = []
    for cue in cues:
        if cue.value.use not in ("verb", "subject", "active", "of", "state"):
            continue
        passive = _passive(tokens, cue.first)
        ends = (
            _name_before(text, tokens, cue.first, taken) if passive or cue.value.use in ("subject", "state") else None
        )
        if ends is None and not passive and cue.value.use in ("verb", "active", "of"):
            ends = _name_from(text, tokens, cue.last, taken)
        if ends is not None and not any(ends[0] < n.last and n.first < ends[1] for n in names):
            names.append(_Group(ends[0], ends[1], None, None, None, article=True, name=True))
    told_of = [(n.last, c.first) for n in names for c in cues if 0 <= c.first - n.last <= 18]
    kept = [g for g in groups if not any(a <= g.first and g.last <= b and _apposed(tokens, a, g) for a, b in told_of)]
    return sorted([*kept, *names], key=lambda g: g.first)


def _apposed(tokens: Tokens, name_end: int, group: _Group) -> bool:
    """Does the group only describe the person named right before it ("Amal Haddad, a nurse, was killed")?"""
    return group.article and name_end < len(tokens) and tokens.low[name_end] == "," and group.first - name_end <= 3


def _capital(text: str, tokens: Tokens, i: int) -> bool:
    start = tokens.starts[i]
    if tokens.low[i].startswith(("al-", "el-", "as-", "ad-", "ar-", "an-", "az-", "ash-")):
        start += tokens.low[i].index("-") + 1
    return (
        text[start].isupper()
        and tokens.low[i] not in words("not_names")
        and not text[tokens.starts[i] : tokens.ends[i]].isdigit()
    )


def _name_from(text: str, tokens: Tokens, i: int, taken: set[int]) -> tuple[int, int] | None:
    """Two to five capitalised words from token `i` on."""
    last = i
    while last < len(tokens) and last - i < 5 and last not in taken and _capital(text, tokens, last):
        last += 1
    return (i, last) if 2 <= last - i <= 4 else None


def _name_before(text: str, tokens: Tokens, i: int, taken: set[int]) -> tuple[int, int] | None:
    """The name that ends before the verb at `i`: directly, or before an apposition between commas."""
    k = i
    while k > 0 and (
        tokens.low[k - 1] in words("be") or tokens.low[k - 1] in words("have") or tokens.low[k - 1] in words("adverb")
    ):
        k -= 1
    if k == i and tokens.low[i - 1 : i] and i > 0 and tokens.low[i - 1] == "who":
        k = i - 1
    if k > 0 and tokens.low[k - 1] == ",":
        comma = next((j for j in range(k - 2, max(-1, k - 16), -1) if tokens.low[j] == ","), None)
        if comma is None:
            return None
        k = comma
    first = k
    while first > 0 and k - first < 5 and first - 1 not in taken and _capital(text, tokens, first - 1):
        first -= 1
    return (first, k) if 2 <= k - first <= 4 else None


# --- cues ---------------------------------------------------------------------------------------


def _live_cues(tokens: Tokens, cues: list[Hit[_Cue]], groups: Sequence[_Group]) -> list[Hit[_Cue]]:
    """Cues that speak of harm done: not negated, not wished for, and not the head of a group ("the wounded")."""
    heads = {i for g in groups if g.head for i in range(g.first, g.last)}
    live = []
    for hit in cues:
        if hit.value.use in ("verb", "active", "subject") and hit.first in heads and hit.last - hit.first == 1:
            continue
        before = tokens.low[max(0, hit.first - 4) : hit.first]
        if hit.value.use in ("verb", "active", "subject") and any(w in words("unreal") for w in before[-3:]):
            continue
        driven = hit.value.harm == "displaced" and tokens.low[hit.first] in words("drive")
        if driven and not any(w in words("flight") for w in tokens.low[hit.last :]):
            continue
        live.append(hit)
    return live


def _passive(tokens: Tokens, first: int) -> bool:
    """Is the word at `first` a passive: a form of "be" within the three words before, adverbs between?"""
    for k in range(first - 1, max(first - 5, -1), -1):
        word = tokens.low[k]
        if word in words("be"):
            return True
        if (
            word not in words("adverb")
            and not word.endswith("ly")
            and word not in ("and", "or", "wounded", "injured", "killed", ",")
        ):
            return False
    return False


# --- linking ------------------------------------------------------------------------------------


def _link(tokens: Tokens, cues: list[Hit[_Cue]], groups: Sequence[_Group]) -> list[tuple[int, int, bool]]:
    """(group, cue, undivided) in group order; a group is used by one harm, or by both words of "killed and wounded"."""
    links: list[tuple[int, int, bool]] = []
    used: dict[int, str] = {}
    i = 0
    while i < len(cues):
        pair = [i]
        while pair[-1] + 1 < len(cues) and _joined(tokens, cues[pair[-1]], cues[pair[-1] + 1]):
            pair.append(pair[-1] + 1)
        chain = _victims(tokens, cues, pair, groups, used)
        harms = {cues[c].value.harm for c in pair}
        if len(harms) > 1:
            joiners = {tokens.low[k] for a, b in itertools.pairwise(pair) for k in range(cues[a].last, cues[b].first)}
            undivided = "or" in joiners or any(groups[g].count is not None for g in chain)
        else:
            undivided = False
        for g in chain:
            told = groups[g].count
            vague = told is None or told.word is not None or told.max == 0
            nobody = told is not None and told.max == 0  # "no one was killed or hurt" is zero of both
            if len(harms) > 1 and undivided and not nobody and not ("and" in joiners and vague):
                c = next((c for c in pair if cues[c].value.harm == "injured"), pair[0])
                links.append((g, c, True))
            else:
                done: set[str] = set()
                for c in pair:
                    if cues[c].value.harm not in done:
                        done.add(cues[c].value.harm)
                        links.append((g, c, False))
            used[g] = cues[pair[0]].value.harm
        i = pair[-1] + 1
    return sorted(links)


def _joined(tokens: Tokens, a: Hit[_Cue], b: Hit[_Cue]) -> bool:
    """Two words of harm with only "and"/"or" between them: "killed and wounded"."""
    between = tokens.low[a.last : b.first]
    return 0 < len(between) <= 3 and all(
        w in ("and", "or", "/", ",", "otherwise", "seriously", "and/or") for w in between
    )


def _victims(
    tokens: Tokens, cues: list[Hit[_Cue]], pair: list[int], groups: Sequence[_Group], used: dict[int, str]
) -> list[int]:
    first, last = cues[pair[0]], cues[pair[-1]]
    lower = cues[pair[0] - 1].last if pair[0] else 0
    upper = cues[pair[-1] + 1].first if pair[-1] + 1 < len(cues) else len(tokens)
    use = first.value.use

    def left(reach: int) -> list[int]:
        return _leftward(tokens, groups, first.first, lower, reach, used)

    def right(reach: int) -> list[int]:
        return _rightward(tokens, groups, last.last, upper, reach, used)

    if use == "vague":
        return []
    if use == "active" and tokens.low[first.last - 1] in words("weak_kill"):
        return [g for g in right(3) if groups[g].head is not None and groups[g].count is not None]
    if use == "active":
        return right(4) or [g for g in left(0) if groups[g].count is not None]
    if use in ("of", "toll"):
        return right(4 if use == "of" else 24)
    if use == "counted":
        return left(0)
    if use == "state":
        return left(1) or (left(4) if _passive(tokens, first.first) else [])
    if use == "subject":
        return left(9)
    if _passive(tokens, first.first):
        return left(14) or right(2)
    beside = left(0)
    after = right(2)
    struck = after and groups[after[0]].first == last.last and (groups[after[0]].count or groups[after[0]].article)
    if beside and groups[beside[-1]].count is not None and not struck:
        return beside  # "4 killed in blast"; but "two men shot dead a journalist" has its victim behind
    if after and (groups[after[0]].count is not None or groups[after[0]].article):
        return after
    return beside or after or left(2)


def _leftward(
    tokens: Tokens, groups: Sequence[_Group], position: int, lower: int, reach: int, used: dict[int, str]
) -> list[int]:
    """The chain of groups that ends at most `reach` words before `position`, back to `lower`."""
    near = [g for g in range(len(groups)) if groups[g].last <= position and groups[g].first >= lower and g not in used]
    if not near:
        return []
    end = near[-1]
    if position - groups[end].last > reach + _fillers(tokens, groups[end].last, position):
        return []
    chain = [end]
    while chain[0] - 1 in near and _chained(tokens, groups[chain[0] - 1], groups[chain[0]]):
        chain.insert(0, chain[0] - 1)
    while len(chain) > 1 and lower and _opens_part(tokens, groups[chain[0]]):
        chain.pop(0)  # "50 were killed, five of them children, and 98 wounded": the five belong to the 50
    numbered = [g for g in chain if groups[g].count is not None or groups[g].article]
    if numbered:
        return numbered
    # a number farther left in the clause belongs to the word when only places and times stand between
    if reach >= 9:
        farther = [g for g in near if groups[g].count is not None and groups[end].first - groups[g].last <= 8]
        if farther and groups[end].definite:
            return farther[-1:]
    return chain[-1:]


def _opens_part(tokens: Tokens, group: _Group) -> bool:
    """Does the group say of itself that it is part of one told before ("five of them", "including five")?"""
    told = " ".join(tokens.low[group.first : group.last + 2])
    before = " ".join(tokens.low[max(0, group.first - 2) : group.first])
    return any(p in told for p in phrases("of_whole")) or before.endswith(("including", "among them"))


def _fillers(tokens: Tokens, first: int, last: int) -> int:
    """Words between a group and its word of harm that do not count as distance."""
    return sum(
        1
        for w in tokens.low[first:last]
        if w in words("be")
        or w in words("have")
        or w in words("adverb")
        or w.endswith("ly")
        or w in (",", "and", "(", ")")
    )


def _rightward(
    tokens: Tokens, groups: Sequence[_Group], position: int, upper: int, reach: int, used: dict[int, str]
) -> list[int]:
    """The chain of groups that begins at most `reach` words after `position`, up to `upper`."""
    near = [g for g in range(len(groups)) if groups[g].first >= position and groups[g].first < upper and g not in used]
    if not near or groups[near[0]].first - position > reach or _own_participle(tokens, groups[near[0]], upper):
        return []
    chain = [near[0]]
    while (
        chain[-1] + 1 in near
        and _chained(tokens, groups[chain[-1]], groups[chain[-1] + 1])
        and not _own_cue(tokens, groups, chain[-1] + 1, upper)
    ):
        chain.append(chain[-1] + 1)
    numbered = [g for g in chain if groups[g].count is not None or groups[g].article]
    return numbered or chain[:1]


def _own_participle(tokens: Tokens, group: _Group, upper: int) -> bool:
    """ "... killed and 9 others injured": does the next word of harm follow the group at once, without "and"?"""
    gap = tokens.low[group.last : upper]
    return upper < len(tokens) and all(w in words("be") or w in words("have") or w in words("adverb") for w in gap)


def _own_cue(tokens: Tokens, groups: Sequence[_Group], g: int, upper: int) -> bool:
    """Does the word of harm at `upper` stand right behind this group ("killed 3 and 20 wounded")?"""
    return upper < len(tokens) and upper - groups[g].last - _fillers(tokens, groups[g].last, upper) <= 0


def _chained(tokens: Tokens, a: _Group, b: _Group) -> bool:
    """Do two groups belong to one count: only "and", commas, "including" and the like between them?"""
    between = tokens.low[a.last : b.first]
    if len(between) > 6:
        return False
    told = " ".join(between)
    for phrase in phrases("part"):
        told = told.replace(phrase, " ")
    return all(w in words("join") or w in words("chain") for w in told.split())


# --- figures ------------------------------------------------------------------------------------


def _figure(tokens: Tokens, group: _Group, cue: Hit[_Cue], undivided: bool, vocab: Vocabulary) -> Figure:
    count = group.count
    first, last = group.first, group.last
    if cue.value.use in ("counted", "state") and cue.first >= group.last and cue.first - group.last <= 1:
        last = cue.last
    span = (tokens.starts[first], tokens.ends[last - 1])
    head = group.head
    who: Who = "civilian" if group.name else vocab.who.get(head or "", "unknown")
    named = group.actor is not None and not (group.actor.generic and head in vocab.who)
    if (
        group.actor is not None
        and named
        and group.actor.who != "unknown"
        and who in ("unknown", "armed_group", "state_forces")
    ):
        who = group.actor.who
    plural = head is not None and head.endswith(("s", "people", "men", "children", "women", "police", "troops"))
    if count is not None:
        low, high, approx, word = count.min, count.max, count.approx, count.word
    elif group.article or not plural:
        low, high, approx, word = 1, 1, False, None
    else:
        low, high, approx, word = 1, None, False, None
    of = group.actor if group.actor is not None else None
    return Figure(
        span=span,
        harm=cue.value.harm,
        who=who,
        min=low,
        max=high,
        approx=approx,
        word=word,
        counted=count is not None or group.article,
        undivided=undivided or tokens.low[cue.first] == "casualties",
        head=head,
        of=of.actor_id if of else None,
        of_span=of.span if of else None,
        role=vocab.role.get(head or ""),
        sex=vocab.sex.get(head or ""),
        age_group=vocab.age.get(head or ""),
        cue=(tokens.starts[cue.first], tokens.ends[cue.last - 1]),
        definite=group.definite,
        name="" if group.name else None,
        among_dead=_listed_dead(tokens, group.first),
        more=any(
            w in ("more", "another", "further", "additional") for w in tokens.low[max(0, group.first - 1) : group.last]
        )
        and not (count is not None and count.min != count.max),
    )


def _listed_dead(tokens: Tokens, first: int) -> bool:
    """ "Those killed included six women", "Among the dead were two medics": a part of a toll told before."""
    before = tokens.low[max(0, first - 9) : first]
    if any(w in ("included", "include", "includes") for w in before):
        return any(w in words("dead_ones") for w in tokens.low[:first])
    return "among" in before and any(w in words("dead_ones") for w in before) and any(w in words("be") for w in before)


def _parts(tokens: Tokens, groups: Sequence[_Group], order: list[int], figures: list[Figure]) -> list[Figure]:
    """Sets `part_of`: after "including" and the like, and where the groups behind a colon add up to the first."""
    result = list(figures)
    for k in range(1, len(result)):
        whole = next(
            (j for j in range(k - 1, -1, -1) if result[j].harm == result[k].harm and order[j] != order[k]), None
        )
        if whole is None:
            continue
        between = (
            " ".join(tokens.low[groups[order[k - 1]].last : groups[order[k]].first]) if order[k - 1] != order[k] else ""
        )
        before = " ".join(tokens.low[max(0, groups[order[k]].first - 3) : groups[order[k]].first])
        after = " ".join(tokens.low[groups[order[k]].first : groups[order[k]].last + 3])
        opens = any(p in between or before.endswith(p) for p in phrases("part")[:-1]) or any(
            p in after for p in ("of them", "of whom", "of which")
        )
        if opens:
            root = (
                result[whole].part_of
                if result[whole].part_of is not None and between.startswith(("and", ","))
                else whole
            )
            result[k] = replace(result[k], part_of=root)
        elif (
            result[k - 1].part_of is not None
            and result[k - 1].harm == result[k].harm
            and between.strip() in ("and", ",", ", and", "as well as", "and the")
        ) and _fits(result, result[k - 1].part_of, k):
            result[k] = replace(result[k], part_of=result[k - 1].part_of)
    for k in range(len(result) - 1):
        gap = tokens.low[groups[order[k]].last : groups[order[k + 1]].first]
        small = (result[k].min or 0) < (result[k + 1].min or 0)
        if "among" in gap and len(gap) <= 4 and small and result[k].part_of is None:
            result[k] = replace(result[k], part_of=k + 1)
    return _sums(result)


def _fits(figures: Sequence[Figure], whole: int | None, k: int) -> bool:
    """Is the k-th figure small enough to be a part of the whole?"""
    if whole is None:
        return False
    bound = figures[whole].min or figures[whole].max
    return bound is None or (figures[k].min or 0) <= bound


def _sums(figures: list[Figure]) -> list[Figure]:
    """Groups that add up to a whole told first ("13 dead: 10 civilians and 3 guards") are its parts."""
    for w, whole in enumerate(figures):
        if whole.part_of is not None or whole.min is None or not whole.counted:
            continue
        rest = [
            k
            for k in range(w + 1, len(figures))
            if figures[k].harm == whole.harm and figures[k].part_of is None and figures[k].counted
        ]
        if len(rest) >= 2 and sum(figures[k].min or 0 for k in rest) == whole.min:
            figures = [replace(f, part_of=w) if k in rest else f for k, f in enumerate(figures)]
    return figures
