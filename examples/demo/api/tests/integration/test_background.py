import asyncio
import json
import signal
import time
from typing import Any

from .case import IntegrationCase
from .services import Process, eventually


class Worker(IntegrationCase):
    def setUp(self) -> None:
        self.world.redis.cli("FLUSHALL")
        self.world.postgres.sql("TRUNCATE jobs")

    def enqueue(self, server: Process, kind: str, **payload: Any) -> str:
        made = server.ask("POST", "/api/jobs", {"kind": kind, "payload": payload})
        self.assertEqual(made.status, 202, made)
        return str(made.json["id"])

    def rows(self) -> list[list[str]]:
        return [row.split("|") for row in self.world.postgres.sql("SELECT id, state, attempts, release FROM jobs ORDER BY enqueued_at")]

    def test_R51_a_job_reads_an_upload_and_its_result_shows(self) -> None:
        with self.world.server() as server, self.world.role("worker", RELEASE="r2"):
            stored = server.ask("POST", "/api/uploads?name=a", b"hello").json
            job = self.enqueue(server, "checksum", upload=stored["id"])
            done = eventually(lambda: (a := server.ask("GET", f"/api/jobs/{job}")).status == 200 and a.json)
            self.assertEqual(done["result"], {"sha256": stored["sha256"], "bytes": 5})
            self.assertEqual((done["state"], done["release"]), ("done", "r2"))
            seen = server.ask("GET", "/api/jobs").json
            self.assertEqual((seen["queue"], seen["jobs"][0]["id"]), ({"queued": 0, "taken": 0, "dead": 0, "workers": 1}, job))
            self.assertEqual(server.ask("POST", "/api/jobs", {"kind": "nothing"}).status, 400)

    def test_R50_a_worker_killed_in_the_middle_of_a_job_loses_nothing_and_doubles_nothing(self) -> None:
        with self.world.server() as server:
            with self.world.role("worker", HOSTNAME="w1") as worker:
                jobs = [self.enqueue(server, "sleep", seconds=2), self.enqueue(server, "words", text="a b")]
                eventually(lambda: self.world.redis.cli("LLEN", "demo:jobs:taken:w1") == "1")
                worker.signal(signal.SIGKILL)
                worker.process.wait()
            self.assertEqual(self.rows(), [])
            with self.world.role("worker", HOSTNAME="w1"):
                eventually(lambda: len(self.rows()) == 2)
            self.assertEqual(self.rows(), [[jobs[0], "done", "1", "r1"], [jobs[1], "done", "1", "r1"]])

    def test_R50_jobs_survive_a_restart_of_the_queue_and_of_the_database(self) -> None:
        with self.world.server() as server, self.world.role("worker") as worker:
            eventually(lambda: server.ask("GET", "/api/jobs").json["queue"]["workers"] == 1)
            for server_under_it in (self.world.redis, self.world.postgres):
                before = len(self.rows())
                jobs = [self.enqueue(server, "sleep", seconds=0.5) for _ in range(4)]
                time.sleep(0.7)
                server_under_it.stop()
                time.sleep(1)
                server_under_it.start()
                eventually(lambda: len(self.rows()) == before + len(jobs), 30)
            self.assertEqual({row[1] for row in self.rows()}, {"done"})
            self.assertIsNone(worker.process.poll())
            eventually(lambda: server.ask("GET", "/api/jobs").json["queue"] == {"queued": 0, "taken": 0, "dead": 0, "workers": 1})

    def test_a_stopped_worker_finishes_its_job_and_leaves_the_rest_in_the_queue(self) -> None:
        with self.world.server() as server, self.world.role("worker", HOSTNAME="w1") as worker:
            first = self.enqueue(server, "sleep", seconds=1.5)
            self.enqueue(server, "words", text="later")
            eventually(lambda: self.world.redis.cli("LLEN", "demo:jobs:taken:w1") == "1")
            self.assertEqual(worker.end(), 0)
            self.assertEqual([row[0] for row in self.rows()], [first])
            self.assertEqual(server.ask("GET", "/api/jobs").json["queue"], {"queued": 1, "taken": 0, "dead": 0, "workers": 0})

    def test_a_job_that_fails_is_tried_three_times_and_kept_with_its_error(self) -> None:
        with self.world.server() as server, self.world.role("worker"):
            job = self.enqueue(server, "fail")
            done = eventually(lambda: (a := server.ask("GET", f"/api/jobs/{job}")).status == 200 and a.json)
            self.assertEqual((done["state"], done["attempts"], done["error"]), ("failed", 3, "fails on purpose"))

    def test_text_that_is_no_job_is_put_aside(self) -> None:
        with self.world.server() as server, self.world.role("worker"):
            for raw in ("{", "[]", '{"id": "x"}', json.dumps({"id": "0" * 32, "kind": "words", "payload": [], "enqueued_at": "x", "attempts": 0})):
                self.world.redis.cli("LPUSH", "demo:jobs:queued", raw)
            self.enqueue(server, "words", text="still at work")
            eventually(lambda: len(self.rows()) == 1)
            self.assertEqual(server.ask("GET", "/api/jobs").json["queue"]["dead"], 4)

    def test_the_jobs_of_a_worker_that_is_gone_are_taken_over_when_its_lease_ends(self) -> None:
        asyncio.run(self.take_over())

    async def take_over(self) -> None:
        from demo.job_queue import Job, JobQueue, open_redis

        client = open_redis(self.world.redis.url())
        gone, here = JobQueue(client, "gone", lease_seconds=1), JobQueue(client, "here")
        await gone.register()
        await here.register()
        job = Job.new("words", {"text": "x"})
        await gone.enqueue(job)
        self.assertEqual(await gone.take(1), job.dump())
        self.assertEqual(await here.recover(), 0)
        await asyncio.sleep(1.5)
        self.assertEqual(await here.recover(), 1)
        self.assertEqual(await here.take(1), job.dump())
        self.assertEqual(await here.sizes(), {"queued": 0, "taken": 1, "dead": 0, "workers": 1})
        await client.close()

    def test_R19_a_worker_is_healthy_only_once_it_reaches_its_queue(self) -> None:
        folder = self.world.folder / "beats"
        folder.mkdir()
        self.world.redis.stop()
        try:
            with self.world.role("worker", HEARTBEAT_DIR=str(folder)) as worker:
                time.sleep(4)
                self.assertIn("no heartbeat yet", self.world.run("healthcheck worker", HEARTBEAT_DIR=str(folder)).stdout)
                self.world.redis.start()
                eventually(lambda: self.world.run("healthcheck worker", HEARTBEAT_DIR=str(folder)).returncode == 0)
                self.assertIsNone(worker.process.poll())
        finally:
            if self.world.redis.process.poll() is not None:
                self.world.redis.start()


class Scheduler(IntegrationCase):
    def test_R12_it_ticks_prunes_and_shows_when_it_ran(self) -> None:
        self.world.postgres.sql("INSERT INTO ticks (event, at, instance, release) VALUES ('tick', now() - interval '3 hours', 'old', 'r0')")
        with self.world.role("scheduler", HOSTNAME="s1", SCHEDULE_SECONDS="1", KEEP_HOURS="2") as scheduler:
            eventually(lambda: len(self.events()) >= 4)
            self.assertEqual(self.world.run("healthcheck scheduler").returncode, 0)
            self.world.postgres.stop()
            time.sleep(1)
            self.world.postgres.start()
            before = len(self.events())
            eventually(lambda: len(self.events()) > before)
            self.assertEqual(scheduler.end(), 0)
        events = self.events()
        self.assertEqual((events[0], events[-1]), ("start|s1", "stop|s1"))
        self.assertEqual(set(events[1:-1]), {"tick|s1"})

    def events(self) -> list[str]:
        return self.world.postgres.sql("SELECT event, instance FROM ticks ORDER BY id")
