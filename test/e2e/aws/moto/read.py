"""What exists at an endpoint that speaks AWS's API, as JSON, in words that know nothing of the program that made it."""

import json
import sys

import boto3

ENDPOINT, REGION = sys.argv[1:3]


def client(name):
    return boto3.client(name, endpoint_url=ENDPOINT, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")


ec2, elb, ecs, efs, iam = (client(name) for name in ("ec2", "elbv2", "ecs", "efs", "iam"))


def name_of(thing):
    return next((tag["Value"] for tag in thing.get("Tags", []) if tag["Key"] == "Name"), "")


def network():
    own = [vpc for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
    if not own:
        return None
    (vpc,) = own
    attribute = lambda key: ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=key)
    inside = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    tables = {a["SubnetId"]: t for t in ec2.describe_route_tables(Filters=inside)["RouteTables"] for a in t["Associations"] if "SubnetId" in a}

    def way_out(subnet):
        ways = [route for route in tables[subnet["SubnetId"]]["Routes"] if route.get("DestinationCidrBlock") == "0.0.0.0/0"]
        return [route.get("NatGatewayId") or route.get("GatewayId") for route in ways]

    subnets = sorted(ec2.describe_subnets(Filters=inside)["Subnets"], key=name_of)
    return {
        "cidr": vpc["CidrBlock"],
        "dns": attribute("enableDnsSupport")["EnableDnsSupport"]["Value"],
        "hostnames": attribute("enableDnsHostnames")["EnableDnsHostnames"]["Value"],
        "subnets": {
            name_of(subnet): [subnet["AvailabilityZone"], subnet["CidrBlock"], [way.split("-")[0] for way in way_out(subnet)]] for subnet in subnets
        },
    }


def ways():
    groups = {group["GroupId"]: group for group in ec2.describe_security_groups()["SecurityGroups"]}
    name = lambda id: groups[id]["GroupName"]
    found = []
    for group in groups.values():
        if group["GroupName"] == "default":
            continue
        for rule in group["IpPermissions"]:
            origins = [each["CidrIp"] for each in rule["IpRanges"]] + [name(each["GroupId"]) for each in rule["UserIdGroupPairs"]]
            found += [f"{origin} > {group['GroupName']}:{rule['FromPort']}" for origin in origins]
    return sorted(found)


def front_door():
    found = []
    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        arn = balancer["LoadBalancerArn"]
        attributes = {each["Key"]: each["Value"] for each in elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]}
        listeners = []
        for listener in sorted(elb.describe_listeners(LoadBalancerArn=arn)["Listeners"], key=lambda each: each["Port"]):
            rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
            listeners.append(
                {
                    "port": listener["Port"],
                    "policy": listener.get("SslPolicy"),
                    "otherwise": [action["Type"] for action in listener["DefaultActions"]],
                    "rules": len([rule for rule in rules if rule["Priority"] != "default"]),
                }
            )
        found.append({"scheme": balancer["Scheme"], "idle": attributes["idle_timeout.timeout_seconds"], "listeners": listeners})
    groups = {
        group["TargetGroupName"].rsplit("-", 1)[0]: [group["Port"], group["HealthCheckPath"]] for group in elb.describe_target_groups()["TargetGroups"]
    }
    return {"balancers": found, "targets": groups}


def services():
    found = {}
    for cluster in ecs.list_clusters()["clusterArns"]:
        arns = ecs.list_services(cluster=cluster)["serviceArns"]
        for service in ecs.describe_services(cluster=cluster, services=arns)["services"] if arns else []:
            task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
            main = next(each for each in task["containerDefinitions"] if each["name"] == service["serviceName"])
            found[service["serviceName"]] = {
                "count": service["desiredCount"],
                "public": service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"],
                "targets": [[each["containerName"], each["containerPort"]] for each in service["loadBalancers"]],
                "size": [task["cpu"], task["memory"]],
                "readOnly": main["readonlyRootFilesystem"],
                "roles": sorted(task[key].split("/")[-1] for key in ("executionRoleArn", "taskRoleArn")),
                "plain": sorted(each["name"] for each in main["environment"]),
                "secrets": sorted({secret["valueFrom"].split(":secret:")[1].split(":")[0].rsplit("-", 1)[0] for c in task["containerDefinitions"] for secret in c.get("secrets", [])}),
            }
    return found


def files():
    found = []
    for system in efs.describe_file_systems()["FileSystems"]:
        id = system["FileSystemId"]
        targets = efs.describe_mount_targets(FileSystemId=id)["MountTargets"]
        subnets = ec2.describe_subnets(SubnetIds=[target["SubnetId"] for target in targets])["Subnets"] if targets else []
        points = efs.describe_access_points(FileSystemId=id)["AccessPoints"]
        found.append(
            {
                "encrypted": system["Encrypted"],
                "mode": system["PerformanceMode"],
                "subnets": sorted(name_of(subnet) for subnet in subnets),
                "users": [point["PosixUser"]["Uid"] for point in points],
            }
        )
    return found


def rights():
    found = {}
    for role in iam.list_roles()["Roles"]:
        statements = []
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
            statements += document["Statement"]
        listed = lambda value: value if isinstance(value, list) else [value]
        found[role["RoleName"]] = sorted({action for s in statements if "*" in listed(s["Resource"]) for action in listed(s["Action"])})
    return found


def secrets():
    listed = client("secretsmanager").list_secrets()["SecretList"]
    return {each["Name"]: each["KmsKeyId"].startswith("arn:aws:kms:") for each in listed}


def logs():
    return {each["logGroupName"]: each["retentionInDays"] for each in client("logs").describe_log_groups()["logGroups"]}


