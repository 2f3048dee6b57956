"""From marks to the record's incidents: the part that rules and the trained tagger share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from string import ascii_lowercase

from tollbook.extract import Reading
from tollbook.extract.act import Act
from tollbook.extract.addresses import at_address
from tollbook.extract.advice import Advice
from tollbook.extract.apart import blamed_for_all, stories_of, told_apart
from tollbook.extract.blame import Blame, claimant
from tollbook.extract.bodies import in_ruin
from tollbook.extract.casualties import casualties
from tollbook.extract.choice import choose, place_detail
from tollbook.extract.claims import own_dead
from tollbook.extract.clauses import candidate_acts
from tollbook.extract.day_choice import choose_days
from tollbook.extract.days import Told, days_of, with_days_of_sums
from tollbook.extract.kinds import killed_in_attacks, settled
from tollbook.extract.marks import Marks
from tollbook.extract.merge import merge_acts
from tollbook.extract.mishaps import mishaps
from tollbook.extract.scenes import elsewhere, measured_from, width
from tollbook.extract.scopes import scope_of, whole_toll
from tollbook.extract.status import is_thwarted
from tollbook.extract.story import Story, fold
from tollbook.extract.sums import without_parts
from tollbook.extract.told import acts_nowhere, acts_told, placed_before, unplaced
from tollbook.extract.totals import find_totals
from tollbook.extract.verdicts import Verdict, verdicts
from tollbook.extract.words import words
from tollbook.model import (
    Actor,
    ActType,
    AttributionBasis,
    Incident,
    Means,
    ObjectHit,
    PerpetratorDetail,
    Place,
    Report,
    Scope,
    TargetDetail,
    Victim,
)

_CLAIM_BASIS: tuple[tuple[str, AttributionBasis], ...] = (("claimed", "claimed"), ("blamed", "blamed"))
_CLAIMED_AFTER = 2  # sentences after an act within which a claim or blame is about it
_GRAVITY = {"killed": 5, "missing": 4, "injured": 3, "abducted": 2, "detained": 1, "displaced": 0}
_PERFECT = {"has", "have"}
_SAME_PLACE = 2  # sentences back in which an act told without a place may have its place named
_LEAD = 3  # sentences, the headline among them
_CARRIED = ("air_strike", "shelling", "armed_clash", "bomb", "suicide_bomb", "chemical_weapon")
_HARM_TYPE: dict[str, ActType] = {
    "abducted": "abduction",
    "detained": "arrests",
    "displaced": "other",
    "missing": "other",
}


def assemble(
    report: Report, marks: Sequence[Marks], country: str | None = None, advice: Advice | None = None
) -> Reading:
    """The incidents that the marks tell, in the order the report tells them; `advice` is a trained reader's."""
    stories, incidents = by_rule(report, marks, country, advice)
    chosen = choose(marks, stories, incidents, advice)
    chosen = [at_address(i, k, stories, marks) for k, i in enumerate(chosen)]
    chosen = [
        i if s.scene is None and (unplaced(s, stories) or placed_before(s)) else c
        for i, c, s in zip(incidents, chosen, stories, strict=True)
    ]
    told = with_days_of_sums(choose_days(report, marks, stories, chosen, advice), stories, report)
    placed = [_at_dateline(i, s, marks, country) for i, s in zip(told, stories, strict=True)]
    return Reading(tuple(placed), _victims(marks, stories))


def _at_dateline(incident: Incident, story: Story, marks: Sequence[Marks], country: str | None) -> Incident:
    """What the lead tells without a place happened where the report was filed, if the report plays in that country."""
    if story.scene is not None or min(a.index for a in story.acts) > _LEAD:
        return incident
    filed = [p for m in marks[:1] for p in m.filed if p.level not in (None, "country") and p.gazetteer_id is not None]
    if incident.places or incident.scope != "incident" or not filed or filed[0].country != country:
        return incident
    place = filed[0]
    return replace(incident, places=(place.name,), place_details=(place_detail(place),), country=place.country)


