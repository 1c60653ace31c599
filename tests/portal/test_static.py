"""Static files as they are served: hashed names, rewritten imports, ready compressed."""

import json
import re
from pathlib import Path

import pytest

from portal.core.storage import StaticStorage

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def names(collected):
    return json.loads((collected / "staticfiles.json").read_text())["paths"]


def test_imports_of_our_modules_carry_the_hash(collected, names):
    """An old module must not meet a new one in a browser's cache."""
    modules = [name for name in names if name.startswith("js/")]
    imported = {
        (name, target)
        for name in modules
        for target in re.findall(
            r"""(?:from|import)\s*\(?["'](\.[^"']+)["']""", (collected / names[name]).read_text()
        )
    }

    assert imported
    for name, target in imported:
        path = (collected / names[name]).parent / target
        assert re.search(r"\.[0-9a-f]{12}\.js$", target), f"{name} imports {target}"
        assert path.resolve().is_file()


def test_scripts_of_others_are_left_as_they_are(collected, names):
    original = ROOT / "node_modules/htmx.org/dist/htmx.min.js"

    assert (collected / names["vendor/htmx/htmx.min.js"]).read_bytes() == original.read_bytes()


def test_only_what_pages_name_is_taken_from_packages(names):
    vendor = {name.rpartition("/")[2] for name in names if name.startswith("vendor/")}

    assert vendor == {"bootstrap.min.css", "bootstrap.min.css.map", "htmx.min.js"}


def test_every_file_a_template_names_is_collected(names):
    named = {
        match
        for path in (ROOT / "templates").rglob("*.html")
        for match in re.findall(r"""\{%\s*static\s+["']([^"']+)["']""", path.read_text())
    }

    assert named
    assert named <= names.keys()


def test_style_sheets_point_at_hashed_files(collected, names):
    for name in names:
        if name.startswith("css/"):
            text = (collected / names[name]).read_text()
            for target in re.findall(r"""url\(["']?(?!data:|#)([^"')]+)""", text):
                assert re.search(r"\.[0-9a-f]{12}\.\w+(#.*)?$", target), f"{name}: {target}"


def test_text_is_compressed_beforehand(collected, names):
    hashed = names["vendor/bootstrap/css/bootstrap.min.css"]

    assert (collected / f"{hashed}.br").stat().st_size < (collected / hashed).stat().st_size / 4
    assert (collected / f"{hashed}.gz").exists()


def test_the_storage_still_rests_on_what_django_has():
    """A private attribute of Django: this fails the day an upgrade takes it away."""
    assert [pattern for pattern, _ in StaticStorage.patterns] == ["*.css", "*.js", "js/*.js"]
