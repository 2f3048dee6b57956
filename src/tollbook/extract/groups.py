"""The people a sentence counts or names: noun phrases with their number ("13 Syrian soldiers", "a woman", a name).

The words are those of `harm.yml` and `groups.yml` in `data/lexicon/en`; `vocabulary` compiles and checks both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.extract.tokens import Hit, Phrases, Tokens
from tollbook.extract.words import words
from tollbook.model import Actor, AgeGroup, Count, Harm, Sex, Who
from tollbook.resolve.countries import countries
from tollbook.resolve.numbers import numerals

HARMS: tuple[Harm, ...] = ("killed", "injured", "missing", "abducted", "detained", "displaced")
USES = ("verb", "active", "subject", "state", "counted", "of", "toll", "told", "vague")


_TELLER = 9  # tokens from "a" to "said" ("a spokesman for the state hospital said")
_PLURAL = ("s", "men", "people", "children", "women")
_ACRONYM = 8  # tokens of a bracket that only spells out a name


@dataclass(frozen=True, slots=True)
class Cue:
    """What a word of harm says: which harm, and where the harmed stand (`USES`)."""

    harm: Harm
    use: str


@dataclass(frozen=True, slots=True)
class Group:
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

    cues: Phrases[Cue]
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
    entries: list[tuple[str, Cue]] = []
    for name, uses in harm.items():
        if name not in HARMS:
            raise LexiconError(f"harm.yml: {name!r} is not one of {', '.join(HARMS)}")
        for use, listed in uses.items():
            if use not in USES:
                raise LexiconError(f"harm.yml: {name}: {use!r} is not one of {', '.join(USES)}")
            entries += [(phrase, Cue(name, use)) for phrase in listed]
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


def find_groups(tokens: Tokens, counts: Sequence[Count], actors: Sequence[Actor], vocab: Vocabulary) -> list[Group]:
    """Noun phrases for people, numbered or not, in order and not overlapping."""
    nouns = {hit.first: hit for hit in vocab.nouns.find(tokens)}
    by_token: dict[int, Actor] = {}
    for actor in actors:
        if tokens.span[0] <= actor.span[0] < tokens.span[1]:
            for i in range(tokens.at(actor.span[0]), min(tokens.at(actor.span[1] - 1) + 1, len(tokens))):
                by_token[i] = actor
    groups: list[Group] = []
    taken = 0
    starts = {tokens.at(c.span[0]): c for c in counts if tokens.span[0] <= c.span[0] and c.span[1] <= tokens.span[1]}
    articles, after = words("articles"), 0
    for i in [k for k, word in enumerate(tokens.low) if k in starts or k in nouns or word in articles]:
        if i < after:
            continue
        if i in starts:
            group = _noun_phrase(tokens, i, tokens.at(starts[i].span[1] - 1) + 1, starts[i], nouns, by_token, starts)
            if _thing(tokens, group, nouns) or tokens.low[max(0, i - 2) : i] == ("all", "but"):
                after = group.last
                continue
        elif tokens.low[i] in articles and i + 1 not in starts and i + 2 not in starts:
            group = _noun_phrase(tokens, i, i + 1, None, nouns, by_token, starts)
            if group.head is None or (group.last < len(tokens) and tokens.low[group.last] in words("not_persons")):
                continue
            if tokens.low[group.last : group.last + 1] == ("'",) and group.head.endswith("s"):
                continue  # "a landlords' militia"
        elif i in nouns and i >= taken and not _rank_only(tokens, nouns[i]) and not _pointing_back(tokens, i):
            group = _bare(tokens, i, nouns, by_token, starts)
        else:
            continue
        if not _kin_of(tokens, group) and not _most_of(tokens, group) and not _speaking(tokens, group):
            groups.append(group)
        after = taken = max(group.last, i + 1)
    return groups


def _thing(tokens: Tokens, group: Group, nouns: dict[int, Hit[str]]) -> bool:
    """ "23 terrorist targets", "six police vehicles": what is counted are things."""
    i = group.last
    told = [nouns[k].value for k in range(group.first, i) if k in nouns]
    plain = group.head is None and group.actor is None and group.count is not None
    if plain and group.count is not None:
        k = tokens.at(group.count.span[1] - 1) + 1
        if k + 1 < len(tokens) and tokens.low[k + 1] in words("things") and tokens.low[k] not in words("stop_np"):
            return True  # "five off-road vehicles"
        if k < len(tokens) and (tokens.low[k] in words("things")):
            return True  # "some 50 motorcycles"
    if group.head is None and any(w in words("animals") for w in tokens.low[group.first : i + 2]):
        return True
    if i >= len(tokens) or tokens.low[i] not in words("not_persons") or i + 1 in nouns:
        return False
    named = bool(told) or (group.actor is not None and "of" not in tokens.low[group.first : i])
    return named and not any(noun.endswith(_PLURAL) for noun in told)


def plural(head: str) -> bool:
    """Does the noun name more than one person?"""
    return head.endswith((*_PLURAL, "police", "troops"))


def _says(tokens: Tokens, i: int) -> bool:
    """Does a word of saying stand at token `i`?"""
    return i < len(tokens) and tokens.low[i] in words("says_so")


def _pointing_back(tokens: Tokens, i: int) -> bool:
    """ "Among them": the people counted already, no others; nor is "standing guard" a person."""
    if tokens.low[i] == "guard" and i > 0 and tokens.low[i - 1] in ("standing", "stood", "on", "stand"):
        return True
    return tokens.low[i] in ("them", "these", "those") and i > 0 and tokens.low[i - 1] in ("among", "amongst")


def _most_of(tokens: Tokens, group: Group) -> bool:
    """ "Many of the victims": says who the dead mostly were; no number, and no others."""
    told = tokens.low[group.first : group.last]
    vague = group.count is not None and group.count.word in ("many", "most", "some", "a number", "several")
    return vague and told[-1] in words("the_dead") and told[-3:-1] == ("of", "the")


def _speaking(tokens: Tokens, group: Group) -> bool:
    """ "Nine were killed, a local official said": the one who tells of the harm is none of those who came to it."""
    if not group.article or not group.first or tokens.low[group.first - 1] != ",":
        return False
    for word in tokens.low[group.last : group.first + _TELLER]:
        if word in words("said"):
            return True
        if word == "who" or not word[0].isalnum() or word in harm_words():
            return False
    return False


def _kin_of(tokens: Tokens, group: Group) -> bool:
    """ "The father of four boys": the boys are not the ones harmed."""
    i = group.first
    if i < 2 or tokens.low[i - 1] != "of":
        return False
    return tokens.low[i - 2] in words("kin") or tokens.low[max(0, i - 3) : i - 1] == ("family", "members")


def _noun_phrase(
    tokens: Tokens,
    first: int,
    i: int,
    count: Count | None,
    nouns: dict[int, Hit[str]],
    actors: dict[int, Actor],
    starts: dict[int, Count],
) -> Group:
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
    if count is not None and tokens.low[j + 1 : j + 2] == ("own",) and j + 2 not in nouns:
        return Group(first, j + 2, count, "own", None)  # "lost four of its own"
    if count is not None and j < len(tokens) and tokens.low[j] in ('"', "”"):
        j += 1  # 'left "nearly 50" rebels dead'
    limit = j + 7
    while j < min(limit, len(tokens)):
        if count is None and head is None and (j in starts or tokens.low[j] == "of"):
            break  # "a toll of 31 people", "last May 30 people": the number opens a phrase of its own
        if j in nouns and _rank_only(tokens, nouns[j]):
            j += 1
            continue
        if j in nouns:
            hit = nouns[j]
            if head is not None and count is not None and _says(tokens, hit.last):
                break  # the speaker, where commas are lost: "killed at least 30 people police said"
            head, last, j = hit.value, hit.last, hit.last
            if actor is None or actor.who == "unknown" or head not in words("men_of"):
                actor = actors.get(hit.first, actor)
            if (
                j < len(tokens)
                and tokens.low[j] == "of"
                and (j + 1 not in starts or tokens.low[j + 1] == "one")
                and head in ("member", "members", "group", "party", "family", "number")
            ):
                follow = _after_of(tokens, j + 1, actors)
                if follow is not None:
                    actor, last = follow
                of_whom = _people_after_of(tokens, j + 1, nouns)
                if of_whom is not None and (follow is None or follow[0].generic):
                    head, last = of_whom.value, of_whom.last  # "12 members of its staff"
                break
            if j not in nouns:
                break
            continue
        if j in actors and tokens.low[j] not in _counted_words() and tokens.low[j] not in _cue_words():
            actor = actors[j]
            last = j + 1
            j += 1
            continue
        if tokens.low[j] in words("stop_np") or not tokens.low[j][0].isalnum():
            if tokens.low[j] == "'" or tokens.low[j] == "-":
                j += 1
                continue
            spelled = _spelled_out(tokens, j) if head is None and count is not None and j > i else j
            if spelled > j:
                limit, j = limit + spelled - j, spelled
                continue
            break
        if (tokens.low[j] in _cue_words() or tokens.low[j] in _counted_words()) and not (
            tokens.low[j] in words("befell_before") and of_bodies(tokens, first)
        ):
            break
        j += 1
    if head is None and count is None and _national(tokens, i):
        head, last = "national", i + 1  # "an American and a Briton"
    elif head is None and actor is None:
        last = _past_unknown(tokens, i) if count is not None else i
    of_count = None
    if head in words("collective") and last + 1 < len(tokens) and tokens.low[last] == "of":
        of_count = starts.get(last + 1)
    if of_count is not None:  # "a family of five"
        count, last = of_count, tokens.at(of_count.span[1] - 1) + 1
        if last in nouns:
            last = nouns[last].last
    if head is not None and of_count is None:
        last = _past_age(tokens, last, starts)
    possessive = first > 0 and tokens.low[first - 1] in words("possessive")
    return Group(first, max(last, i), count, head, actor, article=count is None, possessive=possessive)


def of_bodies(tokens: Tokens, i: int) -> bool:
    """Does the phrase at `i` say whose bodies they are ("the bodies of six kidnapped policemen")?"""
    return i > 1 and tokens.low[i - 1] == "of" and tokens.low[i - 2] in words("body_words")


def _spelled_out(tokens: Tokens, i: int) -> int:
    """Past a bracket that spells out the name before it ("one MSF (Medecins Sans Frontieres) driver"), else `i`."""
    if tokens.low[i] != "(":
        return i
    end = next((k for k in range(i + 1, min(i + _ACRONYM, len(tokens))) if tokens.low[k] == ")"), None)
    return end + 1 if end is not None and all(w.isalpha() for w in tokens.low[i + 1 : end]) else i


@cache
def _demonyms() -> frozenset[str]:
    return frozenset(name.lower() for row in countries().values() for name in row.demonyms)


def _national(tokens: Tokens, i: int) -> bool:
    """Is the word a person told by the country alone: "a Briton was", "a Pakistani and", not "a Pakistani village"?"""
    if i >= len(tokens) or tokens.low[i] not in _demonyms():
        return False
    after = tokens.low[i + 1] if i + 1 < len(tokens) else "."
    return after in words("stop_np") or after in words("be") or after in harm_words()


def _past_unknown(tokens: Tokens, i: int) -> int:
    """Past one or two words that no list knows, where a comma or "and" closes them: "two Swiss, four Dinka and ..."."""
    for k in range(i, min(i + 3, len(tokens))):
        word = tokens.low[k]
        if k > i and (word in (",", "and", "or") or word in words("be") or word in words("have")):
            return k
        if not word.isalpha() or word in words("stop_np") or word in harm_words():
            break
    return i


def _past_age(tokens: Tokens, i: int, starts: dict[int, Count]) -> int:
    """Past the age told behind a person: "a boy of 14", "two girls of six and 12", "a tailor, 41" (no counts)."""

    def age(k: int) -> bool:
        return k < len(tokens) and k not in starts and (tokens.low[k].isdecimal() or tokens.low[k] in numerals().small)

    if i + 1 >= len(tokens) or tokens.low[i] not in ("of", ",") or not age(i + 1):
        return i
    of = tokens.low[i] == "of"
    i += 2
    while of and i < len(tokens) and tokens.low[i] in ("and", "or", "to", ",") and age(i + 1):
        i += 2
    return i


@cache
def _cue_words() -> frozenset[str]:
    harm: dict[str, dict[str, list[str]]] = lexicon.load("lexicon/en/harm")
    uses = ("verb", "active", "subject", "state")
    firsts = {phrase.split()[0] for kinds in harm.values() for use in uses for phrase in kinds.get(use, [])}
    return frozenset(firsts - words("adverb"))


@cache
def harm_words() -> frozenset[str]:
    """Every word that begins a phrase of harm."""
    harm: dict[str, dict[str, list[str]]] = lexicon.load("lexicon/en/harm")
    return frozenset(p.split()[0] for uses in harm.values() for listed in uses.values() for p in listed)


@cache
def _counted_words() -> frozenset[str]:
    """Words a number stands before that name the harm, not the people ("22 bodies", "17 lives")."""
    harm: dict[str, dict[str, list[str]]] = lexicon.load("lexicon/en/harm")
    people = frozenset(vocabulary().who)
    return frozenset(w for w in harm["killed"]["counted"] if " " not in w) - people


def _rank_only(tokens: Tokens, hit: Hit[str]) -> bool:
    """ "Two major cities", "the general strike": a rank's word that describes the next noun."""
    if hit.value not in words("rank_or_adjective") or hit.last >= len(tokens):
        return False
    after = tokens.low[hit.last]
    return after[0].isalpha() and after not in words("stop_np") and after not in _cue_words()