def by_rule(
    report: Report, marks: Sequence[Marks], country: str | None = None, advice: Advice | None = None
) -> tuple[list[Story], list[Incident]]:
    """The acts told, and the incident that the rules make of each, before its places are weighed (`choose`)."""
    unviolent = mishaps(marks)
    candidates = [a for a in candidate_acts(marks) if a.index not in unviolent]
    sets, candidates = told_apart(candidates)
    acts = acts_told(candidates)
    if not acts and not sets:
        acts = acts_nowhere(candidates)
    stories = _without_headline_echo(_without_standing([s for s in merge_acts(acts, advice) if _keep(s)]))
    sums = without_parts(stories)
    for total, parts_told in sums:
        stories = _in_its_place(stories, total, parts_told)
    for apart in sets:
        scenes, whole = stories_of(apart)
        stories += scenes if whole is None else [whole, *scenes]
        sums += [] if whole is None else [(whole, scenes)]
    if sets:
        stories.sort(key=_first_told)
    scopes = [scope_of(s, report) for s in stories]
    if advice is not None:
        scopes = [
            scope if s.scene is not None else advice.scope(s.acts, scope)
            for s, scope in zip(stories, scopes, strict=True)
        ]
    for whole, _ in sums:
        scopes[_nth(stories, whole)] = "total"
    parts = find_totals(stories, scopes)
    parts.update((_nth(stories, whole), tuple(_nth(stories, s) for s in scenes)) for whole, scenes in sums)
    claims = _claims(marks)
    doers = [_doers(k, stories, claims) for k in range(len(stories))]
    for k in [_nth(stories, s) for whole, scenes in sums for s in (whole, *scenes)]:
        doers[k] = doers[k] or blamed_for_all(marks, claims)
    if advice is not None:
        doers = [list(advice.doers(s.acts, doers[k], _named_near(s, marks)))[:4] for k, s in enumerate(stories)]
    told = verdicts(report.text, stories, marks, doers, parts)
    incidents: list[Incident] = []
    for k, story in enumerate(stories):
        incidents.append(
            _incident(
                k,
                story,
                scopes[k],
                parts.get(k, ()),
                stories,
                report,
                country,
                days_of(k, stories, scopes, report, marks),
                marks,
                told[k],
                advice,
            )
        )
    return stories, [_typed_as_parts(i, stories[k], incidents) for k, i in enumerate(incidents)]


def _in_its_place(stories: Sequence[Story], whole: Story, parts: Sequence[Story]) -> list[Story]:
    """The stories with a sum and the acts that it held, where the story that told all of them stood."""
    before = [s for s in stories if s.acts[0] is not whole.acts[0]]
    held = [s for s in (whole, *parts) if not any(s is b for b in before)]
    return sorted([*before, *held], key=_first_told)


def _first_told(story: Story) -> int:
    """The sentence in which it is first told; what only the headline tells comes before all."""
    return min([a.index for a in story.acts if not a.title], default=-1)


def _nth(stories: Sequence[Story], story: Story) -> int:
    """Where the story stands among them."""
    return next(k for k, s in enumerate(stories) if s is story)


def _typed_as_parts(incident: Incident, story: Story, incidents: Sequence[Incident]) -> Incident:
    """A sum whose own words tell no type has the type of most of its parts, `other` where they differ."""
    parts = [i.type for i in incidents if i.id in incident.parts]
    if incident.scope != "total" or not parts or story.type is not None or _own_words(story) & words("attack_words"):
        return incident
    most, times = Counter(parts).most_common(1)[0]
    return replace(incident, type=most if 2 * times > len(parts) else "other")


def _victims(marks: Sequence[Marks], stories: Sequence[Story]) -> tuple[Victim, ...]:
    """Persons told one by one, each once, with the incident of their sentence or of the one told before it."""
    body = any(m.victims for m in marks if m.sentence.kind != "title")
    found: dict[tuple[object, ...], Victim] = {}
    for index, mark in enumerate(marks):
        if body and mark.sentence.kind == "title":
            continue
        for victim in mark.victims:
            told = [(a.index, k) for k, s in enumerate(stories) for a in s.acts if a.index <= index and not a.title]
            near = max((t for t in told if index - t[0] <= _CLAIMED_AFTER), default=None)
            name = victim.name.split()[-1].casefold() if victim.name else None
            key = (name,) if name else (None, victim.age, victim.sex, victim.role)
            row = replace(victim, incident=_id(near[1]) if near else None)
            if key not in found or _GRAVITY[row.harm] > _GRAVITY[found[key].harm]:
                found[key] = row
    return tuple(found.values())


