"""Which group came to which harm: ties words of harm to groups of people by where they stand (see figures.py)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tollbook.extract.bodies import found_bodies
from tollbook.extract.groups import Cue, Group, passive
from tollbook.extract.tokens import Hit, Tokens
from tollbook.extract.words import phrases, words

_TOLL = 24  # tokens from "toll" to the number it comes to
_BRINGS = 4  # tokens from "brought" to "toll"
_BESIDE = 9  # tokens from "were killed" over place and day to "along with six teachers"
_CARRIED = 10  # tokens from "were led" to "and shot"
_WHERE = 7  # tokens of "on the quay of the port"


def link(tokens: Tokens, cues: list[Hit[Cue]], groups: Sequence[Group]) -> list[tuple[int, int, bool]]:
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


def _joined(tokens: Tokens, a: Hit[Cue], b: Hit[Cue]) -> bool:
    """Two words of harm with only "and"/"or" between them: "killed and wounded"."""
    between = tokens.low[a.last : b.first]
    if a.value.use == "counted" and b.value.use in ("verb", "active"):
        return False  # "took nine lives and wounded 20"
    return 0 < len(between) <= 3 and all(
        w in ("and", "or", "/", ",", "otherwise", "seriously", "and/or") for w in between
    )


def _victims(
    tokens: Tokens, cues: list[Hit[Cue]], pair: list[int], groups: Sequence[Group], used: dict[int, str]
) -> list[int]:
    first, last = cues[pair[0]], cues[pair[-1]]
    lower = cues[pair[0] - 1].last if pair[0] else 0
    upper = cues[pair[-1] + 1].first if pair[-1] + 1 < len(cues) else len(tokens)
    use = first.value.use

    def left(reach: int) -> list[int]:
        return _leftward(tokens, groups, first.first, lower, reach, used)

    follower = cues[pair[-1] + 1] if pair[-1] + 1 < len(cues) else None

    def right(reach: int) -> list[int]:
        return _rightward(tokens, groups, last.last, upper, reach, used, follower)

    if use == "vague":
        return []
    if use in ("verb", "active", "state") and (pointed := _pointed_at(tokens, groups, first)):
        return pointed
    if use == "active" and tokens.low[first.last - 1] in words("weak_kill"):
        lost = right(3)  # "lost three sons and a grandson", not "lost a leg", "lost the war"
        if lost and "that" in tokens.low[first.last : groups[lost[0]].first]:
            return []  # "claimed today that 18 guerrillas had died"
        others = any(c.value.harm == "killed" and c is not first for c in cues)  # "30 were killed; it had lost eight"
        lost = [g for g in lost if groups[g].head is not None or (others and _bare_number(tokens, groups[g]))]
        return lost if any(groups[g].count for g in lost) else []
    if use == "active":
        return right(4) or [g for g in left(0) if groups[g].count is not None]
    if use == "told":
        return [g for g in right(1) if _bare_number(tokens, groups[g])]
    if use == "of":
        return right(4)
    if use == "toll" and (raised := _raised_to(tokens, groups, first.first)):
        return raised
    if use == "toll":
        return _toll(tokens, groups, last.last, upper) or [g for g in right(24) if _fits_toll(tokens, groups[g], last)]
    if use == "counted":
        described = _described(tokens.low, first.first)
        at = first.first - (described if described and found_bodies(tokens) else 0)
        at -= tokens.low[at - 1 : at] == ("of",)  # "dozens of deaths"
        return left(0) or _leftward(tokens, groups, at, lower, 0, used) or _taken(tokens, groups, first)
    vague = _vague_of(tokens, groups, first.first)
    if use in ("state", "verb") and vague is not None and vague not in used:
        return [vague]
    if use == "state" and (taken := _taken(tokens, groups, first)):
        return taken  # "took 12 teachers hostage"
    if use == "state":
        if tokens.low[max(0, first.first - 2) : first.first] == ("of", "the"):
            of_them = [g for g in left(2) if groups[g].count is not None and groups[g].last == first.first - 2]
            return [] if _listed(tokens, first.last) else of_them
        return left(1) or (left(4) if passive(tokens, first.first) else [])
    if use == "subject":
        return left(9)
    if carried := _carried(tokens, first.first):
        return _leftward(tokens, groups, carried, lower, 14, used)
    if passive(tokens, first.first) or _by_behind(tokens, last.last):
        return left(14) + _beside(tokens, groups, last.last, upper, used) or right(2)
    beside = left(0)
    risen = _number_of(tokens, groups, first.first, last.last, upper)
    if risen:
        return risen
    after = right(2)
    struck = after and groups[after[0]].first == last.last and (groups[after[0]].count or groups[after[0]].article)
    told = beside and (groups[beside[-1]].count is not None or (groups[beside[-1]].article and _cut(tokens, last.last)))
    if told and not struck:
        return beside  # "4 killed in blast"; but "two men shot dead a journalist" has its victim behind
    object_next = after and groups[after[0]].first - last.last <= 1 and not _cut(tokens, last.last)
    if after and (groups[after[0]].count is not None or groups[after[0]].article or object_next):
        last_hit = groups[after[-1]].last  # "gunmen murdered the mayor", "... on Sunday along with two guards"
        more = _beside(tokens, groups, last_hit, upper, {**used, **dict.fromkeys(after, "killed")})
        aided = more and tokens.low[groups[more[0]].first - 1] == "alongside"  # maybe who helped to kill
        return after if aided else after + more
    return beside or after or left(2)


def _pointed_at(tokens: Tokens, groups: Sequence[Group], cue: Hit[Cue]) -> list[int]:
    """ "Took five herders from a lorry and killed them": those told last before, behind a verb done to them."""
    near = tokens.low[max(0, cue.first - 3) : cue.last + 1]
    if "them" not in near[-3:] or "and" not in near or tokens.low[cue.last - 1] in words("weak_kill"):
        return []  # "shot down three drones and destroyed them"
    before = [g for g, group in enumerate(groups) if group.last < cue.first and group.head and group.head != "them"]
    return before[-1:] if before and groups[before[-1]].first > 1 else []


def _described(low: Sequence[str], position: int) -> int:
    """How many words before `position` say how the dead look: "found 14 charred and headless corpses".

    Asked of finds alone: bodies carried or shown may be those of the act told before.
    """
    i = position
    while i and low[i - 1] in words("of_the_dead"):
        i -= 2 if i > 2 and low[i - 2] in ("and", ",") and low[i - 3] in words("of_the_dead") else 1
    return position - i


def _taken(tokens: Tokens, groups: Sequence[Group], cue: Hit[Cue]) -> list[int]:
    """ "Took 30 hostages", "were holding 30 captives": the group whose head the word is, behind a verb of taking."""
    for g, group in enumerate(groups):
        if group.first < cue.first < group.last and group.count is not None and cue.value.harm == "abducted":
            return [g] if group.first and tokens.low[group.first - 1] in words("takes_captives") else []
    return []


def _number_of(tokens: Tokens, groups: Sequence[Group], first: int, last: int, upper: int) -> list[int]:
    """ "The number of rebels killed in the battle has risen to 39": the number behind, not the rebels."""
    told = next((g for g in reversed(groups) if g.last <= first and g.count is None), None)
    if told is None or first - told.last > 1 or "number" not in tokens.low[max(0, told.first - 5) : told.first]:
        return []
    for g, group in enumerate(groups):
        if last <= group.first < upper and group.count is not None:
            return [g] if tokens.low[group.first - 1] in words("comes_to") else []
    return []


def _toll(tokens: Tokens, groups: Sequence[Group], position: int, upper: int) -> list[int]:
    """ "The death toll from two blasts at a girls' school rose to 85": the number that the toll comes to."""
    if not words("brings").isdisjoint(tokens.low[max(0, position - _BRINGS) : position]):
        upper = len(tokens)  # "brought the toll of soldiers killed this year to 14"
    for g, group in enumerate(groups):
        if position <= group.first < min(upper, position + _TOLL) and group.count is not None:
            k = group.first - 1
            while k > position and tokens.low[k] in words("roughly"):
                k -= 1
            if tokens.low[k] in words("comes_to"):
                chain = _chain(tokens, groups, g, upper)  # "puts its dead at 45 civilians and 73 soldiers"
                return [c for c in chain if groups[c].count is not None]
    return []


def _raised_to(tokens: Tokens, groups: Sequence[Group], first: int) -> list[int]:
    """ "Raised to 18 the number killed", "updated to 18 its toll": the number told before the word for the toll."""
    k = first
    while k and tokens.low[k - 1] in ("the", "its", "their", "a"):
        k -= 1
    near = [g for g, x in enumerate(groups) if x.count is not None and tokens.at(x.count.span[1] - 1) + 1 == k]
    if not near or k == first:
        return []
    to = groups[near[0]].first - 1
    while to > 0 and tokens.low[to] in words("roughly"):
        to -= 1
    brought = not words("brings").isdisjoint(tokens.low[max(0, to - 2) : to])
    return near if to > 0 and tokens.low[to] == "to" and brought else []


def _fits_toll(tokens: Tokens, group: Group, cue: Hit[Cue]) -> bool:
    """Is the group one that a toll counts: with a number, or one of those it includes ("deaths include a nurse")?"""
    return group.count is not None or any(w in words("include") for w in tokens.low[cue.first : cue.last + 2])


def _bare_number(tokens: Tokens, group: Group) -> bool:
    """ "The hospital put it at 40.", not "spoke of 40 schools": a number that nothing it counts follows."""
    if group.count is None or group.head is not None or group.actor is not None:
        return False
    if tokens.ends[group.last - 1] > group.count.span[1]:
        return False
    after = tokens.low[group.last] if group.last < len(tokens) else "."
    return not after[0].isalnum() or after in words("stop_np")


def _cut(tokens: Tokens, i: int) -> bool:
    """Does a comma stand at token `i` ("a mother of six killed, three children hurt")?"""
    return i < len(tokens) and tokens.low[i] == ","


def _carried(tokens: Tokens, first: int) -> int | None:
    """Where the passive begins that "and" carries on to the word of harm ("were led off the bus and shot dead")."""
    low, k = tokens.low, first
    while k and (low[k - 1] in words("adverb") or low[k - 1] == "then"):
        k -= 1
    if not k or low[k - 1] != "and" or passive(tokens, first):
        return None
    for i in range(k - 2, max(k - _CARRIED, 0), -1):
        if low[i] in words("be"):
            return i if low[i + 1].endswith(("ed", "en", "wn")) else None
        if not low[i][0].isalnum() or low[i] in ("and", "but", "who", "which", "while", "when"):
            return None
    return None


def _by_behind(tokens: Tokens, i: int) -> bool:
    """Is the participle before token `i` one of a passive without "be" ("ten people queueing shot dead by troops")?"""
    return i + 1 < len(tokens) and tokens.low[i] == "by" and not tokens.low[i + 1].endswith("ing")


def _vague_of(tokens: Tokens, groups: Sequence[Group], i: int) -> int | None:
    """ "Dozens of injured", "scores of dead and wounded": the vague number right before "of" and the word of harm."""
    if i < 2 or tokens.low[i - 1] != "of":
        return None
    return next((g for g, x in enumerate(groups) if x.last == i - 1 and x.count is not None and x.count.word), None)


def _listed(tokens: Tokens, i: int) -> bool:
    """ "Ten of the dead were children": says who they were, not where they died."""
    return any(w in words("be") for w in tokens.low[i : i + 2])


def _beside(tokens: Tokens, groups: Sequence[Group], position: int, upper: int, used: dict[int, str]) -> list[int]:
    """ "22 pupils were killed along with six teachers and a nurse": those told beside the ones before the verb."""
    for g, group in enumerate(groups):
        if position <= group.first < upper and g not in used and (group.count is not None or group.article):
            told = " ".join(tokens.low[position : group.first])
            near = group.first - position <= _BESIDE and ";" not in told
            if near and f" {told}".endswith(tuple(f" {p}" for p in phrases("beside"))):
                return [c for c in _chain(tokens, groups, g, upper) if groups[c].count or groups[c].article]
            if group.count is not None:
                return []
    return []


def _chain(tokens: Tokens, groups: Sequence[Group], g: int, upper: int) -> list[int]:
    """Group `g` and those that its list goes on with, before `upper`, up to one that has a word of harm of its own."""
    chain = [g]
    while (
        (behind := chain[-1] + 1) < len(groups)
        and groups[behind].first < upper
        and chained(tokens, groups[chain[-1]], groups[behind])
        and not _own_cue(tokens, groups, behind, upper)
    ):
        chain.append(behind)
    return chain


def _leftward(
    tokens: Tokens, groups: Sequence[Group], position: int, lower: int, reach: int, used: dict[int, str]
) -> list[int]:
    """The chain of groups that ends at most `reach` words before `position`, back to `lower`."""
    near = [g for g in range(len(groups)) if groups[g].last <= position and groups[g].first >= lower and g not in used]
    near = [g for g in near if not _in_brackets(tokens, groups[g].last, position)]
    aside = _aside(tokens, [groups[g] for g in near], position)
    near = [g for g in near if not (aside and aside[0] <= groups[g].first < aside[1])]
    if not near:
        return []
    end = near[-1]
    apart = position - groups[end].last - (aside[1] - aside[0] if aside and groups[end].last <= aside[0] else 0)
    if apart > reach + _fillers(tokens, groups[end].last, position):
        return []
    chain = [end]
    while (k := near.index(chain[0])) and chained(tokens, groups[near[k - 1]], groups[chain[0]]):
        chain.insert(0, near[k - 1])
    while len(chain) > 1 and lower and _opens_part(tokens, groups[chain[0]]):
        chain.pop(0)  # "50 were killed, five of them children, and 98 wounded": the five belong to the 50
    if (k := near.index(chain[0])) and len(chain) > 1 and _opens_part(tokens, groups[chain[0]]):
        whole = groups[near[k - 1]]  # "seven men of Ipil in Sulu, two of them boys, and a guard were killed"
        if whole.count is not None and ";" not in tokens.low[whole.last : groups[chain[0]].first]:
            chain.insert(0, near[k - 1])
    numbered = [g for g in chain if groups[g].count is not None or groups[g].article]
    if numbered:
        return numbered
    # a number farther left in the clause belongs to the word when only places and times stand between
    if reach >= 9:
        farther = [g for g in near if groups[g].count is not None and groups[end].first - groups[g].last <= 12]
        if farther and groups[end].definite and groups[end].first - groups[farther[-1]].last <= 8:
            return farther[-1:]
        between = tokens.low[groups[farther[-1]].last : groups[end].first] if farther else ()
        if any(word in words("include") for word in between):
            return farther[-1:]
    return chain[-1:]


def _aside(tokens: Tokens, near: Sequence[Group], position: int) -> tuple[int, int] | None:
    """Where words between commas only say who the counted mostly were: "30 people, most of them women, died"."""
    for group in reversed(near):
        i = group.last
        if i < position and tokens.low[i] == "of":  # "two employees of the newspaper El Mundo, the manager and ..."
            i = next((k for k in range(i, min(i + 7, position)) if tokens.low[k] == ","), i)
        if group.count is None or i + 1 >= position or tokens.low[i] != "," or tokens.low[i + 1] not in words("mostly"):
            continue
        end = next((k for k in range(i + 2, position) if tokens.low[k] == ","), None)
        inside = [g for g in near if i < g.first and (end is None or g.first < end)]
        if end is not None and (tokens.low[i + 2] == "but" or all(g.count is None for g in inside)):
            return i, end + 1
    return None


def _in_brackets(tokens: Tokens, i: int, position: int) -> bool:
    """Does a bracket that holds token `i` close before `position`: "six men (five of them Poles) were shot"?"""
    for word in tokens.low[i:position]:
        if word == "(":
            return False
        if word == ")":
            return True
    return False


def _without_brackets(between: Sequence[str]) -> list[str]:
    """The words without what stands in round brackets."""
    out: list[str] = []
    inside = False
    for word in between:
        if word == "(" and ")" in between:
            inside = True
        elif word == ")":
            inside = False
        elif not inside:
            out.append(word)
    return out


def _opens_part(tokens: Tokens, group: Group) -> bool:
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
    tokens: Tokens,
    groups: Sequence[Group],
    position: int,
    upper: int,
    reach: int,
    used: dict[int, str],
    follower: Hit[Cue] | None,
) -> list[int]:
    """The chain of groups that begins at most `reach` words after `position`, up to `upper`."""
    near = [g for g in range(len(groups)) if groups[g].first >= position and groups[g].first < upper and g not in used]
    near = [g for g in near if not _agent(tokens, groups[g], position)]
    if (
        not near
        or groups[near[0]].first - position > reach
        or _own_participle(tokens, groups, near[0], upper, follower)
    ):
        return []
    chain = [near[0]]
    while (
        chain[-1] + 1 in near
        and chained(tokens, groups[chain[-1]], groups[chain[-1] + 1])
        and not _own_cue(tokens, groups, chain[-1] + 1, upper)
    ):
        chain.append(chain[-1] + 1)
    numbered = [g for g in chain if groups[g].count is not None or groups[g].article]
    return numbered or chain[:1]


def _agent(tokens: Tokens, group: Group, position: int) -> bool:
    """ "Shot dead by gunmen", "killed by unknown gunmen": the doer of a passive is never the one harmed."""
    for k in range(group.first - 1, max(position, group.first - (1 if group.count is not None else 3)) - 1, -1):
        if tokens.low[k] == "by":
            return True
        if not tokens.low[k][0].isalpha() or tokens.low[k] in words("stop_np"):
            return False
    return False


def _own_participle(tokens: Tokens, groups: Sequence[Group], g: int, upper: int, follower: Hit[Cue] | None) -> bool:
    """ "... killed and 9 others injured": does the next word of harm follow the group at once, without "and"?

    Not where that word is active or has a number of its own behind it ("killing 2 people injuring 7").
    """
    gap = tokens.low[groups[g].last : upper]
    if follower is None or not all(w in words("be") or w in words("have") or w in words("adverb") for w in gap):
        return False
    behind = g + 1 < len(groups) and groups[g + 1].first == follower.last and groups[g + 1].count is not None
    return follower.value.use != "active" and not (behind and not gap)


def _own_cue(tokens: Tokens, groups: Sequence[Group], g: int, upper: int) -> bool:
    """Does the word of harm at `upper` stand right behind this group ("killed 3 and 20 wounded")?"""
    return upper < len(tokens) and upper - groups[g].last - _fillers(tokens, groups[g].last, upper) <= 0


def _told_where(tokens: Tokens, i: int) -> bool:
    """Does a place without a name follow at token `i` ("9 on the quay"), and nothing that those at it did or came to?

    What was done in a place with a name ("9 in Dar") may be an act of its own.
    """
    if i + 1 >= len(tokens) or tokens.low[i] not in words("lies") or tokens.low[i + 1] not in ("the", "a", "an", "its"):
        return False
    for word in tokens.low[i + 1 : i + _WHERE]:
        if not word[0].isalnum():
            break
        if word in words("be") or word in words("have") or word.endswith("ed"):
            return False
    return True


def chained(tokens: Tokens, a: Group, b: Group) -> bool:
    """Do two groups belong to one count: only "and", commas, "including" and the like between them?"""
    between = _without_brackets(tokens.low[a.last : b.first])
    there = a.count is not None and b.count is not None and _told_where(tokens, b.last)
    if between and (between[0] in ("of", "from") or (there and between[0] in words("lies"))):
        # "64 soldiers of the Third Brigade and a nurse", "70 people on the ferry and 9 on the quay"
        end = next((k for k, w in enumerate(between) if k > 1 and w in words("join")), 0)
        between = between[end:] if end <= 5 else between
    if len(between) > 6:
        return False
    told = " ".join(between)
    for phrase in phrases("part"):
        told = told.replace(phrase, " ")
    return all(w in words("join") or w in words("chain") for w in told.split())
