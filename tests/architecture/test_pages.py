"""Pages agree with what there is: links lead somewhere, every page is found, every command is in the README."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def _links(page: Path) -> list[tuple[Path, str]]:
    """Return (file, anchor) of the links to files of this repository."""
    found = []
    for link in _LINK.findall(page.read_text()):
        if "://" not in link:
            name, _, anchor = link.partition("#")
            found.append(((page.parent / name).resolve() if name else page, anchor))
    return found


def _anchors(page: Path) -> set[str]:
    headings = _HEADING.findall(page.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target, anchor in _links(page):
        assert target.exists(), f"{page.name} links {target}, which does not exist"
        assert not anchor or anchor in _anchors(target), f"{target.name} has no section #{anchor}"


def test_every_page_is_linked_from_the_readme() -> None:
    linked = {target for target, _ in _links(ROOT / "README.md")}

    assert {page.resolve() for page in DOCS.glob("*.md")} <= linked


def test_the_readme_names_every_command() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    commands = project["project"]["entry-points"]["cattery.commands"]

    readme = (ROOT / "README.md").read_text()

    assert {name for name in commands if f"`cattery {name}" not in readme} == set()


def test_the_architecture_names_every_package_of_the_gateway() -> None:
    packages = {path.parent.name for path in (ROOT / "gateway").glob("*/__init__.py")}

    page = (DOCS / "architecture.md").read_text()

    assert {name for name in packages if not re.search(rf"\b{name}\b", page)} == set()
