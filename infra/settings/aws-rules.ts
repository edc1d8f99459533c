import { callable, databaseHosts } from "./placeholders";
import type { Path, Problem } from "./problems";
import type { Parsed } from "./schema";

/* What is wrong between settings of a target on AWS. */

type Some = Partial<Parsed>;
type Aws = Extract<NonNullable<Some["target"]>, { kind: "aws" }>;

const missing = (path: Path, message: string): Problem => ({ path, message, show: false });
const wrong = (path: Path, message: string): Problem => ({ path, message, show: true });

/** What is wrong between the settings of a target on AWS. */
export function awsTarget(settings: Some): Problem[] {
    const { target } = settings;
    return target?.kind === "aws"
        ? [
              ...network(target),
              ...watched(target),
              ...scaled(target),
              ...images(settings, target),
              ...called(settings),
              ...knownLater(settings),
          ]
        : [];
}

const IN_ECR = /^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?(?:\/|$)/;

/** Without a way out, images come from ECR: no endpoint leads to AWS's public mirror, or to anybody else's registry. */
function images({ images: own = {}, imageMirror }: Some, { nat, vpc, endpoints }: Aws): Problem[] {
    if (nat !== "none" || vpc !== undefined || !endpoints) return [];
    const why = "as quai:target.nat: none leaves no way to other registries";
    const mirrors = typeof imageMirror === "object" ? Object.entries(imageMirror) : [];
    return [
        ...(imageMirror === undefined
            ? [missing(["imageMirror"], `is required, ${why}: repositories of ECR with the official images`)]
            : []),
        ...(typeof imageMirror === "string" && !IN_ECR.test(imageMirror) ? [wrong(["imageMirror"], `must be in ECR, ${why}`)] : []),
        ...mirrors.flatMap(([name, to]) => (IN_ECR.test(to) ? [] : [wrong(["imageMirror", name], `must be in ECR, ${why}`)])),
        ...Object.entries(own).flatMap(([name, image]) =>
            typeof image === "string" && !IN_ECR.test(image) ? [wrong(["images", name], `must be in ECR, ${why}`)] : [],
        ),
    ];
}

/** Addresses that mean something on a Docker host alone, where services share a network: nobody would answer. */
function called({ custom, services = {} }: Some): Problem[] {
    if (custom === undefined) return [];
    const known = callable(custom.services);
    const all = [...Object.entries(custom.services), ...Object.entries(custom.jobs)];
    const texts = [
        ...all.flatMap(([name, { env, command = [] }]): [Path, string][] => {
            const path: Path = ["custom", name in custom.services ? "services" : "jobs", name];
            return [
                ...variables([...path, "env"], env),
                ...command.map((word, index): [Path, string] => [[...path, "command", index], word]),
            ];
        }),
        ...Object.entries(services).flatMap(([name, { env }]) => variables(["services", name, "env"], env)),
    ];
    return texts.flatMap(([path, text]) =>
        known
            .filter(([name, port]) => new RegExp(`(?:^|[/@,;\\s])${name}:${port}(?!\\d)`).test(text))
            .map(([name, port]) => {
                const message = `${name}:${port} is an address on a Docker host alone: write \${services.${name}.url}, or .host and .port, which hold on both`;
                return missing(path, message);
            }),
    );
}

/** A server's address is known when it's made, so it goes the way of secrets: by a shell, from a variable. */
function knownLater({ custom, services = {} }: Some): Problem[] {
    if (custom === undefined) return [];
    const kinds = [...Object.entries(custom.services), ...Object.entries(custom.jobs)];
    const all = kinds.map(([name, { env: own, command, like = "" }]) => {
        const path: Path = ["custom", name in custom.services ? "services" : "jobs", name];
        const env: Record<string, string> = { ...custom.services[like]?.env, ...services[like]?.env, ...own, ...services[name]?.env };
        return { path, env, command };
    });
    return all.flatMap(({ path, env, command }) => {
        const words = (command ?? []).flatMap((word, index) =>
            databaseHosts(word).map((name) =>
                missing(
                    [...path, "command", index],
                    `\${${name}} is known only when the server is made: on AWS, hand it over in env and let the command read that variable`,
                ),
            ),
        );
        const [variable] = Object.entries(env).find(([, text]) => databaseHosts(text).length > 0) ?? [];
        const why = `as ${variable} holds an address that is known only when the server is made, which a shell reads before it starts the command`;
        return command === undefined && variable !== undefined ? [missing([...path, "command"], `is required on AWS, ${why}`)] : words;
    });
}

const variables = (path: Path, env: Readonly<Record<string, string>>) =>
    Object.entries(env).map(([variable, text]): [Path, string] => [[...path, variable], text]);

function network(target: Aws): Problem[] {
    const found: Problem[] = [];
    const { zones, nat, endpoints, vpc } = target;
    if (Array.isArray(zones) && (zones.length < 2 || zones.length > 3)) {
        found.push(wrong(["target", "zones"], "must be 2 or 3, or the names of two or three zones"));
    }
    if (nat === "none" && !endpoints && vpc === undefined) {
        found.push(wrong(["target", "nat"], "leaves containers no way to their images: set quai:target.endpoints: true, or nat: one"));
    }
    if (vpc !== undefined && endpoints) {
        found.push(
            wrong(
                ["target", "endpoints"],
                "makes ways in a network of the stack's own; in an existing one (quai:target.vpc) they are its owner's to make",
            ),
        );
    }
    for (const tier of ["public", "private", "isolated"] as const) {
        if (vpc !== undefined && vpc[tier].length < 2) {
            found.push(missing(["target", "vpc", tier], "needs a subnet in each of at least two zones"));
        }
    }
    return found;
}

function watched({ monthlyBudget, alarmEmail, backupCopy, region, aurora }: Aws): Problem[] {
    const found: Problem[] = [];
    if (monthlyBudget !== undefined && alarmEmail === undefined) {
        found.push(missing(["target", "alarmEmail"], "is required with quai:target.monthlyBudget: the address that is told"));
    }
    if (backupCopy !== undefined && backupCopy === region) {
        found.push(wrong(["target", "backupCopy"], "must be another region than quai:target.region"));
    }
    if (aurora !== undefined && (aurora.least < 0.5 || aurora.most < aurora.least || aurora.least % 0.5 !== 0 || aurora.most % 0.5 !== 0)) {
        found.push(wrong(["target", "aurora"], "must be halves or whole units, 0.5 or more, and least not above most"));
    }
    return found;
}

function scaled({ scaleTo, scaleOn, cdn, sites }: Aws): Problem[] {
    const useless = Object.keys(scaleOn ?? {}).filter((name) => scaleTo?.[name] === undefined);
    return [
        ...useless.map((name) =>
            missing(["target", "scaleOn", name], `has no use without quai:target.scaleTo.${name}: the most tasks that there may be`),
        ),
        ...(Object.keys(sites ?? {}).length > 0 && cdn !== true
            ? [missing(["target", "sites"], "needs quai:target.cdn: true: CloudFront is what reads a site's files")]
            : []),
    ];
}
