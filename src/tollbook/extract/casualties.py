"""The figures of one story: each number once, parts tied to their whole, vague ones dropped for exact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tollbook.extract.act import Act
from tollbook.extract.figure import Figure
from tollbook.extract.same_act import OVER, ROUND
from tollbook.extract.story import Story
from tollbook.model import Casualty, Harm, Report, Span, Speaker, Victim, Who

_SIDE_BY_SIDE = 30  # characters between "eight soldiers dead" and "eight gunmen dead"


def casualties(story: Story, report: Report) -> list[Casualty]:
    """The figures of a story: each number once, parts pointing at their whole, vague ones dropped for exact."""
    kept: list[Casualty] = []
    heads: list[str | None] = []
    listed: list[bool] = []
    told_in: list[int] = []
    tied_to: list[Span] = []
    counted = any(f.counted for f, _ in story.figures)
    body_first = sorted(story.acts, key=lambda a: a.title)
    for act in body_first:
        index: dict[int, int] = {}
        ordered = sorted(act.figures, key=lambda f: f.part_of is not None)  # wholes before their parts
        for n, figure in enumerate(ordered):
            if (counted and not figure.counted) or _dead_too(figure, act, story):
                continue
            apart = [_beside(figure, c, told_in[i] == act.index, tied_to[i]) for i, c in enumerate(kept)]
            twin = _twin(figure, kept, apart)
            if twin is not None:
                index[n] = twin
                if kept[twin].says is None and (voice := _speaker(figure, act.marks.speakers)) is not None:
                    kept[twin] = replace(kept[twin], says=voice.name, says_span=voice.span)
                retold = figure.part_of is None and (figure.max is None) != (kept[twin].max is None)
                if (
                    retold and not act.title and not _recalls(figure, report)
                ):  # a lead rounds what the details give: the bound told last holds
                    kept[twin] = _retold(kept[twin], figure, act.marks.speakers, report)
                continue
            if act.title and any(c.harm == figure.harm for c in kept) and not _sums_up(figure, kept, told_in):
                continue
            speaker = _speaker(figure, act.marks.speakers)
            told = _casualty(figure, None, speaker, report)
            if figure.word and any(_overtakes(c, figure.harm, figure.who) and not _other_zero(told, c) for c in kept):
                continue
            whole = None
            marks_figures = act.marks.figures
            if figure.part_of is not None:
                target = marks_figures[figure.part_of]
                whole = next((index[m] for m, f in enumerate(ordered) if f is target and m in index), None)
            kept.append(replace(told, subset_of=whole))
            heads.append(figure.head)
            listed.append(figure.among_dead or (act.marks.found and not act.told and bool(told_in)))
            told_in.append(act.index)
            tied_to.append(figure.cue)
            index[n] = len(kept) - 1
    kept = _whole_class(_added_up(_within(_classes(kept, heads), listed, told_in), told_in))
    return _without_vague(kept)


def _dead_too(figure: Figure, act: Act, story: Story) -> bool:
    """Is it the injury of a person whom another telling names as killed ("Haddad was shot in the back")?"""
    if figure.harm != "injured":
        return False
    hurt = {_last(v) for v in act.marks.victims if v.name and v.span == figure.span}
    dead = {_last(v) for a in story.acts for v in a.marks.victims if v.name and v.harm == "killed"}
    return bool(hurt) and hurt <= dead


def _last(victim: Victim) -> str:
    return (victim.name or "").split()[-1].lower()


def _groups_of(harm: Harm, kept: Sequence[Casualty], told_in: Sequence[int]) -> list[list[int]]:
    """The figures for one harm that one sentence tells side by side, where it tells two or more."""
    by_sentence: dict[int, list[int]] = {}
    for i, c in enumerate(kept):
        if c.harm == harm and c.subset_of is None and c.min is not None and c.word is None:
            by_sentence.setdefault(told_in[i], []).append(i)
    return [group for group in by_sentence.values() if len(group) > 1]


def _makes(low: int | None, high: int | None, total: int) -> bool:
    """Is a toll of `low` to `high` the sum `total`? "At least 70" may round 69."""
    return low is not None and (low == total or (high is None and low >= ROUND and abs(low - total) == 1))


def _sums_up(figure: Figure, kept: Sequence[Casualty], told_in: Sequence[int]) -> bool:
    """Is a headline's toll the sum of groups that one sentence of the body tells side by side?"""
    groups = _groups_of(figure.harm, kept, told_in)
    return any(_makes(figure.min, figure.max, sum(kept[i].min or 0 for i in group)) for group in groups)


def _added_up(kept: list[Casualty], told_in: Sequence[int]) -> list[Casualty]:
    """Groups told side by side are parts of a toll, told in another sentence, that is their sum."""
    out = list(kept)
    for w, whole in enumerate(kept):
        if whole.subset_of is not None:
            continue
        for group in _groups_of(whole.harm, out, told_in):
            if w not in group and _makes(whole.min, whole.max, sum(out[i].min or 0 for i in group)):
                out = [replace(c, subset_of=w) if i in group else c for i, c in enumerate(out)]
    return out