def _people_after_of(tokens: Tokens, j: int, nouns: dict[int, Hit[str]]) -> Hit[str] | None:
    """The people that "members of" goes on to name, over words such as "its", "one", "the same"."""
    while j < len(tokens) and (tokens.low[j] in words("possessive") or tokens.low[j] in ("the", "a", "one", "same")):
        j += 1
    return nouns.get(j)


def _after_of(tokens: Tokens, j: int, actors: dict[int, Actor]) -> tuple[Actor, int] | None:
    """The actor of "members of the X", within three words."""
    for k in range(j, min(j + 4, len(tokens))):
        if k in actors:
            actor = actors[k]
            return actor, tokens.at(actor.span[1] - 1) + 1
    return None


def _bare(
    tokens: Tokens, i: int, nouns: dict[int, Hit[str]], actors: dict[int, Actor], starts: dict[int, Count]
) -> Group:
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
    if first > 1 and tokens.low[first - 2] in words("possessive") and before in words("of_kin"):
        first, before = first - 1, tokens.low[first - 2]
    return Group(
        first,
        _past_age(tokens, last, starts),
        None,
        head,
        actors.get(i) or actors.get(first),
        definite=before in ("the", "his", "her", "their", "its", "this"),
        article=before in words("possessive") and not head.endswith(("s", "children", "people", "men", "women")),
        possessive=before in words("possessive"),
    )