def _told_things(story: Story) -> tuple[tuple[Means, ...], tuple[ObjectHit, ...]]:
    """Weapons and things hit within the story's tellings, the body's first, each once."""
    means: dict[tuple[str, str], Means] = {}
    objects: dict[tuple[str, str], ObjectHit] = {}
    for act in sorted(story.acts, key=lambda a: (a.title, a.index)):
        tokens = act.marks.tokens
        first, last = tokens.starts[act.first], tokens.ends[act.last - 1]
        for weapon in act.marks.means:
            if first <= weapon.span[0] < last:
                means.setdefault((weapon.kind, weapon.name.lower()), weapon)
        for thing in act.marks.objects:
            if first <= thing.span[0] < last:
                objects.setdefault((thing.kind, thing.name.lower()), thing)
    return tuple(means.values()), tuple(objects.values())


# --- what counts as an incident -----------------------------------------------------------------


_NEVER = frozenset({"habitual", "statistic", "unreal"})


def _keep(story: Story) -> bool:
    """A story of nothing but a headline or a group without a number needs a word of violence."""
    figures = [f for f, _ in story.figures]
    if any(f.counted for f in figures):
        return bool(story.types) or any(f.harm in ("killed", "abducted", "injured", "missing") for f in figures)
    if _only_supposed(story):
        return False
    return any(not a.title and ((a.told and (a.places or a.blames)) or _killing(a)) for a in story.acts)


def _killing(act: Act) -> bool:
    """Does somebody kill people, uncounted, at a place and on a day ("Rebels killed herders in Bria on Monday")?"""
    killed = any(f.harm == "killed" for f in act.figures) and bool(act.blames and act.places)
    return killed and any(d.start and d.start == d.end for d in act.dates) and not _NEVER & act.flags


def _only_supposed(story: Story) -> bool:
    """Is it named once, nobody's deed, beside what may or must be ("demanded an inquiry into the raid on Homs")?"""
    body = [a for a in story.acts if not a.title]
    if len(body) != 1 or body[0].blames or "unreal" not in body[0].flags:
        return False
    return not is_thwarted(body[0].marks.tokens)  # "stopped before he could"


def _without_standing(stories: list[Story]) -> list[Story]:
    """Drops what only tells how things stand ("the army has bombed the east"), beside a told act of its type.

    RULINGS: standing conditions are left out. Such a telling has a perfect and neither a figure nor a day.
    """
    kept = []
    for story in stories:
        body = [a for a in story.acts if not a.title]
        bare = bool(body) and not any(f.counted for f, _ in story.figures) and not story.dates
        perfect = all(_PERFECT & set(a.marks.tokens.low[a.first : a.last]) for a in body)
        if not (bare and perfect and any(o is not story and o.type == story.type for o in stories)):
            kept.append(story)
    return kept


def _without_headline_echo(stories: list[Story]) -> list[Story]:
    """Drops what only a headline tells where the body tells tolls and the headline's is not their sum."""
    counts = {k: n for k, s in enumerate(stories) if (n := whole_toll(s)) is not None}
    body = [n for k, n in counts.items() if not all(a.title for a in stories[k].acts)]
    kept = []
    for k, story in enumerate(stories):
        echo = all(a.title for a in story.acts)
        if echo and body and (k not in counts or counts[k] <= max(body) or len(body) < 2):
            continue
        kept.append(story)
    return kept


# --- one incident -------------------------------------------------------------------------------


def _once(places: Sequence[Place]) -> list[Place]:
    """Each name once: a town and the province of its name are one place to who reads the record."""
    return list({fold(p.name): p for p in reversed(places)}.values())[::-1]


