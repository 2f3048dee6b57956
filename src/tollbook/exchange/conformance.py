"""Which points of casualty-recording standards a release meets, by what is in it. Pure.

The points are `data/exchange/conformance.yml`, each with its source. A check looks at the content and the charter and
says met, in part, not met, with why; what no program can see is left to people, and the table says that too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.export.values import Content, Incident

MET, PART, NOT, PEOPLE = "met", "in part", "not met", "for people to say"


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a standard, and whether a release meets it. `seen`: we read it in the source named."""

    id: str
    standard: str
    head: str
    point: str
    source: str
    seen: bool
    verdict: str
    why: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at: the content, the charter in force, who takes corrections, changes of the charter."""

    content: Content
    charter: Mapping[str, Any]
    contact: str
    charters: int


Verdict = tuple[str, str]


def conformance(facts: Facts) -> tuple[Point, ...]:
    """Every point of the data file, in its order, with its verdict."""
    data = _data()
    out = []
    for row in data["points"]:
        verdict, why = CHECKS[row["check"]](facts) if row.get("check") else (PEOPLE, "no program can see this")
        out.append(
            Point(
                row["id"], data["sources"][row["standard"]], row["head"], row["point"], row["source"],
                row.get("seen", True), verdict, why,
            )
        )  # fmt: skip
    return tuple(out)


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = lexicon.load("exchange/conformance")
    check(data)
    return data


def check(data: Mapping[str, Any]) -> None:
    """Raises LexiconError where a point has no source or names a standard or a check there is not."""
    seen: set[str] = set()
    for row in data["points"]:
        wrong = {"id", "standard", "head", "point", "source"} - set(row)
        if wrong or row["id"] in seen or row["standard"] not in data["sources"]:
            raise LexiconError(f"exchange/conformance.yml: {row.get('id')}: incomplete, twice, or of no standard")
        if row.get("check") is not None and row["check"] not in CHECKS:
            raise LexiconError(f"exchange/conformance.yml: {row['id']}: no check {row['check']!r}")
        seen.add(row["id"])


def _share(facts: Facts, has: Callable[[Incident], bool], what: str) -> Verdict:
    """Met where every incident has it, in part where some do; the share is said, since it is the honest measure."""
    listed = [i for i in facts.content.incidents if i.scope in ("incident", "background")]
    number = sum(has(i) for i in listed)
    if not listed:
        return NOT, "no incidents"
    told = f"{what} in {number} of {len(listed)} incidents ({number / len(listed):.0%})"
    return (MET if number == len(listed) else PART if number else NOT), told


def _recorders(f: Facts) -> Verdict:
    named = [str(r) for r in f.charter.get("recorders") or ()]
    return (MET, "; ".join(named)) if named else (NOT, "the charter names nobody (recorders)")


def _method(_: Facts) -> Verdict:
    return MET, "method.md and charter.json, with versions.json for what computed the figures"


def _kinds_of_sources(f: Facts) -> Verdict:
    outlets = {s.outlet for s in f.content.sources if s.outlet}
    if not outlets:
        return NOT, "no report names its outlet"
    return PART, f"news reports of {len(outlets)} outlets, listed one by one; how they were chosen is not described"


def _evaluation(_: Facts) -> Verdict:
    return PART, "parties to the fighting stand beside the range, copies count once; no source is rated beyond that"


def _corroboration(f: Facts) -> Verdict:
    return MET, f"independent voices are counted for each figure; grades by the rule {f.content.asked.grade}"


def _reviewed(f: Facts) -> Verdict:
    total = len(f.content.incidents)
    read = sum(i.review == "reviewed" for i in f.content.incidents)
    if not total:
        return NOT, "no incidents"
    told = f"a person has reviewed {read} of {total} incidents; the others say so in their file's name"
    return (MET if read == total else PART if read else NOT), told


def _codebook(_: Facts) -> Verdict:
    return MET, "codebook.md"


def _inclusion(f: Facts) -> Verdict:
    period = f.charter.get("period") or {}
    missing = [
        name
        for name, there in (
            ("violence", f.charter.get("violence")),
            ("territory", f.charter.get("territory")),
            ("period", period.get("from") if isinstance(period, Mapping) else None),
        )
        if not there
    ]
    if not missing:
        return MET, "charter.json: violence, territory, period"
    return (PART if len(missing) < 3 else NOT), f"the charter leaves out: {', '.join(missing)}"


def _minimum(f: Facts) -> Verdict:
    least = f.charter.get("minimum_information")
    if not least:
        return NOT, "the charter has no minimum_information"
    return MET, "charter.json: " + ", ".join(f"{k} {v}" for k, v in dict(least).items())


def _changes(f: Facts) -> Verdict:
    told = (
        f"{f.charters} states of the charter are in the book's log" if f.charters > 1 else "the charter never changed"
    )
    return MET, f"{told}; versions.json names code and rule, `tollbook diff` shows what changed between releases"


def _rule(f: Facts) -> Verdict:
    return MET, f"rule {f.content.asked.rule}, in method.md"


def _place(f: Facts) -> Verdict:
    verdict, told = _share(f, lambda i: bool(i.places), "a place")
    coarse = bool(f.content.asked.policy.places)
    return (PART if coarse and verdict == MET else verdict), told + ("; the finest is withheld" if coarse else "")


def _day(f: Facts) -> Verdict:
    return _share(f, lambda i: i.start is not None, "a day or period")


def _documents(f: Facts) -> Verdict:
    return _share(f, lambda i: bool(i.sources), "the report, with its hash")


def _killed(f: Facts) -> Verdict:
    verdict, told = _share(f, lambda i: i.range("killed") is not None, "a figure for the killed")
    return (PART if verdict == NOT and f.content.incidents else verdict), told


def _names(f: Facts) -> Verdict:
    if not f.content.asked.policy.names:
        return NOT, "withheld on purpose: a release holds no names of victims unless told to"
    return _share(f, lambda i: any(p.name for p in i.persons), "a victim's name")


def _age(f: Facts) -> Verdict:
    aged = {c.incident for c in f.content.claims if c.age_group}
    verdict, told = _share(f, lambda i: i.id in aged, "a figure by age group")
    return (PART if verdict == MET else verdict), told + "; single ages are withheld with the names"


def _sex(f: Facts) -> Verdict:
    told = {c.incident for c in f.content.claims if c.sex}
    verdict, said = _share(f, lambda i: i.id in told or any(p.sex for p in i.persons), "the sex of somebody")
    return (PART if verdict == MET else verdict), said


def _cause(f: Facts) -> Verdict:
    return _share(f, lambda i: i.type != "other" or bool(i.means), "a kind of act or a weapon")


def _perpetrators(f: Facts) -> Verdict:
    verdict, told = _share(f, lambda i: bool(i.doers), "somebody named as having done it")
    return (MET if verdict != NOT else verdict), told + "; left empty where nobody says"


def _harm(f: Facts) -> Verdict:
    policy = f.content.asked.policy
    kept = [n for n, on in (("names of persons", policy.names), ("exact places", not policy.places)) if on]
    if kept:
        return NOT, f"this release keeps {' and '.join(kept)}"
    told = "no names of victims, witnesses and detainees, no finest places, short quotes, no articles"
    return PART, told + (
        "" if policy.delay_days else "; without a delay"
    ) + "; whom it may expose is for people to weigh"


def _contact(f: Facts) -> Verdict:
    return (MET, f.contact) if f.contact else (NOT, "no contact is given (--contact, or `contact` in the charter)")


def _proof(f: Facts) -> Verdict:
    return NOT, "a figure is what a source says; whether there are reasonable grounds is not computed here"


def _classes(f: Facts) -> Verdict:
    verdict, told = _share(
        f, lambda i: any(h == "killed" and g != "all" and g != "unknown" for h, g in i.ranges), "a class of victims"
    )
    return verdict, f"{told}; scheme {f.content.asked.classes}"


def _disaggregated(f: Facts) -> Verdict:
    killed = [c for c in f.content.claims if c.harm == "killed"]
    if not killed:
        return NOT, "no figures of killed"
    sex, age = sum(c.sex is not None for c in killed), sum(c.age_group is not None for c in killed)
    told = f"of {len(killed)} figures of killed {sex} tell a sex, {age} an age group; the kind of act is told"
    return (PART if sex or age else NOT), told


def _two_sources(f: Facts) -> Verdict:
    listed = [i for i in f.content.incidents if i.scope in ("incident", "background")]
    two = sum(i.independent[1] >= 2 for i in listed)
    told = f"{two} of {len(listed)} incidents may have two or more independent voices; the column grade says which"
    return (MET if f.content.asked.grade == "ibc" else PART), told


CHECKS: Mapping[str, Callable[[Facts], Verdict]] = {
    "recorders": _recorders, "method": _method, "kinds_of_sources": _kinds_of_sources, "evaluation": _evaluation,
    "corroboration": _corroboration, "reviewed": _reviewed, "codebook": _codebook, "inclusion": _inclusion,
    "minimum": _minimum, "changes": _changes, "rule": _rule, "place": _place, "day": _day, "documents": _documents,
    "killed": _killed, "names": _names, "age": _age, "sex": _sex, "cause": _cause, "perpetrators": _perpetrators,
    "harm": _harm, "contact": _contact, "proof": _proof, "classes": _classes, "disaggregated": _disaggregated,
    "two_sources": _two_sources,
}  # fmt: skip


def text(points: Sequence[Point]) -> str:
    """The table as Markdown, with what the verdicts are and are not."""
    lines = [
        "# Conformance", "",
        "Whether this release meets points of casualty-recording standards, as far as a program can see it. It is not",
        "a certificate. The points are in our words; a star marks one that we know by report and have not read in the",
        "document: read it there before relying on it.", "",
    ]  # fmt: skip
    counts = {v: sum(p.verdict == v for p in points) for v in (MET, PART, NOT, PEOPLE)}
    lines.append("; ".join(f"{v}: {n}" for v, n in counts.items()) + ".")
    for standard in dict.fromkeys(p.standard for p in points):
        lines += ["", f"## {standard}", "", "| point | verdict | why | source |", "| --- | --- | --- | --- |"]
        for p in points:
            if p.standard == standard:
                star = "" if p.seen else " *"
                cells = (f"{p.head}: {p.point}", p.verdict, p.why, p.source + star)
                lines.append("| " + " | ".join(c.replace("|", "/") for c in cells) + " |")
    return "\n".join(lines) + "\n"