def groups_of(ids):
    return sorted(group["GroupName"] for group in ec2.describe_security_groups(GroupIds=ids)["SecurityGroups"])


def names_of(subnets):
    return sorted(name_of(subnet) for subnet in ec2.describe_subnets(SubnetIds=subnets)["Subnets"])


def databases():
    rds = client("rds")
    found = {}
    for each in rds.describe_db_instances()["DBInstances"]:
        group = each["DBParameterGroups"][0]["DBParameterGroupName"]
        parameters = rds.describe_db_parameters(DBParameterGroupName=group)["Parameters"]
        found[each["DBInstanceIdentifier"]] = {
            "engine": [each["Engine"], each["EngineVersion"]],
            "encrypted": each["StorageEncrypted"] and each["KmsKeyId"].startswith("arn:aws:kms:"),
            "public": each["PubliclyAccessible"],
            "port": each["Endpoint"]["Port"],
            "subnets": names_of([subnet["SubnetIdentifier"] for subnet in each["DBSubnetGroup"]["Subnets"]]),
            "groups": groups_of([group["VpcSecurityGroupId"] for group in each["VpcSecurityGroups"]]),
            "parameters": {each["ParameterName"]: each["ParameterValue"] for each in parameters if "ParameterValue" in each},
            "days": each["BackupRetentionPeriod"],
        }
    return found


def caches():
    cache = client("elasticache")
    return [
        {
            "name": each["ReplicationGroupId"],
            "engine": each.get("Engine"),
            "encrypted": [each["AtRestEncryptionEnabled"], each["TransitEncryptionEnabled"]],
            "password": each["AuthTokenEnabled"],
            "copies": each["SnapshotRetentionLimit"],
        }
        for each in cache.describe_replication_groups()["ReplicationGroups"]
    ]


def backups():
    backup = client("backup")
    plans = [backup.get_backup_plan(BackupPlanId=each["BackupPlanId"])["BackupPlan"] for each in backup.list_backup_plans()["BackupPlansList"]]
    return {
        "vaults": {each["BackupVaultName"]: each["EncryptionKeyArn"].startswith("arn:aws:kms:") for each in backup.list_backup_vaults()["BackupVaultList"]},
        "rules": {rule["RuleName"]: [rule["ScheduleExpression"], rule["Lifecycle"]["DeleteAfterDays"]] for plan in plans for rule in plan["Rules"]},
    }


def names():
    dns = client("route53")
    balancers = {each["DNSName"]: each["LoadBalancerName"] for each in elb.describe_load_balancers()["LoadBalancers"]}
    found = {}
    for zone in dns.list_hosted_zones()["HostedZones"]:
        for each in dns.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]:
            if each["Type"] == "A":
                found[each["Name"]] = balancers.get(each["AliasTarget"]["DNSName"].rstrip("."))
    return found


def buckets():
    s3 = client("s3")
    found = {}
    for name in [each["Name"] for each in s3.list_buckets()["Buckets"]]:
        (encryption,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
        lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        statements = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
        found[name] = {
            "closed": all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values()),
            "encrypted": encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
            "days": [rule["Expiration"]["Days"] for rule in lifecycle],
            "tlsOnly": any(s["Effect"] == "Deny" and s["Condition"]["Bool"].get("aws:SecureTransport") == "false" for s in statements),
            "writers": [s["Principal"]["Service"] for s in statements if s["Effect"] == "Allow"],
        }
    return found


def watch():
    alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]
    topics = client("sns").list_topics()["Topics"]
    told = {each["TopicArn"]: [] for each in topics}
    for each in client("sns").list_subscriptions()["Subscriptions"]:
        told[each["TopicArn"]].append([each["Protocol"], each["Endpoint"]])
    balancers = {each["LoadBalancerArn"].split(":loadbalancer/")[1] for each in elb.describe_load_balancers()["LoadBalancers"]}
    value = lambda alarm, key: next((each["Value"] for each in alarm["Dimensions"] if each["Name"] == key), None)
    return {
        "alarms": sorted(each["AlarmName"] for each in alarms),
        # An alarm of something that isn't there never rings.
        "ofNothing": [each["AlarmName"] for each in alarms if value(each, "LoadBalancer") not in balancers | {None}],
        "telling": sorted({json.dumps([told.get(arn) for arn in each["AlarmActions"]]) for each in alarms}),
        "dashboards": [each["DashboardName"] for each in client("cloudwatch").list_dashboards()["DashboardEntries"]],
        "flows": [[each["TrafficType"], each.get("LogDestination", "").split(":log-group:")[-1]] for each in ec2.describe_flow_logs()["FlowLogs"]],
    }


def firewalls():
    waf = client("wafv2")
    found = {}
    for each in waf.list_web_acls(Scope="REGIONAL")["WebACLs"]:
        acl = waf.get_web_acl(Name=each["Name"], Id=each["Id"], Scope="REGIONAL")["WebACL"]
        logging = waf.get_logging_configuration(ResourceArn=each["ARN"])["LoggingConfiguration"]
        before = [b["LoadBalancerName"] for b in elb.describe_load_balancers()["LoadBalancers"] if guards(waf, b["LoadBalancerArn"], each["ARN"])]
        found[each["Name"]] = {
            "rules": sorted(rule["Name"] for rule in acl["Rules"]),
            "before": before,
            "log": [arn.split(":log-group:")[-1] for arn in logging["LogDestinationConfigs"]],
        }
    return found


def guards(waf, balancer, acl):
    return waf.get_web_acl_for_resource(ResourceArn=balancer).get("WebACL", {}).get("ARN") == acl


PARTS = (network, ways, front_door, services, files, rights, secrets, logs, databases, caches, backups, names, buckets, watch, firewalls)
print(json.dumps({each.__name__: each() for each in PARTS}))
