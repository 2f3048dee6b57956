"""Which reports are English, and which are not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook import lexicon
from tollbook.errors import LexiconError
from tollbook.language import check, detect, name

CASES = [
    ("en", "A bomb near the market in the old town killed three people on Monday, police said."),
    ("en", "THREE PEASANTS WERE KILLED BY THE ARMY IN CHALATENANGO, A RADIO STATION OF THE GUERRILLAS SAID."),
    ("en", "Blast kills nine"),
    ("en", "Bomb in Baghdad"),
    ("en", "Dead: 12"),
    ("en", "The newspaper El Pais de Cali said that the men of the FARC took la finca of Juan de la Cruz."),
    ("en", "A spokesman for حركة الشباب said the group had attacked the base in the night."),
    (
        "fr",
        "Au moins douze personnes ont été tuées dans une attaque contre un village du centre du Mali, selon la police.",
    ),
    ("es", "AL MENOS DOCE PERSONAS MURIERON EN UN ATAQUE CONTRA LA POBLACION DE EL PARAISO, SEGUN EL EJERCITO."),
    (
        "de",
        "Bei einem Anschlag auf einen Markt in der Stadt sind nach Angaben der Polizei zwölf Menschen getötet worden.",
    ),
    ("pt", "Pelo menos doze pessoas foram mortas num ataque a uma aldeia no norte de Moçambique, disse a polícia."),
    (
        "it",
        "Almeno dodici persone sono state uccise in un attacco contro un villaggio nel nord, secondo la polizia.",
    ),
    (
        "tr",
        "Kentin merkezinde bir pazar yerine düzenlenen saldırı sonrası en az on iki kişi hayatını kaybetti.",
    ),
    (
        "id",
        "Sedikitnya dua belas orang tewas dalam serangan yang terjadi di pasar pada hari Senin, kata polisi setempat.",
    ),
    (
        "so",
        "Ugu yaraan laba iyo toban qof ayaa ku dhimatay weerar ka dhacay magaalada, sida ay sheegeen dadka degaanka.",
    ),
    (
        "ha",
        "Akalla mutane goma sha biyu ne suka mutu a wani hari da aka kai a kauyen da ke cikin jihar, in ji yan sanda.",
    ),
    ("ar", "قتل اثنا عشر شخصا على الأقل في هجوم على سوق وسط المدينة يوم الاثنين"),
    ("fa", "دست‌کم دوازده نفر در پی انفجار در بازار شهر کشته شدند و چند نفر دیگر زخمی گردیدند"),
    ("ru", "Не менее двенадцати человек погибли в результате обстрела рынка в центре города."),
    ("uk", "Щонайменше дванадцять людей загинули внаслідок обстрілу ринку в центрі міста, її повідомили."),
    ("he", "שנים עשר בני אדם נהרגו בפיגוע בשוק"),
    ("zh", "周一市中心市场发生爆炸，至少十二人死亡"),
    ("und", "12 34 56 ... !!!"),
    ("und", ""),
]


@pytest.mark.parametrize(("code", "text"), CASES, ids=[f"{c}-{i}" for i, (c, _) in enumerate(CASES)])
def test_language(code: str, text: str) -> None:
    assert detect(text) == code


def test_every_code_has_a_name() -> None:
    assert name("fr") == "French"
    assert name("und") == "an unknown language"


def test_data_is_checked() -> None:
    data = dict(lexicon.load("languages"))
    with pytest.raises(LexiconError, match="needed are"):
        check({})
    with pytest.raises(LexiconError, match="without accents"):
        check({**data, "stop_words": {"fr": ["été"]}})
    with pytest.raises(LexiconError, match="has no name"):
        check({**data, "stop_words": {"xx": ["a"]}})


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_has_one_answer(text: str) -> None:
    assert detect(text) == detect(text)
