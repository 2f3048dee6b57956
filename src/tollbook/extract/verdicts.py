"""What the rest of the report says of each act: who is blamed for it, who denies it, and so its status.

Sentences that tell no act ("Moscow denied involvement", "the army blamed the rebels") belong to the
act told before them. A denial counts only from the side accused (RULINGS.md, first ruling).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tollbook.extract.act import Act
from tollbook.extract.agents import continues, is_subject
from tollbook.extract.allies import add_allies
from tollbook.extract.basis import of_lesser_deed
from tollbook.extract.blame import Blame, find_blame, is_owned, is_person, owner_of
from tollbook.extract.claims import claims_in, of_several, own_dead
from tollbook.extract.doers import SIDED, force_of, is_alias, numbered, reach, same_doer, spelled_out, without_owners
from tollbook.extract.groups import vocabulary
from tollbook.extract.inherited import add_of_campaign, add_of_same_acts, add_of_total
from tollbook.extract.marks import Marks
from tollbook.extract.senders import shoots_down
from tollbook.extract.status import (
    acts_told,
    book,
    denial_of,
    either_or_joint,
    foilers,
    is_alleged,
    is_thwarted,
    may_deny,
    of_its_own_words,
    same_side,
    together_with,
)
from tollbook.extract.story import Story, fold
from tollbook.extract.suspects import add_suspects
from tollbook.extract.tokens import Tokens
from tollbook.extract.words import words
from tollbook.model import Actor, Status

_AFTER = 6  # sentences after an act in which its denial may stand
_FAR = 20  # the same, for a side that the act itself was told of by name
_BEFORE = 2  # sentences before it ("The army denied ..." told first)
_BLAMED = 3  # sentences after an act in which somebody may be blamed for it without naming it
_GOES_ON = 3  # sentences back in which the act stands that "they" go on from
_INTO_AIR = 7  # tokens from a side to "into the air"
_PLAIN = frozenset({"arrests", "peaceful_protest"})  # nobody is accused of these; a denial beside them is of facts


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a report says of one story: its status, its doers (who did it together, or one of them), how many acts."""

    status: Status
    doers: tuple[Blame, ...] = ()
    are: Literal["joint", "either"] | None = None
    acts: int = 1


def verdicts(
    text: str,
    stories: Sequence[Story],
    marks: Sequence[Marks],
    told: Sequence[Sequence[Blame]],
    parts: Mapping[int, Sequence[int]],
) -> list[Verdict]:
    """One verdict for each story; `told` holds the doers that each was told with, `parts` the stories a total sums up.

    A denial in a sentence of its own goes to the nearest act it can be about.

    `acts` of a figure for a whole war is 1: it counts harm, not acts.
    """
    named = [actor for mark in marks for actor in mark.actors]
    doers = [_own_doers(story, blames) for story, blames in zip(stories, told, strict=True)]
    _add_blamed(doers, stories, marks)
    _add_next_door(doers, stories, marks)
    add_suspects(text, doers, stories, marks)
    for n, story in enumerate(stories):
        doers[n] = _who_fly(story, doers[n])
    add_allies(doers, stories, marks)
    add_of_same_acts(doers, stories)
    add_of_total(doers, stories, marks, parts)
    add_of_campaign(doers, stories, marks)
    denied: set[int] = set()
    for i, mark in enumerate(marks):
        denier = denial_of(mark.tokens, mark.actors, mark.telling)
        k = _about(i, denier, stories, doers) if denier is not None else None
        if (
            k is None
            or denier is None
            or (of_its_own_words(mark.tokens) and all(a.index != i for a in stories[k].acts))
        ):
            continue
        for n in _told_together(i, k, denier, stories, doers):
            if _owned_up(i, stories[n], doers[n]):
                continue
            denied.add(n)
            if isinstance(denier, Actor):
                doers[n] = [replace(b, basis="denied") if same_side(denier, b.actor) else b for b in doers[n]]
                doers[n] = doers[n] or [Blame(denier, "denied")]
    return [
        Verdict(
            "denied" if k in denied else _without_denial(story),
            _shown(text, doers[k], named),
            _are(text, story, doers[k], marks),
            1 if story.acts[0].statistic else _acts(text, story),
        )
        for k, story in enumerate(stories)
    ]