def with_names(
    text: str, tokens: Tokens, cues: Sequence[Hit[Cue]], groups: Sequence[Group], actors: Sequence[Actor]
) -> list[Group]:
    """Adds persons told by name next to a word of harm ("Ahmad Karim, a baker, was killed"); mixed case only."""
    if text[tokens.span[0] : tokens.span[1]].isupper():
        return list(groups)
    taken = {i for g in groups for i in range(g.first, g.last)}
    for actor in actors:
        first, last = tokens.at(actor.span[0]), tokens.at(actor.span[1] - 1) + 1
        if last - first > 1 or last >= len(tokens) or not capital(text, tokens, last):  # a first name may be a group's
            taken |= set(range(first, last))
    names: list[Group] = []
    for cue in cues:
        if cue.value.use not in ("verb", "subject", "active", "of", "state"):
            continue
        is_passive = passive(tokens, cue.first)
        ends = (
            _name_before(text, tokens, cue.first, taken)
            if is_passive or cue.value.use in ("subject", "state")
            else None
        )
        if ends is None and not is_passive and cue.value.use in ("verb", "active", "of"):
            ends = _name_from(text, tokens, cue.last, taken)
        if ends is not None and not any(ends[0] < n.last and n.first < ends[1] for n in names):
            names.append(_all_told(text, tokens, groups, ends, taken))
    told_of = [(n.last, c.first) for n in names for c in cues if 0 <= c.first - n.last <= 18]
    groups = [g for g in groups if not any(n.first < g.first < n.last for n in names)]
    kept = [g for g in groups if not any(a <= g.first and g.last <= b and _apposed(tokens, a, g) for a, b in told_of)]
    return sorted([*kept, *names], key=lambda g: g.first)


