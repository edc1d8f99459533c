"""Gets the proxy's certificate from an ACME server and keeps it fresh; certbot speaks the protocol.

What it obtains is put beside what is served, and served by one rename: the proxy sees the new pair or the old one, and never half of each.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Callable, Mapping

HALF_A_DAY = 12 * 3600
RETRIES = (60, 300, 900)
"""Seconds until the next attempts after a failure; then HOUR. Let's Encrypt allows five failures an hour for a name."""
HOUR = 3600
BEAT = 10.0
"""Seconds between two signs of life."""
WARN_DAYS = 14
PATIENCE = 600
"""Seconds that certbot has."""


class Service:
    def __init__(self, environment: Mapping[str, str], state: Path = Path("/state"), shared: Path = Path("/live"), run: Path = Path("/tmp")) -> None:
        self.server = environment["ACME_SERVER"]
        self.email = environment["ACME_EMAIL"]
        self.names = environment["ACME_NAMES"].split()
        self.authority = environment.get("ACME_AUTHORITY", "")
        self.state = state
        self.shared = shared
        self.run = run
        self.ending = False

    @property
    def lineage(self) -> str:
        """Certificates of one server: another server's, e.g. of a trial before, isn't taken for it."""
        return "quai-" + hashlib.sha256(self.server.encode()).hexdigest()[:8]

    def certbot(self, force: bool) -> list[str]:
        return [
            *("certbot", "certonly", "--non-interactive", "--agree-tos", "--no-eff-email", "--email", self.email),
            *("--server", self.server, "--config-dir", str(self.state / "letsencrypt")),
            *("--work-dir", str(self.run / "certbot"), "--logs-dir", str(self.run / "certbot-logs"), "--max-log-backups", "0"),
            *("--webroot", "--webroot-path", str(self.shared / "challenges"), "--key-type", "ecdsa"),
            *("--cert-name", self.lineage, "--renew-with-new-domains"),
            "--force-renewal" if force else "--keep-until-expiring",
            *[word for name in self.names for word in ("-d", name)],
        ]

    def obtain(self, force: bool = False) -> bool:
        """Asks if it's time to, puts the result in place, notes how it went."""
        environment = {**os.environ, "HOME": str(self.run)}
        if self.authority:
            bundle = self.run / "authority.pem"
            bundle.write_text(self.authority, "utf-8")
            environment["REQUESTS_CA_BUNDLE"] = str(bundle)
        (self.shared / "challenges").mkdir(exist_ok=True)
        error = self._ask(force, environment)
        if error is not None and "accountDoesNotExist" in error and self._forget_account():
            log("warning", f"{self.server} doesn't know the account any more: registering another")
            error = self._ask(force, environment)
        if error is None:
            publish(self.state / "letsencrypt" / "live" / self.lineage, self.shared)
        self._note(error)
        return error is None

    def _ask(self, force: bool, environment: Mapping[str, str]) -> str | None:
        """What went wrong, if anything did."""
        history = self.run / "certbot-logs" / "letsencrypt.log"
        history.unlink(missing_ok=True)
        try:
            result = subprocess.run(self.certbot(force), env=environment, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            return f"the ACME server took longer than {PATIENCE} s"
        if result.returncode == 0:
            return None
        return reason(result.stdout + result.stderr, history.read_text("utf-8", "replace") if history.exists() else "")

    def _forget_account(self) -> bool:
        """A server that was set up anew knows no account. Without its folder certbot registers another, and keeps the certificates."""
        folder = self.state / "letsencrypt" / "accounts" / self.server.partition("://")[2].strip("/")
        if not folder.is_dir():
            return False
        shutil.rmtree(folder)
        return True

    def _note(self, error: str | None) -> None:
        before = read_json(self.state / "status.json")
        failing = None if error is None else before.get("failingSince") or iso(now())
        write_json(self.state / "status.json", {"tried": iso(now()), "error": error, "failingSince": failing})
        if error is None:
            log("info", "certificate is good", **{key: value for key, value in served(self.shared).items() if key != "names"})
        else:
            log("error", f"no certificate from {self.server}: {error}")

    def status(self) -> dict[str, Any]:
        noted = read_json(self.state / "status.json")
        certificate = served(self.shared)
        return {**noted, "certificate": certificate or None, "problems": problems(noted, certificate)}

    def serve(self) -> int:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._end)
        failures = 0
        while not self.ending:
            failures = 0 if self.obtain() else failures + 1
            self._wait(delay(failures))
        return 0

    def _end(self, *_: Any) -> None:
        self.ending = True

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        beaten = 0.0
        while not self.ending and time.monotonic() < until:
            if time.monotonic() - beaten >= BEAT:
                (self.run / "beat").touch()
                beaten = time.monotonic()
            time.sleep(0.5)


