/** The types in use, as modules of the SDK name them, and for each the inputs whose change needs a new resource. */

/**
 * The SDK doesn't say what replaces, so it is written down here, from the documentation of each resource ("Forces new resource") and of the
 * service's API. `*`: everything.
 */
export const TYPES: Readonly<Record<string, readonly string[]>> = {
    "acm/certificate": ["domainName", "subjectAlternativeNames", "validationMethod", "keyAlgorithm"],
    "acm/certificateValidation": ["*"],
    "appautoscaling/policy": ["name", "resourceId", "scalableDimension", "serviceNamespace"],
    "appautoscaling/target": ["resourceId", "scalableDimension", "serviceNamespace"],
    "backup/plan": ["name"],
    "backup/restoreTestingPlan": ["name"],
    "backup/restoreTestingSelection": ["name", "restoreTestingPlanName", "protectedResourceType"],
    "backup/selection": ["*"],
    "backup/vault": ["name", "kmsKeyArn", "region"],
    "backup/vaultLockConfiguration": ["*"],
    "budgets/budget": ["name"],
    "cfg/deliveryChannel": ["name"],
    "cfg/recorder": ["name"],
    "cfg/recorderStatus": ["name"],
    "cloudfront/distribution": [],
    "cloudfront/function": ["name"],
    "cloudfront/originAccessControl": [],
    "cloudfront/responseHeadersPolicy": [],
    "cloudtrail/trail": ["name"],
    "cloudwatch/dashboard": ["dashboardName"],
    "cloudwatch/eventRule": ["name", "eventBusName"],
    "cloudwatch/eventTarget": ["rule", "targetId"],
    "cloudwatch/logGroup": ["name", "logGroupClass"],
    "cloudwatch/metricAlarm": ["name"],
    "ec2/defaultSecurityGroup": ["vpcId"],
    "ec2/eip": ["domain"],
    "ec2/flowLog": ["*"],
    "ec2/internetGateway": [],
    "ec2/natGateway": ["allocationId", "subnetId"],
    "ec2/route": ["routeTableId", "destinationCidrBlock"],
    "ec2/routeTable": ["vpcId"],
    "ec2/routeTableAssociation": ["subnetId"],
    "ec2/securityGroup": ["name", "description", "vpcId"],
    "ec2/subnet": ["vpcId", "cidrBlock", "availabilityZone"],
    "ec2/vpc": ["cidrBlock"],
    "ec2/vpcEndpoint": ["serviceName", "vpcId", "vpcEndpointType"],
    "ecr/lifecyclePolicy": ["repository"],
    "ecr/repository": ["name", "encryptionConfigurations"],
    "ecs/cluster": ["name"],
    "ecs/clusterCapacityProviders": ["clusterName"],
    "ecs/service": ["name", "cluster", "launchType", "schedulingStrategy"],
    "ecs/taskDefinition": ["*"],
    "efs/accessPoint": ["*"],
    "efs/backupPolicy": ["fileSystemId"],
    "efs/fileSystem": ["creationToken", "encrypted", "kmsKeyId", "performanceMode", "availabilityZoneName"],
    "efs/fileSystemPolicy": ["fileSystemId"],
    "efs/mountTarget": ["fileSystemId", "subnetId"],
    "elasticache/parameterGroup": ["name", "family", "description"],
    "elasticache/replicationGroup": ["replicationGroupId", "subnetGroupName", "atRestEncryptionEnabled", "kmsKeyId", "port"],
    "elasticache/subnetGroup": ["name"],
    "guardduty/detector": ["region"],
    "iam/role": ["name"],
    "iam/rolePolicy": ["name", "role"],
    "iam/rolePolicyAttachment": ["*"],
    "kms/alias": ["name"],
    "kms/key": [],
    "lambda/function": ["name", "packageType"],
    "lambda/invocation": ["functionName", "qualifier", "triggers"],
    "lambda/permission": ["*"],
    "lb/listener": ["loadBalancerArn"],
    "lb/listenerRule": ["listenerArn"],
    "lb/loadBalancer": ["name", "internal", "loadBalancerType"],
    "lb/targetGroup": ["name", "port", "protocol", "vpcId", "targetType"],
    "lb/targetGroupAttachment": ["*"],
    "rds/cluster": ["clusterIdentifier", "engine", "masterUsername", "storageEncrypted", "kmsKeyId", "databaseName", "dbSubnetGroupName"],
    "rds/clusterInstance": ["identifier", "clusterIdentifier", "engine"],
    "rds/clusterParameterGroup": ["name", "family", "description"],
    "rds/instance": ["engine", "username", "storageEncrypted", "kmsKeyId", "availabilityZone", "dbName"],
    "rds/parameterGroup": ["name", "family", "description"],
    "rds/subnetGroup": ["name"],
    "route53/record": ["zoneId", "name"],
    "s3/bucket": ["bucket"],
    "s3/bucketObjectv2": ["bucket", "key"],
    "s3/bucketLifecycleConfiguration": ["bucket"],
    "s3/bucketPolicy": ["bucket"],
    "s3/bucketPublicAccessBlock": ["bucket"],
    "s3/bucketServerSideEncryptionConfiguration": ["bucket"],
    "scheduler/schedule": ["name", "groupName"],
    "secretsmanager/secret": ["name"],
    "secretsmanager/secretVersion": ["secretId", "secretString"],
    "servicediscovery/privateDnsNamespace": ["name", "vpc"],
    "servicediscovery/service": ["name", "namespaceId", "type"],
    "sns/topic": ["name"],
    "sns/topicPolicy": ["arn"],
    "sns/topicSubscription": ["topic", "protocol", "endpoint"],
    "sqs/queue": ["name", "fifoQueue"],
    "vpc/securityGroupEgressRule": ["securityGroupId"],
    "vpc/securityGroupIngressRule": ["securityGroupId"],
    "wafv2/webAcl": ["name", "scope"],
    "wafv2/webAclAssociation": ["*"],
    "wafv2/webAclLoggingConfiguration": ["resourceArn"],
};

/** Inputs that must not be shown, by type. */
export const SECRETS: Readonly<Record<string, readonly string[]>> = {
    "acm/certificate": ["privateKey"],
    "elasticache/replicationGroup": ["authToken"],
    "rds/cluster": ["masterPassword"],
    "rds/instance": ["password"],
    "secretsmanager/secretVersion": ["secretString"],
};

/** `ecs/taskDefinition` → `aws:ecs/taskDefinition:TaskDefinition`. */
export function tokenOf(type: string): string {
    const [module = "", file = ""] = type.split("/");
    return `aws:${module}/${file}:${file.charAt(0).toUpperCase()}${file.slice(1)}`;
}

/** The other way round. */
export function typeOf(token: string): string {
    return /^aws:([^:]+):/.exec(token)?.[1] ?? "";
}
