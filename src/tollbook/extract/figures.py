"""Casualty figures of one sentence: how many of whom came to what harm.

A figure is a number phrase (or "a woman", "civilians") tied to a word of harm by where it stands:
before a passive or intransitive word ("13 people were killed", "13 died"), after an active one
("killed 13 people"), next to a state or a noun ("13 dead", "13 deaths"). Numbers joined by "and"
share their word; "including", "among them" open a part. The conventions of what a phrase means are
GUIDELINES.md, "Casualties", and RULINGS.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tollbook.extract.among import counted_among, find_among, number_of, tells_among
from tollbook.extract.cues import live_cues, one_each, put_at, put_to_death, shot_of_them, shot_people
from tollbook.extract.figure import Figure
from tollbook.extract.groups import Cue, Group, Vocabulary, find_groups, plural, vocabulary, with_names
from tollbook.extract.linking import chained, link
from tollbook.extract.losses import borne_by, loser, nobody, vague
from tollbook.extract.singles import with_singles
from tollbook.extract.tokens import Hit, Tokens
from tollbook.extract.words import phrases, words
from tollbook.extract.wounds import with_died_of_wounds
from tollbook.model import Actor, Count, Span, Who


def find_figures(text: str, tokens: Tokens, counts: Sequence[Count], actors: Sequence[Actor]) -> list[Figure]:
    """The figures of the sentence that `tokens` covers, in text order; `part_of` points into the result."""
    vocab = vocabulary()
    cues = one_each([*put_to_death(tokens), *shot_of_them(tokens), *put_at(tokens), *vocab.cues.find(tokens)])
    zeros = nobody(tokens)
    if not cues and not tells_among(tokens) and "shot" not in tokens.low:
        return zeros
    groups = find_groups(tokens, counts, actors, vocab)
    cues = sorted([*cues, *shot_people(tokens, cues, groups)], key=lambda cue: cue.first)
    cues = live_cues(tokens, cues, groups)
    groups = with_singles(text, tokens, with_names(text, tokens, cues, groups, actors))
    links = with_died_of_wounds(tokens, groups, cues, link(tokens, cues, groups))
    among = find_among(tokens, groups, frozenset(g for g, _, _ in links))
    cues, links = _with_among(cues, links, among)
    within = counted_among(tokens, groups)
    links = _with_parts(tokens, groups, _with_inner(links, within))
    described = {g for g, _ in among}
    links = [
        (g, c, undivided)
        for g, c, undivided in links
        if not (
            _ran_off(groups[g], cues[c], vocab)
            or _one_who_fled(groups[g], cues[c])
            or _things_destroyed(tokens, groups[g], cues[c])
        )
    ]
    figures = [_figure(tokens, groups[g], cues[c], undivided, vocab) for g, c, undivided in links]
    figures = [
        replace(f, among_dead=True) if g in described and not f.among_dead else f
        for f, (g, _, _) in zip(figures, links, strict=True)
    ]
    order = [g for g, _, _ in links]
    figures = _fellows(tokens, groups, order, _each_some(order, figures), actors)
    figures = _parts(tokens, groups, order, figures, within)
    read = _households(tokens, groups, order, figures)
    read = [f for f in read if not any(z.span[0] <= f.cue[0] < z.span[1] for z in zeros)]
    read = [f for f in read if f.max != 0 or f.harm in ("killed", "injured")]  # "no one was arrested" counts nobody
    return [*read, *_risen_from(tokens, counts, read), *zeros] or vague(tokens, cues)


def _risen_from(tokens: Tokens, counts: Sequence[Count], figures: Sequence[Figure]) -> list[Figure]:
    """The toll that a later one replaces: "rose to 85, up from 50", "raised from 50 to 85", "initially 50"."""
    told = next((f for f in figures if f.harm in ("killed", "injured") and f.counted and f.part_of is None), None)
    found = []
    for count in counts if told is not None else ():
        first, last = tokens.at(count.span[0]), tokens.at(count.span[1] - 1) + 1
        before = " " + " ".join(tokens.low[max(0, first - 5) : first])
        if told is None or any(_inside(count.span, f.span) for f in figures):
            continue
        if count.span[1] <= told.span[0]:
            raised = before.endswith(" from") and tokens.low[last : tokens.at(told.span[0])] == ("to",)
            earlier = raised or before.endswith(" initially")
        else:
            earlier = before.endswith(tuple(f" {p}" for p in phrases("risen_from")))
        if earlier and not _measured(tokens, last):
            told = replace(told, span=count.span, min=count.min, max=count.max, approx=count.approx, word=count.word)
            found.append(replace(told, sex=None, age_group=None, role=None))
    return found


def _inside(span: Span, other: Span) -> bool:
    return span[0] < other[1] and other[0] < span[1]


def _measured(tokens: Tokens, i: int) -> bool:
    """Is the number before token `i` one of days, money or shares?"""
    return tokens.low[i : i + 1] != () and (tokens.low[i] in words("not_persons") or tokens.low[i] in words("measures"))


def _each_some(order: list[int], figures: list[Figure]) -> list[Figure]:
    """ "Killed and wounded dozens": some of each, no number for either (RULINGS.md, "scores of dead and wounded")."""
    both = {g for g in order if len({f.harm for f, h in zip(figures, order, strict=True) if h == g}) > 1}
    return [
        replace(f, min=1, max=None) if g in both and f.word and f.max != 0 else f
        for f, g in zip(figures, order, strict=True)
    ]


def _fellows(
    tokens: Tokens, groups: Sequence[Group], order: Sequence[int], figures: list[Figure], actors: Sequence[Actor]
) -> list[Figure]:
    """The class of those told by whose they are: "three colleagues", "12 of them", "two of its men"."""
    result: list[Figure] = []
    for g, figure in zip(order, figures, strict=True):
        told = tokens.low[groups[g].first : groups[g].last]
        if result and figure.head in words("fellows"):
            figure = replace(figure, who=result[-1].who, role=result[-1].role)
        elif not result and figure.head == "them" and figure.who == "unknown":
            figure = replace(figure, who=_pointed_to(tokens, groups[:g]))
        elif figure.who in ("unknown", "civilian") and (side := loser(tokens, groups[g].first, actors)):
            figure = replace(figure, who=side)
        elif told[-1:] == ("men",) and any(w in ("its", "their") for w in told[:-1]):
            figure = replace(figure, who=_owners(tokens, groups[g], actors) or figure.who)
        result.append(figure)
    return result


def _pointed_to(tokens: Tokens, before: Sequence[Group]) -> Who:
    """Whom "of them" points back at: the people told last who did not do it ("attacked by soldiers")."""
    hit = [g for g in before if g.head and plural(g.head) and "by" not in tokens.low[max(0, g.first - 2) : g.first]]
    return vocabulary().who.get(hit[-1].head or "", "unknown") if hit else "unknown"


def _owners(tokens: Tokens, group: Group, actors: Sequence[Actor]) -> Who | None:
    """The class of the side whose men they are: the one told last before them ("the militia said two of its men")."""
    start = tokens.starts[group.first]
    sides = [a.who for a in actors if a.span[1] <= start and a.who in ("state_forces", "armed_group")]
    if sides:
        return sides[-1]
    return "armed_group" if any(w in words("kinds_of_group") for w in tokens.low[: group.first]) else None


def _with_among(
    cues: list[Hit[Cue]], links: list[tuple[int, int, bool]], among: Sequence[tuple[int, Hit[Cue]]]
) -> tuple[list[Hit[Cue]], list[tuple[int, int, bool]]]:
    """The words of harm and links with those of "among the dead"; positions of the others stay."""
    cues = [*cues, *(cue for _, cue in among)]
    extra = [(g, len(cues) - len(among) + k, False) for k, (g, _) in enumerate(among)]
    return cues, sorted([*links, *extra])


def _with_inner(links: list[tuple[int, int, bool]], within: Mapping[int, int]) -> list[tuple[int, int, bool]]:
    """Adds groups said to be among a figure's people, which have its word of harm."""
    cue = {g: c for g, c, _ in links}
    inner = [(g, cue[whole], False) for g, whole in within.items() if g not in cue and whole in cue]
    return sorted([*links, *inner])


