import * as acm from "@pulumi/aws/acm";
import * as route53 from "@pulumi/aws/route53";
import * as pulumi from "@pulumi/pulumi";
import type { AwsTarget } from "../targets/aws-target";
import type { TlsProxy } from ".";
import type { TlsProxyArgs } from "./args";
import type { ProxySpec } from "./spec";

/** Where CloudFront takes its certificates and firewalls from, wherever the stack is. */
export const GLOBAL = "us-east-1";

/** ARNs of certificates that can be used: the load balancer's, and, where CloudFront stands before it, that one's. */
export interface Certificates {
    readonly regional: pulumi.Output<string>;
    readonly global: pulumi.Output<string> | undefined;
}

export function certificatesOnAws(
    self: TlsProxy,
    name: string,
    spec: ProxySpec,
    target: AwsTarget,
    tls: TlsProxyArgs["tls"],
): Certificates {
    const { cdn, region } = target.options;
    const another = cdn && region !== GLOBAL ? GLOBAL : undefined;
    const both = (regional: pulumi.Output<string>, global: (region: string) => pulumi.Output<string>): Certificates => ({
        regional,
        global: another === undefined ? (cdn ? regional : undefined) : global(another),
    });
    switch (tls.mode) {
        case "local":
            throw new Error(
                'quai:tls.mode: must be acme or files on AWS (got "local"): a certificate authority of our own is for a Docker host',
            );
        case "files":
            return both(own(self, `${name}-own`, target, tls, undefined), (place) => own(self, `${name}-own-global`, target, tls, place));
        case "acme": {
            const { arn, proofs } = validated(self, name, spec, target);
            return both(arn, (place) => alsoValidated(self, `${name}-global`, spec, target, { proofs, region: place }));
        }
    }
}

function own(
    self: TlsProxy,
    logical: string,
    target: AwsTarget,
    tls: Extract<TlsProxyArgs["tls"], { mode: "files" }>,
    region: string | undefined,
): pulumi.Output<string> {
    const [certificateBody, certificateChain] = split(tls.certificate);
    return new acm.Certificate(
        logical,
        { certificateBody, certificateChain, privateKey: pulumi.secret(tls.key), region },
        target.opts({ parent: self, additionalSecretOutputs: ["privateKey"] }),
    ).arn;
}

function requested(self: TlsProxy, logical: string, spec: ProxySpec, target: AwsTarget, region?: string): acm.Certificate {
    const [domainName = spec.domain, ...others] = [...new Set(spec.names)];
    return new acm.Certificate(
        logical,
        { domainName, subjectAlternativeNames: others, validationMethod: "DNS", region },
        target.opts({ parent: self }),
    );
}

/** ACM's certificate, which renews itself as long as the records stay (R70). */
function validated(
    self: TlsProxy,
    name: string,
    spec: ProxySpec,
    target: AwsTarget,
): { readonly arn: pulumi.Output<string>; readonly proofs: readonly route53.Record[] } {
    const certificate = requested(self, name, spec, target);
    const records = spec.names.map((host) => ({
        host,
        record: certificate.domainValidationOptions.apply((list) => list.find(({ domainName }) => domainName === host) ?? list[0]),
    }));
    const { hostedZone } = target.options;
    const proofs =
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
    return { arn: waitedFor(self, name, target, certificate, proofs), proofs };
}

/** In another region the same account proves the same names by the same records. */
function alsoValidated(
    self: TlsProxy,
    logical: string,
    spec: ProxySpec,
    target: AwsTarget,
    known: { readonly proofs: readonly route53.Record[]; readonly region: string },
): pulumi.Output<string> {
    return waitedFor(self, logical, target, requested(self, logical, spec, target, known.region), known.proofs, known.region);
}

function waitedFor(
    self: TlsProxy,
    logical: string,
    target: AwsTarget,
    certificate: acm.Certificate,
    proofs: readonly route53.Record[],
    region?: string,
): pulumi.Output<string> {
    return new acm.CertificateValidation(
        logical,
        {
            certificateArn: certificate.arn,
            region,
            ...(proofs.length === 0 ? {} : { validationRecordFqdns: proofs.map(({ fqdn }) => fqdn) }),
        },
        // Without a zone of ours, somebody writes the records meanwhile.
        target.opts({ parent: self, customTimeouts: { create: proofs.length === 0 ? "75m" : "20m" } }),
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