def _incident(
    k: int,
    story: Story,
    scope: Scope,
    parts: tuple[int, ...],
    stories: Sequence[Story],
    report: Report,
    country: str | None,
    days: Told,
    marks: Sequence[Marks],
    verdict: Verdict,
    advice: Advice | None,
) -> Incident:
    act_type = _type(story, stories, verdict, marks)
    if advice is not None:
        act_type = advice.act_type(story.acts, act_type)
    if scope == "statistic" and (not story.places or (len(story.acts) == 1 and not any(a.told for a in story.acts))):
        act_type = "attack" if killed_in_attacks(story) else "other"
    date, detail = days
    places = _once(story.places)[:5] if scope in ("statistic", "total") else _once(_places(story, stories, marks))
    blames = verdict.doers[:4]
    doing = {fold(b.actor.name) for b in blames}
    targets = [t for t in story.targets if fold(t.name) not in doing][:4]
    figures = casualties(story, report)
    quote = _quote(story)
    means, objects = _told_things(story)
    if story.found:
        detail = replace(detail, date_of="found")
    quote_text = report.text[quote[0] : quote[1]]
    return Incident(
        id=_id(k),
        type=act_type,
        status=verdict.status,
        scope=scope,
        parts=tuple(_id(p) for p in parts),
        start=date[0],
        end=date[1],
        places=tuple(p.name for p in places),
        country=_country(places, story.scene.country if story.scene is not None else country),
        perpetrators=tuple(b.actor.name for b in blames),
        targets=tuple(t.name for t in targets),
        casualties=tuple(figures),
        quote=quote_text,
        quote_span=quote,
        date=detail,
        acts=verdict.acts,
        perpetrators_are=verdict.are if len(blames) > 1 else None,
        place_details=tuple(place_detail(p) for p in places),
        perpetrator_details=tuple(
            PerpetratorDetail(b.actor.name, b.actor.span, b.actor.actor_id, None, None, b.basis) for b in blames
        ),
        means=means,
        objects=objects,
        target_details=tuple(TargetDetail(t.name, t.span, t.actor_id, t.who) for t in targets),
    )


def _id(k: int) -> str:
    """a, b, ... z, aa, ab, ..."""
    letters = ""
    k += 1
    while k:
        k, rest = divmod(k - 1, 26)
        letters = ascii_lowercase[rest] + letters
    return letters


def _type(story: Story, stories: Sequence[Story], verdict: Verdict, marks: Sequence[Marks]) -> ActType:
    named = settled(story.type or _type_before(story, stories), story, verdict.doers, stories, marks)
    harms = {f.harm for f, _ in story.figures}
    if named in ("territory_taken", "territory_regained"):
        state = any(b.actor.who == "state_forces" for b in story.blames)
        other = any(b.actor.who == "armed_group" for b in story.blames)
        named = "territory_regained" if state else "territory_taken" if other else named
    if not harms & {"killed", "injured"}:
        for harm, act_type in _HARM_TYPE.items():
            if harm in harms and (named is None or act_type in ("abduction", "arrests")):
                return act_type
    return named or "attack"


def _type_before(story: Story, stories: Sequence[Story]) -> ActType | None:
    """The type of the act told last before one whose words leave it open ("Five more died in Qaterji").

    Bodies found elsewhere were not killed in it, unless they lay in a ruin.
    """
    if story.found and not any(in_ruin(a.marks.tokens) for a in story.acts):
        return None
    here = min(a.index for a in story.acts)
    told = [
        (a.index, s.type)
        for s in stories
        for a in s.acts
        if s is not story
        and s.type in _CARRIED
        and a.index <= here
        and here - a.index <= 4
        and a.types
        and not (a.index == here and _own_words(story))
    ]
    if _own_words(story) & words("attack_words") and not any("anaphora" in a.flags for a in story.acts):
        return None
    return max(told, key=lambda t: t[0])[1] if told else None


def _own_words(story: Story) -> set[str]:
    """The words that tell the act, in all its tellings."""
    return {w for a in story.acts for t in a.triggers for w in a.marks.tokens.low[t.first : t.last]}