def _with_parts(
    tokens: Tokens, groups: Sequence[Group], links: list[tuple[int, int, bool]]
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
        bracketed = _bracketed(tokens, groups, group.first, before)
        whole = _before_colon(tokens, groups, before, group.first)
        split = whole is not None and _adds_up(tokens, groups, whole[0], g)
        goes_on = any(e[0] == g - 1 for e in extra) and chained(tokens, groups[g - 1], group)
        if bracketed is not None:
            extra.append((g, bracketed, False))
        elif split and whole is not None:
            extra.append((g, whole[1], False))
        elif (close and opened) or goes_on:
            extra.append((g, near[1], False))
    return sorted([*links, *extra])


def _bracketed(tokens: Tokens, groups: Sequence[Group], i: int, before: Sequence[tuple[int, int]]) -> int | None:
    """The word of harm of the figure right behind which the bracket that holds token `i` opens."""
    opens = _opening(tokens, i)
    return None if opens is None else next((cue for g, cue in before if groups[g].last == opens), None)


def _opening(tokens: Tokens, i: int) -> int | None:
    """Where the round bracket that holds token `i` opens."""
    at = next((k for k in range(i - 1, max(-1, i - 12), -1) if tokens.low[k] in ("(", ")")), None)
    return at if at is not None and tokens.low[at] == "(" else None


def _before_colon(
    tokens: Tokens, groups: Sequence[Group], before: Sequence[tuple[int, int]], i: int
) -> tuple[int, int] | None:
    """The figure told last before the colon that stands before token `i`."""
    colon = next((k for k in range(i - 1, -1, -1) if tokens.low[k] == ":"), None)
    return None if colon is None else next((b for b in reversed(before) if groups[b[0]].last <= colon), None)


def _adds_up(tokens: Tokens, groups: Sequence[Group], whole: int, g: int) -> bool:
    """Is group `g` one of the numbered groups behind the colon that add up to the whole's number?"""
    colon = next(k for k in range(groups[whole].last, groups[g].first) if tokens.low[k] == ":")
    listed = [k for k in range(whole + 1, len(groups)) if groups[k].first > colon]
    counts = [(k, number_of(groups[k])) for k in listed if groups[k].count is not None or groups[k].article]
    told = groups[whole].count
    sums = [sum(n for _, n in counts[:k]) for k in range(len(counts) + 1)]
    return told is not None and any(
        sums[k] == told.min and g in [i for i, _ in counts[:k]] for k in range(2, len(sums))
    )


def _pair(
    tokens: Tokens, groups: Sequence[Group], order: list[int], figures: list[Figure], k: int, last: Figure | None
) -> bool:
    """ "A man and a woman", "his son and 12 others": one figure, where nobody else is counted with them."""
    figure = figures[k]
    if (
        last is None
        or not k
        or last.harm != figure.harm
        or last.word not in (None, "another")
        or figure.word
        or order[k - 1] != order[k] - 1
    ):
        return False
    if sum(1 for f in figures if f.harm == figure.harm) != 2 or figure.part_of is not None or figure.among_dead:
        return False
    one, other = groups[order[k - 1]], groups[order[k]]
    alone = one.article or (one.count is not None and one.count.min == one.count.max == 1)
    single = alone and last.min == 1 and last.who == "civilian" and tokens.low[one.last : other.first] == ("and",)
    told = tokens.low[other.first : other.last]
    if one.possessive and single and ("other" in told or "others" in told):
        return True
    both = other.article and figure.min == 1 and figure.who == "civilian"
    return single and both and bool(last.sex or last.age_group) and bool(figure.sex or figure.age_group)


_LINKS = ((",",), (), ("and",), (",", "and"))


def _one_by_one(tokens: Tokens, groups: Sequence[Group], order: list[int], figures: list[Figure]) -> frozenset[int]:
    """The figures that go on a list of single persons of one harm: "a father, a mother and a son were killed"."""

    def single(k: int) -> bool:
        figure, group = figures[k], groups[order[k]]
        told = figure.sex or figure.age_group
        return group.article and figure.min == figure.max == 1 and figure.who == "civilian" and bool(told)

    def link(k: int) -> tuple[str, ...] | None:
        one, other = groups[order[k - 1]], groups[order[k]]
        same = figures[k].harm == figures[k - 1].harm and figures[k].part_of is None and figures[k - 1].part_of is None
        between = tokens.low[one.last : other.first]
        joined = order[k] == order[k - 1] + 1 and same and single(k - 1) and single(k)
        return between if joined and between in _LINKS else None

    found: set[int] = set()
    run: list[int] = []
    for k in range(1, len(figures)):
        between = link(k)
        run = [*run, k] if between is not None else []
        if between is not None and "and" in between:
            found.update(run if len(run) > 1 else ())
            run = []
    return frozenset(found)


def _households(tokens: Tokens, groups: Sequence[Group], order: list[int], figures: list[Figure]) -> list[Figure]:
    """ "a woman and her two sons" is one figure of three (GUIDELINES count persons, not phrases)."""
    result: list[Figure] = []
    gone: dict[int, int] = {}
    listed = _one_by_one(tokens, groups, order, figures)
    for k, figure in enumerate(figures):
        group = groups[order[k]]
        last = result[-1] if result else None
        joined = (
            last is not None and k > 0 and order[k - 1] == order[k] - 1 and group.possessive
            and last.harm == figure.harm
            and last.part_of == figure.part_of and last.counted and not last.word and not figure.word
            and "and" in tokens.low[groups[order[k - 1]].last : group.first]
            and (group.count is not None or not (group.head or "").endswith(("s", "children")))
            and not (_office(groups[order[k - 1]]) and not figure.sex and not figure.age_group)
        ) or k in listed or _pair(tokens, groups, order, figures, k, last)  # fmt: skip
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


def _office(group: Group) -> bool:
    """ "The minister (and his two guards)": told apart from those with him; not so "the man and his wife"."""
    return group.definite and group.count is None


# --- figures ------------------------------------------------------------------------------------


def _figure(tokens: Tokens, group: Group, cue: Hit[Cue], undivided: bool, vocab: Vocabulary) -> Figure:
    count = group.count
    first, last = group.first, group.last
    if cue.value.use in ("counted", "state") and cue.first >= group.last and cue.first - group.last <= 1:
        last = cue.last
    span = (tokens.starts[first], tokens.ends[last - 1])
    head = group.head
    if head is None and count is not None and count.max == 0:  # "no policemen": the noun is in the number's words
        head = next((w for w in reversed(tokens.low[first:last]) if w in vocab.who), None)
    if head is None and cue.value.use == "counted":
        head = borne_by(tokens, cue.last)
    who: Who = "civilian" if group.name else vocab.who.get(head or "", "unknown")
    if group.actor is not None and group.actor.who != "unknown":
        named = who != "civilian" and not (group.actor.generic and head in vocab.who)
        who = group.actor.who if named or head in words("men_of") else who
    plural = head is not None and head.endswith(("s", "people", "men", "children", "women", "police", "troops", "them"))
    if count is not None:
        low, high, approx, word = count.min, count.max, count.approx, count.word
        if word is not None and word.endswith("couple") and who in ("unknown", "civilian"):
            who, word = "civilian", None  # "a couple and their baby": a pair, not "a couple of soldiers"
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
        counted=count is not None or group.article or _this_one(tokens, group, cue, plural),
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
        among_dead=_listed_dead(tokens, group.first) or _of_the_dead(tokens, group),
        more=any(
            w in ("more", "another", "further", "additional") for w in tokens.low[max(0, group.first - 1) : group.last]
        )
        and not (count is not None and count.min != count.max),
    )


