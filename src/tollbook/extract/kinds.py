"""The type of an act where its words leave it open or two types are near: from who did it to whom (GUIDELINES, "Type").

`attack` is harm to people who do not fight back, `armed_clash` harm between sides that fight, force against
protesters needs protesters, a clash without a toll that ends in capture is the capture (RULINGS), what a state's
forces bomb they bomb from the air, burning and robbing is `looting_destruction` only where nobody is hurt, a bomb
that its carrier set off is a suicide bomb wherever the report says so, and what a crowd does to people is
`mob_violence`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set

from tollbook.extract.act import Act
from tollbook.extract.blame import Blame
from tollbook.extract.doers import SIDED
from tollbook.extract.marks import Marks, inside
from tollbook.extract.senders import stopped_weapons
from tollbook.extract.story import Story, heaviest
from tollbook.extract.words import phrases, words
from tollbook.model import ActType, Who

_IN_ATTACKS = 4  # tokens from "killed" to "attacks" ("in violent attacks")
_NEAR = 3  # sentences around an act in which a bomb's carrier may be told, or the fight that fighters died in
_CIVIL = ("hospital", "school", "worship", "market", "home", "camp", "restaurant", "aid_convoy", "media")
_TAKEN: tuple[ActType, ...] = ("abduction", "arrests")
_BLASTS = ("bomb", "suicide_bomb")
_GROUND: tuple[ActType, ...] = ("territory_taken", "territory_regained")
_FIRES: tuple[ActType, ...] = ("air_strike", "shelling", "bomb", "suicide_bomb", "grenade")  # what else sets on fire


def settled(
    named: ActType | None, story: Story, doers: Sequence[Blame], stories: Sequence[Story], marks: Sequence[Marks]
) -> ActType | None:
    """The type that the sides, the dead and the neighbouring sentences settle; `named` where they settle nothing."""
    if named == "bomb" and _carried(story, stories, marks):
        return "suicide_bomb"
    if named in ("bomb", "attack", None) and _bomber(story):
        return "suicide_bomb"
    hurt = {f.who for f, _ in story.figures if f.counted and f.harm in ("killed", "injured")}
    did = {b.actor.who for b in doers}
    if named in _TAKEN and story.only_found and {f.harm for f, _ in story.figures} == {"killed"}:
        named = "attack"  # "the bodies of two kidnapped engineers were found"
    if named == "looting_destruction" and any(f.max != 0 for f, _ in story.figures if f.harm in ("killed", "injured")):
        named = _what_burnt(story) or "attack"
    if named in ("attack", "violent_demonstration", None) and hurt and (_crowd(doers) or _jail_riot(named, story)):
        return "mob_violence"
    if named in ("attack", None) and hurt:
        if "state_forces" in did and "armed_group" not in did and _among_protesters(story):
            return "force_against_protesters"
        if story.type is None and hurt == {"armed_group"} and not _helpless(story) and _near_fight(story, marks):
            return "armed_clash"
        both = {"state_forces", "armed_group"} <= hurt
        if (both or ("armed_group" in hurt and "state_forces" in did)) and "civilian" not in hurt:
            return named if _helpless(story) else "armed_clash"
    if named == "armed_clash" and not hurt:
        named = heaviest(Counter({t: story.types[t] for t in _GROUND if t in story.types})) or named
    if named in ("bomb", None) and did == {"state_forces"} and _bombed(story):
        return "air_strike"
    if named is None and did == {"armed_group"} and _bombed(story):
        return "bomb"
    if named is None and hurt and _struck(story):
        return "air_strike"
    if named in ("weapons_disrupted", None) and hurt and (weapons := _stopped(story)):
        return "air_strike" if weapons & words("flies_itself") else "shelling"
    if named == "armed_clash" and hurt and hurt <= _unarmed(story, did) and _no_fight(story):
        return "attack"
    if named == "force_against_protesters" and did and did <= {"armed_group", "unknown"} and not _protested(story):
        return "attack"
    return named


def killed_in_attacks(story: Story) -> bool:
    """Does the figure of a long time count those killed in attacks alone ("1,400 were killed in militant attacks")?"""
    for act in story.acts:
        tokens = act.marks.tokens
        for figure in act.toll:
            first = tokens.at(figure.cue[1] - 1) + 1
            behind = tokens.low[first : first + _IN_ATTACKS]
            if behind[:1] in (("in",), ("by",)) and any(w in words("attacks") for w in behind[1:]):
                return True
    return False


def _bombed(story: Story) -> bool:
    """Do the words tell bombing, and no bomb that lay or was brought there ("a car bomb", "an explosive device")?"""
    told = set(_tokens(story))
    return not words("bombing").isdisjoint(told) and words("bomb_laid").isdisjoint(told)


def _bomber(story: Story) -> bool:
    """Is one bomber told, who is no aircraft ("a bomber struck a wedding")?"""
    told = _tokens(story)
    return "bomber" in told and words("bomber_flies").isdisjoint(told)


def _crowd(doers: Sequence[Blame]) -> bool:
    """Did a crowd do it: rioters, a mob, villagers?"""
    return any(not words("crowds").isdisjoint(b.actor.name.lower().split()) for b in doers)


def _jail_riot(named: ActType | None, story: Story) -> bool:
    """Is it a riot in a jail, where inmates kill one another?"""
    return named == "violent_demonstration" and not words("jail").isdisjoint(_tokens(story))


def _struck(story: Story) -> bool:
    """Is a strike on something told, or a state's ("killed in a strike on a house", "Turkish strikes killed")?

    Not a blow struck, a walkout or an attack.
    """
    return any(_strike_at(a, i) for a in story.acts for i in range(a.first, a.last))


def _stopped(story: Story) -> set[str]:
    """The drones or missiles that are told as shot down, beside the people whom they, or their debris, hurt."""
    return set().union(*(stopped_weapons(a.marks.tokens, a.first, a.last) for a in story.acts))


def _strike_at(act: Act, i: int) -> bool:
    low = act.marks.tokens.low
    if low[i] not in ("strike", "strikes"):
        return False
    if not words("struck_at").isdisjoint(low[i + 1 : min(i + 2, act.last)]):
        return True
    states = [b.actor for b in act.blames if b.actor.who == "state_forces"]
    return any(act.marks.tokens.at(a.span[1] - 1) + 1 == i for a in states)


def _what_burnt(story: Story) -> ActType | None:
    """The weapon that set the fire people died in: "an air strike set fire to tents"."""
    told: list[ActType] = [t for t in _FIRES if t in story.types]
    return heaviest(Counter({t: story.types[t] for t in told}))


def _tokens(story: Story) -> list[str]:
    return [w for a in story.acts for w in a.marks.tokens.low[a.first : a.last]]


def _among_protesters(story: Story) -> bool:
    return any(w.startswith(phrases("protest_stems")) for w in _tokens(story))


def _protested(story: Story) -> bool:
    """Is a protest told, not only people who stood together?"""
    return any(
        w.startswith(phrases("protest_stems")) and not w.startswith(("crowd", "mourners")) for w in _tokens(story)
    )


def _helpless(story: Story) -> bool:
    """Were the dead killed without a fight: executed, captured, in custody?"""
    return not words("helpless").isdisjoint(_tokens(story))


def _unarmed(story: Story, did: Set[Who]) -> Set[Who]:
    """Of which class those hurt have to be for them not to have fought.

    "People" too, where others than a state's forces lay in wait for them or stormed where people live, pray or shop,
    and no side is told to be there.
    """
    sided = any(t.who in SIDED for t in story.targets) or "state_forces" in did
    waited = any(w.startswith("ambush") for w in _tokens(story))
    among = any(
        o.kind in _CIVIL for a in story.acts for o in a.marks.objects if inside(a.marks, o.span, a.first, a.last)
    )
    return {"civilian", "unknown"} if (waited or among) and not sided else {"civilian"}


def _near_fight(story: Story, marks: Sequence[Marks]) -> bool:
    """Is a fight told within a few sentences of where fighters are said to have died, nobody says how?"""
    own = {a.index for a in story.acts}
    around = marks[max(0, min(own) - _NEAR) : max(own) + _NEAR + 1]
    return any(t.type == "armed_clash" for m in around for t in m.telling.triggers)


def _no_fight(story: Story) -> bool:
    """Do only words of one side's doing ("ambushed", "stormed") tell the clash?"""
    told = {
        w
        for a in story.acts
        for t in a.triggers
        if t.type == "armed_clash"
        for w in a.marks.tokens.low[t.first : t.last]
    }
    return bool(told) and told <= words("one_sided")


def _carried(story: Story, stories: Sequence[Story], marks: Sequence[Marks]) -> bool:
    """Does a sentence near the report's one blast, told of no other act, say that its carrier died or drove it?"""
    if any(s is not story and s.type in _BLASTS for s in stories):
        return False
    own = {a.index for a in story.acts}
    told = {a.index for s in stories for a in s.acts}
    return any(
        i not in told
        and min(abs(i - k) for k in own) <= _NEAR
        and any(t.type == "suicide_bomb" for t in marks[i].telling.triggers)
        for i in range(max(0, min(own) - _NEAR), min(len(marks), max(own) + _NEAR + 1))
    )
