"""From marks to the record's incidents: the part that rules and the trained tagger share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from string import ascii_lowercase

from tollbook.extract import Reading
from tollbook.extract.acts import Blame, claimant
from tollbook.extract.clauses import Act, candidate_acts, elsewhere, width
from tollbook.extract.figures import Figure
from tollbook.extract.marks import Marks
from tollbook.extract.merge import Story, fold, merge_acts
from tollbook.extract.verdicts import Verdict, verdicts
from tollbook.extract.words import words
from tollbook.model import (
    ActType,
    AttributionBasis,
    Casualty,
    DateDetail,
    DateRange,
    Harm,
    Incident,
    Means,
    ObjectHit,
    PerpetratorDetail,
    Place,
    PlaceDetail,
    Report,
    Scope,
    Speaker,
    TargetDetail,
    Victim,
)

_NEWS_DAYS = 14  # GUIDELINES, "scope": news is what happened within the 14 days before publication
_MANY = 150  # as many dead over a province or city, other than by one blast, are a sum over acts
_SAME_DAY = 3  # sentences over which "Meanwhile four were killed in ..." goes on the day told before
_CLAIM_BASIS: tuple[tuple[str, AttributionBasis], ...] = (("claimed", "claimed"), ("blamed", "blamed"))
_CLAIMED_AFTER = 2  # sentences after an act within which a claim or blame is about it
_GRAVITY = {"killed": 5, "missing": 4, "injured": 3, "abducted": 2, "detained": 1, "displaced": 0}
_SAME_PLACE = 2  # sentences back in which an act told without a place may have its place named
_TAKES = ("arrests", "peaceful_protest", "territory_taken", "territory_regained")
_CARRIED = ("air_strike", "shelling", "armed_clash", "bomb", "suicide_bomb", "chemical_weapon")
_HARM_TYPE: dict[str, ActType] = {
    "abducted": "abduction",
    "detained": "arrests",
    "displaced": "other",
    "missing": "other",
}


def assemble(report: Report, marks: Sequence[Marks], country: str | None = None) -> Reading:
    """The incidents that the marks tell, in the order the report tells them."""
    candidates = candidate_acts(marks)
    acts = [a for a in candidates if _counts(a)] or [a for a in candidates if _counts_nowhere(a)]
    stories = _without_headline_echo([s for s in merge_acts(acts) if _keep(s)])
    scopes = [_scope(s, report) for s in stories]
    parts = _totals(stories, scopes)
    all_dates = [d for m in marks for d in m.dates]
    claims = _claims(marks)
    told = verdicts(report.text, stories, marks, [_doers(k, stories, claims) for k in range(len(stories))])
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
                all_dates,
                _date_before(k, stories, scopes, report),
                marks,
                told[k],
            )
        )
    return Reading(tuple(incidents), _victims(marks, stories))


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


def _counts(act: Act) -> bool:
    """Is the candidate an act at all: harm or a told act, not an accident, not a habit without a toll?"""
    hurt = [f for f in act.figures if f.harm in ("killed", "injured", "abducted", "missing", "detained", "displaced")]
    if "accidents" in act.flags and not any(t.kind == "event" for t in act.triggers):
        return False
    if hurt:
        return True
    if act.title:
        return False
    if "habitual" in act.flags or "statistic" in act.flags:
        return False
    events = [t for t in act.triggers if t.kind in ("event", "take")]
    if not events:
        return bool(act.blames) and bool(act.places) and any(t.kind == "generic" for t in act.triggers)
    return bool(act.places)


def _counts_nowhere(act: Act) -> bool:
    """Is it an act without a place, good enough where the report tells none with one?"""
    events = any(t.kind == "event" and t.type not in _TAKES for t in act.triggers)
    return events and not act.title and bool(act.blames or act.dates) and not {"habitual", "statistic"} & act.flags


def _keep(story: Story) -> bool:
    """A story of nothing but a headline or a group without a number needs a word of violence."""
    figures = [f for f, _ in story.figures]
    if any(f.counted for f in figures):
        return bool(story.types) or any(f.harm in ("killed", "abducted", "injured", "missing") for f in figures)
    return any(a.told and not a.title and (a.places or a.blames) for a in story.acts)


def _without_headline_echo(stories: list[Story]) -> list[Story]:
    """Drops what only a headline tells where the body tells tolls and the headline's is not their sum."""
    counts = {k: n for k, s in enumerate(stories) if (n := _whole(s)) is not None}
    body = [n for k, n in counts.items() if not all(a.title for a in stories[k].acts)]
    kept = []
    for k, story in enumerate(stories):
        echo = all(a.title for a in story.acts)
        if echo and body and (k not in counts or counts[k] <= max(body) or len(body) < 2):
            continue
        kept.append(story)
    return kept