def _all_told(text: str, tokens: Tokens, groups: Sequence[Group], ends: tuple[int, int], taken: set[int]) -> Group:
    """The person named in `ends`, or all whom the number behind the names counts ("A and B, two commanders of C")."""
    last, named = ends[1], 1
    while last + 1 < len(tokens) and tokens.low[last] in (",", "and"):
        after = _name_from(text, tokens, last + 1, taken)
        if after is None:
            break
        last, named = after[1], named + 1
    counted = next((g for g in groups if named > 1 and g.first == last + 1 and tokens.low[last] == ","), None)
    if counted is None or counted.count is None or counted.count.min != named:
        return Group(ends[0], ends[1], None, None, None, article=True, name=True)
    return Group(ends[0], counted.last, counted.count, counted.head, counted.actor)


def _apposed(tokens: Tokens, name_end: int, group: Group) -> bool:
    """Does the group only describe the person named right before it ("Amal Haddad, a nurse, was killed")?"""
    return group.article and name_end < len(tokens) and tokens.low[name_end] == "," and group.first - name_end <= 3


def capital(text: str, tokens: Tokens, i: int) -> bool:
    """Does the word at token `i` begin with a capital, as a name does?"""
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
    while last < len(tokens) and last - i < 5 and last not in taken and capital(text, tokens, last):
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
    while first > 0 and k - first < 5 and first - 1 not in taken and capital(text, tokens, first - 1):
        first -= 1
    if first and tokens.low[first - 1] in words("before_thing"):
        return None  # "two employees of the newspaper El Mundo were killed"
    if first and tokens.low[first - 1] == "the":
        return None  # "two drivers of the Red Cross were killed": no person's name has an article
    return (first, k) if 2 <= k - first <= 4 else None


def passive(tokens: Tokens, first: int) -> bool:
    """Is the word at `first` a passive: a form of "be" within the three words before, adverbs between?"""
    for k in range(first - 1, max(first - 5, -1), -1):
        word = tokens.low[k]
        if word in words("be"):
            return True
        if (
            word not in words("adverb")
            and not word.endswith("ly")
            and word not in ("and", "or", "wounded", "injured", "killed", ",", '"', "“", "'", "‘")
        ):
            return False
    return False
