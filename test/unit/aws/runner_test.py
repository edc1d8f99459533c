"""The function's own tests: stand-ins for ECS and its logs, and a real TLS server for the question at the end."""

import http.server
import importlib.util
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import types
import unittest

sys.modules.setdefault("boto3", types.ModuleType("boto3"))
spec = importlib.util.spec_from_file_location("index", os.environ["RUNNER"])
index = importlib.util.module_from_spec(spec)
spec.loader.exec_module(index)

RUN = {
    "action": "run",
    "name": "migrate",
    "cluster": "demo",
    "taskDefinition": "arn:aws:ecs:eu-west-3:123456789012:task-definition/demo-migrate:3",
    "container": "migrate",
    "subnets": ["subnet-1"],
    "securityGroups": ["sg-1"],
    "logGroup": "/ecs/demo-migrate",
    "logPrefix": "quai",
}
VERIFY = {"action": "verify", "name": "api", "cluster": "demo", "service": "api", "taskDefinition": "arn:task/api:4"}


class Context:
    def __init__(self, seconds=900):
        self.seconds = seconds

    def get_remaining_time_in_millis(self):
        self.seconds -= 5
        return self.seconds * 1000


class Ecs:
    def __init__(self, exit_code=0, failures=(), deployments=()):
        self.exit_code, self.failures, self.deployments, self.asked = exit_code, list(failures), list(deployments), []

    def run_task(self, **request):
        self.asked.append(request)
        return {"tasks": [] if self.failures else [{"taskArn": "arn:task/demo/abc"}], "failures": self.failures}

    def describe_tasks(self, **_):
        container = {"name": "migrate", "exitCode": self.exit_code}
        return {"tasks": [{"lastStatus": "STOPPED" if self.exit_code is not None else "RUNNING", "containers": [container]}]}

    def describe_services(self, **_):
        deployments = self.deployments.pop(0) if len(self.deployments) > 1 else self.deployments[0]
        return {"services": [{"deployments": deployments}]}


class Logs:
    def get_log_events(self, **request):
        self.request = request
        return {"events": [{"message": "relation users does not exist"}]}


def call(event, ecs, logs=None, context=None):
    index.time.sleep = lambda _: None
    return index.handler(event, context or Context(), {"ecs": ecs, "logs": logs or Logs()})