# --- scope, totals ------------------------------------------------------------------------------


def _dated(story: Story) -> DateRange | None:
    """The date told nearest to the harm, in the first body telling that has one."""
    for act in sorted(story.acts, key=lambda a: (a.title, a.index)):
        near = act.nearest_date
        if near is not None and near.start is not None:
            return near
    return next((d for d in story.dates if d.start is not None), None)


def _scope(story: Story, report: Report) -> Scope:
    date = _dated(story)
    lead = story.acts[0]
    if lead.statistic:
        return "statistic"
    if date is not None and date.end and report.published and (report.published - date.end).days > _NEWS_DAYS:
        return "background"
    return "incident"


def _totals(stories: list[Story], scopes: list[Scope]) -> dict[int, tuple[int, ...]]:
    """Marks sums over other stories as `total` (in place in `scopes`) and returns their parts."""
    parts: dict[int, tuple[int, ...]] = {}
    counts = {k: n for k, s in enumerate(stories) if (n := _whole(s)) is not None}
    for k, story in enumerate(stories):
        if k not in counts or scopes[k] != "incident" or counts[k] < 3:
            continue
        others = [j for j in counts if j != k and scopes[j] == "incident" and j not in parts and counts[j] < counts[k]]
        flagged = "sums" in story.acts[0].flags
        fitting = [j for j in others if _meet(story, stories[j]) and (flagged or _begin(stories[j]) >= _begin(story))]
        summed = _summing(counts[k], fitting, counts, exact_all=not flagged)
        if summed:
            scopes[k] = "total"
            parts[k] = summed
            continue
        if (
            all(a.title for a in story.acts)
            and sum(1 for j in counts if j != k and scopes[j] == "incident" and counts[j] < counts[k]) >= 2
        ):
            scopes[k] = "total"
            parts[k] = tuple(j for j in counts if j != k and scopes[j] == "incident" and counts[j] < counts[k])
            continue
        if (
            counts[k] >= _MANY
            and (not story.places or width(story.places[0]) > 0)
            and story.type not in ("bomb", "suicide_bomb", "chemical_weapon")
        ):
            scopes[k] = "total"
            parts[k] = ()
            continue
        if story.acts[0].split or story.acts[0].stretch:
            scopes[k] = "total"
            parts[k] = ()
            continue
        if _over_parts(k, stories, scopes, counts):
            scopes[k] = "total"
            parts[k] = tuple(_later(k, stories, scopes, counts))
            continue
        if flagged and not story.places[:1]:
            scopes[k] = "total"
            parts[k] = ()
    return parts


def _over_parts(k: int, stories: Sequence[Story], scopes: Sequence[Scope], counts: dict[int, int]) -> bool:
    """A lead toll over an area whose acts the report then tells one by one, each smaller, together not more."""
    story = stories[k]
    if story.places and width(story.places[0]) == 0:
        return False
    parts = _later(k, stories, scopes, counts)
    return len(parts) >= 2 and sum(counts[j] for j in parts) <= counts[k]


def _later(k: int, stories: Sequence[Story], scopes: Sequence[Scope], counts: dict[int, int]) -> list[int]:
    here = min((a.index for a in stories[k].acts if not a.title), default=0)
    return [
        j for j in counts
        if j != k and scopes[j] == "incident" and counts[j] < counts[k] and stories[j].places
        and min(a.index for a in stories[j].acts) >= here and _meet(stories[j], stories[k])
    ]  # fmt: skip


def _begin(story: Story) -> int:
    """Where in the report the story is first told; a headline is first of all."""
    return min(a.index for a in story.acts)


def _meet(a: Story, b: Story) -> bool:
    """Could both be of the same days?"""
    x, y = _dated(a), _dated(b)
    if x is None or y is None or not (x.start and x.end and y.start and y.end):
        return True
    return x.start <= y.end and y.start <= x.end


def _whole(story: Story) -> int | None:
    figures = story.main("killed")
    if not figures:
        return None
    groups: dict[str, int] = {}
    for f in figures:
        groups.setdefault(f.who, f.min or 0)
    return sum(groups.values()) if "unknown" not in groups else max(groups.values())


