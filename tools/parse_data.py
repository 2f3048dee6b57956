"""Writes the data files in the form that opens fastest, beside them (`lexicon.PARSED`): tools/parse_data.py

`make` runs it when it installs. A data file changed since is parsed from its YAML as without it, so it is never stale;
nothing but a tenth of a second at the start depends on it.
"""

from __future__ import annotations

from tollbook import lexicon

if __name__ == "__main__":
    lexicon.PARSED.write_text(lexicon.parsed(), encoding="utf-8")