class Run(unittest.TestCase):
    def test_a_job_that_ends_well(self):
        ecs = Ecs()
        self.assertEqual(call(RUN, ecs)["exitCode"], 0)
        network = ecs.asked[0]["networkConfiguration"]["awsvpcConfiguration"]
        self.assertEqual(network, {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"})
        self.assertEqual(ecs.asked[0]["overrides"], {"containerOverrides": [{"name": "migrate"}]})

    def test_a_job_that_fails_tells_its_last_lines(self):
        logs = Logs()
        with self.assertRaisesRegex(index.Failed, r"migrate: exit code 3 .*\n  relation users does not exist"):
            call(RUN, Ecs(exit_code=3), logs)
        self.assertEqual(logs.request["logStreamName"], "quai/migrate/abc")

    def test_a_task_that_does_not_start(self):
        with self.assertRaisesRegex(index.Failed, "ECS did not start the task: RESOURCE:MEMORY"):
            call(RUN, Ecs(failures=[{"reason": "RESOURCE:MEMORY"}]))

    def test_a_job_that_does_not_end(self):
        with self.assertRaisesRegex(index.Failed, "still running when the time was up"):
            call(RUN, Ecs(exit_code=None), context=Context(60))

    def test_deletion_runs_the_other_command_or_nothing(self):
        deleting = {**RUN, "tf": {"action": "delete"}}
        ecs = Ecs()
        self.assertEqual(call(deleting, ecs), {"skipped": True})
        self.assertEqual(ecs.asked, [])
        call({**deleting, "onDelete": ["drop"]}, ecs)
        self.assertEqual(ecs.asked[0]["overrides"]["containerOverrides"][0]["command"], ["drop"])


def deployment(task, running=2, state="COMPLETED", status="PRIMARY"):
    return {"status": status, "taskDefinition": task, "runningCount": running, "desiredCount": 2, "rolloutState": state}


class Verify(unittest.TestCase):
    def test_waits_until_the_release_serves(self):
        steps = [[deployment("arn:task/api:4", 1, "IN_PROGRESS"), deployment("arn:task/api:3", status="ACTIVE")], [deployment("arn:task/api:4")]]
        self.assertEqual(call(VERIFY, Ecs(deployments=steps))["running"], 2)

    def test_a_release_that_was_rolled_back_is_an_error(self):
        with self.assertRaisesRegex(index.Failed, "rolled back: api:3 serves and not api:4"):
            call(VERIFY, Ecs(deployments=[[deployment("arn:task/api:3")]]))

    def test_a_release_that_never_completes(self):
        with self.assertRaisesRegex(index.Failed, "the release is not complete when the time was up"):
            call(VERIFY, Ecs(deployments=[[deployment("arn:task/api:4", 1, "IN_PROGRESS")]]), context=Context(60))


class Ask(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        pair = [os.path.join(cls.folder.name, name) for name in ("crt", "key")]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=demo.test"]
            + ["-addext", "subjectAltName=DNS:demo.test", "-out", pair[0], "-keyout", pair[1]],
            check=True,
            capture_output=True,
        )
        with open(pair[0]) as file:
            cls.authority = file.read()

        class Site(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if self.path == "/health" and self.headers["Host"] == "demo.test" else 503)
                self.end_headers()

            def log_message(self, *_):
                pass

        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        cls.server.socket = context.wrap_socket(cls.server.socket, server_side=True)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()
        cls.folder.cleanup()

    def ask(self, path="/health", host="demo.test", authority=None, **more):
        event = {"action": "ask", "name": "proxy-routes", "address": "127.0.0.1", "port": self.server.server_address[1], "seconds": 0}
        event.update(paths=[{"host": host, "path": path}], authority=authority or self.authority, **more)
        return call(event, Ecs())

    def test_an_answer_over_tls(self):
        self.assertEqual(self.ask(), {"answered": 1})

    def test_an_error_and_a_wrong_name_are_refused(self):
        with self.assertRaisesRegex(index.Failed, r"https://demo.test/broken must answer 2xx or 3xx \(got 503\)"):
            self.ask("/broken")
        with self.assertRaisesRegex(index.Failed, "certificate"):
            self.ask(host="other.test")


    def test_in_maintenance_the_answer_is_503(self):
        self.assertEqual(self.ask("/broken", maintenance=True), {"answered": 1})
        with self.assertRaisesRegex(index.Failed, r"must answer 503, being in maintenance \(got 200\)"):
            self.ask(maintenance=True)



class Caches:
    """ElastiCache as its API describes it: a change is pending for a while, and what is changed meanwhile is refused."""

    def __init__(self, busy=0):
        self.busy, self.changed = busy, []

    def describe_replication_groups(self, ReplicationGroupId):
        self.busy -= 1
        pending = {"AuthTokenStatus": "SETTING"} if self.busy >= 0 else {}
        return {"ReplicationGroups": [{"Status": "available", "PendingModifiedValues": pending}]}

    def modify_replication_group(self, **request):
        assert self.busy < 0, "it is being changed"
        self.changed.append(request)
        self.busy = 2


class Secrets:
    def get_secret_value(self, SecretId, VersionId):
        return {"SecretString": f"{SecretId} in {VersionId}"}


class SettleTest(unittest.TestCase):
    EVENT = {"action": "settle", "name": "redis-password", "group": "demo-redis", "password": "arn:secret:redisPassword:::v2"}

    def settled(self, action, caches, **context):
        clients = {"ecs": object(), "logs": object(), "elasticache": caches, "secretsmanager": Secrets()}
        return index.handler({**self.EVENT, "tf": {"action": action}}, Context(**context), clients)

    def test_a_rotation_ends_with_the_very_password_of_its_release_alone(self):
        caches = Caches(busy=2)
        self.assertEqual(self.settled("update", caches), {"settled": "v2"})
        self.assertEqual(
            caches.changed,
            [{"ReplicationGroupId": "demo-redis", "AuthToken": "arn:secret:redisPassword in v2", "AuthTokenUpdateStrategy": "SET", "ApplyImmediately": True}],
        )
        self.assertLess(caches.busy, 0)

    def test_nothing_is_changed_when_it_is_made_or_goes(self):
        for action in ("create", "delete"):
            caches = Caches()
            self.assertEqual((self.settled(action, caches), caches.changed), ({"skipped": True}, []))

    def test_a_change_that_does_not_end_is_an_error(self):
        with self.assertRaisesRegex(index.Failed, "redis-password: ElastiCache is still changing when the time was up"):
            self.settled("update", Caches(busy=10**6), seconds=40)


if __name__ == "__main__":
    unittest.main()