def _shown(text: str, doers: Sequence[Blame], report: Sequence[Actor]) -> tuple[Blame, ...]:
    """The doers as the record names them: the forces behind weapons, spelled out, no government beside its own force.

    `report` holds the actors of all its sentences.
    """
    kept = without_owners([b.actor for b in doers])
    forces = [replace(b, actor=force) for b in doers if b.actor in kept and (force := force_of(b.actor))]
    spelled = [replace(b, actor=spelled_out(b.actor, report)) for b in forces]
    shown = [b for n, b in enumerate(spelled) if b.actor.span not in {o.actor.span for o in spelled[:n]}]
    return tuple(replace(b, actor=numbered(text, b.actor)) if is_person(b.actor) else b for b in shown)


def _are(text: str, story: Story, doers: Sequence[Blame], marks: Sequence[Marks]) -> Literal["joint", "either"] | None:
    """Joint or either, from the sentence that names two of the doers; a clash's side is not a doer of one act."""
    if len(doers) < 2:
        return None
    actors = [b.actor for b in doers]
    spans = {a.span for a in actors}
    told = (either_or_joint(text, m.tokens, actors) for m in marks if sum(a.span in spans for a in m.actors) > 1)
    found = next((t for t in told if t), None)
    foes = story.type == "armed_clash" and len({b.actor.who for b in doers}) > 1
    return None if foes and found == "joint" else found


def _acts(text: str, story: Story) -> int:
    return max(acts_told(text, a.marks.tokens, a.marks.counts, a.first, a.last) for a in story.acts)


def _own_doers(story: Story, told: Sequence[Blame]) -> list[Blame]:
    """The doers told, those coordinated with them in the same sentence, without those who foiled the act."""
    out: list[Blame] = []
    stopped = [
        f
        for a in story.acts
        if len(told) > 1 or is_thwarted(a.marks.tokens)
        for f in foilers(a.marks.tokens, a.marks.actors)
    ]
    if story.type == "arrests" or (story.type == "weapons_disrupted" and len(told) == 1):
        stopped = []  # who stops an attack does these
    if story.type != "weapons_disrupted" or any(f.harm in ("killed", "injured") for f, _ in story.figures):
        stopped += [b.actor for a in story.acts for b in a.blames if _shot_down_by(a, b.actor)]
    for blame in told:
        group = [blame.actor]
        if story.type != "armed_clash":
            for act in story.acts:
                if any(a is blame.actor for a in act.marks.actors):
                    sided = [a for a in act.marks.actors if not is_alias(act.marks.tokens, a, act.marks.actors)]
                    group = together_with(act.marks.tokens, sided, [blame.actor]) or group
        for actor in group:
            if _is_bomber(actor, story) or (story.type == "arrests" and is_person(actor)):
                continue
            if not any(same_doer(actor, b.actor) for b in out) and all(actor.span != f.span for f in stopped):
                out.append(Blame(actor, blame.basis))
    return out


def _shot_down_by(act: Act, actor: Actor) -> bool:
    """Does the actor, in this telling, stop drones or missiles on their way?"""
    tokens = act.marks.tokens
    here = tokens.starts[act.first] <= actor.span[0] < tokens.ends[act.last - 1]
    return here and shoots_down(tokens, tokens.at(actor.span[1] - 1) + 1, act.last)


def _add_blamed(doers: list[list[Blame]], stories: Sequence[Story], marks: Sequence[Marks]) -> None:
    """Adds sides blamed for an act, or claiming it, in any sentence of the report; acts with a named doer keep theirs.

    A claim is about the act told right before it, about all acts where it says so ("both attacks"), and about the
    act that cost most lives where none is near.
    """
    for i, mark in enumerate(marks):
        blamed = [
            replace(b, actor=owner_of(mark.tokens, b.actor, mark.actors) or b.actor)
            for b in blamed_in(mark.tokens, mark.actors)
        ]
        if not blamed or not words("of_other_acts").isdisjoint(mark.tokens.low):
            continue  # "has claimed similar attacks in the past"
        for k in _claimed_stories(i, _not_of_its_own(stories, blamed), several=of_several(mark.tokens)):
            if any(not b.actor.generic or b.actor.who == "state_forces" for b in doers[k]):
                continue
            victims = {fold(t.name) for a in stories[k].acts if a.index != i for t in a.targets}
            named = [b for b in blamed if fold(b.actor.name) not in victims]
            doers[k] = named + [b for b in doers[k] if not any(_stands_for(n.actor, b.actor) for n in named)]


