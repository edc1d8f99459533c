"""More of what the rehearsal's resources are in calls of AWS's API: data and their backups, names, firewall, watch."""

import json

from makers import upper


def database_subnets(aws, i):
    made = aws("rds").create_db_subnet_group(DBSubnetGroupName=i["name"], DBSubnetGroupDescription=i["description"], SubnetIds=i["subnetIds"])
    return i["name"], {"arn": made["DBSubnetGroup"]["DBSubnetGroupArn"]}


def database_parameters(aws, i):
    made = aws("rds").create_db_parameter_group(DBParameterGroupName=i["name"], DBParameterGroupFamily=i["family"], Description=i["description"])
    wanted = [{"ParameterName": each["name"], "ParameterValue": each["value"], "ApplyMethod": each["applyMethod"]} for each in i["parameters"]]
    aws("rds").modify_db_parameter_group(DBParameterGroupName=i["name"], Parameters=wanted)
    return i["name"], {"arn": made["DBParameterGroup"]["DBParameterGroupArn"]}


def database(aws, i):
    made = aws("rds").create_db_instance(
        DBInstanceIdentifier=i["identifier"],
        Engine=i["engine"],
        EngineVersion=i["engineVersion"],
        DBInstanceClass=i["instanceClass"],
        AllocatedStorage=i["allocatedStorage"],
        MaxAllocatedStorage=i["maxAllocatedStorage"],
        StorageType=i["storageType"],
        StorageEncrypted=i["storageEncrypted"],
        KmsKeyId=i["kmsKeyId"],
        MultiAZ=i["multiAz"],
        DBSubnetGroupName=i["dbSubnetGroupName"],
        VpcSecurityGroupIds=i["vpcSecurityGroupIds"],
        PubliclyAccessible=i["publiclyAccessible"],
        Port=i["port"],
        MasterUsername=i["username"],
        MasterUserPassword=i["password"],
        DBParameterGroupName=i["parameterGroupName"],
        CACertificateIdentifier=i["caCertIdentifier"],
        BackupRetentionPeriod=i["backupRetentionPeriod"],
        CopyTagsToSnapshot=i["copyTagsToSnapshot"],
        DeletionProtection=i["deletionProtection"],
        EnableCloudwatchLogsExports=i["enabledCloudwatchLogsExports"],
        EnablePerformanceInsights=i["performanceInsightsEnabled"],
    )["DBInstance"]
    return made["DBInstanceIdentifier"], {
        "address": made["Endpoint"]["Address"],
        "arn": made["DBInstanceArn"],
        "resourceId": made["DbiResourceId"],
        "identifier": made["DBInstanceIdentifier"],
    }


def cache_subnets(aws, i):
    made = aws("elasticache").create_cache_subnet_group(
        CacheSubnetGroupName=i["name"], CacheSubnetGroupDescription=i["description"], SubnetIds=i["subnetIds"]
    )
    return i["name"], {"arn": made["CacheSubnetGroup"]["ARN"]}


def cache(aws, i):
    made = aws("elasticache").create_replication_group(
        ReplicationGroupId=i["replicationGroupId"],
        ReplicationGroupDescription=i["description"],
        Engine=i["engine"],
        EngineVersion=i["engineVersion"],
        CacheNodeType=i["nodeType"],
        NumCacheClusters=i["numCacheClusters"],
        AutomaticFailoverEnabled=i["automaticFailoverEnabled"],
        MultiAZEnabled=i["multiAzEnabled"],
        Port=i["port"],
        CacheSubnetGroupName=i["subnetGroupName"],
        SecurityGroupIds=i["securityGroupIds"],
        AtRestEncryptionEnabled=i["atRestEncryptionEnabled"],
        KmsKeyId=i["kmsKeyId"],
        TransitEncryptionEnabled=i["transitEncryptionEnabled"],
        AuthToken=i["authToken"],
        SnapshotRetentionLimit=i["snapshotRetentionLimit"],
    )["ReplicationGroup"]
    return i["replicationGroupId"], {"arn": made["ARN"]}


def vault(aws, i):
    made = aws("backup").create_backup_vault(BackupVaultName=i["name"], EncryptionKeyArn=i["kmsKeyArn"])
    return i["name"], {"arn": made["BackupVaultArn"]}