def _ran_off(group: Group, cue: Hit[Cue], vocab: Vocabulary) -> bool:
    """ "Two of the gunmen fled on a motorcycle": fighters who flee are not displaced people."""
    fighters = vocab.who.get(group.head or "") in ("armed_group", "state_forces")
    return cue.value.harm == "displaced" and cue.value.use == "subject" and fighters


def _one_who_fled(group: Group, cue: Hit[Cue]) -> bool:
    """ "Said a farmer who fled to the town": one person who speaks is no figure of displaced people."""
    return cue.value.harm == "displaced" and group.count is None and group.article


def _things_destroyed(tokens: Tokens, group: Group, cue: Hit[Cue]) -> bool:
    """ "Destroyed 20 of them": drones or tanks told before; people destroyed are named ("destroyed 20 terrorists")."""
    return tokens.low[cue.first].startswith("destroy") and group.head in (None, "them")


def _of_the_dead(tokens: Tokens, group: Group) -> bool:
    """ "Six of the victims died in hospital", "two of the wounded were sent home": a part of a toll told before."""
    told, behind = tokens.low[group.first : group.last], tokens.low[group.last : group.last + 3]
    if group.count is not None and behind[:2] in (("of", "the"), ("of", "those")) and behind[2:]:
        return behind[2] in ("wounded", "injured", "dead", "killed", "hurt")
    return group.count is not None and told[-1] in words("the_dead") and told[-3:-1] in (("of", "the"), ("of", "those"))