def _add_next_door(doers: list[list[Blame]], stories: Sequence[Story], marks: Sequence[Marks]) -> None:
    """Gives an act told without a doer the one it goes on from, or the one of the sentence beside it.

    "They then killed six in Dol" goes on from the act before; a sentence of the same paragraph, right before or behind
    the act, that tells no act of its own may say who did it ("Three men drove a van over the bridge, mowing down
    walkers").
    """
    told = {a.index for story in stories for a in story.acts}
    for k, story in enumerate(stories):
        body = [a for a in story.acts if not a.title]
        if not body:
            continue
        first = min(body, key=lambda a: a.index)
        if first.index and len(doers[k]) == 1 and is_owned(first.marks.tokens, doers[k][0].actor):
            doers[k] = _subject(marks[first.index - 1], first.marks) or doers[k]  # "On Monday its men attacked Mbua"
        if doers[k] or story.acts[0].statistic or story.type in _PLAIN:
            continue
        last = max(a.index for a in body)
        if continues(first.marks.tokens, first.first, first.last):
            before = [(a.index, j) for j, s in enumerate(stories) for a in s.acts if j != k and a.index <= first.index]
            source = max((b for b in before if first.index - b[0] <= _GOES_ON and doers[b[1]]), default=None)
            doers[k] = list(doers[source[1]]) if source else []
            if first.index and (source is None or source[0] < first.index - 1):
                doers[k] = _subject(marks[first.index - 1], first.marks) or doers[k]
        named_places = {fold(p.name) for p in story.places}
        for i in (first.index - 1, last + 1):
            if doers[k] or not 0 <= i < len(marks) or i in told or marks[i].sentence.kind == "title":
                continue
            mark = marks[i]
            if not len(mark.tokens) or mark.sentence.paragraph not in {a.marks.sentence.paragraph for a in body}:
                continue
            if _standing(mark):
                continue
            found = find_blame(mark.tokens, mark.telling, mark.actors, (), (), 0, len(mark.tokens))
            near = [
                b
                for b in found
                if not (_suffered(b.actor, story) or is_person(b.actor) or _is_bomber(b.actor, story))
                and _does(mark, b.actor)
            ]
            if not (named_places and mark.places) or any(fold(p.name) in named_places for p in mark.places):
                doers[k] = near[:2]


def _standing(mark: Marks) -> bool:
    """Does the sentence tell what somebody is or does as a rule ("X often mines roads", "X has a camp")?"""
    tokens = mark.tokens
    if mark.telling.has("habitual", 0, len(tokens)):
        return True
    for actor in (a for a in mark.actors if a.who in SIDED):
        end = reach(tokens, actor, mark.actors)
        while tokens.low[end : end + 1] in ((",",), ("who",), ("which",)) or _fighters(tokens, end):
            end += 1  # "Al-Shabaab militants are fighting to"
        if not words("stands").isdisjoint(tokens.low[end : end + 1]):
            return True
    return False


def _fighters(tokens: Tokens, i: int) -> bool:
    """Is the word one for those who fight for a side?"""
    return vocabulary().who.get(tokens.low[i] if i < len(tokens) else "") in SIDED


def _does(mark: Marks, actor: Actor) -> bool:
    """Is the side the subject of what the sentence tells, not of what went before or was aimed at nobody?"""
    tokens = mark.tokens
    at = tokens.at(actor.span[0])
    if not words("went_before").isdisjoint(tokens.low[:at]) or "by" in tokens.low[max(0, at - 2) : at]:
        return False  # "came a day after soldiers killed 12", "a checkpoint manned by soldiers"
    return (
        not any(d.precision in ("month", "year") for d in mark.dates) and "air" not in tokens.low[at : at + _INTO_AIR]
    )


def _subject(mark: Marks, after: Marks) -> list[Blame]:
    """Of whom a sentence speaks, for the "they" of the next in its paragraph ("Police hit back. They shot nine")."""
    tokens = mark.tokens
    if not len(tokens) or mark.sentence.kind == "title" or mark.sentence.paragraph != after.sentence.paragraph:
        return []
    sided = [a for a in mark.actors if a.who in SIDED]
    named = [a for a in sided if is_subject(tokens, tokens.at(a.span[0]), 0)]
    return [Blame(named[0], "asserted")] if len(named) == 1 and named[0] is sided[0] else []