def plan(aws, i):
    rules = [
        {
            "RuleName": rule["ruleName"],
            "TargetBackupVaultName": rule["targetVaultName"],
            "ScheduleExpression": rule["schedule"],
            "ScheduleExpressionTimezone": rule["scheduleExpressionTimezone"],
            "StartWindowMinutes": rule["startWindow"],
            "CompletionWindowMinutes": rule["completionWindow"],
            "Lifecycle": {"DeleteAfterDays": rule["lifecycle"]["deleteAfter"]},
        }
        for rule in i["rules"]
    ]
    made = aws("backup").create_backup_plan(BackupPlan={"BackupPlanName": i["name"], "Rules": rules})
    return made["BackupPlanId"], {"arn": made["BackupPlanArn"], "version": made["VersionId"]}


def files_policy(aws, i):
    aws("efs").put_file_system_policy(FileSystemId=i["fileSystemId"], Policy=i["policy"])
    return i["fileSystemId"], {}


def record(aws, i):
    made = {"Name": i["name"], "Type": i["type"]}
    if "aliases" in i:
        (alias,) = i["aliases"]
        made["AliasTarget"] = {"DNSName": alias["name"], "HostedZoneId": alias["zoneId"], "EvaluateTargetHealth": alias["evaluateTargetHealth"]}
    else:
        made.update(TTL=i["ttl"], ResourceRecords=[{"Value": each} for each in i["records"]])
    aws("route53").change_resource_record_sets(HostedZoneId=i["zoneId"], ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": made}]})
    return f"{i['zoneId']}_{i['name']}_{i['type']}", {"fqdn": i["name"].rstrip(".")}


def bucket(aws, i):
    place = {"LocationConstraint": aws("s3").meta.region_name}
    aws("s3").create_bucket(Bucket=i["bucket"], CreateBucketConfiguration=place)
    return i["bucket"], {"arn": f"arn:aws:s3:::{i['bucket']}"}


def bucket_encryption(aws, i):
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"]}} for rule in i["rules"]]
    aws("s3").put_bucket_encryption(Bucket=i["bucket"], ServerSideEncryptionConfiguration={"Rules": rules})
    return i["bucket"], {}


def bucket_closed(aws, i):
    wanted = {key[0].upper() + key[1:]: value for key, value in i.items() if key != "bucket"}
    aws("s3").put_public_access_block(Bucket=i["bucket"], PublicAccessBlockConfiguration=wanted)
    return i["bucket"], {}


def bucket_lifecycle(aws, i):
    rules = []
    for rule in i["rules"]:
        made = {"ID": rule["id"], "Status": rule["status"], "Filter": {"Prefix": rule["filter"]["prefix"]}}
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": rule["abortIncompleteMultipartUpload"]["daysAfterInitiation"]}
        if "expiration" in rule:
            made["Expiration"] = {"Days": rule["expiration"]["days"]}
        rules.append(made)
    aws("s3").put_bucket_lifecycle_configuration(Bucket=i["bucket"], LifecycleConfiguration={"Rules": rules})
    return i["bucket"], {}


def bucket_policy(aws, i):
    aws("s3").put_bucket_policy(Bucket=i["bucket"], Policy=i["policy"])
    return i["bucket"], {}


def topic(aws, i):
    made = aws("sns").create_topic(Name=i["name"], Attributes={"KmsMasterKeyId": i["kmsMasterKeyId"]})["TopicArn"]
    return made, {"arn": made}


def topic_policy(aws, i):
    aws("sns").set_topic_attributes(TopicArn=i["arn"], AttributeName="Policy", AttributeValue=i["policy"])
    return i["arn"], {}


def subscription(aws, i):
    made = aws("sns").subscribe(TopicArn=i["topic"], Protocol=i["protocol"], Endpoint=i["endpoint"], ReturnSubscriptionArn=True)["SubscriptionArn"]
    return made, {"arn": made}


def alarm(aws, i):
    aws("cloudwatch").put_metric_alarm(
        AlarmName=i["name"],
        AlarmDescription=i["alarmDescription"],
        Namespace=i["namespace"],
        MetricName=i["metricName"],
        Dimensions=[{"Name": key, "Value": value} for key, value in i["dimensions"].items()],
        Statistic=i["statistic"],
        Period=i["period"],
        EvaluationPeriods=i["evaluationPeriods"],
        Threshold=i["threshold"],
        ComparisonOperator=i["comparisonOperator"],
        TreatMissingData=i["treatMissingData"],
        AlarmActions=i["alarmActions"],
        OKActions=i["okActions"],
    )
    return i["name"], {}


def dashboard(aws, i):
    aws("cloudwatch").put_dashboard(DashboardName=i["dashboardName"], DashboardBody=i["dashboardBody"])
    return i["dashboardName"], {}


def flow_log(aws, i):
    made = aws("ec2").create_flow_logs(
        ResourceIds=[i["vpcId"]],
        ResourceType="VPC",
        TrafficType=i["trafficType"],
        LogDestinationType=i["logDestinationType"],
        LogDestination=i["logDestination"],
        DeliverLogsPermissionArn=i["iamRoleArn"],
        MaxAggregationInterval=i["maxAggregationInterval"],
    )
    return made["FlowLogIds"][0], {}


def endpoint(aws, i):
    made = aws("ec2").create_vpc_endpoint(
        VpcId=i["vpcId"], ServiceName=i["serviceName"], VpcEndpointType=i["vpcEndpointType"], RouteTableIds=i["routeTableIds"]
    )
    return made["VpcEndpoint"]["VpcEndpointId"], {}


def alias(aws, i):
    aws("kms").create_alias(AliasName=i["name"], TargetKeyId=i["targetKeyId"])
    return i["name"], {}


def firewall(aws, i):
    made = aws("wafv2").create_web_acl(
        Name=i["name"],
        Scope=i["scope"],
        DefaultAction=upper(i["defaultAction"]),
        Rules=json.loads(i["ruleJson"]),
        VisibilityConfig={
            "CloudWatchMetricsEnabled": i["visibilityConfig"]["cloudwatchMetricsEnabled"],
            "MetricName": i["visibilityConfig"]["metricName"],
            "SampledRequestsEnabled": i["visibilityConfig"]["sampledRequestsEnabled"],
        },
    )["Summary"]
    return made["Id"], {"arn": made["ARN"]}


def firewall_before(aws, i):
    aws("wafv2").associate_web_acl(WebACLArn=i["webAclArn"], ResourceArn=i["resourceArn"])
    return f"{i['webAclArn']},{i['resourceArn']}", {}


def firewall_log(aws, i):
    redacted = [{"SingleHeader": {"Name": each["singleHeader"]["name"]}} if "singleHeader" in each else {"QueryString": {}} for each in i["redactedFields"]]
    wanted = {"ResourceArn": i["resourceArn"], "LogDestinationConfigs": i["logDestinationConfigs"], "RedactedFields": redacted}
    wanted["LoggingFilter"] = upper(i["loggingFilter"])
    aws("wafv2").put_logging_configuration(LoggingConfiguration=wanted)
    return i["resourceArn"], {}


MAKERS = {
    "backup/plan": plan,
    "backup/vault": vault,
    "cloudwatch/dashboard": dashboard,
    "cloudwatch/metricAlarm": alarm,
    "ec2/flowLog": flow_log,
    "ec2/vpcEndpoint": endpoint,
    "efs/fileSystemPolicy": files_policy,
    "elasticache/replicationGroup": cache,
    "elasticache/subnetGroup": cache_subnets,
    "kms/alias": alias,
    "rds/instance": database,
    "rds/parameterGroup": database_parameters,
    "rds/subnetGroup": database_subnets,
    "route53/record": record,
    "s3/bucket": bucket,
    "s3/bucketLifecycleConfiguration": bucket_lifecycle,
    "s3/bucketPolicy": bucket_policy,
    "s3/bucketPublicAccessBlock": bucket_closed,
    "s3/bucketServerSideEncryptionConfiguration": bucket_encryption,
    "sns/topic": topic,
    "sns/topicPolicy": topic_policy,
    "sns/topicSubscription": subscription,
    "wafv2/webAcl": firewall,
    "wafv2/webAclAssociation": firewall_before,
    "wafv2/webAclLoggingConfiguration": firewall_log,
}
