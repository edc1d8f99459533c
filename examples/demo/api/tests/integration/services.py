"""A PostgreSQL and a Redis of the test's own, and the demo's roles as real processes."""
from __future__ import annotations

import contextlib
import functools
import glob
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
POSTGRES = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
AVAILABLE = bool(POSTGRES) and shutil.which("redis-server") is not None and os.getuid() != 0


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def eventually(check: Callable[[], Any], seconds: float = 60) -> Any:
    """The first true result; fails with the last one."""
    deadline = time.monotonic() + seconds
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s; last result: {result!r}")
        time.sleep(0.1)


class Postgres:
    OWNER, APP = "owner-secret", "app-secret"

    def __init__(self, folder: Path) -> None:
        self.data, self.port, self.bin = folder / "pg", free_port(), POSTGRES[-1]
        self.folder = folder
        subprocess.run(
            [f"{self.bin}/initdb", "-D", self.data, "-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8", "-N"],
            check=True, stdout=subprocess.DEVNULL,
        )
        self.start()
        self.sql(f"CREATE ROLE demo_owner LOGIN PASSWORD '{self.OWNER}'; CREATE ROLE demo_app LOGIN PASSWORD '{self.APP}'", "postgres")
        self.sql("CREATE DATABASE demo OWNER demo_owner", "postgres")

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c fsync=off -c listen_addresses=127.0.0.1"
        subprocess.run([f"{self.bin}/pg_ctl", "-D", self.data, "-w", "-l", self.folder / "pg.log", "-o", options, "start"],
                       check=True, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        subprocess.run([f"{self.bin}/pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop"], check=False, stdout=subprocess.DEVNULL)

    def sql(self, text: str, database: str = "demo") -> list[str]:
        command = [f"{self.bin}/psql", "-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-d", database, "-XAtq", "-v", "ON_ERROR_STOP=1"]
        return subprocess.run(command, input=text, check=True, capture_output=True, text=True).stdout.splitlines()

    def url(self, role: str, password: str) -> str:
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/demo?sslmode=prefer&connect_timeout=3"


class Redis:
    PASSWORD = "redis-secret"

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        (folder / "redis.conf").write_text(
            f"port {self.port}\nbind 127.0.0.1\nrequirepass {self.PASSWORD}\ndir {folder}\nappendonly yes\nappendfsync always\n"
        )
        self.start()

    def start(self) -> None:
        with (self.folder / "redis.log").open("a") as log:
            self.process = subprocess.Popen(["redis-server", self.folder / "redis.conf"], stdout=log, stderr=log)
        eventually(lambda: self.cli("PING") == "PONG")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def cli(self, *args: str) -> str:
        env = {**os.environ, "REDISCLI_AUTH": self.PASSWORD}
        return subprocess.run(["redis-cli", "-p", str(self.port), *args], env=env, capture_output=True, text=True, check=False).stdout.strip()

    def url(self) -> str:
        return f"redis://:{self.PASSWORD}@127.0.0.1:{self.port}/0"


@functools.cache
def rsa_pair(_name: str) -> tuple[str, str]:
    """One pair a name for the whole run: keys of this size take their time."""
    make = ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"]
    private = subprocess.run(make, check=True, capture_output=True, text=True).stdout
    public = subprocess.run(["openssl", "pkey", "-pubout"], input=private, check=True, capture_output=True, text=True).stdout
    return private, public


class World:
    """Both servers, the secret files, and a migrated database."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="demo-test-"))
        self.postgres, self.redis = Postgres(self.folder), Redis(self.folder)
        (self.folder / "uploads").mkdir()
        self.key_pair("jwt")
        self.key_pair("next")
        self.env = {
            "DATABASE_URL_FILE": self.secret("app", self.postgres.url("demo_app", self.postgres.APP)),
            "MIGRATION_DATABASE_URL_FILE": self.secret("owner", self.postgres.url("demo_owner", self.postgres.OWNER)),
            "REDIS_URL_FILE": self.secret("redis", self.redis.url()),
            "SESSION_KEY_FILE": self.secret("session", "s" * 50),
            "JWT_PRIVATE_KEY_FILE": str(self.folder / "jwt.key"),
            "JWT_PUBLIC_KEY_FILE": str(self.folder / "jwt.pub"),
            "PUBLIC_URL": "https://demo.test",
            "UPLOADS_DIR": str(self.folder / "uploads"),
            "MIGRATIONS_DIR": str(ROOT / "migrations"),
            "HEARTBEAT_DIR": str(self.folder),
            "GRANT_TO": "demo_app",
            "RELEASE": "r1",
            "WAIT_SECONDS": "5",
        }

    def secret(self, name: str, value: str) -> str:
        path = self.folder / f"secret-{name}"
        path.write_text(value)
        return str(path)

    def key_pair(self, name: str) -> None:
        private, public = rsa_pair(name)
        (self.folder / f"{name}.key").write_text(private)
        (self.folder / f"{name}.pub").write_text(public)

    def run(self, role: str, **changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command(role), env=self.environment(changes), capture_output=True, text=True, timeout=90, check=False)

    def environment(self, changes: dict[str, str]) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/tmp", **self.env, **changes}

    @contextlib.contextmanager
    def role(self, role: str, **changes: str) -> Iterator[Process]:
        process = Process(role, self.environment(changes), self.folder)
        try:
            yield process
        finally:
            process.end()

    @contextlib.contextmanager
    def server(self, **changes: str) -> Iterator[Process]:
        port = free_port()
        with self.role("serve", PORT=str(port), **changes) as process:
            process.port = port
            eventually(lambda: process.listens(), 60)
            yield process

    def close(self) -> None:
        self.postgres.stop()
        self.redis.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def command(role: str) -> list[str]:
    return [sys.executable, "-m", "demo", *role.split()]


class Process:
    def __init__(self, role: str, env: dict[str, str], folder: Path) -> None:
        self.log = folder / f"{role}-{time.monotonic_ns()}.log"
        self.port = 0
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command(role), env=env, stdout=log, stderr=subprocess.STDOUT)

    def listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        if self.process.poll() is not None:
            raise AssertionError(f"ended with {self.process.returncode}: {self.log.read_text()}")
        return False

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        if self.process.poll() is None:
            self.signal()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return int(self.process.returncode)

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, timeout: float = 20) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            sent = dict(headers or {})
            if isinstance(body, (dict, list)):
                body, sent["Content-Type"] = json.dumps(body), "application/json"
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()


class Answer:
    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"{self.status} {self.body[:300]!r}"
