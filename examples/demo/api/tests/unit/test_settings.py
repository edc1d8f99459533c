import tempfile
import unittest
from pathlib import Path

from demo.settings import SettingsError, read_settings

PASSWORD = "p4ss-that-must-not-show"


class SettingsCase(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.env = {
            "DATABASE_URL_FILE": self.file("database", f"postgresql://app:{PASSWORD}@db:5432/demo?sslmode=verify-full\n"),
            "REDIS_URL_FILE": self.file("redis", f"redis://:{PASSWORD}@redis:6379/0"),
            "SESSION_KEY_FILE": self.file("session", "k" * 50),
            "JWT_PRIVATE_KEY_FILE": self.file("jwt.key", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"),
            "JWT_PUBLIC_KEY_FILE": self.file("jwt.pub", "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n"),
            "PUBLIC_URL": "https://demo.example.com",
        }

    def file(self, name: str, content: str) -> str:
        path = self.folder / name
        path.write_text(content)
        return str(path)

    def problems(self, role: str = "serve", **changes: str) -> list[str]:
        with self.assertRaises(SettingsError) as raised:
            read_settings(role, {**self.env, **changes})
        self.assertNotIn(PASSWORD, str(raised.exception))
        return raised.exception.problems


class GoodSettings(SettingsCase):
    def test_a_complete_environment_is_read_and_secrets_stay_out_of_repr(self) -> None:
        settings = read_settings("serve", self.env)
        self.assertEqual(settings.database_url, f"postgresql://app:{PASSWORD}@db:5432/demo?sslmode=verify-full")
        self.assertEqual(settings.public_origins, ("https://demo.example.com",))
        self.assertNotIn(PASSWORD, repr(settings))
        self.assertNotIn("k" * 50, repr(settings))

    def test_several_origins_are_read(self) -> None:
        settings = read_settings("serve", {**self.env, "PUBLIC_URL": "https://Demo.localhost:8443/, https://[::1]:8443"})
        self.assertEqual(settings.public_origins, ("https://demo.localhost:8443", "https://[::1]:8443"))

    def test_each_role_asks_only_for_what_it_uses(self) -> None:
        owner = {"MIGRATION_DATABASE_URL_FILE": self.env["DATABASE_URL_FILE"]}
        self.assertEqual(read_settings("migrate", owner).grant_to, "")
        self.assertEqual(read_settings("scheduler", {"DATABASE_URL_FILE": self.env["DATABASE_URL_FILE"]}).schedule_seconds, 15)


class BadSettings(SettingsCase):
    def test_R26_all_missing_settings_are_named_in_one_error(self) -> None:
        with self.assertRaises(SettingsError) as raised:
            read_settings("serve", {})
        names = [problem.split(":")[0] for problem in raised.exception.problems]
        self.assertEqual(sorted(names), sorted(self.env))
        self.assertTrue(str(raised.exception).startswith("demo-api serve cannot start, 6 settings are wrong:\n  "))

    def test_R24_a_short_session_key_is_refused_with_its_length(self) -> None:
        found = self.problems(SESSION_KEY_FILE=self.file("short", "k" * 49))
        self.assertEqual(found, ["SESSION_KEY_FILE: holds 49 characters; generate a key of at least 50"])

    def test_an_empty_file_is_named(self) -> None:
        path = self.file("empty", "\n")
        found = self.problems(REDIS_URL_FILE=path)
        self.assertEqual(found, [f"REDIS_URL_FILE: {path} is empty; it must hold a URL such as redis://:password@host:6379/0"])

    def test_a_file_that_is_not_there_is_named(self) -> None:
        found = self.problems(DATABASE_URL_FILE="/nowhere/x")
        wanted = "DATABASE_URL_FILE: cannot read /nowhere/x: No such file or directory; it must be a text file that this user may read"
        self.assertEqual(found, [wanted])

    def test_a_url_of_another_kind_is_refused_without_showing_it(self) -> None:
        found = self.problems(DATABASE_URL_FILE=self.file("mysql", f"mysql://app:{PASSWORD}@db/demo"))
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].startswith("DATABASE_URL_FILE: does not hold a URL such as postgresql://"))

    def test_a_password_that_was_not_encoded_is_refused_without_showing_it(self) -> None:
        found = self.problems(DATABASE_URL_FILE=self.file("raw", f"postgresql://app:{PASSWORD}:/x@db:port/demo"))
        self.assertIn("encode special characters", found[0])

    def test_a_public_url_with_a_path_is_refused(self) -> None:
        found = self.problems(PUBLIC_URL="https://demo.example.com/app")
        wanted = 'PUBLIC_URL: must be an address without a path, such as https://demo.example.com (got "https://demo.example.com/app")'
        self.assertEqual(found, [wanted])

    def test_a_public_key_in_place_of_the_private_one_is_refused(self) -> None:
        found = self.problems(JWT_PRIVATE_KEY_FILE=self.env["JWT_PUBLIC_KEY_FILE"])
        wanted = "JWT_PRIVATE_KEY_FILE: is not a PEM private key; the file must begin with -----BEGIN PRIVATE KEY-----"
        self.assertEqual(found, [wanted])

    def test_numbers_and_choices_are_checked_together(self) -> None:
        found = self.problems(PORT="http", DATABASE_POOL_SIZE="0", LOG_LEVEL="loud", DEMO_BREAK="all", RELEASE="a b")
        self.assertEqual(
            sorted(found),
            [
                'DATABASE_POOL_SIZE: must be a whole number from 1 to 200 (got "0")',
                'DEMO_BREAK: must be one of health, listen, migrate, start (got "all")',
                'LOG_LEVEL: must be one of debug, info, warning, error (got "loud")',
                'PORT: must be a whole number from 1 to 65535 (got "http")',
                'RELEASE: must match [A-Za-z0-9._-]{1,64} (got "a b")',
            ],
        )

    def test_a_role_name_that_could_break_out_of_its_quotes_is_refused(self) -> None:
        env = {"MIGRATION_DATABASE_URL_FILE": self.env["DATABASE_URL_FILE"], "GRANT_TO": 'app"; DROP TABLE notes; --'}
        with self.assertRaises(SettingsError) as raised:
            read_settings("migrate", env)
        self.assertTrue(raised.exception.problems[0].startswith("GRANT_TO: must match"))
