import * as cloudfront from "@pulumi/aws/cloudfront";
import * as s3 from "@pulumi/aws/s3";
import type { types } from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { readdirSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { privateBucket } from "../internal/aws/bucket";
import type { AwsTarget } from "../targets/aws-target";
import type { TlsProxy } from ".";
import type { ProxySpec } from "./spec";

/** A front end that is a folder of files. */
export interface Site {
    readonly origin: types.input.cloudfront.DistributionOrigin & { readonly originId: string };
    /** Addresses of a single-page application are its front page's. */
    readonly rewrite: pulumi.Output<string>;
    /** Its files are there. */
    readonly ready: readonly pulumi.Resource[];
}

const TYPES: Readonly<Record<string, string>> = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
    ".pdf": "application/pdf",
    ".wasm": "application/wasm",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
};

/** A name with a hash in it, such as `index-4f2a9c1b.js`, never means another file. */
const HASHED = /[-.][A-Za-z0-9_]{8,}\.[a-z0-9]+$/;
export const isHashed = (path: string): boolean => HASHED.test(path) && /[0-9]/.test(HASHED.exec(path)?.[0] ?? "");

const REWRITE = `function handler(event) {
    var request = event.request;
    var last = request.uri.split("/").pop();
    if (last.indexOf(".") === -1) request.uri = "/index.html";
    return request;
}
`;

/** The sites among the routes' services. @throws Error where a folder has no front page, or a site isn't at the root of every name */
export function sitesOf(self: TlsProxy, name: string, spec: ProxySpec, target: AwsTarget): Map<string, Site> {
    const folders = Object.entries(target.options.sites);
    const problems = folders.flatMap(([service, folder]) => siteProblems(service, folder, spec));
    if (problems.length > 0) throw new Error(problems.join("\n"));
    return new Map(folders.map(([service, folder]) => [service, site(self, `${name}-${service}`, target, resolve(folder))]));
}

/** Why a service can't be a site. */
export function siteProblems(service: string, folder: string, { routes }: Pick<ProxySpec, "routes">): string[] {
    const path = `quai:target.sites.${service}`;
    const front = statSync(join(folder, "index.html"), { throwIfNoEntry: false });
    const hosts = routes.some(({ host }) => host !== undefined);
    const atRoot = routes.some((route) => route.backend.name === service && route.path === "/" && !route.exact);
    return [
        ...(front?.isFile() === true
            ? []
            : [`${path}: must be a folder with an index.html (got ${JSON.stringify(folder)}): build the front end first`]),
        ...(hosts ? [`${path}: a site answers under every name; it can't be beside routes with a host of their own`] : []),
        ...(atRoot ? [] : [`${path}: the route / must lead to ${service}`]),
    ];
}

/** Paths of all files below a folder, in one order on every machine. */
export function filesBelow(folder: string, within = ""): string[] {
    return readdirSync(join(folder, within), { withFileTypes: true })
        .flatMap((entry) => {
            const path = within === "" ? entry.name : `${within}/${entry.name}`;
            return entry.isDirectory() ? filesBelow(folder, path) : [path];
        })
        .sort();
}

function site(self: TlsProxy, logical: string, target: AwsTarget, folder: string): Site {
    const opts = (more: pulumi.CustomResourceOptions = {}) => target.opts({ parent: self, ...more });
    const { bucket, ready } = privateBucket(target, self, logical, {
        disposable: true,
        // Only the account's own distributions: their names aren't known before they are made, and they need the bucket.
        allowed: (each) => [
            {
                Effect: "Allow",
                Principal: { Service: "cloudfront.amazonaws.com" },
                Action: "s3:GetObject",
                Resource: pulumi.interpolate`${each.arn}/*`,
                Condition: {
                    ArnLike: {
                        "aws:SourceArn": pulumi.interpolate`arn:${target.account.partition}:cloudfront::${target.account.id}:distribution/*`,
                    },
                },
            },
        ],
    });
    const access = new cloudfront.OriginAccessControl(
        logical,
        { name: target.name(logical), originAccessControlOriginType: "s3", signingBehavior: "always", signingProtocol: "sigv4" },
        opts(),
    );
    const rewrite = new cloudfront.Function(
        logical,
        { name: target.name(logical), runtime: "cloudfront-js-2.0", code: REWRITE, publish: true },
        opts(),
    );
    const files = filesBelow(folder);
    const put = (path: string, after: readonly pulumi.Resource[]) =>
        new s3.BucketObjectv2(
            `${logical}/${path}`,
            {
                bucket: bucket.bucket,
                key: path,
                source: new pulumi.asset.FileAsset(join(folder, path)),
                contentType: TYPES[extname(path).toLowerCase()] ?? "application/octet-stream",
                cacheControl: isHashed(path) ? "public, max-age=31536000, immutable" : "no-cache",
            },
            // A page that is still open finds the files of its own release.
            opts({ dependsOn: [...after], retainOnDelete: isHashed(path) }),
        );
    const parts = files.filter((path) => !path.endsWith(".html")).map((path) => put(path, [ready]));
    // Pages come when all that they ask for is there.
    const pages = files.filter((path) => path.endsWith(".html")).map((path) => put(path, [ready, ...parts]));
    return {
        origin: { originId: logical, domainName: bucket.bucketRegionalDomainName, originAccessControlId: access.id },
        rewrite: rewrite.arn,
        ready: [...parts, ...pages],
    };
}
