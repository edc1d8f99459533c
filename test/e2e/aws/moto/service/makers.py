"""What the rehearsal's resources are in calls of AWS's API: one function each, inputs as the program gives them. Answers id and outputs."""

import json


def tags(inputs):
    return [{"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()]


def tagged(kind, inputs):
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags(inputs)}]} if inputs.get("tags") else {}


def given(**values):
    return {key: value for key, value in values.items() if value is not None}


def upper(value):
    """camelCase → CamelCase, all the way down."""
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: upper(each) for key, each in value.items()}
    return [upper(each) for each in value] if isinstance(value, list) else value


def vpc(aws, i):
    made = aws("ec2").create_vpc(CidrBlock=i["cidrBlock"], **tagged("vpc", i))["Vpc"]["VpcId"]
    aws("ec2").modify_vpc_attribute(VpcId=made, EnableDnsSupport={"Value": i["enableDnsSupport"]})
    aws("ec2").modify_vpc_attribute(VpcId=made, EnableDnsHostnames={"Value": i["enableDnsHostnames"]})
    return made, {}


def default_group(aws, i):
    found = aws("ec2").describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [i["vpcId"]]}, {"Name": "group-name", "Values": ["default"]}])
    group = found["SecurityGroups"][0]
    close(aws, group)
    return group["GroupId"], {}


def close(aws, group):
    """The provider takes away the rule that AWS gives each new group: everything may go out."""
    if group["IpPermissionsEgress"]:
        aws("ec2").revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])
    if group["IpPermissions"]:
        aws("ec2").revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])


def subnet(aws, i):
    made = aws("ec2").create_subnet(VpcId=i["vpcId"], CidrBlock=i["cidrBlock"], AvailabilityZone=i["availabilityZone"], **tagged("subnet", i))
    return made["Subnet"]["SubnetId"], {}


def internet_gateway(aws, i):
    made = aws("ec2").create_internet_gateway(**tagged("internet-gateway", i))["InternetGateway"]["InternetGatewayId"]
    aws("ec2").attach_internet_gateway(InternetGatewayId=made, VpcId=i["vpcId"])
    return made, {}


def route_table(aws, i):
    return aws("ec2").create_route_table(VpcId=i["vpcId"], **tagged("route-table", i))["RouteTable"]["RouteTableId"], {}


def route(aws, i):
    aws("ec2").create_route(
        RouteTableId=i["routeTableId"],
        DestinationCidrBlock=i["destinationCidrBlock"],
        **given(GatewayId=i.get("gatewayId"), NatGatewayId=i.get("natGatewayId")),
    )
    return f"r-{i['routeTableId']}", {}


def association(aws, i):
    return aws("ec2").associate_route_table(RouteTableId=i["routeTableId"], SubnetId=i["subnetId"])["AssociationId"], {}


def eip(aws, i):
    made = aws("ec2").allocate_address(Domain=i["domain"])
    return made["AllocationId"], {"allocationId": made["AllocationId"], "publicIp": made["PublicIp"]}


def nat_gateway(aws, i):
    return aws("ec2").create_nat_gateway(AllocationId=i["allocationId"], SubnetId=i["subnetId"])["NatGateway"]["NatGatewayId"], {}


def security_group(aws, i):
    made = aws("ec2").create_security_group(GroupName=i["name"], Description=i["description"], VpcId=i["vpcId"], **tagged("security-group", i))["GroupId"]
    close(aws, aws("ec2").describe_security_groups(GroupIds=[made])["SecurityGroups"][0])
    return made, {}


def group_rule(direction):
    def make(aws, i):
        permission = given(IpProtocol=i["ipProtocol"], FromPort=i["fromPort"], ToPort=i["toPort"])
        description = given(Description=i.get("description"))
        if "cidrIpv4" in i:
            permission["IpRanges"] = [{"CidrIp": i["cidrIpv4"], **description}]
        else:
            permission["UserIdGroupPairs"] = [{"GroupId": i["referencedSecurityGroupId"], **description}]
        call = getattr(aws("ec2"), f"authorize_security_group_{direction}")
        made = call(GroupId=i["securityGroupId"], IpPermissions=[permission])["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return made, {"securityGroupRuleId": made}

    return make


def load_balancer(aws, i):
    made = aws("elbv2").create_load_balancer(
        Name=i["name"], Subnets=i["subnets"], SecurityGroups=i["securityGroups"], Scheme="internal" if i["internal"] else "internet-facing", Type="application"
    )["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    wanted = {
        "idle_timeout.timeout_seconds": i["idleTimeout"],
        "deletion_protection.enabled": i["enableDeletionProtection"],
        "routing.http.drop_invalid_header_fields.enabled": i["dropInvalidHeaderFields"],
        "routing.http.preserve_host_header.enabled": i["preserveHostHeader"],
    }
    attributes = [{"Key": key, "Value": str(value).lower()} for key, value in wanted.items()]
    aws("elbv2").modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)
    suffix = arn.split(":loadbalancer/")[1]
    return arn, {"arn": arn, "arnSuffix": suffix, "dnsName": made["DNSName"], "zoneId": made["CanonicalHostedZoneId"]}


