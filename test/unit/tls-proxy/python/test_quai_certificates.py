"""The certificate service, with a program in certbot's place that writes what certbot would."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import quai_certificates as q

CERTBOT = """#!/bin/sh
printf '%s\\n' "$*" >> "$LOG"
while [ "$1" != --config-dir ]; do shift; done; config=$2
while [ "$1" != --logs-dir ]; do shift; done; logs=$2; mkdir -p "$logs"
if [ -n "$FORGOTTEN" ] && [ -d "$FORGOTTEN" ]; then
    printf 'acme.messages.Error: urn:ietf:params:acme:error:accountDoesNotExist :: no such account :: 7 not found.\\n' > "$logs/letsencrypt.log"
    printf "An unexpected error occurred:\\nAttributeError: can't set attribute\\n"; exit 1
fi
if [ -n "$FAIL" ]; then printf '%b\\n' "$FAIL"; exit 1; fi
while [ "$1" != --cert-name ]; do shift; done; lineage=$config/live/$2
mkdir -p "$lineage"; cp "$PAIR/chain" "$lineage/fullchain.pem"; cp "$PAIR/key" "$lineage/privkey.pem"
"""


class Folder(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("state", "live", "run", "bin", "pair"):
            (self.folder / name).mkdir()
        program = self.folder / "bin" / "certbot"
        program.write_text(CERTBOT)
        program.chmod(0o755)
        self.former = dict(os.environ)
        os.environ.update(PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}", LOG=str(self.folder / "log"), PAIR=str(self.folder / "pair"), FAIL="", FORGOTTEN="")
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(self.former)))
        # Reading a certificate takes a package that the service's image has, and this machine may not.
        self.enterContext(unittest.mock.patch.object(q, "served", lambda _: {}))
        self.pair("one")

    def pair(self, text: str) -> None:
        (self.folder / "pair" / "chain").write_text(f"chain {text}")
        (self.folder / "pair" / "key").write_text(f"key {text}")

    def service(self, **environment: str) -> q.Service:
        values = {"ACME_SERVER": "https://acme.test/dir", "ACME_EMAIL": "ops@quay.eu", "ACME_NAMES": "a.eu b.eu", **environment}
        return q.Service(values, self.folder / "state", self.folder / "live", self.folder / "run")

    def served(self, file: str) -> str:
        return (self.folder / "live" / "served" / file).read_text()


class Obtaining(Folder):
    def test_what_certbot_is_asked(self) -> None:
        self.assertTrue(self.service().obtain())
        said = (self.folder / "log").read_text()
        for words in ("--non-interactive", "--server https://acme.test/dir", "--email ops@quay.eu", "--keep-until-expiring", "-d a.eu -d b.eu"):
            self.assertIn(words, said)
        self.assertTrue(self.service().obtain(force=True))
        self.assertIn("--force-renewal", (self.folder / "log").read_text())

    def test_an_account_that_the_server_forgot_is_registered_anew(self) -> None:
        accounts = self.folder / "state" / "letsencrypt" / "accounts"
        for server in ("acme.test/dir", "other.test/dir"):
            (accounts / server / "1").mkdir(parents=True)
        os.environ["FORGOTTEN"] = str(accounts / "acme.test" / "dir")
        self.assertTrue(self.service().obtain())
        self.assertEqual([folder.name for folder in accounts.iterdir() if any(folder.rglob("1"))], ["other.test"])

    def test_an_account_that_stays_unknown_is_told_of_once(self) -> None:
        forever = self.folder / "state" / "letsencrypt"
        forever.mkdir()
        os.environ["FORGOTTEN"] = str(forever)
        self.assertFalse(self.service().obtain())
        self.assertEqual(self.service().status()["error"], "accountDoesNotExist :: no such account :: 7 not found.")

    def test_another_server_has_another_lineage(self) -> None:
        self.assertNotEqual(self.service().lineage, self.service(ACME_SERVER="https://staging.test/dir").lineage)

    def test_the_pair_is_served_whole_and_owner_only(self) -> None:
        self.service().obtain()
        self.assertEqual((self.served("certificate.pem"), self.served("key.pem")), ("chain one", "key one"))
        folder = (self.folder / "live" / "served").resolve()
        self.assertEqual([oct((folder / file).stat().st_mode & 0o777) for file in ("certificate.pem", "key.pem")], ["0o600", "0o600"])

    def test_nothing_new_nothing_touched(self) -> None:
        self.service().obtain()
        before = os.lstat(self.folder / "live" / "served").st_ino
        self.service().obtain()
        self.assertEqual(os.lstat(self.folder / "live" / "served").st_ino, before)

    def test_renewed_the_former_stays_the_oldest_goes(self) -> None:
        for text in ("one", "two", "three"):
            self.pair(text)
            self.service().obtain()
        self.assertEqual(self.served("certificate.pem"), "chain three")
        self.assertEqual(len(list((self.folder / "live").glob("certificate-*"))), 2)

    def test_a_server_that_is_down_leaves_the_old_one(self) -> None:
        self.service().obtain()
        os.environ["FAIL"] = "Saving debug log to x\\nAn unexpected error occurred:\\nConnection refused\\nAsk for help or search"
        self.assertFalse(self.service().obtain())
        self.assertEqual(self.served("certificate.pem"), "chain one")
        noted = q.read_json(self.folder / "state" / "status.json")
        self.assertEqual(noted["error"], "Connection refused")
        since = noted["failingSince"]
        (self.folder / "state" / "status.json").write_text(json.dumps({**noted, "failingSince": "2026-01-01T00:00:00Z"}))
        self.service().obtain()
        self.assertNotEqual(since, "")
        self.assertEqual(q.read_json(self.folder / "state" / "status.json")["failingSince"], "2026-01-01T00:00:00Z")
        os.environ["FAIL"] = ""
        self.service().obtain()
        self.assertIsNone(q.read_json(self.folder / "state" / "status.json")["failingSince"])

    def test_a_private_authority_is_handed_on(self) -> None:
        (self.folder / "bin" / "certbot").write_text(f'#!/bin/sh\ncp "$REQUESTS_CA_BUNDLE" {self.folder}/seen; exit 1\n')
        self.service(ACME_AUTHORITY="PEM\n").obtain()
        self.assertEqual((self.folder / "seen").read_text(), "PEM\n")


class Telling(unittest.TestCase):
    def test_the_servers_details_come_first(self) -> None:
        text = "Certbot failed to authenticate\n  Domain: a.eu\n  Type:   dns\n  Detail: no A record for a.eu\n\nHint: The authority\nSome challenges have failed."
        self.assertEqual(q.reason(text), "no A record for a.eu")
        self.assertEqual(q.reason(""), "certbot said nothing")

    def test_problems(self) -> None:
        good = {"temporary": False, "days": 60, "until": "2027-01-20T00:00:00Z"}
        self.assertEqual(q.problems({}, good), [])
        self.assertEqual(q.problems({}, {**good, "days": 13}), ["the certificate ends in 13 days, on 2027-01-20"])
        self.assertEqual(q.problems({}, {**good, "temporary": True}), ["a temporary certificate is served, which no browser trusts"])
        self.assertEqual(q.problems({"error": "x", "failingSince": "2027"}, good), ["no certificate could be had since 2027: x"])

    def test_twice_a_day_and_sooner_after_a_failure(self) -> None:
        self.assertEqual([q.delay(0, lambda: part) for part in (0.0, 1.0)], [43200, 39600])
        self.assertEqual([q.delay(count) for count in (1, 2, 3, 4, 40)], [60, 300, 900, 3600, 3600])


class Ending(Folder):
    def test_it_ends_at_once_when_told_to(self) -> None:
        source = Path(q.__file__).parent
        environment = {**os.environ, "ACME_SERVER": "https://x", "ACME_EMAIL": "e", "ACME_NAMES": "a", "PYTHONPATH": str(source)}
        program = "import quai_certificates as q, os, pathlib, sys; f = pathlib.Path(sys.argv[1]); sys.exit(q.Service(os.environ, f/'state', f/'live', f/'run').serve())"
        program = program.replace("; sys.exit", "; q.served = lambda _: {}; sys.exit")
        with subprocess.Popen(["python3", "-c", program, str(self.folder)], env=environment, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            self.assertIn("certificate is good", child.stdout.readline())
            child.terminate()
            self.assertEqual(child.wait(10), 0)


if __name__ == "__main__":
    unittest.main()