def _is_bomber(actor: Actor, story: Story) -> bool:
    """Is it the man who blew himself up? He is not named as the doer."""
    return story.type == "suicide_bomb" and (is_person(actor) or fold(actor.name) in words("bomber_himself"))


def _who_fly(story: Story, doers: list[Blame]) -> list[Blame]:
    """The doers of an air strike: an armed group named beside it is whom it hit, unless it flew drones."""
    tokens = {w for a in story.acts for w in a.marks.tokens.low}
    if story.type != "air_strike" or not words("flown").isdisjoint(tokens):
        return doers
    return [b for b in doers if b.actor.who != "armed_group" or b.basis in ("claimed", "blamed")]


def _suffered(actor: Actor, story: Story) -> bool:
    """Is the actor of the side that the story counts the dead of?"""
    hurt = {f.who for f, _ in story.figures if f.harm in ("killed", "injured", "abducted", "detained")}
    return actor.who in hurt or any(fold(t.name) == fold(actor.name) for t in story.targets)


def _not_of_its_own(stories: Sequence[Story], blamed: Sequence[Blame]) -> dict[int, Story]:
    """The acts that a side may claim: not the death of its own ("Five attackers were shot dead"), if there are others.

    By their places in the report; statistics are no acts.
    """
    real = {k: story for k, story in enumerate(stories) if not story.acts[0].statistic}
    others = {k: s for k, s in real.items() if not any(own_dead([f for f, _ in s.figures], b.actor) for b in blamed)}
    return others or real


def _claimed_stories(i: int, stories: Mapping[int, Story], *, several: bool) -> list[int]:
    """The stories that a claim in sentence `i` is about."""
    real = list(stories)
    near = [(i - a.index, k) for k in real for a in stories[k].acts if 0 <= i - a.index <= _BLAMED]
    if near and not (several and min(near)[0]):
        return [min(near)[1]]
    told = [k for k in real if any(a.index < i for a in stories[k].acts)]
    if not told or several:
        return told
    return [max(told, key=lambda k: max([f.min or 0 for f in stories[k].main()], default=0))]


def _stands_for(named: Actor, kind: Actor) -> bool:
    """Is the kind ("gunmen", "the attackers", "men") those of the side that claims the act?"""
    if fold(named.name) == fold(kind.name):
        return True
    if named.generic and named.actor_id in words("nameless"):
        return False
    told = not named.generic or kind.actor_id in words("nameless")  # "the attackers, believed to be herders"
    return kind.generic and told and kind.who in (named.who, "unknown")


def blamed_in(tokens: Tokens, actors: Sequence[Actor]) -> list[Blame]:
    """Sides that the sentence blames ("blamed X", "blamed the attack on X") or that claim an act as theirs."""
    lists, low = book(), tokens.low
    words = lists.words
    if all(words["blamed", name].whole.isdisjoint(low) for name in ("verbs", "claims", "deeds")):
        return claims_in(tokens, actors)
    found: list[Blame] = []
    sided = [a for a in actors if a.who in SIDED and tokens.span[0] <= a.span[0] < tokens.span[1]]
    if not sided:
        return found
    verbs, claims = words["blamed", "verbs"], words["blamed", "claims"]
    for i, word in enumerate(low):
        if word in verbs:
            for actor in sided:
                at = tokens.at(actor.span[0])
                between = low[i + 1 : at]
                close = i < at <= i + 3 and all(w in ("the", "on", "an", "its") for w in between)
                passed_on = i < at <= i + _AFTER and "on" in between
                if (close or passed_on) and not of_lesser_deed(tokens, actor):
                    found.append(Blame(actor, "blamed"))
                    break
        elif word in claims and _owns(tokens, i):
            actor_before = next((a for a in reversed(sided) if 0 <= i - tokens.at(a.span[1] - 1) - 1 <= 1), None)
            if actor_before is not None:
                found.append(Blame(actor_before, "claimed"))
    found += [b for b in claims_in(tokens, sided) if not any(same_doer(b.actor, f.actor) for f in found)]
    return found or _told_of(tokens, sided)