def _whole_class(kept: list[Casualty]) -> list[Casualty]:
    """ "19 people: 12 nurses and seven patients": a whole is of the class of all its parts (RULINGS.md, "people")."""
    out = list(kept)
    for w, whole in enumerate(kept):
        parts = [c for c in kept if c.subset_of == w]
        classes = {c.who for c in parts}
        if whole.who == "unknown" and len(classes) == 1 and sum(c.min or 0 for c in parts) == whole.min:
            out[w] = replace(whole, who=classes.pop())
    return out


def _retold(before: Casualty, figure: Figure, speakers: Sequence[Speaker], report: Report) -> Casualty:
    """The figure in its later words; who the victims are and who said it first stay, where the later words are mute."""
    speaker = _speaker(figure, speakers)
    after = replace(_casualty(figure, before.subset_of, speaker, report), who=before.who)
    return after if speaker is not None else replace(after, says=before.says, says_span=before.says_span)


def _recalls(figure: Figure, report: Report) -> bool:
    """ "The 19 men": points back at a number told before, and says nothing new of its bounds."""
    before = report.text[max(0, figure.span[0] - 8) : figure.span[0]].lower().split()
    return bool(before) and before[-1] in ("the", "those", "these", "all")


def _beside(figure: Figure, told: Casualty, same_sentence: bool, cue: Span) -> bool:
    """Are two figures told side by side for two groups ("eight soldiers and eight gunmen died")?"""
    if not same_sentence or not 0 <= figure.span[0] - told.span[1] <= _SIDE_BY_SIDE:
        return False
    classes = {figure.who, told.who}
    return figure.counted and (figure.cue == cue or (len(classes) == 2 and "unknown" not in classes))


def _twin(figure: Figure, kept: Sequence[Casualty], apart: Sequence[bool]) -> int | None:
    """The figure already kept that tells the same number: "40" and "at least 40", "over 40" (41 or more) and "40".

    `apart` says which of those kept stand beside it for another group.
    """
    number = figure.min if figure.min is not None else figure.max
    for i, c in enumerate(kept):
        if apart[i] or c.harm != figure.harm or (c.subset_of is None) != (figure.part_of is None):
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
        if c.who == "unknown" and heads[i] in _OPEN_HEADS and not c.of and c.max != 0:
            known = {k.who for k in out if k.who != "unknown" and k.subset_of is None}
            before = [k.who for k in out[:i] if k.who != "unknown" and k.subset_of is None]
            if before:
                out[i] = replace(c, who=before[-1])
            elif len(known) == 1 and heads[i] is None:
                out[i] = replace(c, who=known.pop())
    return out


def _within(kept: list[Casualty], listed: Sequence[bool], told_in: Sequence[int]) -> list[Casualty]:
    """Children, women, medics counted in a sentence of their own are part of the toll told first, if it is larger.

    Not those told beside it ("44 villagers and one policeman"), nor soldiers beside civilians.
    """
    out = list(kept)
    for i, c in enumerate(out):
        whole = next((k for k in range(i) if out[k].harm == c.harm and out[k].subset_of is None), None)
        if whole is None or c.subset_of is not None or c.min is None:
            continue
        if listed[i]:
            larger = (k for k in range(whole, i) if out[k].harm == c.harm and (out[k].min or 0) > c.min)
            whole = next((k for k in larger if out[k].subset_of is None), whole)
        first = out[whole]
        described = (c.sex or c.age_group) and not (first.sex or first.age_group)
        described = described and told_in[i] != told_in[whole] and c.who in ("civilian", "unknown")
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


def _overtakes(exact: Casualty, harm: Harm, who: Who) -> bool:
    """Does an exact figure make a vague one of the same idle (RULINGS.md)? "12 police" does not "dozens of rebels"."""
    return exact.word is None and exact.harm == harm and (exact.who == who or "unknown" in (exact.who, who))


def _other_zero(zero: Casualty, told: Casualty) -> bool:
    """Does somebody else, or of another group, say that nobody was harmed?"""
    return zero.max == 0 and (zero.says != told.says or zero.who not in ("unknown", told.who))


def _exact_of(exact: Casualty, round_one: Casualty) -> bool:
    """Does the same voice tell a figure in round numbers and exactly ("more than 60 soldiers ... sixty-two")?"""
    low, high = round_one.min or 0, exact.min or 0
    if round_one.max is not None or exact.min != exact.max or low < ROUND or exact.subset_of is not None:
        return False
    return low <= high <= low * OVER and round_one.says in (None, exact.says)


def _without_vague(kept: list[Casualty]) -> list[Casualty]:
    """Drops vague figures where an exact one stands for the same harm (RULINGS); keeps `subset_of` right."""
    idle = {
        i
        for i, c in enumerate(kept)
        if c.subset_of is None
        and any((c.word or _exact_of(k, c)) and _overtakes(k, c.harm, c.who) and not _other_zero(c, k) for k in kept)
    }
    stay = [i for i in range(len(kept)) if i not in idle]
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
