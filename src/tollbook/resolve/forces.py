"""State forces: composed from an owner and a kind, loyal to a leader, led by a country, or told by an act's adjective.

"Syrian army", "regime warplanes", "forces loyal to Gaddafi", "US-led coalition", "Russian" of "Russian air strikes",
and countries that act ("Israel bombed") or speak ("Moscow denied").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tollbook.resolve.actorbook import Act, ActorBook, Kind, Land, Mark
from tollbook.resolve.actorline import Found, Line, Told, holds_a_place, joined, only_adjective, value_of

_ACCUSING = frozenset({"accused", "accuses", "accusing", "blamed", "blames", "blaming"})
_LED = frozenset({"led"})
_AND = frozenset({"and", "or"})
_LOYAL = frozenset({"loyal", "faithful", "allied"})  # "loyal to": what follows is a leader; "of" may be anything
_LEADER = 3  # words of a leader's name
_WHERE = frozenset({"in", "of", "from", "to", "into", "near", "at", "with", "on", "across", "inside", "against", "s"})
_SIDES = ("north", "south", "east", "west", "northwest", "northeast", "southwest", "southeast")
_DIRECTION = frozenset({"central", *_SIDES, *(f"{side}ern" for side in _SIDES)})
_ALLY = 5  # words from "or" to the ally it ties to a side
_OWNING = ("country", "demonym", "leader")


@dataclass(slots=True)
class _Chain:
    code: str | None = None
    kind: str | None = None
    owned: bool = False
    bare: bool = True
    last: int = -1
    clipped: bool = False


def _chain(line: Line, i: int, book: ActorBook) -> _Chain | None:
    """Owner and kind of a composed state force that starts at word i, or None."""
    chain = _Chain()
    j = i
    for step in range(8):
        if j >= len(line.words) or (step and not joined(line, j)):
            break
        hits = line.hits[j]
        land = value_of(hits, Land, role=_OWNING) if hits else None
        kind = value_of(hits, Kind) if hits else None
        owner = value_of(hits, Mark, role=("owner", "owning")) if hits else None
        if land and chain.kind is None and chain.code in (None, land[1].code) and _longest(land, kind):
            if step and chain.code is None and not _modifiers_only(line, i, j, book):
                break
            chain.code = land[1].code
            j += land[0]
        elif owner and chain.kind is None and _longest(owner, kind):
            j += owner[0]
            if owner[1].role == "owner":
                chain.owned = True
                chain.last, chain.clipped = j, owner[2]
        elif kind:
            if chain.kind in (None, "forces", "army") or kind[1].kind != "forces":
                chain.kind = kind[1].kind
            chain.bare = kind[1].bare if chain.last < 0 else chain.bare or kind[1].bare
            j += kind[0]
            chain.last, chain.clipped = j, kind[2]
        elif line.words[j].norm in book.words.modifiers and line.words[j].norm not in ("led", "backed"):
            j += 1
        else:
            break
    if chain.last < 0:
        return None
    if chain.kind is None and chain.owned:
        chain.kind = "government"
    return chain


def _longest(mine: tuple[int, Any, bool], other: tuple[int, Any, bool] | None) -> bool:
    return other is None or mine[0] >= other[0]


def _modifiers_only(line: Line, i: int, j: int, book: ActorBook) -> bool:
    return all(word.norm in book.words.modifiers for word in line.words[i:j])


def _kind_of(chain: _Chain) -> str:
    return "army" if chain.kind in (None, "forces") else str(chain.kind)


def state_force(line: Line, i: int, book: ActorBook, report: Told) -> Found | None:
    """The composed state force that starts at word i, or None."""
    led = _led(line, i, book)
    if led is not None:
        return led
    loyal = _loyal(line, i, book)
    if loyal is not None:
        return loyal
    chain = _chain(line, i, book)
    if chain is None:
        return None
    if holds_a_place(line, chain.last):
        return None
    kind = _kind_of(chain)
    if chain.code is not None:
        report.last[kind] = chain.code
        if kind == "government":
            report.last["named government"] = chain.code
        if chain.owned or kind in ("army", "air_force"):
            report.last["army"] = report.last["government"] = report.last["air_force"] = chain.code
        return Found(
            i, chain.last, f"state:{chain.code}:{kind}", "state_forces", (chain.code,), False, chain.clipped, 4
        )
    if (
        not chain.owned
        and not chain.bare
        and not (kind == "government" and _authorities_act(line, i, chain.last, book))
    ):
        return None
    if line.words[i].norm in book.words.modifiers and not value_of(line.hits[i], Kind) and not chain.owned:
        head = line.words[i].norm
        if head in ("president", "prime", "leader", "former", "own", "led", "backed", "fellow"):
            return None
    if only_adjective(line, i, chain.last, book):
        return None
    code = _own_government(report) if kind == "government" else None
    code = code or report.last.get(kind) or report.last.get("army" if chain.owned else kind)
    if chain.owned and code is not None and _beside(line, i) == code:  # "Russian and regime warplanes": not Russia's
        code = report.last.get("government") if report.last.get("government") != code else None
    actor_id = f"state:{code}:{kind}" if code else f"kind:{kind}"
    codes = (code,) if code else ()
    return Found(i, chain.last, actor_id, "state_forces", codes, True, chain.clipped, 3)


def _own_government(report: Told) -> str | None:
    """Whose "the government" is: the one named last, else that of the country the report names most by far."""
    named = report.last.get("named government")
    if named is not None or not report.lands:
        return named
    (code, times), *others = report.lands.most_common(2)
    return code if not others or times > 2 * others[0][1] else None


def _authorities_act(line: Line, i: int, last: int, book: ActorBook) -> bool:
    """ "Authorities arrested a mayor", "shot by the authorities": a state's, where they are told to use force."""
    if line.words[i].norm != "authorities" or last != i + 1:
        return False
    before = i - 1 - (i > 0 and line.words[i - 1].norm == "the")
    if before >= 0 and line.words[before].norm == "by":
        return True
    k = last
    while k < len(line.words) and k < last + 4 and line.words[k].norm in book.words.helping and line.words[k].gap < 2:
        k += 1
    return k < len(line.words) and line.words[k].gap < 2 and line.words[k].norm in book.words.violent