def _told_of(tokens: Tokens, sided: Sequence[Actor]) -> list[Blame]:
    """ "X carried out the attack", "either X or Y was behind it"."""
    lists, low = book(), tokens.low
    if not sided or any(lists.has("blamed", "not_deeds", w) for w in low):
        return []
    for k, actor in enumerate(sided):
        end = tokens.at(actor.span[1] - 1) + 1
        after = low[end : end + 4]
        if after and any(lists.has("blamed", "deeds", w) for w in after) and "," not in after and "by" not in after:
            return [Blame(a, "asserted") for a in together_with(tokens, sided, [sided[k]])]
    return []


def _owns(tokens: Tokens, i: int) -> bool:
    """ "claimed responsibility", "said it bombed", "said its fighters carried out": a side's word on its own act."""
    lists, low = book(), tokens.low
    after = low[i + 1 : i + 4]
    if low[i].startswith("claim"):
        return "responsibility" in after
    if not after or after[0] not in ("it", "its") or "not" in low[i + 1 : i + 8] or "nothing" in low[i + 1 : i + 8]:
        return False
    return any(
        w in ("behind", "bombed", "attacked", "killed", "ambushed", "carried", "struck", "hit", "shelled", "targeted")
        for w in low[i + 2 : i + 7]
    ) and not any(lists.has("denial", "deny", w) for w in low)


def _about(i: int, denier: Actor | str, stories: Sequence[Story], doers: Sequence[Sequence[Blame]]) -> int | None:
    """The story that a denial in sentence `i` is about; None where no accused side matches."""
    best: tuple[tuple[bool, int], int] | None = None
    for k, story in enumerate(stories):
        accused = [b.actor for b in doers[k]]
        if story.type in _PLAIN or story.acts[0].statistic or not may_deny(denier, accused):
            continue
        named = isinstance(denier, Actor) and any(same_side(denier, a) and not a.generic for a in accused)
        gaps = [i - a.index for a in story.acts if -_BEFORE <= i - a.index <= (_FAR if named else _AFTER)]
        if not gaps:
            continue
        key = (not accused, min(abs(g) + (3 if g < 0 else 0) for g in gaps))
        if best is None or key < best[0]:
            best = (key, k)
    return best[1] if best else None


def _told_together(
    i: int, k: int, denier: Actor | str, stories: Sequence[Story], doers: Sequence[Sequence[Blame]]
) -> list[int]:
    """The stories that a denial in sentence `i`, which is about story `k`, denies: that one, the one whose place it
    goes on from, and what else goes on from there without a place or another type of its own before the denial ("Guns
    shelled X on Tuesday. Forty died on Monday and four on Tuesday. The army denied it")."""

    def last(n: int) -> int:
        return max((a.index for a in stories[n].acts if a.index < i), default=i)

    def may(n: int) -> bool:
        same = stories[n].type in (None, stories[k].type) or stories[k].type is None
        return same and not stories[n].acts[0].statistic and may_deny(denier, [b.actor for b in doers[n]])

    begun = k
    if not stories[k].places:
        before = [n for n, s in enumerate(stories) if s.places and last(n) < last(k) and may(n)]
        begun = max(before, key=last, default=k)
        begun = begun if last(k) - last(begun) == 1 else k
    others = [
        n
        for n, story in enumerate(stories)
        if n not in (k, begun) and not story.places and may(n)
        and all(last(begun) < a.index < i for a in story.acts)
    ]  # fmt: skip
    return list(dict.fromkeys((k, begun, *others)))


def _owned_up(i: int, story: Story, doers: Sequence[Blame]) -> bool:
    """Does the sentence that denies claim this act itself ("The army said it killed rebels, and denied ...")?"""
    return bool(doers) and all(b.basis == "claimed" for b in doers) and all(a.index == i for a in story.acts)


def _without_denial(story: Story) -> Status:
    foiled = [a for a in story.acts if is_thwarted(a.marks.tokens)]
    others = [f for a in story.acts if all(a is not t for t in foiled) for f in a.figures]
    if foiled and not any(f.harm == "killed" and f.max != 0 for f in others):
        return "thwarted"
    body = [a for a in story.acts if not a.title] or story.acts
    if all(is_alleged(a.marks.tokens, a.marks.telling, a.marks.actors) for a in body):
        told = [a for a in body if any(f.counted for f in a.figures)]
        if all(any(book().has("alleged", "accuse", w) for w in a.marks.tokens.low) for a in told):
            return "alleged"
    return "happened"