def _summing(whole: int, others: list[int], counts: dict[int, int], *, exact_all: bool) -> tuple[int, ...]:
    """The stories whose tolls add up to `whole`: all of them, else (for a told sum) some of at most eight."""
    if len(others) >= 2 and sum(counts[j] for j in others) == whole:
        return tuple(others)
    if exact_all or len(others) > 8:
        return ()
    for size in range(len(others) - 1, 1, -1):
        for chosen in combinations(others, size):
            if sum(counts[j] for j in chosen) == whole:
                return chosen
    return ()


# --- one incident -------------------------------------------------------------------------------


def _incident(
    k: int,
    story: Story,
    scope: Scope,
    parts: tuple[int, ...],
    stories: Sequence[Story],
    report: Report,
    country: str | None,
    all_dates: Sequence[DateRange],
    before: DateRange | None,
    marks: Sequence[Marks],
    verdict: Verdict,
) -> Incident:
    act_type = _type(story, stories)
    if scope == "statistic" and (not story.places or (len(story.acts) == 1 and not any(a.told for a in story.acts))):
        act_type = "other"
    date, detail = _date(story, scope, report, all_dates, before)
    places = story.places[:5] if scope == "statistic" else _places(story, stories, marks)
    blames = verdict.doers[:4]
    doing = {fold(b.actor.name) for b in blames}
    targets = [t for t in story.targets if fold(t.name) not in doing][:4]
    casualties = _casualties(story, report)
    quote = _quote(story)
    means, objects = _told_things(story)
    if any(a.marks.found and not a.told and a.figures for a in story.acts):
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
        country=_country(places, country),
        perpetrators=tuple(b.actor.name for b in blames),
        targets=tuple(t.name for t in targets),
        casualties=tuple(casualties),
        quote=quote_text,
        quote_span=quote,
        date=detail,
        acts=verdict.acts,
        perpetrators_are=verdict.are if len(blames) > 1 else None,
        place_details=tuple(_place_detail(p) for p in places),
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


def _type(story: Story, stories: Sequence[Story]) -> ActType:
    named = story.type or _type_before(story, stories)
    harms = {f.harm for f, _ in story.figures}
    if named in ("territory_taken", "territory_regained"):
        state = any(b.actor.who == "state_forces" for b in story.blames)
        other = any(b.actor.who == "armed_group" for b in story.blames)
        named = "territory_regained" if state and not other else "territory_taken" if other else named
    if not harms & {"killed", "injured"}:
        for harm, act_type in _HARM_TYPE.items():
            if harm in harms and (named is None or act_type in ("abduction", "arrests")):
                return act_type
    return named or "attack"


def _type_before(story: Story, stories: Sequence[Story]) -> ActType | None:
    """The type of the act told last before one whose words leave it open ("Five more died in Qaterji")."""
    here = min(a.index for a in story.acts)
    told = [
        (a.index, s.type)
        for s in stories
        for a in s.acts
        if s is not story and s.type in _CARRIED and a.index <= here and here - a.index <= 4 and a.types
    ]
    own = {w for a in story.acts for t in a.triggers for w in a.marks.tokens.low[t.first : t.last]}
    if own & words("attack_words") and not any("anaphora" in a.flags for a in story.acts):
        return None
    return max(told, key=lambda t: t[0])[1] if told else None


def _date_before(k: int, stories: Sequence[Story], scopes: Sequence[Scope], report: Report) -> DateRange | None:
    """The date of the news act told last before this one: "Meanwhile four were killed in ..." goes on the same day."""
    here = min(a.index for a in stories[k].acts)
    best: tuple[int, DateRange] | None = None
    for j, story in enumerate(stories):
        if j == k or scopes[j] not in ("incident", "total"):
            continue
        for act in story.acts:
            date = next((d for d in act.dates if d.start), None)
            if (
                date is not None
                and 0 <= here - act.index <= _SAME_DAY
                and not act.title
                and (best is None or act.index >= best[0])
            ):
                best = (act.index, date)
    if best is None or best[1].start != best[1].end:
        return None
    return best[1]


def _long_period(dates: Sequence[DateRange], published: dt.date) -> DateRange | None:
    """The longest stated stretch that runs up to publication ("since March 2011"), wherever the report tells it."""
    running = [d for d in dates if d.start and d.end and (d.end - d.start).days > 60 and (published - d.end).days <= 31]
    return min(running, key=lambda d: d.start, default=None)  # type: ignore[arg-type, return-value]