def _led(line: Line, i: int, book: ActorBook) -> Found | None:
    """ "US-led coalition", "US-led air strikes", "Turkish-led forces"."""
    land = value_of(line.hits[i], Land, role=("country", "demonym", "metonym"))
    if land is None:
        return None
    j = i + land[0]
    if j >= len(line.words) or line.words[j].norm not in _LED or line.words[j].gap > 1:
        return None
    last = j + 1
    k = last
    while (
        k < len(line.words)
        and k < last + 3
        and line.words[k].norm in ("international", "military", "arab", "joint", "anti")
    ):
        k += 1
    for length in (2, 1):
        if (
            k + length <= len(line.words)
            and " ".join(w.norm for w in line.words[k : k + length]) in book.words.coalition
        ):
            last = k + length
            break
    else:
        if not _act_after(line, j + 1, book):
            return None
    code = land[1].code
    lead = {"US": "us", "SA": "saudi"}.get(code, code.lower())
    return Found(i, last, f"coalition:{lead}-led", "state_forces", (code,), False, False, 6)


def _loyal(line: Line, i: int, book: ActorBook) -> Found | None:
    """ "forces loyal to President Bashar al-Assad", "troops of the Syrian regime"."""
    j = i
    owner = value_of(line.hits[i], Mark, role=("owner",))
    if owner:
        j += owner[0]
    if j >= len(line.words) or line.words[j].norm not in book.words.loyal_heads:
        return None
    loyal = value_of(line.hits[j + 1], Mark, role=("loyal",)) if j + 1 < len(line.words) else None
    if loyal is None:
        return None
    k = j + 1 + loyal[0]
    while k < len(line.words) and k < j + 7 and line.words[k].gap < 2:
        land = value_of(line.hits[k], Land, role=("leader",))
        if land:
            return Found(
                i, k + land[0], f"state:{land[1].code}:army", "state_forces", (land[1].code,), False, land[2], 6
            )
        chain = _chain(line, k, book)
        if chain is not None and chain.code is not None and chain.owned:
            return Found(
                i, chain.last, f"state:{chain.code}:army", "state_forces", (chain.code,), False, chain.clipped, 6
            )
        if line.words[k].norm not in book.words.titles and line.words[k].norm != "the":
            return _of_leader(line, i, j + 1, k)
        k += 1
    return None


def _of_leader(line: Line, i: int, bond: int, k: int) -> Found | None:
    """The forces of a leader that no list knows: "troops loyal to General Dabbo", all of it their name."""
    if line.caps or line.words[bond].norm not in _LOYAL or line.hits[k]:
        return None
    end = k
    while end < len(line.words) and end - k < _LEADER and _named(line, end):
        if end > k and line.words[end].gap > 1:
            break
        end += 1
    return Found(i, end, None, "armed_group", (), False, False, 6) if end > k else None


def _named(line: Line, k: int) -> bool:
    """Does the word at k begin with a capital, behind an Arabic article or not ("al-Sadr")?"""
    word = line.text[line.words[k].start : line.words[k].end]
    return word[:1].isupper() or (word[:3] in ("al-", "el-") and word[3:4].isupper())


def _beside(line: Line, i: int) -> str | None:
    """The country of a demonym that "and" or "or" ties to what starts at word i."""
    land = value_of(line.hits[i - 2], Land, role=_OWNING) if i > 1 and line.words[i - 1].norm in _AND else None
    return land[1].code if land is not None and land[0] == 1 else None


def _act_after(line: Line, j: int, book: ActorBook) -> tuple[str | None] | None:
    """The kind of force of an act noun at j, over at most three adjectives; None where there is none."""
    for k in range(j, min(j + 4, len(line.words))):
        if line.words[k].gap > 1:
            return None
        act = value_of(line.hits[k], Act)
        if act:
            return (act[1].kind,)
        if line.words[k].norm not in book.words.act_modifiers:
            return None
    return None


