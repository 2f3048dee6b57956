"""One HTML page to title, text and metadata, by trafilatura and htmldate. No network.

The heavy imports happen when a page is read.

Options follow measurements on news pages: precision over recall, no reader comments, no extensive
date search (which takes a copyright year for a date).
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from functools import cache
from html.parser import HTMLParser
from itertools import islice
from typing import Any, NamedTuple

from tollbook.errors import SourceError

# A page's markup may be ten times its text; beyond this, parsing takes minutes.
MAX_HTML = 10_000_000
# News pages have a few thousand elements; extraction takes half a millisecond for each.
MAX_ELEMENTS = 20_000
# Before 1980 no page was published on the web; archives that put older texts online state dates in the text.
MIN_DATE = "1980-01-01"
NO_LIMIT = dt.date(2100, 1, 1)

_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "br", "caption", "dd", "div", "dl", "dt", "fieldset"),
        *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main"),
        *("nav", "ol", "p", "pre", "section", "table", "td", "th", "title", "tr", "ul"),
    )
)
_SKIPPED = frozenset(
    (
        *("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "head", "nav", "footer"),
        *("form", "button", "select"),
    )
)
_SPACE = re.compile(r"[ \t\r\n\f]+")


class Page(NamedTuple):
    """What an HTML page says about itself: `body` is text with paragraphs on their own lines."""

    title: str | None
    body: str
    published: dt.date | None
    outlet: str | None
    url: str | None
    remark: str | None = None


def read_page(html: str, *, latest: dt.date | None = None, url: str | None = None) -> Page:
    """Text and metadata of a page. A date after `latest` is not taken.

    Raises SourceError: `report-too-big` beyond MAX_HTML characters, `no-text` where no text is found.
    """
    if len(html) > MAX_HTML:
        message = f"an HTML page of over {MAX_HTML // 1_000_000} MB; only its text is wanted"
        raise SourceError(message, code="report-too-big")
    tree, sound = _tree(html)
    document = None
    body = ""
    if tree is not None and sound:
        _flatten_layout_tables(tree)
        document = _extract(tree, latest or NO_LIMIT, url)
        body = (getattr(document, "text", None) or "").strip() or _plain(tree)
    if not body:
        body = _without_tags(html)
    if not body.strip():
        raise SourceError("the HTML page holds no text", code="no-text")
    outlet = _one_line(getattr(document, "sitename", None))
    return Page(
        title=_title(tree, getattr(document, "title", None), outlet),
        body=body,
        published=_day(getattr(document, "date", None)),
        outlet=outlet,
        url=_one_line(getattr(document, "url", None)),
        remark=None if document else "the HTML could not be read as a page; its bare text was taken, menus included",
    )


@cache
def _quiet() -> None:
    """Both libraries log every odd page; what matters is said in Issues."""
    for name in ("trafilatura", "htmldate", "courlan", "justext", "readability"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _tree(html: str) -> tuple[Any, bool]:
    """The parsed page, and whether it is sound: all of it parsed, and no larger than pages are."""
    from lxml import etree
    from lxml import html as lxml_html

    # An encoding declaration contradicts text that is already decoded.
    html = re.sub(r"^\s{0,99}<\?xml[^>]{0,200}\?>", "", html.replace("\0", ""), count=1)
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        tree = lxml_html.document_fromstring(html.encode("utf-8", errors="replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError, RecursionError):
        return None, False
    # libxml2 drops what lies deeper than 256 elements; it says so only in its log.
    whole = not any("depth" in entry.message for entry in parser.error_log)
    return tree, whole and sum(1 for _ in islice(tree.iter(), MAX_ELEMENTS + 1)) <= MAX_ELEMENTS


class _Text(HTMLParser):
    """Collects text outside scripts and styles: flat, so that no depth can hurt it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self.hidden += 1
        elif tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.hidden = max(0, self.hidden - 1)
        elif tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(_SPACE.sub(" ", data))


def _without_tags(html: str) -> str:
    parser = _Text()
    try:
        parser.feed(html)
        parser.close()
    except (AssertionError, ValueError):  # what was read before the broken place is kept
        pass
    paragraphs = (p.strip() for p in re.split(r"\n\n", "".join(parser.parts)))
    return "\n\n".join(p for p in paragraphs if p)


def _flatten_layout_tables(tree: Any) -> None:
    """Tables that lay out a page become divisions: they hold blocks, other tables or long text, no header cells."""
    for table in tree.xpath("//table[not(.//th)]"):
        blocks = table.xpath("boolean(.//div or .//p or .//table or .//h1 or .//h2 or .//br)")
        if blocks or any(len(c.text_content()) > 300 for c in table.iter("td")):
            for node in table.iter("table", "tbody", "thead", "tfoot", "tr", "td"):
                node.tag = "div"


def _extract(tree: Any, latest: dt.date, url: str | None) -> Any:
    """trafilatura's document, or None when it fails: written for real pages, it raises various things on others."""
    from copy import deepcopy

    from trafilatura import bare_extraction

    _quiet()
    dates = {
        "extensive_search": False,
        "original_date": True,
        "min_date": MIN_DATE,
        "max_date": latest.isoformat(),
    }
    try:
        return bare_extraction(
            deepcopy(tree),
            url=url,
            favor_precision=True,
            include_comments=False,
            include_images=False,
            include_links=False,
            include_tables=True,
            deduplicate=False,
            with_metadata=True,
            date_extraction_params=dates,
        )
    except Exception:  # whatever a hostile page makes it raise, the fallback reads the page
        return None


def _plain(tree: Any) -> str:
    """The text of all blocks outside navigation and scripts, without recursion."""
    parts: list[str] = []
    stack: list[tuple[Any, bool]] = [(tree, False)]
    while stack:
        node, closing = stack.pop()
        if not isinstance(node.tag, str):
            parts.append(node.tail or "")
            continue
        if closing:
            parts.append(("\n\n" if node.tag in _BLOCKS else "") + (node.tail or ""))
            continue
        if node.tag in _SKIPPED:
            parts.append(node.tail or "")
            continue
        parts.append(("\n\n" if node.tag in _BLOCKS else "") + (node.text or ""))
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(node))
    paragraphs = (_SPACE.sub(" ", p).strip() for p in "".join(parts).split("\n\n"))
    return "\n\n".join(p for p in paragraphs if p)


def _title(tree: Any, found: str | None, outlet: str | None) -> str | None:
    """The headline: the one found, unless it is the site's name; then og:title, the only h1, the title element."""
    candidates = [found]
    if tree is not None:
        candidates += tree.xpath("//meta[@property='og:title' or @name='twitter:title']/@content")[:2]
        heads = tree.xpath("//h1")
        candidates += [" ".join(h.itertext()) for h in heads[:3]]
        candidates += [" ".join(t.itertext()) for t in tree.xpath("//head/title | //title")[:1]]
        candidates += [" ".join(h.itertext()) for h in tree.xpath("//h2 | //h3")[:1]]
    lines = [line for line in map(_one_line, candidates) if line]
    own = (outlet or "").lower()
    for line in lines:
        if len(line.split()) >= 3 and line.lower() != own and line.lower() not in own:
            return line[:500]
    return lines[0][:500] if lines else None


def _one_line(value: object) -> str | None:
    return " ".join(value.split()) or None if isinstance(value, str) else None


def _day(value: object) -> dt.date | None:
    if not isinstance(value, str):
        return None
    try:
        return dt.date.fromisoformat(value[:10])
    except ValueError:
        return None