def _date(
    story: Story, scope: Scope, report: Report, all_dates: Sequence[DateRange], before: DateRange | None
) -> tuple[tuple[dt.date | None, dt.date | None], DateDetail]:
    date = _dated(story)
    published = report.published
    if date is not None:
        return (date.start, date.end), DateDetail(date.span, date.precision, date.basis)
    if published is None:
        return (None, None), DateDetail(None, None, "none")
    if scope == "statistic":
        since = _long_period(all_dates, published)
        if since is not None:
            return (since.start, since.end), DateDetail(since.span, since.precision, since.basis)
    if scope in ("statistic", "background"):
        return (None, None), DateDetail(None, None, "none")
    said = next((d for a in story.acts for d in a.said_on if d.start and d.start == d.end), None)
    if said is not None and said.end is not None and said.start is not None:
        return (said.start - dt.timedelta(days=1), said.end), DateDetail(said.span, "days", "fresh-news")
    if before is not None:
        return (before.start, before.end), DateDetail(before.span, before.precision, before.basis)
    start = published - dt.timedelta(days=1)
    return (start, published), DateDetail(None, "days", "fresh-news")


def _places(story: Story, stories: Sequence[Story], marks: Sequence[Marks]) -> list[Place]:
    """The story's own places, or those its next sentences, the act told before it, or the headline name."""
    own = story.places
    if not own or width(own[0]) > 0:
        told = {a.index for s in stories for a in s.acts}
        more = _named_after(story, told, marks, strict=bool(own))
        own = [p for p in more if fold(p.name) not in {fold(o.name) for o in own}] + own
    if own:
        return own[:5]
    here = min(a.index for a in story.acts)
    for index in range(here - 1, max(-1, here - 1 - _SAME_PLACE), -1):
        mark = marks[index]
        before = [p for p in mark.places if p.level not in ("country", "point") and not elsewhere(mark, p)]
        if before and mark.sentence.kind != "title":
            return sorted(before, key=width)[:3]
    title = [p for m in marks[:1] if m.sentence.kind == "title" for p in m.places if p.level != "country"]
    return title[:3]


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
    if near:
        return near[:1]
    return []


def _place_detail(place: Place) -> PlaceDetail:
    return PlaceDetail(
        place.name,
        place.span,
        "at",
        place.gazetteer_id,
        place.lat,
        place.lon,
        place.radius_km,
        place.admin_level,
        place.admin1,
        place.admin2,
        place.alternatives,
    )


def _country(places: Sequence[Place], country: str | None) -> str | None:
    return next((p.country for p in places if p.country), country)


def _quote(story: Story) -> tuple[int, int]:
    """The sentence that carries most: the first body sentence with the fullest figures."""
    best = max(
        story.acts,
        key=lambda a: (not a.title, sum(f.counted for f in a.figures) * 1.0 + 0.5 * bool(a.places) + 0.3 * a.told),
    )
    return best.marks.sentence.span


def _casualties(story: Story, report: Report) -> list[Casualty]:
    """The figures of a story: each number once, parts pointing at their whole, vague ones dropped for exact."""
    kept: list[Casualty] = []
    heads: list[str | None] = []
    listed: list[bool] = []
    counted = any(f.counted for f, _ in story.figures)
    body_first = sorted(story.acts, key=lambda a: a.title)
    for act in body_first:
        index: dict[int, int] = {}
        ordered = sorted(act.figures, key=lambda f: f.part_of is not None)  # wholes before their parts
        for n, figure in enumerate(ordered):
            if counted and not figure.counted:
                continue
            twin = _twin(figure, kept)
            if twin is not None:
                index[n] = twin
                if kept[twin].says is None and (voice := _speaker(figure, act.marks.speakers)) is not None:
                    kept[twin] = replace(kept[twin], says=voice.name, says_span=voice.span)
                if figure.part_of is None and figure.max is None and kept[twin].max is not None and not act.title:
                    kept[twin] = replace(
                        _casualty(figure, kept[twin].subset_of, _speaker(figure, act.marks.speakers), report),
                        who=kept[twin].who,
                    )
                continue
            if act.title and any(c.harm == figure.harm for c in kept):
                continue
            if figure.word and any(c.harm == figure.harm and c.word is None for c in kept):
                continue
            whole = None
            marks_figures = act.marks.figures
            if figure.part_of is not None:
                target = marks_figures[figure.part_of]
                whole = next((index[m] for m, f in enumerate(ordered) if f is target and m in index), None)
            speaker = _speaker(figure, act.marks.speakers)
            kept.append(_casualty(figure, whole, speaker, report))
            heads.append(figure.head)
            listed.append(figure.among_dead)
            index[n] = len(kept) - 1
    kept = _within(_classes(kept, heads), listed)
    exact = {c.harm for c in kept if c.word is None}
    if any(c.word and c.harm in exact for c in kept):
        kept = _without_vague(kept, exact)
    return kept


