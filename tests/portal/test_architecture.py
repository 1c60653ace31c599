"""The house rules that import-linter cannot see: relations, managers, dead addresses, sizes.

Looks at the code only; ``make check`` runs it without any server.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.template import engines
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent.parent
#: From the ground up; a model may point down or sideways, never up.
LAYERS = [
    "portal.core",
    "portal.metrics",
    "portal.audit",
    "portal.accounts",
    "portal.search",
    "portal.jobs",
    "portal.notices",
    "contacts",
    "grievances",
    "portal.desk",
]
OURS = [config for config in apps.get_app_configs() if config.name in LAYERS]
MODELS = [model for config in OURS for model in config.get_models(include_auto_created=True)]
SOURCES = [
    path
    for folder in ("portal", "contacts", "grievances")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
READS = (
    "all|filter|exclude|get|order_by|count|exists|first|last|values|values_list|in_bulk|iterator"
)
#: Whole modules of rules; ``services/…`` counts like ``services.py``.
RULES = {"workflow", "querysets", "models", "selectors", "services", "tasks", "ports"}


def kind(path: Path) -> str:
    """``contacts/views/visits.py`` and ``contacts/views.py`` are both "views"."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[1] if parts[0] != "portal" else ((*parts, "", ""))[2]


def named(*kinds: str) -> list[Path]:
    return [path for path in SOURCES if kind(path) in kinds]


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_app_of_ours_has_its_layer():
    installed = [
        name for name in settings.INSTALLED_APPS if (ROOT / name.replace(".", "/")).is_dir()
    ]

    assert sorted(installed) == sorted(LAYERS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_relations_point_down(model):
    own = LAYERS.index(apps.get_app_config(model._meta.app_label).name)
    upward = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for field in model._meta.get_fields()
        if field.is_relation
        and not field.auto_created
        and field.related_model
        and apps.get_app_config(field.related_model._meta.app_label).name in LAYERS[own + 1 :]
    ]

    assert upward == []


def is_scoped(model) -> bool:
    return hasattr(model._default_manager.all(), "visible_to")


def scoped_reverse_names() -> set[str]:
    """Reverse accessors that lead to rows only ``visible_to`` may hand out."""
    return {
        relation.get_accessor_name()
        for model in MODELS
        for relation in model._meta.related_objects
        if is_scoped(relation.related_model) and relation.get_accessor_name()
    }


def test_pages_do_not_go_round_the_scope():
    """Views and forms ask visible_to(…) or a part of it, selectors or services; no bare manager.

    Catalogues are everybody's.
    """
    manager = re.compile(
        r"(\w*)\.(?:objects|_default_manager|_base_manager)\b(?!\.(?:visible_to|listed_for|named_for)\()"
    )
    reverse = re.compile(rf"\.({'|'.join(sorted(scoped_reverse_names()))})\.({READS})\b")
    found = [
        f"{short(path)}:{number}: {line.strip()}"
        for path in [*named("views", "forms", "adapters"), *TEMPLATES]
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if reverse.search(line) or set(manager.findall(line)) - CATALOGUES
    ]

    assert found == []


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def test_rules_know_no_http():
    http = re.compile(
        r"django\.(http|shortcuts|views|forms|contrib\.messages)\b|.*\.(views|forms)$"
    )
    found = [
        f"{short(path)}:{line}: {module}"
        for path in named(*RULES)
        for line, module in imports(path)
        if http.match(module)
    ]

    assert found == []


def test_only_settings_read_the_environment():
    reads = re.compile(r"os\.environ(\[|\.get\()|os\.getenv")
    found = [short(path) for path in SOURCES if reads.search(path.read_text())]

    assert found == []


def url_names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            if not (entry.urlconf_name and str(entry.urlconf_name).startswith("<module 'allauth")):
                inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
                yield from url_names(entry, inner)
        elif isinstance(entry, URLPattern) and entry.name:
            yield namespace + entry.name


#: Asked by machines from outside; no page links there.
FOR_MACHINES = {"desk:service_worker", "healthz", "readyz", "metrics"}
#: Models of words, not of people or places.
CATALOGUES = {"CareCategory", "Topic"}
#: The page of all components, for those who build the others.
FOR_BUILDERS = {"core:style"}
#: Written down by people while something was there; it leads on.
BOOKMARKED = {"accounts:audit_export", "satisfaction:follow_ups"}


def lists_addresses(path: Path) -> bool:
    return path.suffix == ".py" and (path.stem.startswith("urls") or path.parent.name == "urls")


def test_every_address_is_reached_from_somewhere():
    """A page, a redirect or the navigation names it; else nobody can get there."""
    text = "\n".join(
        path.read_text() for path in [*SOURCES, *TEMPLATES] if not lists_addresses(path)
    )
    mentioned = set(re.findall(r"""["']([a-z_]+(?::[a-z_]+)*)["']""", text))
    known = FOR_MACHINES | FOR_BUILDERS | BOOKMARKED
    dead = sorted(set(url_names(get_resolver())) - mentioned - known)

    assert dead == []


def replaces_a_package_page(name: str) -> bool:
    """Whether an installed package has a template of this name that ours stands in for."""
    folders = [Path(folder) for folder in engines["django"].template_dirs]
    return any(
        (folder / name).exists()
        for folder in folders
        if not folder.is_relative_to(ROOT / "templates")
    )


def test_every_template_is_used():
    used = set(re.findall(r"""["']([\w/.-]+\.html)["']""", "\n".join(
        path.read_text() for path in [*SOURCES, *TEMPLATES]
    )))  # fmt: skip
    names = {str(path.relative_to(ROOT / "templates")) for path in TEMPLATES}
    dead = sorted(name for name in names - used if not replaces_a_package_page(name))

    assert dead == []


def test_every_named_template_exists():
    names = {str(path.relative_to(ROOT / "templates")) for path in TEMPLATES}
    asked = set(re.findall(r"""\{%\s*(?:extends|include)\s+["']([\w/.-]+\.html)["']""", "\n".join(
        path.read_text() for path in TEMPLATES
    )))  # fmt: skip
    missing = sorted(name for name in asked - names if not replaces_a_package_page(name))

    assert missing == []


def test_no_inline_script_or_style():
    """The content security policy would drop them silently."""
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=\"|=\"javascript:", re.IGNORECASE
    )
    data = re.compile(r'<script[^>]*type="application/json"')
    found = [
        f"{short(path)}:{number}: {line.strip()}"
        for path in TEMPLATES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if inline.search(line) and not data.search(line)
    ]

    assert found == []


def test_files_and_functions_stay_readable():
    texts_of_the_demo = ROOT / "portal/desk/demo/situations"
    long_files = [
        short(path)
        for path in SOURCES
        if len(path.read_text().splitlines()) > 400 and not path.is_relative_to(texts_of_the_demo)
    ]
    long_functions = [
        f"{short(path)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 40
    ]

    assert long_files == []
    assert long_functions == []


def test_no_example_fails_for_being_slow():
    """A busy machine is no bug: one profile for the whole suite, and nobody sets a limit anew."""
    assert hypothesis.settings.default.deadline is None
    limit = re.compile(r"\bdeadline\s*=")
    tests = {short(path): path.read_text() for path in (ROOT / "tests").rglob("*.py")}

    assert [name for name, text in tests.items() if limit.search(text)] == ["tests/conftest.py"]