def _places(story: Story, stories: Sequence[Story], marks: Sequence[Marks]) -> list[Place]:
    """The story's own places, or those its next sentences, the act told before it, or the headline name."""
    if story.scene is not None or unplaced(story, stories):
        return story.places
    own = story.places
    if own and story.sites:
        small = [p for p in own if width(p) == 0]
        return [*small, *story.sites, *own[len(small) :]][:5]
    if not own or width(own[0]) > 0:
        told = {a.index for s in stories for a in s.acts}
        more = _named_after(story, told, marks, strict=bool(own))
        own = [p for p in more if fold(p.name) not in {fold(o.name) for o in own}] + own
    if own:
        return own[:5]
    first = min(story.acts, key=lambda a: (a.index, a.first))
    here = first.index + first.shared  # a clause's place may be told in the clause before it
    for index in range(here - 1, max(-1, here - 1 - _SAME_PLACE), -1):
        mark = marks[index]
        before = [p for p in mark.places if p.level not in ("country", "point") and not elsewhere(mark, p)]
        before = [p for p in before if not measured_from(mark, p)] or before
        if before and mark.sentence.kind != "title":
            return [*sorted(before, key=width)[:3], *story.sites][:5]
    title = [p for m in marks[:1] if m.sentence.kind == "title" for p in m.places if p.level != "country"]
    return [*title[:3], *story.sites][:5]


def _named_after(story: Story, told: set[int], marks: Sequence[Marks], *, strict: bool) -> list[Place]:
    """A specific place in the next two sentences that tell no act of their own ("They hit the village of ...")."""
    last = max((a.index for a in story.acts if not a.title), default=None)
    if last is None:
        return []
    for index in range(last + 1, min(last + 3, len(marks))):
        if index in told:
            return []
        if strict and "anaphora" not in marks[index].telling.flags:
            continue
        found = [
            p
            for p in marks[index].places
            if p.level != "country" and width(p) == 0 and p.gazetteer_id is not None and not elsewhere(marks[index], p)
        ]
        if found:
            return found[:2]
    return []


def _claims(marks: Sequence[Marks]) -> list[tuple[int, Blame]]:
    """Who claims an act, or is blamed for one, in any sentence ("The Islamic State claimed the attack")."""
    found: list[tuple[int, Blame]] = []
    for index, mark in enumerate(marks):
        if not words("of_other_acts").isdisjoint(mark.tokens.low):
            continue  # "has claimed similar attacks in the past"
        for flag, basis in _CLAIM_BASIS:
            for at in mark.telling.flags.get(flag, ()):
                actor = claimant(mark.tokens, mark.actors, at, said_of=basis == "blamed")
                if actor is not None:
                    found.append((index, Blame(actor, basis)))
    return found


def _doers(k: int, stories: Sequence[Story], claims: Sequence[tuple[int, Blame]]) -> list[Blame]:
    """The story's own doers; without any, who claims it or is blamed for it right after. Never a neighbour's."""
    story = stories[k]
    if story.blames:
        return story.blames[:4]
    last = max(a.index for a in story.acts)
    near = [b for index, b in claims if 0 <= index - last <= _CLAIMED_AFTER or len(stories) == 1]
    if len(stories) > 1:
        near = [b for b in near if not own_dead([f for f, _ in story.figures], b.actor)]
    if near:
        return near[:1]
    return []


def _named_near(story: Story, marks: Sequence[Marks]) -> list[Actor]:
    """The actors named in the tellings' sentences and in those beside them, in order."""
    near = {m for a in story.acts for m in (a.index - 1, a.index, a.index + 1) if 0 <= m < len(marks)}
    return [actor for index in sorted(near) for actor in marks[index].actors]


def _country(places: Sequence[Place], country: str | None) -> str | None:
    return next((p.country for p in places if p.country), country)


def _quote(story: Story) -> tuple[int, int]:
    """The sentence that carries most: the first body sentence with the fullest figures."""
    best = max(
        story.acts,
        key=lambda a: (not a.title, sum(f.counted for f in a.figures) * 1.0 + 0.5 * bool(a.places) + 0.3 * a.told),
    )
    return best.marks.sentence.span
