import type { SshConnection } from "../../../components/targets/ssh";
import { type GivenSettings, setCommand, type Settings } from "../../../infra/settings";
import { stackWord } from "./stack-file";

/** What to do where somebody else makes the new value: for each such secret, step by step. Undefined: it isn't one. */
export function stepsFor(settings: Settings, name: string): string | undefined {
    const written = settings.secrets[name];
    if (written !== undefined)
        return listed(`${name} ${origin(name, written)}, so the new value is yours to give`, givenSteps(settings, name, written));
    if (/^(tls|certificate|tlskey)$/i.test(name)) return certificateSteps(settings);
    return undefined;
}

function listed(head: string, steps: readonly string[]): string {
    return `${head}:\n${steps.map((step, index) => `  ${index + 1}. ${step}`).join("\n")}`;
}

function origin(name: string, written: string | GivenSettings): string {
    if (typeof written === "string" || written.value !== undefined) return `stands encrypted in the stack file (quai:secrets.${name})`;
    return written.environment === undefined
        ? `comes from command ${(written.command ?? []).join(" ")}`
        : `comes from variable ${written.environment}`;
}

function givenSteps(settings: Settings, name: string, written: string | GivenSettings): string[] {
    const up = `./quai up${stackWord(settings.stack)}`;
    const mapping = typeof written === "object";
    const place =
        mapping && written.value === undefined
            ? written.environment === undefined
                ? "in the vault"
                : `in variable ${written.environment}`
            : undefined;
    const set = setCommand(name, settings.stack);
    const give = place === undefined ? `give the new value: ${set}` : `put the new value there, ${place}`;
    if (readsFormer(settings, name)) {
        const former =
            place === undefined
                ? `give the new value, and keep the present one beside it: ${set} --keep-former`
                : `keep the present value beside it: quai:secrets.${name}.former, as { environment: … } or { command: […] }; ${give}`;
        return [
            former,
            `${up}: the new value signs, both are accepted; no request fails`,
            `when nothing of the former value is in use any more, take quai:secrets.${name}.former out of the stack file and run ${up}: the former value is refused`,
        ];
    }
    const registry = Object.entries(settings.registries).find(([, { passwordSecret }]) => passwordSecret === name)?.[0];
    const where = registry === undefined ? "where it is checked" : `at ${registry}`;
    return [
        `make the new value valid ${where}; leave the present one valid, too (a second token, user or key, if one can't have two)`,
        give,
        registry === undefined ? `${up}: what uses it is released anew` : `${up}: the next pull logs in with it; what runs is left alone`,
        `take the former value away ${where}`,
    ];
}

function readsFormer({ custom }: Settings, name: string): boolean {
    return custom !== undefined && JSON.stringify([custom.services, custom.jobs]).includes(`former.${name}`);
}

function certificateSteps({ tls, stack }: Settings): string | undefined {
    if (tls.mode !== "files") return undefined;
    return listed("the proxy's certificate is yours (quai:tls)", [
        `have a new pair issued, for all names of quai:domain and quai:aliases`,
        `put the files in the place of ${tls.certificate ?? "quai:tls.certificate"} and ${tls.key ?? "quai:tls.key"}, or let quai:tls name the new ones`,
        `./quai preview${stackWord(stack)}: a pair that doesn't fit, has ended or lacks a name is refused here`,
        `./quai up${stackWord(stack)}: the proxy goes over to it; no connection is lost`,
        "have the former certificate revoked, if its key has leaked",
    ]);
}

/** Where the key isn't a file that the stack file names. */
export function sshKeySteps({ user, host }: SshConnection, stack: string): string {
    const suffix = stackWord(stack);
    return listed(
        `the key that logs in on ${host} is of the SSH agent or ~/.ssh (quai:target.identityFile names none), so it is yours to renew`,
        [
            "make another: ssh-keygen -t ed25519 -f <file>",
            `let it in beside the present one: ssh-copy-id -i <file>.pub ${user}@${host}, or its line in quai:host.authorizedKeys and ./quai up${suffix}`,
            `name it: quai:target.identityFile: <file>, or load it into the agent; ./quai preview${suffix} --refresh logs in with it`,
            "take the former one's line out of ~/.ssh/authorized_keys there, or of quai:host.authorizedKeys, followed by ./quai up",
        ],
    );
}