def acting_adjective(line: Line, i: int, book: ActorBook, report: Told) -> Found | None:
    """ "Russian" of "Russian air strikes", of "Syrian and Russian warplanes", of "jets, either Syrian or Russian"."""
    land = value_of(line.hits[i], Land, role=_OWNING)
    if land is None:
        return None
    length, value, clipped = land
    j = i + length
    force = _force_after(line, j, book, value.code) or _either_of(line, i)
    if force is None:
        return None
    kind = force[0]
    actor_id = f"state:{value.code}:{kind}" if kind else f"state:{value.code}"
    if kind in ("army", "air_force"):
        report.last[kind] = value.code
    possessive = clipped or line.text[line.words[j - 1].end - 2 : line.words[j - 1].end].lower() in ("'s", "’s")
    return Found(i, j, actor_id, "state_forces", (value.code,), False, possessive and clipped, 3)


def _force_after(line: Line, j: int, book: ActorBook, code: str) -> tuple[str | None] | None:
    act = _act_after(line, j, book) if joined(line, j) else None
    if act:
        return act
    # "Syrian and Russian jets", "Russian, Syrian and Iranian forces", "Syrian-Russian raids"
    k = j
    if k < len(line.words) and line.words[k].norm in _AND:
        k += 1
    elif not (k < len(line.words) and (line.words[k].gap == 1 or _comma(line, k))):
        return None
    if k >= len(line.words):
        return None
    if value_of(line.hits[k], Mark, role=("owner",)):
        # "Russian and regime warplanes", "Russian or Syrian government airstrikes"
        owned = _chain(line, k, book)
        if owned is None or owned.kind in (None, "government"):
            return _act_after(line, owned.last, book) if owned is not None else None
        return (_kind_of(owned),)
    other = value_of(line.hits[k], Land, role=_OWNING)
    if other is None or other[1].code == code:
        return None
    chain = _chain(line, k, book)
    if chain is not None and chain.code is not None:
        return (_kind_of(chain),)
    act = _act_after(line, k + other[0], book)
    if act:
        return act
    if k + other[0] < len(line.words) and line.words[k + other[0]].norm in _AND and j != k + 1:
        third = k + other[0] + 1
        if third < len(line.words):
            chain = _chain(line, third, book)
            if chain is not None and chain.code is not None:
                return (_kind_of(chain),)
    return None


def _either_of(line: Line, i: int) -> tuple[str | None] | None:
    """The kind of force of which either this side's or another's is meant ("jets either Syrian or Russian")."""
    words = line.words
    k = i
    if k > 2 and words[k - 1].norm == "or" and value_of(line.hits[k - 2], Land, role=_OWNING):
        k -= 2
    if k < 2 or words[k - 1].norm != "either":
        return None
    told = value_of(line.hits[k - 2], Act) or value_of(line.hits[k - 2], Kind)
    return (told[1].kind,) if told else None


def _comma(line: Line, k: int) -> bool:
    return line.text[line.words[k - 1].end : line.words[k].start].strip() == ","


def _behind_a_place(line: Line, i: int) -> bool:
    """Does the country only say where a place lies ("raids in Hama Syria killed ten")?"""
    k = i - 1
    while k >= max(0, i - 3) and line.words[k].gap <= 1 and line.text[line.words[k].start].isupper():
        k -= 1
    return 0 <= k < i - 1 and line.words[k].norm in ("in", "near", "at", "of", "around", "outside")


def acting_country(line: Line, i: int, book: ActorBook) -> Found | None:
    """A country that acts or speaks ("Israel bombed", "killed by Russia"), a capital that speaks."""
    land = value_of(line.hits[i], Land, role=("country", "metonym"))
    if land is None:
        return None
    length, value, clipped = land
    j = i + length
    found = Found(i, j, f"state:{value.code}", "state_forces", (value.code,), False, clipped, 2)
    vocabulary = book.words
    before = line.words[i - 1].norm if i else ""
    hyphened = j < len(line.words) and line.words[j].gap == 1
    if before in ("the", *_DIRECTION) and i > 1:
        before = line.words[i - 2].norm
    if before == "by" and value.role == "country" and not hyphened and not clipped:
        return found
    if before in _ACCUSING and not hyphened and not clipped:
        return found
    if before == "ally" and value.role == "country" and _AND & {w.norm for w in line.words[max(0, i - _ALLY) : i]}:
        return found  # "by planes of the government or of its ally Russia"
    if before in _WHERE or _behind_a_place(line, i):
        return None
    k = j
    while k < len(line.words) and k < j + 4 and line.words[k].norm in vocabulary.helping and line.words[k].gap < 2:
        k += 1
    if k >= len(line.words) or line.words[k].gap > 1:
        return None
    verb = line.words[k].norm
    if verb in vocabulary.speech or (verb in vocabulary.violent and value.role == "country"):
        return found
    return None