def target_group(aws, i):
    check = i["healthCheck"]
    made = aws("elbv2").create_target_group(
        Name=i["name"],
        Protocol=i["protocol"],
        Port=i["port"],
        VpcId=i["vpcId"],
        TargetType=i["targetType"],
        HealthCheckPath=check["path"],
        HealthCheckIntervalSeconds=check["interval"],
        HealthCheckTimeoutSeconds=check["timeout"],
        HealthyThresholdCount=check["healthyThreshold"],
        UnhealthyThresholdCount=check["unhealthyThreshold"],
        Matcher={"HttpCode": check["matcher"]},
    )["TargetGroups"][0]["TargetGroupArn"]
    sticky = str(i["stickiness"]["enabled"]).lower()
    attributes = [{"Key": "stickiness.enabled", "Value": sticky}, {"Key": "stickiness.type", "Value": i["stickiness"]["type"]}]
    aws("elbv2").modify_target_group_attributes(TargetGroupArn=made, Attributes=attributes)
    return made, {"arn": made, "arnSuffix": made.split(":")[-1]}


def actions(i, key):
    made = []
    for action in i[key]:
        each = {"Type": action["type"]}
        if "targetGroupArn" in action:
            each["TargetGroupArn"] = action["targetGroupArn"]
        if "redirect" in action:
            each["RedirectConfig"] = upper(action["redirect"])
        if "fixedResponse" in action:
            each["FixedResponseConfig"] = upper(action["fixedResponse"])
        made.append(each)
    return made


def listener(aws, i):
    more = {"Certificates": [{"CertificateArn": i["certificateArn"]}], "SslPolicy": i["sslPolicy"]} if "certificateArn" in i else {}
    made = aws("elbv2").create_listener(
        LoadBalancerArn=i["loadBalancerArn"], Protocol=i["protocol"], Port=i["port"], DefaultActions=actions(i, "defaultActions"), **more
    )["Listeners"][0]["ListenerArn"]
    return made, {"arn": made}


def listener_rule(aws, i):
    fields = {"hostHeader": "host-header", "pathPattern": "path-pattern"}
    conditions = [{"Field": fields[key], "Values": value["values"]} for condition in i["conditions"] for key, value in condition.items()]
    made = aws("elbv2").create_rule(ListenerArn=i["listenerArn"], Priority=i["priority"], Conditions=conditions, Actions=actions(i, "actions"))
    arn = made["Rules"][0]["RuleArn"]
    return arn, {"arn": arn}


def cluster(aws, i):
    made = aws("ecs").create_cluster(clusterName=i["name"], settings=i["settings"])["cluster"]["clusterArn"]
    return made, {"arn": made}


def task_definition(aws, i):
    volumes = []
    for volume in i.get("volumes") or []:
        each = json.loads(json.dumps(volume))
        if "authorizationConfig" in each.get("efsVolumeConfiguration", {}):
            each["efsVolumeConfiguration"]["fileSystemId"] = volume["efsVolumeConfiguration"]["fileSystemId"]
        volumes.append(each)
    made = aws("ecs").register_task_definition(
        family=i["family"],
        containerDefinitions=json.loads(i["containerDefinitions"]),
        volumes=volumes,
        requiresCompatibilities=i["requiresCompatibilities"],
        networkMode=i["networkMode"],
        cpu=i["cpu"],
        memory=i["memory"],
        executionRoleArn=i["executionRoleArn"],
        taskRoleArn=i["taskRoleArn"],
        runtimePlatform=i["runtimePlatform"],
    )["taskDefinition"]
    arn = made["taskDefinitionArn"]
    return i["family"], {"arn": arn, "revision": made["revision"], "arnWithoutRevision": arn.rsplit(":", 1)[0]}