def _this_one(tokens: Tokens, group: Group, cue: Hit[Cue], plural: bool) -> bool:
    """ "Executed the bank manager": one person, told right behind the word of harm."""
    behind = 0 <= group.first - cue.last <= 1 and cue.value.use in ("verb", "active", "of")
    return group.definite and not plural and behind and group.head is not None


def _listed_dead(tokens: Tokens, first: int) -> bool:
    """ "Those killed included six women", "Among the dead were two medics": a part of a toll told before."""
    before = tokens.low[max(0, first - 9) : first]
    if any(w in ("included", "include", "includes") for w in before):
        return any(w in words("dead_ones") for w in tokens.low[:first])
    return "among" in before and any(w in words("dead_ones") for w in before) and any(w in words("be") for w in before)


def _parts(
    tokens: Tokens, groups: Sequence[Group], order: list[int], figures: list[Figure], within: Mapping[int, int]
) -> list[Figure]:
    """Sets `part_of`: after "including" and the like, and where the groups behind a colon add up to the first.

    `within` holds the groups told as among another (`counted_among`).
    """
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
        opening = _opening(tokens, groups[order[k]].first)
        holder = next((j for j in range(k) if opening is not None and groups[order[j]].last == opening), None)
        if holder is not None and result[holder].harm == result[k].harm:
            result[k] = replace(result[k], part_of=holder)
            continue
        if ")" in between and "(" not in between:
            continue  # the bracket with the parts is closed: a group of its own
        apart = not words("cut").isdisjoint(between.split())  # "in the mainly Shia quarter, while six soldiers"
        of_them = any(p in after for p in phrases("of_whole"))
        opens = of_them or any((p in between and not apart) or before.endswith(p) for p in phrases("part")[:-1])
        if of_them and result[k - 1].harm == "injured" and result[k].harm == "killed":
            continue  # "killed six and left nine wounded, two of whom died": none of the six
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
            and order[k] == order[k - 1] + 1
            and between.strip() in ("", "and", ",", ", and", "as well as", "and the")
            and not (between.strip() == ", and" and _of_them(tokens, groups[order[k - 1]]))
        ) and _fits(result, result[k - 1].part_of, k):
            result[k] = replace(result[k], part_of=result[k - 1].part_of)
    for k, figure in enumerate(result):
        holders = [j for j in range(len(result)) if order[j] == within.get(order[k]) and result[j].harm == figure.harm]
        if holders and figure.part_of is None:
            result[k] = replace(figure, part_of=holders[0])
    return _sums(result)


def _of_them(tokens: Tokens, group: Group) -> bool:
    """ "Five men, two of them boys, and a guard": the aside ends at the comma."""
    told = " ".join(tokens.low[group.first : group.last + 2])
    return any(p in told for p in phrases("of_whole"))


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
