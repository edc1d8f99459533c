import asyncio
import base64
import contextlib
import hashlib
import json
import os
import signal
import socket
import threading
import time

from .case import IntegrationCase
from .services import eventually


class Health(IntegrationCase):
    def test_R21_health_follows_the_database_and_recovers_alone(self) -> None:
        with self.world.server() as server:
            self.assertEqual(server.ask("GET", "/api/health").json, {"status": "ok", "database": "connected", "release": "r1", "version": "1"})
            self.world.postgres.stop()
            try:
                down = server.ask("GET", "/api/health")
                self.assertEqual((down.status, down.json["database"]), (503, "unreachable"))
                self.assertEqual(server.ask("GET", "/api/notes").status, 503)
            finally:
                self.world.postgres.start()
            eventually(lambda: server.ask("GET", "/api/health").status == 200, 20)
            self.assertEqual(server.ask("GET", "/api/notes").status, 200)

    def test_R21_a_database_that_hangs_is_noticed_within_two_seconds(self) -> None:
        with self.world.server() as server:
            self.assertEqual(server.ask("GET", "/api/health").status, 200)
            pids = [int((self.world.postgres.data / "postmaster.pid").read_text().splitlines()[0])]
            pids += [int(p) for p in self.world.postgres.sql("SELECT pid FROM pg_stat_activity WHERE datname = 'demo'")]
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            try:
                began = time.monotonic()
                self.assertEqual(server.ask("GET", "/api/health").status, 503)
                self.assertLess(time.monotonic() - began, 3.5)
            finally:
                for pid in pids:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGCONT)
            eventually(lambda: server.ask("GET", "/api/health").status == 200, 20)

    def test_R19_the_container_check_agrees_with_the_endpoint(self) -> None:
        with self.world.server() as server:
            good = self.world.run("healthcheck serve", PORT=str(server.port))
            self.assertEqual(good.returncode, 0, good.stdout)
        with self.world.server(DEMO_BREAK="health") as server:
            bad = self.world.run("healthcheck serve", PORT=str(server.port))
            self.assertEqual(bad.returncode, 1)
            self.assertIn('503 {"status":"unavailable"', bad.stdout)

    def test_bad_settings_end_with_2_and_are_all_named(self) -> None:
        done = self.world.run("serve", SESSION_KEY_FILE=self.world.secret("short", "x"), PUBLIC_URL="", REDIS_URL_FILE="")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        for name in ("SESSION_KEY_FILE", "PUBLIC_URL", "REDIS_URL_FILE"):
            self.assertIn(f"\n  {name}: ", done.stderr)

    def test_R25_keys_that_are_no_pair_are_refused(self) -> None:
        done = self.world.run("serve", JWT_PUBLIC_KEY_FILE=str(self.world.folder / "next.pub"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("JWT_PUBLIC_KEY_FILE: does not belong to the private key", done.stderr)

    def test_broken_start_ends_at_once(self) -> None:
        self.assertEqual(self.world.run("serve", DEMO_BREAK="start").returncode, 3)


class Routes(IntegrationCase):
    def setUp(self) -> None:
        context = self.world.server()
        self.server = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def test_notes_are_written_and_read(self) -> None:
        made = self.server.ask("POST", "/api/notes", {"body": " café ☕ "})
        self.assertEqual((made.status, made.json["body"], made.json["release"]), (201, "café ☕", "r1"))
        self.assertIn(made.json, self.server.ask("GET", "/api/notes").json["notes"])
        for bad in ({"body": " "}, {"body": "x" * 2001}, {"body": 3}, {}, [], {"body": "a\x00b"}):
            self.assertEqual(self.server.ask("POST", "/api/notes", bad).status, 400, bad)
        self.assertEqual(self.server.ask("POST", "/api/notes", b"x" * 70_000).status, 413)

    def test_an_upload_comes_back_byte_by_byte(self) -> None:
        content = os.urandom(3_000_001)
        made = self.server.ask("POST", "/api/uploads?name=../a%20b.php", content, {"Content-Type": "image/png"})
        self.assertEqual((made.status, made.json["name"], made.json["bytes"]), (201, "a b.php", len(content)), made)
        self.assertEqual(made.json["sha256"], hashlib.sha256(content).hexdigest())
        got = self.server.ask("GET", f"/api/uploads/{made.json['id']}")
        self.assertEqual((got.status, got.body == content), (200, True))
        self.assertEqual(got.headers["content-disposition"], "attachment; filename*=UTF-8''a%20b.php")
        self.assertEqual(got.headers["content-type"], "application/octet-stream")

    def test_a_form_upload_works_and_an_empty_form_is_refused(self) -> None:
        form = '--b\r\nContent-Disposition: form-data; name="file"; filename="é.txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--\r\n'
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        made = self.server.ask("POST", "/api/uploads", form.encode(), headers)
        self.assertEqual((made.status, made.json["name"], made.json["bytes"]), (201, "é.txt", 5), made)
        empty = '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n--b--\r\n'
        self.assertEqual(self.server.ask("POST", "/api/uploads", empty.encode(), headers).status, 400)
        self.assertEqual(self.server.ask("POST", "/api/uploads", b"x", {"Content-Type": "multipart/form-data"}).status, 400)

    def test_an_upload_that_breaks_off_leaves_no_file_and_no_row(self) -> None:
        before = self.server.ask("GET", "/api/uploads").json["total"]
        files = set(os.listdir(self.world.env["UPLOADS_DIR"]))
        with socket.create_connection(("127.0.0.1", self.server.port)) as s:
            s.sendall(b"POST /api/uploads?name=x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 300_000)
            eventually(lambda: set(os.listdir(self.world.env["UPLOADS_DIR"])) != files)
        eventually(lambda: set(os.listdir(self.world.env["UPLOADS_DIR"])) == files)
        self.assertEqual(self.server.ask("GET", "/api/uploads").json["total"], before)

    def test_no_such_thing_is_404_as_json(self) -> None:
        for path in ("/api/uploads/../../etc/passwd", "/api/uploads/x", f"/api/uploads/{'0' * 32}", "/api/x", "/", "/api/jobs/x"):
            answer = self.server.ask("GET", path)
            self.assertEqual((answer.status, list(answer.json)), (404, ["error"]), path)

    def test_R38_only_the_configured_origin_may_call(self) -> None:
        ask = {"Access-Control-Request-Method": "POST"}
        good = self.server.ask("OPTIONS", "/api/notes", headers={**ask, "Origin": "https://demo.test"})
        self.assertEqual((good.status, good.headers["access-control-allow-origin"]), (204, "https://demo.test"))
        for origin in ("https://evil.test", "http://demo.test", "https://demo.test.evil.test", "null"):
            bad = self.server.ask("OPTIONS", "/api/notes", headers={**ask, "Origin": origin})
            self.assertEqual((bad.status, bad.headers.get("access-control-allow-origin")), (403, None))
            self.assertEqual(self.server.ask("POST", "/api/notes", {"body": "x"}, {"Origin": origin}).status, 403)
            read = self.server.ask("GET", "/api/notes", headers={"Origin": origin})
            self.assertEqual(read.headers.get("access-control-allow-origin"), None)
        self.assertEqual(self.server.ask("POST", "/api/notes", {"body": "x"}, {"Sec-Fetch-Site": "cross-site"}).status, 403)
        self.assertEqual(self.server.ask("POST", "/api/notes", {"body": "x"}, {"Origin": "https://demo.test"}).status, 201)

    def test_R39_the_session_cookie_is_secure_and_counts(self) -> None:
        first = self.server.ask("GET", "/api/session")
        cookie = first.headers["set-cookie"]
        for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            self.assertIn(part, cookie)
        value = cookie.split(";")[0]
        self.assertEqual(self.server.ask("GET", "/api/session", headers={"Cookie": value}).json, {"visits": 2})
        self.assertEqual(self.server.ask("GET", "/api/session", headers={"Cookie": value[:-1] + "0"}).json["visits"], 1 + (value[-1] == "0"))

    def test_R25_a_token_signed_with_the_private_key_is_verified_with_the_public_one(self) -> None:
        token = self.server.ask("POST", "/api/token", {"name": "ada"}).json["token"]
        who = self.server.ask("GET", "/api/whoami", headers={"Authorization": f"Bearer {token}"})
        self.assertEqual((who.status, who.json["name"]), (200, "ada"))
        header, claims, signature = token.split(".")
        other = base64.urlsafe_b64encode(json.dumps({"sub": "eve", "iss": "https://demo.test", "exp": 9e9}).encode()).decode().rstrip("=")
        for bad in (f"{header}.{other}.{signature}", "x", f"{base64.urlsafe_b64encode(b'{}').decode()}.{claims}."):
            self.assertEqual(self.server.ask("GET", "/api/whoami", headers={"Authorization": f"Bearer {bad}"}).status, 401)
        self.assertEqual(self.server.ask("GET", "/api/whoami").status, 401)

    def test_the_echo_shows_headers_as_they_came_and_hides_credentials(self) -> None:
        seen = self.server.ask("GET", "/api/echo?a=1", headers={"X-Real-IP": "192.0.2.1", "Authorization": "Bearer abc"}).json
        self.assertEqual((seen["headers"]["x-real-ip"], seen["headers"]["authorization"], seen["query"]), (["192.0.2.1"], ["(hidden)"], {"a": "1"}))

    def test_every_reply_names_its_release(self) -> None:
        for path in ("/api/health", "/api/x", "/api/notes"):
            self.assertEqual(self.server.ask("GET", path).headers["x-release"], "r1")
        self.assertEqual(self.server.ask("GET", "/api/slow?seconds=999").status, 400)


class Rotation(IntegrationCase):
    def test_R33_during_a_rotation_tokens_of_both_keys_are_accepted_and_then_the_old_is_refused(self) -> None:
        new = {"JWT_PRIVATE_KEY_FILE": str(self.world.folder / "next.key"), "JWT_PUBLIC_KEY_FILE": str(self.world.folder / "next.pub")}
        with self.world.server() as server:
            old_token = server.ask("POST", "/api/token", {"name": "ada"}).json["token"]
        bearer = {"Authorization": f"Bearer {old_token}"}
        with self.world.server(**new, JWT_PREVIOUS_PUBLIC_KEYS_FILE=self.world.env["JWT_PUBLIC_KEY_FILE"]) as server:
            self.assertEqual(server.ask("GET", "/api/whoami", headers=bearer).status, 200)
            fresh = server.ask("POST", "/api/token", {"name": "ada"}).json["token"]
        with self.world.server(**new) as server:
            self.assertEqual(server.ask("GET", "/api/whoami", headers=bearer).status, 401)
            self.assertEqual(server.ask("GET", "/api/whoami", headers={"Authorization": f"Bearer {fresh}"}).status, 200)


class Stopping(IntegrationCase):
    def test_R101_requests_under_way_finish_and_new_connections_are_refused(self) -> None:
        with self.world.server() as server:
            answers: list[int] = []
            thread = threading.Thread(target=lambda: answers.append(server.ask("GET", "/api/slow?seconds=6").status))
            thread.start()
            upload = socket.create_connection(("127.0.0.1", server.port))
            upload.sendall(b"POST /api/uploads?name=x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello")
            time.sleep(2)
            server.signal()
            eventually(lambda: not server.listens(), 10)
            time.sleep(1)
            upload.sendall(b"world")
            reply = upload.recv(65536)
            upload.close()
            thread.join()
            self.assertEqual(answers, [200])
            self.assertTrue(reply.startswith(b"HTTP/1.1 201"), reply)
            self.assertEqual(server.process.wait(10), 0)

    def test_an_idle_server_stops_at_once_and_a_busy_one_within_its_limit(self) -> None:
        with self.world.server() as server:
            server.ask("GET", "/api/health")
            began = time.monotonic()
            self.assertEqual(server.end(), 0)
            self.assertLess(time.monotonic() - began, 5)
        with self.world.server(DRAIN_SECONDS="1") as server:
            thread = threading.Thread(target=lambda: self.assertRaises(Exception, server.ask, "GET", "/api/slow?seconds=20"))
            thread.start()
            time.sleep(0.5)
            began = time.monotonic()
            self.assertEqual(server.end(), 0)
            self.assertLess(time.monotonic() - began, 8)
            thread.join()

    def test_R75_a_websocket_echoes_and_is_closed_with_1001(self) -> None:
        with self.world.server() as server:
            asyncio.run(self.converse(server))
            self.assertEqual(server.process.wait(10), 0)

    async def converse(self, server) -> None:
        import aiohttp

        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{server.port}/api/ws"
            with self.assertRaises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(url, headers={"Origin": "https://evil.test"})
            self.assertEqual(refused.exception.status, 403)
            async with session.ws_connect(url, headers={"Origin": "https://demo.test"}) as ws:
                self.assertEqual(await ws.receive_json(), {"type": "hello", "release": "r1"})
                await ws.send_str("ping ☕")
                self.assertEqual(await ws.receive_json(), {"type": "echo", "data": "ping ☕", "release": "r1"})
                server.signal()
                closed = await ws.receive(timeout=5)
                self.assertEqual((closed.type, closed.data), (aiohttp.WSMsgType.CLOSE, 1001))

    def test_R27_no_secret_shows_in_the_logs(self) -> None:
        with self.world.server(LOG_LEVEL="debug") as server:
            self.world.postgres.stop()
            try:
                server.ask("GET", "/api/notes")
                server.ask("GET", "/api/health")
            finally:
                self.world.postgres.start()
            server.end()
            text = server.log.read_text()
        for secret in (self.world.postgres.APP, self.world.redis.PASSWORD, "s" * 50, "PRIVATE KEY"):
            self.assertNotIn(secret, text)
        for line in text.splitlines():
            self.assertEqual(json.loads(line)["role"], "serve")