def service(aws, i):
    network = i["networkConfiguration"]
    made = aws("ecs").create_service(
        cluster=i["cluster"],
        serviceName=i["name"],
        taskDefinition=i["taskDefinition"],
        desiredCount=i["desiredCount"],
        loadBalancers=i.get("loadBalancers") or [],
        deploymentConfiguration={
            "deploymentCircuitBreaker": i["deploymentCircuitBreaker"],
            "minimumHealthyPercent": i["deploymentMinimumHealthyPercent"],
            "maximumPercent": i["deploymentMaximumPercent"],
        },
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": network["subnets"],
                "securityGroups": network["securityGroups"],
                "assignPublicIp": "ENABLED" if network["assignPublicIp"] else "DISABLED",
            }
        },
        enableExecuteCommand=i["enableExecuteCommand"],
        **given(launchType=i.get("launchType")),
    )["service"]["serviceArn"]
    return made, {"arn": made}


def file_system(aws, i):
    made = aws("efs").create_file_system(
        CreationToken=i["creationToken"],
        Encrypted=i["encrypted"],
        KmsKeyId=i["kmsKeyId"],
        PerformanceMode=i["performanceMode"],
        ThroughputMode=i["throughputMode"],
        **given(ProvisionedThroughputInMibps=i.get("provisionedThroughputInMibps")),
    )
    return made["FileSystemId"], {"arn": made["FileSystemArn"]}


def access_point(aws, i):
    root = upper(i["rootDirectory"])
    made = aws("efs").create_access_point(ClientToken=i["fileSystemId"], FileSystemId=i["fileSystemId"], PosixUser=upper(i["posixUser"]), RootDirectory=root)
    return made["AccessPointId"], {"arn": made["AccessPointArn"]}


def mount_target(aws, i):
    return aws("efs").create_mount_target(FileSystemId=i["fileSystemId"], SubnetId=i["subnetId"], SecurityGroups=i["securityGroups"])["MountTargetId"], {}


def secret(aws, i):
    made = aws("secretsmanager").create_secret(Name=i["name"], KmsKeyId=i["kmsKeyId"])["ARN"]
    return made, {"arn": made}


def secret_version(aws, i):
    made = aws("secretsmanager").put_secret_value(SecretId=i["secretId"], SecretString=i["secretString"])
    return f"{i['secretId']}|{made['VersionId']}", {"arn": i["secretId"], "versionId": made["VersionId"]}


def role(aws, i):
    made = aws("iam").create_role(RoleName=i["name"], AssumeRolePolicyDocument=i["assumeRolePolicy"])["Role"]
    return i["name"], {"arn": made["Arn"], "uniqueId": made["RoleId"]}


def role_policy(aws, i):
    name = i.get("name") or f"{i['role']}-rights"
    aws("iam").put_role_policy(RoleName=i["role"], PolicyName=name, PolicyDocument=i["policy"])
    return f"{i['role']}:{name}", {"name": name}


def key(aws, i):
    made = aws("kms").create_key(Description=i["description"], Policy=i["policy"])["KeyMetadata"]
    aws("kms").enable_key_rotation(KeyId=made["KeyId"])
    return made["KeyId"], {"keyId": made["KeyId"], "arn": made["Arn"]}


def log_group(aws, i):
    aws("logs").create_log_group(logGroupName=i["name"], kmsKeyId=i["kmsKeyId"])
    aws("logs").put_retention_policy(logGroupName=i["name"], retentionInDays=i["retentionInDays"])
    arn = aws("logs").describe_log_groups(logGroupNamePrefix=i["name"])["logGroups"][0]["arn"]
    return i["name"], {"arn": arn.removesuffix(":*")}


def certificate(aws, i):
    made = aws("acm").request_certificate(DomainName=i["domainName"], ValidationMethod=i["validationMethod"])["CertificateArn"]
    return made, {"arn": made}


MAKERS = {
    "acm/certificate": certificate,
    "cloudwatch/logGroup": log_group,
    "ec2/defaultSecurityGroup": default_group,
    "ec2/eip": eip,
    "ec2/internetGateway": internet_gateway,
    "ec2/natGateway": nat_gateway,
    "ec2/route": route,
    "ec2/routeTable": route_table,
    "ec2/routeTableAssociation": association,
    "ec2/securityGroup": security_group,
    "ec2/subnet": subnet,
    "ec2/vpc": vpc,
    "ecs/cluster": cluster,
    "ecs/service": service,
    "ecs/taskDefinition": task_definition,
    "efs/accessPoint": access_point,
    "efs/fileSystem": file_system,
    "efs/mountTarget": mount_target,
    "iam/role": role,
    "iam/rolePolicy": role_policy,
    "kms/key": key,
    "lb/listener": listener,
    "lb/listenerRule": listener_rule,
    "lb/loadBalancer": load_balancer,
    "lb/targetGroup": target_group,
    "secretsmanager/secret": secret,
    "secretsmanager/secretVersion": secret_version,
    "vpc/securityGroupEgressRule": group_rule("egress"),
    "vpc/securityGroupIngressRule": group_rule("ingress"),
}
