import * as acm from "@pulumi/aws/acm";
import * as route53 from "@pulumi/aws/route53";
import * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../targets/aws-target";
import type { TlsProxy } from ".";
import type { TlsProxyArgs } from "./args";
import type { ProxySpec } from "./spec";

/** The ARN of a certificate that can be used. */
export function certificateOnAws(
    self: TlsProxy,
    name: string,
    spec: ProxySpec,
    target: AwsTarget,
    tls: TlsProxyArgs["tls"],
): pulumi.Output<string> {
    switch (tls.mode) {
        case "local":
            throw new Error(
                'quai:tls.mode: must be acme or files on AWS (got "local"): a certificate authority of our own is for a Docker host',
            );
        case "files": {
            const [certificateBody, certificateChain] = split(tls.certificate);
            return new acm.Certificate(
                `${name}-own`,
                { certificateBody, certificateChain, privateKey: pulumi.secret(tls.key) },
                target.opts({ parent: self, additionalSecretOutputs: ["privateKey"] }),
            ).arn;
        }
        case "acme":
            return validated(self, name, spec, target);
    }
}

/** ACM's certificate, which renews itself as long as the records stay (R70). */
function validated(self: TlsProxy, name: string, spec: ProxySpec, target: AwsTarget): pulumi.Output<string> {
    const [domainName = spec.domain, ...others] = [...new Set(spec.names)];
    const certificate = new acm.Certificate(
        name,
        { domainName, subjectAlternativeNames: others, validationMethod: "DNS" },
        target.opts({ parent: self }),
    );
    const records = spec.names.map((host) => ({
        host,
        record: certificate.domainValidationOptions.apply((list) => list.find(({ domainName }) => domainName === host) ?? list[0]),
    }));
    const { hostedZone } = target.options;
    const made =
        hostedZone === undefined
            ? []
            : records.map(
                  ({ host, record }) =>
                      new route53.Record(
                          `${name}-validation-${host}`,
                          {
                              zoneId: hostedZone,
                              name: record.apply((each) => each?.resourceRecordName ?? ""),
                              type: record.apply((each) => each?.resourceRecordType ?? "CNAME"),
                              records: [record.apply((each) => each?.resourceRecordValue ?? "")],
                              ttl: 300,
                              // The same record for the name with and without a wildcard.
                              allowOverwrite: true,
                          },
                          target.opts({ parent: self }),
                      ),
              );
    if (hostedZone === undefined) {
        tellRecords(records.map(({ record }) => record));
    }
    return new acm.CertificateValidation(
        name,
        { certificateArn: certificate.arn, ...(made.length === 0 ? {} : { validationRecordFqdns: made.map(({ fqdn }) => fqdn) }) },
        // Without a zone of ours, somebody writes the records meanwhile.
        target.opts({ parent: self, customTimeouts: { create: hostedZone === undefined ? "75m" : "20m" } }),
    ).certificateArn;
}

interface ValidationRecord {
    readonly resourceRecordName: string;
    readonly resourceRecordType: string;
    readonly resourceRecordValue: string;
}

function tellRecords(records: pulumi.Output<ValidationRecord | undefined>[]): void {
    pulumi.all(records).apply((list) => {
        const lines = list.flatMap((each) =>
            each === undefined ? [] : [`${each.resourceRecordName} ${each.resourceRecordType} ${each.resourceRecordValue}`],
        );
        void pulumi.log.info(
            `DNS records that prove that the names are yours; the update waits for them:\n${[...new Set(lines)].join("\n")}`,
        );
    });
}

/** The server's certificate, and those that lead from it to the authority. */
function split(chain: pulumi.Input<string>): [pulumi.Output<string>, pulumi.Output<string | undefined>] {
    const certificates = pulumi
        .output(chain)
        .apply((text) => text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []);
    return [
        certificates.apply(([first]) => `${first ?? ""}\n`),
        certificates.apply(([, ...rest]) => (rest.length === 0 ? undefined : `${rest.join("\n")}\n`)),
    ];
}