def _twin(figure: Figure, kept: Sequence[Casualty]) -> int | None:
    """The figure already kept that tells the same number: "40" and "at least 40", "over 40" (41 or more) and "40"."""
    number = figure.min if figure.min is not None else figure.max
    for i, c in enumerate(kept):
        if c.harm != figure.harm or (c.subset_of is None) != (figure.part_of is None):
            continue
        if figure.part_of is not None and (c.sex, c.age_group) != (figure.sex, figure.age_group):
            continue
        told = c.min if c.min is not None else c.max
        if told == number:
            return i
        if (
            number is not None
            and told is not None
            and min(number, told) >= 10
            and (figure.max is None) != (c.max is None)
        ):
            opened, exact = (number, told) if figure.max is None else (told, number)
            if opened == exact + 1:
                return i
    return None


_OPEN_HEADS = frozenset({None, "others", "other", "more", "them", "these", "those", "members", "member", "ones"})


def _classes(kept: list[Casualty], heads: Sequence[str | None]) -> list[Casualty]:
    """Gives "20 others", "wounding 12" and parts the victims' class of the figure they follow (RULINGS)."""
    out = list(kept)
    for i, c in enumerate(out):
        if c.subset_of is not None and c.subset_of < i:
            whole = out[c.subset_of]
            if whole.who in ("state_forces", "armed_group") or (c.who == "unknown" and whole.who != "unknown"):
                out[i] = replace(c, who=whole.who)
                continue
        if c.who == "unknown" and heads[i] in _OPEN_HEADS and not c.of:
            known = {k.who for k in out if k.who != "unknown" and k.subset_of is None}
            before = [k.who for k in out[:i] if k.who != "unknown" and k.subset_of is None]
            if before:
                out[i] = replace(c, who=before[-1])
            elif len(known) == 1 and heads[i] is None:
                out[i] = replace(c, who=known.pop())
    return out


def _within(kept: list[Casualty], listed: Sequence[bool]) -> list[Casualty]:
    """Children, women, medics counted in a sentence of their own are part of the toll told first, if it is larger."""
    out = list(kept)
    for i, c in enumerate(out):
        whole = next((k for k in range(i) if out[k].harm == c.harm and out[k].subset_of is None), None)
        if whole is None or c.subset_of is not None or c.min is None:
            continue
        first = out[whole]
        described = (c.sex or c.age_group) and not (first.sex or first.age_group)
        small = first.min is not None and c.min < first.min
        if small and (listed[i] or (described and first.who in ("civilian", "unknown"))):
            out[i] = replace(c, subset_of=whole)
    for i, c in enumerate(out):
        later = [k for k in range(len(out)) if k != i and out[k].harm == c.harm and out[k].subset_of is None]
        numbers = [out[k].min or 0 for k in later]
        if c.subset_of is None and c.who == "unknown" and len(later) >= 2 and sum(numbers) == c.min:
            out = [replace(o, subset_of=i) if k in later else o for k, o in enumerate(out)]
            break
    return out


def _without_vague(kept: list[Casualty], exact: set[Harm]) -> list[Casualty]:
    """Drops vague figures where an exact one stands for the same harm (RULINGS); keeps `subset_of` right."""
    stay = [i for i, c in enumerate(kept) if not (c.word and c.harm in exact and c.subset_of is None)]
    new = {old: k for k, old in enumerate(stay)}
    kept_parts = [(kept[i], kept[i].subset_of) for i in stay]
    return [c if whole is None else replace(c, subset_of=new.get(whole)) for c, whole in kept_parts]


def _casualty(figure: Figure, whole: int | None, speaker: Speaker | None, report: Report) -> Casualty:
    return Casualty(
        harm=figure.harm,
        who=figure.who,
        min=figure.min,
        max=figure.max,
        approx=figure.approx,
        says=speaker.name if speaker else None,
        subset_of=whole,
        text=report.text[figure.span[0] : figure.span[1]],
        span=figure.span,
        word=figure.word,
        undivided=figure.undivided,
        says_span=speaker.span if speaker else None,
        of=figure.of,
        sex=figure.sex,
        age_group=figure.age_group,
        role=figure.role,
    )


def _speaker(figure: Figure, speakers: Sequence[Speaker]) -> Speaker | None:
    """The speaker whose words the figure is: the narrowest scope that holds it."""
    holding = [s for s in speakers if s.scope[0] <= figure.span[0] and figure.span[1] <= s.scope[1]]
    return min(holding, key=lambda s: s.scope[1] - s.scope[0]) if holding else None


__all__ = ["assemble", "fold"]
