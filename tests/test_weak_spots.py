"""What is easily forgotten: comparisons that tell by their time, versions with known holes, secrets in the tree, calls
to somewhere else, and doors that only development may have.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from app.application import create_app
from app.settings import Settings

ROOT = Path(__file__).parent.parent
MODULES = [path for path in sorted((ROOT / "app").rglob("*.py")) if "sandbox" not in path.parts]

SECRET = re.compile(r"(^|_)(token|secret|password|signature|nonce|verifier|hash)s?$")
# The first versions without the holes that are known in them, by advisory.
FIXED_IN = {
    "authlib": "1.6.5",  # CVE-2025-61920, CVE-2025-59420: tokens without end, headers that had to be understood
    "babel": "2.9.1",  # CVE-2021-42771: locales from any folder
    "certifi": "2024.7.4",  # CVE-2024-39689: a root that is trusted no more
    "cryptography": "44.0.1",  # CVE-2024-12797
    "h11": "0.16.0",  # CVE-2025-43859: chunks that end where they should not
    "httpx": "0.23.0",  # CVE-2021-41945: addresses that are read two ways
    "idna": "3.7",  # CVE-2024-3651: names that take for ever
    "jinja2": "3.1.6",  # CVE-2025-27516: a way out of the sandbox
    "litestar": "2.13.0",  # CVE-2024-52581, CVE-2024-32982: forms without end, files above the folder
    "pydantic": "2.4.0",  # CVE-2024-3772: addresses that take for ever
    "python-multipart": "0.0.18",  # CVE-2024-53981: a log line for every byte
}
LEAKS = re.compile(
    r"(sk|rk)_live_[0-9A-Za-z]{24,}|whsec_[0-9A-Za-z+/]{32,}|AKIA[0-9A-Z]{16}|gh[pousr]_[0-9A-Za-z]{36}"
    r"|-----BEGIN (RSA |EC |OPENSSH )?PRIVATE KEY-----|xox[baprs]-[0-9A-Za-z-]{20,}|AIza[0-9A-Za-z_-]{35}"
)
OF_STRIPES_DOCUMENTS = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
# Who may talk to the outside: the payment service, the sign-in providers, the mail server, and our own commands.
OUTGOING = re.compile(
    r"payments/|accounts/(providers/(asking|clerk|configured|discovery|oidc)|sign_in/mail)\.py|cli/"
)


def test_no_secret_is_compared_with_a_sign_of_equality() -> None:
    """W47: `==` stops at the first difference, and its time tells where that is."""
    faults = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare) and any(
                isinstance(each, ast.Eq | ast.NotEq) for each in node.ops
            ):
                names = [ast.unparse(each).rpartition(".")[2] for each in (node.left, *node.comparators)]
                if any(SECRET.search(name) for name in names):
                    faults.append(f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}")
    assert faults == []


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.split("+", maxsplit=1)[0])[:3])


def test_no_locked_version_has_a_hole_that_was_mended_since() -> None:
    """W53"""
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    old = {
        name: locked[name]
        for name, fixed in FIXED_IN.items()
        if name in locked and version(locked[name]) < version(fixed)
    }
    assert old == {}
    assert len(FIXED_IN.keys() & locked.keys()) >= 8


def test_every_locked_version_is_held_by_its_hash() -> None:
    """W53"""
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements.txt").read_text().strip())
    assert [
        entry.split("==")[0]
        for entry in entries
        if "--hash=sha256:" not in entry and not entry.startswith("#")
    ] == []


def test_no_secret_stands_in_the_tree() -> None:
    """W54: not even one that only looks like one, so that a real one is seen."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = [name for name in listed.stdout.split("\0") if name] or [
        str(path.relative_to(ROOT))
        for folder in ("app", "templates", ".ci")
        for path in (ROOT / folder).rglob("*.*")
    ]
    found: dict[str, list[str]] = {}
    for name in names:
        path = ROOT / name
        if path.is_file() and path.suffix not in {".png", ".woff2", ".ico"}:
            hits = [hit[0] for hit in LEAKS.finditer(path.read_text(errors="ignore"))]
            hits = [hit for hit in hits if hit != OF_STRIPES_DOCUMENTS]
            found |= {name: hits} if hits else {}
    assert found == {}


