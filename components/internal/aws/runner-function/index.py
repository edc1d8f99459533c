"""Runs one task of ECS to its end, or sees to what else an update needs inside an account. Called by the update; an exception fails it."""

import socket
import ssl
import time

import boto3

# The function ends after 15 minutes; what it knows by then must still get out.
MARGIN_SECONDS = 20
LOG_LINES = 20


class Failed(Exception):
    pass


def handler(event, context, clients=None):
    ecs = (clients or {}).get("ecs") or boto3.client("ecs")
    logs = (clients or {}).get("logs") or boto3.client("logs")
    deleting = event.get("tf", {}).get("action") == "delete"
    if deleting and "onDelete" not in event:
        return {"skipped": True}
    if event["action"] == "run":
        command = event["onDelete"] if deleting else event.get("command")
        return run(event, command, ecs, logs, context)
    if event["action"] == "verify":
        return {"skipped": True} if deleting else verify(event, ecs, context)
    if event["action"] == "ask":
        return {"skipped": True} if deleting else ask(event, context)
    if event["action"] == "settle":
        return settle(event, clients or {}, context) if event.get("tf", {}).get("action") == "update" else {"skipped": True}
    raise Failed(f"no such action: {event['action']}")


def run(event, command, ecs, logs, context):
    override = {"name": event["container"]}
    if command is not None:
        override["command"] = command
    answer = ecs.run_task(
        cluster=event["cluster"],
        taskDefinition=event["taskDefinition"],
        launchType="FARGATE",
        count=1,
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": event["subnets"],
                "securityGroups": event["securityGroups"],
                "assignPublicIp": "DISABLED",
            }
        },
        overrides={"containerOverrides": [override]},
        startedBy="quai",
    )
    if not answer["tasks"]:
        reasons = ", ".join(failure.get("reason", "?") for failure in answer["failures"])
        raise Failed(f"{event['name']}: ECS did not start the task: {reasons}")
    arn = answer["tasks"][0]["taskArn"]
    task = wait(lambda: stopped(ecs, event["cluster"], arn), context, f"{event['name']}: still running")
    container = next((each for each in task["containers"] if each["name"] == event["container"]), {})
    code = container.get("exitCode")
    if code == 0:
        return {"task": arn, "exitCode": 0}
    reason = container.get("reason") or task.get("stoppedReason") or "no reason given"
    lines = tail(logs, event, arn)
    raise Failed(f"{event['name']}: exit code {code} ({reason})" + "".join(f"\n  {line}" for line in lines))


def stopped(ecs, cluster, arn):
    tasks = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
    return tasks[0] if tasks and tasks[0]["lastStatus"] == "STOPPED" else None


def tail(logs, event, arn):
    stream = f"{event['logPrefix']}/{event['container']}/{arn.rsplit('/', 1)[-1]}"
    try:
        events = logs.get_log_events(logGroupName=event["logGroup"], logStreamName=stream, limit=LOG_LINES)["events"]
    except Exception as error:  # The failure itself matters more than its log.
        return [f"(its log could not be read: {type(error).__name__})"]
    return [each["message"] for each in events]


def verify(event, ecs, context):
    """The deployment that serves is the one of this release: a roll-back by the circuit breaker is an error here."""

    def settled():
        services = ecs.describe_services(cluster=event["cluster"], services=[event["service"]])["services"]
        if not services:
            raise Failed(f"{event['name']}: no such service")
        primary = next((each for each in services[0]["deployments"] if each["status"] == "PRIMARY"), None)
        if primary is None or primary["taskDefinition"] != event["taskDefinition"]:
            now = "nothing" if primary is None else primary["taskDefinition"].rsplit("/", 1)[-1]
            wanted = event["taskDefinition"].rsplit("/", 1)[-1]
            raise Failed(f"{event['name']}: the release was rolled back: {now} serves and not {wanted}; look at the service's events")
        if primary.get("rolloutState") == "FAILED":
            raise Failed(f"{event['name']}: the release failed: {primary.get('rolloutStateReason', 'no reason given')}")
        done = primary["runningCount"] >= primary["desiredCount"] and primary.get("rolloutState", "COMPLETED") == "COMPLETED"
        return primary if done else None

    primary = wait(settled, context, f"{event['name']}: the release is not complete")
    return {"taskDefinition": primary["taskDefinition"], "running": primary["runningCount"]}


ASK_SECONDS = 60


def ask(event, context):
    """The public names answer 2xx or 3xx at the balancer, over TLS with a certificate that is valid for them; in maintenance, 503."""
    least, most = (503, 503) if event.get("maintenance") else (200, 399)
    end = time.monotonic() + min(ASK_SECONDS, event.get("seconds", ASK_SECONDS))
    for each in event["paths"]:
        while True:
            answer = once(event["address"], event.get("port", 443), each["host"], each["path"], event.get("authority"))
            if isinstance(answer, int) and least <= answer <= most:
                break
            if time.monotonic() > end:
                wanted = "503, being in maintenance" if event.get("maintenance") else "2xx or 3xx"
                raise Failed(f"https://{each['host']}{each['path']} must answer {wanted} (got {answer})")
            time.sleep(1)
    return {"answered": len(event["paths"])}


def once(address, port, host, path, authority):
    try:
        context = ssl.create_default_context(cadata=authority)
        with socket.create_connection((address, port), timeout=5) as plain:
            with context.wrap_socket(plain, server_hostname=host) as secure:
                request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: quai\r\nConnection: close\r\n\r\n"
                secure.sendall(request.encode())
                return int(secure.makefile("rb").readline().split(b" ")[1])
    except (OSError, ValueError, IndexError) as error:
        return str(error) or type(error).__name__


def settle(event, clients, context):
    """ElastiCache, which has taken two passwords since a rotation, takes the present one alone. Everything that runs uses it by now."""
    caches = clients.get("elasticache") or boto3.client("elasticache")
    secrets = clients.get("secretsmanager") or boto3.client("secretsmanager")
    arn, version = event["password"].split(":::")
    password = secrets.get_secret_value(SecretId=arn, VersionId=version)["SecretString"]

    def quiet():
        (group,) = caches.describe_replication_groups(ReplicationGroupId=event["group"])["ReplicationGroups"]
        busy = group["Status"] != "available" or group.get("PendingModifiedValues", {}).get("AuthTokenStatus") is not None
        return None if busy else group

    late = f"{event['name']}: ElastiCache is still changing"
    wait(quiet, context, late)
    caches.modify_replication_group(ReplicationGroupId=event["group"], AuthToken=password, AuthTokenUpdateStrategy="SET", ApplyImmediately=True)
    wait(quiet, context, late)
    return {"settled": version}


def wait(look, context, late):
    while True:
        found = look()
        if found is not None:
            return found
        if context.get_remaining_time_in_millis() < MARGIN_SECONDS * 1000:
            raise Failed(f"{late} when the time was up (15 minutes)")
        time.sleep(min(3, max(0.01, context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS)))
