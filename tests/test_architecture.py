"""The rules of the house, held by tests: who imports whom, how long things are, how transactions are opened."""

import ast
import graphlib
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APP = ROOT / "app"
MODULES = sorted(APP.rglob("*.py"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
FEATURES = frozenset(
    {
        "accounts",
        "checkout",
        "dashboard",
        "onboarding",
        "operator",
        "privacy",
        "reconcile",
        "transactions",
        "watch",
        "webhooks",
        "workshops",
    }
)
STDLIB_ONLY = [
    "ledger/rules.py",
    "checkout/payment_words.py",
    "workshops/access.py",
    "workshops/steps.py",
    "workshops/offer.py",
]
BANNED_NAMES = re.compile(r"(^|_)(utils?|helpers?|common|manager|misc|info)($|_)|\d$")
READERS = frozenset({"dashboard", "transactions"})

# feature → the features it may import beside its own (tables of others: READERS only; routes: see below)
SIDEWAYS = {
    "accounts": set(),
    "checkout": {"workshops.access", "workshops.unlock", "workshops.steps", "workshops.words"},
    "webhooks": {"checkout", "workshops.access"},
    "workshops": set(),
    # a leaf that only reads: no verb of anyone's, and nobody imports it
    "dashboard": {
        "checkout.offers",
        "checkout.packs",
        "checkout.payment_words",
        "onboarding.welcome",
        "transactions",
        "workshops.access",
        "workshops.steps",
    },
    "onboarding": set(),
    # a leaf: it counts rows of features in its statements, what waits as the watch does
    "operator": {"watch.signs"},
    # a leaf: it names every table of a person in its statements, and imports none of them
    "privacy": set(),
    # a leaf: it has the verbs of every day carried out, and nobody imports it
    "reconcile": {"checkout", "webhooks", "workshops.access"},
    "transactions": {"checkout.payment_words"},
    # it asks the tables by itself
    "watch": set(),
}


def imports_of(path: Path) -> Iterator[str]:
    """The modules of ours that a file imports, as dotted names below `app`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "app":
            base = node.module.removeprefix("app").removeprefix(".")
            for alias in node.names:
                target = f"{base}.{alias.name}" if base else alias.name
                is_module = (APP / Path(*target.split("."))).with_suffix(".py").exists() or (
                    APP / Path(*target.split("."))
                ).is_dir()
                yield target if is_module else base
        elif isinstance(node, ast.Import):
            yield from (
                alias.name.removeprefix("app.") for alias in node.names if alias.name.startswith("app.")
            )


def roots_of(path: Path) -> set[str]:
    """The top packages that a file imports, ours and others'."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
    return found


def name_of(path: Path) -> str:
    return path.relative_to(APP).as_posix()


def of_feature(feature: str) -> list[Path]:
    return [path for path in MODULES if path.relative_to(APP).parts[0] == feature]


@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_features_do_not_reach_sideways(feature: str) -> None:
    faults = []
    for path in of_feature(feature):
        for target in imports_of(path):
            other = target.split(".")[0]
            if other not in FEATURES or other in (feature, "accounts"):
                continue
            if feature in READERS and target.endswith(".tables"):
                continue
            if not any(target == way or target.startswith(f"{way}.") for way in SIDEWAYS[feature]):
                faults.append(f"{name_of(path)} imports {target}")
    assert faults == []


def test_no_parts_of_the_product_lean_on_each_other_in_a_circle() -> None:
    """A part is a folder of `app` or a module beside them."""
    leans_on: dict[str, set[str]] = {}
    for path in MODULES:
        part = path.relative_to(APP).parts[0].removesuffix(".py")
        others = {target.split(".")[0] for target in imports_of(path)} - {part, ""}
        leans_on.setdefault(part, set()).update(others)
    graphlib.TopologicalSorter(leans_on).prepare()  # raises CycleError, with the circle


@pytest.mark.parametrize(
    ("feature", "beside", "floors"),
    [("accounts", 0, ["sessions", "providers", "sign_in"]), ("transactions", -1, ["balance", "statements"])],
)
def test_within_a_feature_each_folder_knows_only_those_below_it(
    feature: str, beside: int, floors: list[str]
) -> None:
    """`beside`: the floor of the modules that are in none of them, counted as the list is."""
    faults = []
    for path in of_feature(feature):
        inside = path.relative_to(APP).parts[1]
        height = floors.index(inside) if inside in floors else beside
        above = [f"{feature}.{floor}" for floor in floors[height + 1 :]]
        faults += [
            f"{name_of(path)} imports {target}"
            for target in imports_of(path)
            if any(target == floor or target.startswith(f"{floor}.") for floor in above)
        ]
    assert faults == []


def test_the_ledger_knows_no_feature_no_http_and_no_payment_service() -> None:
    for path in of_feature("ledger"):
        assert not {"litestar", "stripe", "jinja2"} & roots_of(path), name_of(path)
        others = {target.split(".")[0] for target in imports_of(path)}
        assert others <= {"ledger", "database", "errors", "ids", "clock"}, name_of(path)


def test_the_web_plumbing_knows_no_feature() -> None:
    for path in of_feature("web"):
        others = {target.split(".")[0] for target in imports_of(path)}
        assert others <= {"web", "errors", "passing", "settings", "clock"}, f"{name_of(path)}: {others}"


@pytest.mark.parametrize("name", ["settings.py", "sign_in_rules.py"])
def test_the_settings_know_no_feature(name: str) -> None:
    assert not FEATURES & {target.split(".")[0] for target in imports_of(APP / name)}


@pytest.mark.parametrize("name", STDLIB_ONLY)
def test_pure_modules_touch_neither_database_nor_network(name: str) -> None:
    roots = roots_of(APP / name)
    assert not {"piccolo", "asyncpg", "litestar", "stripe", "httpx", "asyncio"} & roots
    assert "database" not in {target.split(".")[0] for target in imports_of(APP / name)}


def test_one_module_imports_the_stripe_library() -> None:
    users = {path.relative_to(APP).parts[0] for path in MODULES if "stripe" in roots_of(path)}
    assert users == {"payments"}


def test_the_sandbox_and_the_product_know_nothing_of_each_other() -> None:
    for path in MODULES:
        inside = path.relative_to(APP).parts[0] == "sandbox"
        targets = {target.split(".")[0] for target in imports_of(path)}
        if inside:
            assert targets <= {"sandbox"}, name_of(path)
            assert "stripe" not in roots_of(path), name_of(path)
        elif path.relative_to(APP).parts[0] != "cli":
            assert "sandbox" not in targets, name_of(path)


def test_only_routes_the_application_and_the_web_plumbing_import_litestar() -> None:
    allowed = re.compile(
        r"web/|sandbox/|.*routes\.py|.*middleware\.py|accounts/(sessions/current|limiting)\.py|application\.py|asgi\.py"
    )
    allowed_too = re.compile(r"cli/|readiness\.py|checkout/handed_in\.py")
    users = [name_of(path) for path in MODULES if "litestar" in roots_of(path)]
    assert [name for name in users if not allowed.match(name) and not allowed_too.match(name)] == []


def test_nobody_opens_a_transaction_but_tx() -> None:
    """Piccolo's own loses a pool connection whenever COMMIT fails, and joins a surrounding one in silence."""
    banned = re.compile(r"DB\.(transaction|atomic)|\.transaction\(|asyncpg\.(connect|create_pool)\(")
    allowed = {"database.py", "migrate.py"}
    faults = [
        name_of(path)
        for path in MODULES
        if banned.search(path.read_text())
        and name_of(path) not in allowed
        and path.relative_to(APP).parts[0] not in ("cli", "sandbox")
    ]
    assert faults == []


def test_only_the_ledger_writes_movements_and_balances() -> None:
    writes = re.compile(
        r"(INSERT INTO|UPDATE|DELETE FROM)\s+credit_transactions|SET\s+credit_balance|CreditTransaction\.(insert|update)",
        re.IGNORECASE,
    )
    faults = [
        name_of(path)
        for path in MODULES
        if writes.search(path.read_text()) and path.relative_to(APP).parts[0] not in ("ledger", "sandbox")
    ]
    assert faults == []


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, FUNCTIONS):
                yield f"{name_of(path)}:{node.lineno} {node.name}", node


def length_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """All its lines, signature and docstring included."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_functions_are_short() -> None:
    lengths = {where: length_of(node) for where, node in functions()}
    assert {where: lines for where, lines in lengths.items() if lines > 40} == {}
    assert statistics.median(lengths.values()) <= 8


def test_modules_and_templates_are_short() -> None:
    long = {name_of(path): lines for path in MODULES if (lines := len(path.read_text().splitlines())) > 300}
    pages = [*(ROOT / "templates").rglob("*.html"), *(APP / "sandbox" / "templates").rglob("*.html")]
    pages.remove(ROOT / "templates" / "web" / "styleguide.html")  # a list of every component, read by looking
    long |= {path.name: lines for path in pages if (lines := len(path.read_text().splitlines())) > 120}
    assert long == {}


def test_names_say_what_they_are() -> None:
    faults = [name_of(path) for path in MODULES if BANNED_NAMES.search(path.stem)]
    faults += [where for where, node in functions() if BANNED_NAMES.search(node.name)]
    assert faults == []


def test_every_module_says_what_it_decides() -> None:
    assert [name_of(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    pages = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").glob("*.*")]
    assert [path.name for path in [*MODULES, *pages] if later.search(path.read_text(errors="ignore"))] == []


def test_no_money_is_a_float() -> None:
    faults = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
                name = node.arg if isinstance(node, ast.arg) else getattr(node.target, "id", "")
                if re.search(r"(cents|credits)$", name) and "float" in ast.unparse(node.annotation):
                    faults.append(f"{name_of(path)}: {name}")
    assert faults == []


def test_what_installs_the_product_names_no_host() -> None:
    named = re.compile(r"(https?|file)://|^--|@ ", re.MULTILINE)
    assert not named.search((ROOT / "requirements.txt").read_text())
    assert not re.search(r"--(extra-)?index-url|(https?|file)://", (ROOT / "Makefile").read_text())
