"""A book's incidents in words, for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tollbook.book import Detail, Line
    from tollbook.ledger.bounds import Bound


def plain(line: Line) -> dict[str, Any]:
    """One incident of a list as JSON values."""
    from tollbook.model import to_plain

    values = {k: v for k, v in to_plain(line).items() if k != "bounds"}
    values["bounds"] = [
        {"harm": harm, "group": group, "low": low, "best": best, "high": high, "open": opened}
        for (harm, group), (low, best, high, opened) in line.bounds.items()
    ]
    return values


def shown(found: list[Line], names: bool) -> list[Line]:
    """The lines as they may be shown: without the names of private persons said to have done it, unless asked for."""
    from dataclasses import replace

    from tollbook.redact import public_actor

    if names:
        return found
    return [replace(i, perpetrators=tuple(public_actor(p) for p in i.perpetrators)) for i in found]


def incident_list(found: list[Line]) -> str:
    """Incidents as an aligned table."""
    from tollbook.render.text import printable
    from tollbook.tally import table

    head = ("id", "days", "place", "type", "killed", "injured", "reports", "voices", "grade", "status")
    rows = [
        (
            i.id[:10],
            _days(i.start, i.end),
            ", ".join(i.places[:2])[:34] or f"({i.country or '?'})",
            i.type.replace("_", " ") + ("" if i.scope == "incident" else f" ({i.scope})"),
            i.range("killed"),
            i.range("injured"),
            str(i.reports),
            _voices(i.voices),
            i.grade,
            i.review if i.status == "happened" else f"{i.review}, {i.status}",
        )
        for i in found
    ]
    return printable(table([head, *rows], right=(6,))) + f"\n{len(found)} incidents"


def _days(start: str | None, end: str | None) -> str:
    if start is None:
        return "not told"
    return start if start == end or end is None else f"{start}..{end[5:] if end[:4] == start[:4] else end}"


def _voices(voices: tuple[int, int]) -> str:
    low, high = voices
    return str(low) if low == high else f"{low} to {high}"


def detail(found: Detail, rule: str, *, names: bool = False) -> str:
    """One incident as plain text. Without `names` private persons who are accused stand without theirs."""
    from tollbook.ledger.bounds import ALL, RULES, show
    from tollbook.redact import public_actor
    from tollbook.tally import table

    state, card = found.state, found.state.card
    where = ", ".join(card.places) or "no place told"
    out = [f"{card.id}  {card.type.replace('_', ' ')}, {_days(card.start, card.end)}, {where}"]
    if found.asked != card.id and not card.id.startswith(found.asked):
        out.append(f"(asked for as {found.asked}, which leads here)")
    review = state.review + (f" by {state.reviewed_by}, {str(state.reviewed_at)[:10]}" if state.reviewed_by else "")
    out.append(
        f"status {card.status}; {review}; grade {state.grade}{f': {state.grade_why}' if state.grade_why else ''}"
    )
    out.append(f"{card.reports} reports, {_voices(state.independent)} voices; rule {rule}: {RULES[rule].about}")
    for p in card.perpetrators:
        who = p.name if names else public_actor(p.name)
        if not p.reports:  # a person put the name there
            out.append(f"ascribed to {who} by {'; '.join(p.says)}")
            continue
        says = f", said by {'; '.join(p.says)}" if p.says else ""
        out.append(f"ascribed to {who} in {p.reports} report{'s' if p.reports != 1 else ''}{says}")
    by_id = {f.claim_id: f for f in state.figures}
    rows = [("harm", "who", "range", "best", "low from", "high from", "voices")]
    for b in state.bounds:
        rows.append(
            (
                b.harm.replace("_", " "), "everyone" if b.group == ALL else b.group.replace("_", " "),
                show(b.low, b.high, b.open), "" if b.best is None else str(b.best), _who(b.low_claims, by_id),
                _who(b.high_claims, by_id), _voices(b.voices) + (" provisional" if b.provisional else ""),
            )
        )  # fmt: skip
    if len(rows) > 1:
        out += ["", table(rows)]
    beside = [by_id[c] for b in state.bounds if b.group == ALL for c in b.beside if c in by_id]
    for f in {f.voice.id: f for f in sorted(beside, key=lambda f: (f.said or "", f.order))}.values():
        out.append(f"beside the range, a party: {f.voice.name} says {show(f.low, f.high, f.open)} {f.harm}")
    fate = fates(state.bounds, rule)
    out += ["", "What each voice says:"]
    for voice in state.voices:
        out.append(f"  {voice.name} ({voice.kind})")
        for f in sorted((f for f in state.figures if f.voice.id == voice.id), key=lambda f: (f.said or "", f.order)):
            why = f"  [{fate[f.claim_id]}]" if f.claim_id in fate else ""
            told = next(t for t in state.told if t.mention.id == f.mention_id)
            out.append(
                f'    {f.said or "undated"}  {show(f.low, f.high, f.open)} {f.harm} ({f.who}): "{f.words}"'
                f"  {told.doc_id}:{f.span[0]}-{f.span[1]}{why}"
            )
    if len(found.steps) > 1:
        out += ["", "The toll by the day figures were published:"]
        for step in found.steps:
            ranges = ", ".join(f"{show(b.low, b.high, b.open)} {harm.replace('_', ' ')}" for harm, b in step.bounds)
            out.append(f"  {step.day}  {ranges}")
    out += ["", "Sentences:"]
    for t in state.told:
        out.append(f"  {t.published or 'undated'}  {t.outlet or t.doc_id}: {found.sentences.get(t.mention.id, '')}")
    if found.merged:
        out += ["", "Why these are one incident:"]
        for first, second, odds, reasons in found.merged:
            why = "; ".join(r.why for r in reasons if r.weight)
            out.append(f"  {second[:10]} with {first[:10]} ({odds:.2f}): {why}")
    for other, odds in found.possible:
        out.append(f"may be one with {other} ({odds:.2f})")
    for part, sure, why in found.parts:
        out.append(f"{'holds' if sure else 'may hold'} {part}: {why}")
    for total, sure, why in found.part_of:
        out.append(f"{'is part of' if sure else 'may be part of'} {total}: {why}")
    return "\n".join(out)


def fates(bounds: Iterable[Bound], rule: str) -> dict[str, str]:
    """Why a figure sets no bound of everyone, by claim: set aside by the rule, a party's, a part of another figure.

    Figures that count are not in it, whether they set a bound or lie between.
    """
    from tollbook.ledger.bounds import ALL

    out: dict[str, str] = {}
    for b in bounds:
        if b.group == ALL:
            out.update({c: f"set aside by {rule}: {why}" for c, why in b.aside})
            out.update(dict.fromkeys(b.beside, "a party: beside the range"))
            out.update(dict.fromkeys(b.within, "a part of another figure"))
    return out


def _who(claims: tuple[str, ...], by_id: dict[str, Any]) -> str:
    return "; ".join(dict.fromkeys(by_id[c].voice.name for c in claims if c in by_id))[:40]