def test_nobody_else_is_called_and_no_redirect_followed() -> None:
    """W57"""
    callers, followers = set(), []
    for path in MODULES:
        text, name = path.read_text(), path.relative_to(ROOT / "app").as_posix()
        if re.search(
            r"^\s*(import|from) (httpx|aiosmtplib|stripe|requests|aiohttp|urllib\.request|socket)\b",
            text,
            re.M,
        ):
            callers.add(name)
        if "follow_redirects=True" in text and not name.startswith("cli/"):
            followers.append(name)
    assert {name for name in callers if not OUTGOING.match(name)} == set()
    assert followers == []


STRONG = ("random.SystemRandom", "uuid.uuid4", "uuid.uuid7")


def calls_in(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file, by what is called."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_only_commands_start_programs_and_none_by_a_shell() -> None:
    """What somebody typed is never a part of a command: each program has a list of its words."""
    starting = re.compile(
        r"(subprocess\.\w+|os\.(system|popen|exec\w*|spawn\w*)|pty\.\w+|.*create_subprocess_\w+)$"
    )
    starters, shells = set(), []
    for path in MODULES:
        for name, call in calls_in(path):
            if starting.match(name):
                starters.add(path.relative_to(ROOT / "app").parts[0])
                shells += [name for each in call.keywords if each.arg == "shell"]
    assert (starters, shells) == ({"cli"}, [])


def test_chance_and_hashes_come_from_where_they_are_strong() -> None:
    """SHA-256 and nothing weaker, tokens of 128 bits or more, and no chance that can be guessed."""
    hashes, weak, tokens = set(), [], []
    for path in MODULES:
        for name, call in calls_in(path):
            if re.fullmatch(r"hashlib\.\w+", name):
                hashes.add(name)
            if name in ("hmac.new", "hmac.digest"):
                hashes.add(ast.unparse(call.args[-1]))
            if name.startswith(("random.", "uuid.uuid")) and name not in STRONG:
                weak.append(f"{path.relative_to(ROOT / 'app')} {name}")
            if name.startswith("secrets.token_"):
                tokens.append(ast.unparse(call.args[0]) if call.args else "32")
    assert hashes == {"hashlib.sha256"}
    assert weak == []
    assert [each for each in tokens if each.isdigit() and int(each) < 16] == ["8"], (
        "the reference of a failure"
    )


def test_no_client_of_ours_is_told_to_trust_any_certificate() -> None:
    careless = re.compile(
        r"verify\s*=\s*False|CERT_NONE|check_hostname\s*=\s*False|_create_unverified_context|validate_certs=False"
    )
    assert [path.name for path in MODULES if careless.search(path.read_text())] == []


def test_the_script_keeps_no_object_by_a_name_from_outside_and_reads_no_text_as_code() -> None:
    """No computed name is written to, nothing is merged or parsed, and no text becomes HTML."""
    script = (ROOT / "static" / "app.js").read_text()
    careless = r"\]\s*=[^=]|Object\.assign|__proto__|JSON\.parse|innerHTML|outerHTML|insertAdjacent|\beval\b|new Function|document\.write"
    assert re.findall(careless, script) == []


BY_MAIL = {"smtp_url": "smtp://mail.example.com:587"}
BY_PROVIDER = {
    "sign_in": ("oidc",),
    "oidc_issuer": "https://id.example.com",
    "oidc_client_id": "us",
    "oidc_client_secret": "s" * 24,
}


@pytest.fixture(scope="module", params=[BY_MAIL, BY_PROVIDER], ids=["by mail", "by a provider"])
def in_production(request: pytest.FixtureRequest) -> Litestar:
    return create_app(
        Settings.model_validate(
            {
                "environment": "production",
                "database_url": "postgresql://app:p@127.0.0.1/none",
                "base_url": "https://credits.example.com",
                "session_secret": "s" * 40,
                "stripe_secret_key": "rk_live_x",
                "stripe_webhook_secret": ("whsec_first",),
                **request.param,
            }
        )
    )


@pytest.mark.parametrize(
    "path", ["/schema", "/schema/openapi.json", "/docs", "/metrics", "/dev/mailbox", "/styleguide", "/debug"]
)
async def test_production_has_no_door_that_only_development_may_have(
    in_production: Litestar, path: str
) -> None:
    """W56, W46"""
    transport = httpx.ASGITransport(in_production, raise_app_exceptions=False)  # type: ignore[arg-type]  # typed loosely
    async with httpx.AsyncClient(transport=transport, base_url="https://credits.example.com") as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text
