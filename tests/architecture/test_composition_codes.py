"""Every code that composition can produce is documented, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.composition.codes import CompositionCode, HintCode, hint_level

DOCUMENT = (Path(__file__).parents[2] / "docs" / "composition-errors.md").read_text()


def test_every_error_code_has_a_section_that_says_how_to_mend_it() -> None:
    sections = dict(re.findall(r"^#### (\w+)\n(.+?)(?=\n#|\Z)", DOCUMENT, re.MULTILINE | re.DOTALL))

    assert sections.keys() == set(CompositionCode)
    for code, text in sections.items():
        assert "**Mend" in text or text.startswith(("As ", "The same ")), code


def test_every_hint_code_is_listed_with_its_level() -> None:
    rows = dict(re.findall(r"^\| (\w+) \| (WARN|INFO|DEBUG) \|", DOCUMENT, re.MULTILINE))

    assert rows == {code: hint_level(code) for code in HintCode}