def delay(failures: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds to the next look: twice a day, not all of the world at the same minute; sooner after a failure."""
    if failures == 0:
        return HALF_A_DAY - HOUR * jitter()
    return RETRIES[failures - 1] if failures <= len(RETRIES) else HOUR


def publish(lineage: Path, shared: Path) -> None:
    chain, key = (lineage / "fullchain.pem").read_bytes(), (lineage / "privkey.pem").read_bytes()
    name = "certificate-" + hashlib.sha256(chain).hexdigest()[:16]
    link = shared / "served"
    former = os.readlink(link) if link.is_symlink() else None
    if former == name:
        return
    folder = shared / f".{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for file, content in (("certificate.pem", chain), ("key.pem", key)):
        with open(os.open(folder / file, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    shutil.rmtree(shared / name, ignore_errors=True)
    os.replace(folder, shared / name)
    draft = shared / ".served"
    draft.unlink(missing_ok=True)
    draft.symlink_to(name)
    os.replace(draft, link)
    for old in shared.glob("certificate-*"):
        if old.name not in (name, former):
            shutil.rmtree(old, ignore_errors=True)


def served(shared: Path) -> dict[str, Any]:
    """What the proxy shows now; empty where it can't be read."""
    from cryptography import x509

    try:
        certificate = x509.load_pem_x509_certificate((shared / "served" / "certificate.pem").read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    except (OSError, ValueError, x509.ExtensionNotFound):
        return {}
    end = certificate.not_valid_after.replace(tzinfo=timezone.utc)
    return {
        "until": iso(end),
        "days": (end - now()) // timedelta(days=1),
        "serial": format(certificate.serial_number, "x"),
        "names": names,
        "temporary": os.readlink(shared / "served") == "temporary",
    }


def problems(noted: Mapping[str, Any], certificate: Mapping[str, Any]) -> list[str]:
    found = []
    if noted.get("error"):
        found.append(f"no certificate could be had since {noted['failingSince']}: {noted['error']}")
    if not certificate or certificate["temporary"]:
        found.append("a temporary certificate is served, which no browser trusts")
    elif certificate["days"] < WARN_DAYS:
        found.append(f"the certificate ends in {certificate['days']} days, on {certificate['until'][:10]}")
    return found


PROTOCOL_ERROR = re.compile(r"^acme\.messages\.Error: urn:ietf:params:acme:error:(.+)$", re.MULTILINE)
"""RFC 8555, 6.7: the error's type, its meaning and the server's detail. Only certbot's log is sure to have it: with Python 3.11, certbot 2.1 fails while it tells of it."""


def reason(text: str, history: str = "") -> str:
    """What an operator wants of certbot's many lines: the server's details of a challenge, or its refusal, or else certbot's last words."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    noise = ("Saving debug log", "Ask for help", "See the logfile", "Some challenges have failed", "- - -", "Hint:")
    telling = [line for line in lines if not line.startswith(noise)]
    details = [line.removeprefix("Detail:").strip() for line in telling if line.startswith("Detail:")]
    refusals = PROTOCOL_ERROR.findall(history)
    return "; ".join(dict.fromkeys(details)) or (refusals or telling or ["certbot said nothing"])[-1]


def health(run: Path = Path("/tmp")) -> bool:
    """Whether the service lives. That the ACME server is down is no reason to be called dead: `status` tells of that."""
    beat = run / "beat"
    return beat.exists() and time.time() - beat.stat().st_mtime < PATIENCE + 6 * BEAT


def now() -> datetime:
    return datetime.now(timezone.utc)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    draft = path.with_name(f".{path.name}")
    draft.write_text(json.dumps(value), "utf-8")
    os.replace(draft, path)


def log(level: str, message: str, **fields: Any) -> None:
    print(json.dumps({"time": iso(now()), "level": level, "message": message, **fields}), flush=True)


def main(words: list[str]) -> int:
    if words == ["health"]:
        return 0 if health() else 1
    service = Service(os.environ)
    if words == ["serve"]:
        (service.run / "beat").touch()
        return service.serve()
    if words in (["renew"], ["renew", "--force"]):
        return 0 if service.obtain(force=len(words) == 2) else 1
    if words == ["status"]:
        print(json.dumps(service.status()))
        return 0
    print("usage: quai-certificates serve | renew [--force] | status | health", file=sys.stderr)
    return 2
