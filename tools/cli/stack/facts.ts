import { aroundStack } from "../../../infra/around";
import type { Around } from "../../../policies";
import { run } from "../../engine/process";
import type { Session } from "./session";
import { onHost } from "./ssh-host";
import { secretAges } from "./secret-ages";
import { outputsOf, readState } from "./state";
import type { StackStatus } from "./status";

/** What the rules want to know beside the settings. Development keeps none, so nothing is asked. @param status undefined: the host wasn't asked */
export async function factsAround(session: Session, status: StackStatus | undefined): Promise<Around> {
    const { checkout, stack, engine, settings } = session;
    if (settings.environment === "development") return {};
    const state = await readState(engine, stack);
    const around = aroundStack({ checkout, stack, env: engine.env });
    if (state === undefined || state.resources.length === 0) return around;
    const secrets = secretAges(outputsOf(state), state).flatMap(({ rotatedOn, ...rest }) =>
        rotatedOn === undefined ? [] : [{ ...rest, rotatedOn }],
    );
    if (status === undefined || settings.target.kind !== "docker") return { ...around, secrets };
    return {
        ...{ ...around, secrets },
        ...backupFact(settings, status, state.resources),
        ...(status.certificate === null ? {} : { certificateDays: status.certificate.days }),
        ...(await diskFact(session)),
    };
}

type Resources = readonly { readonly urn: string; readonly created?: string }[];

/** A service that doesn't run can't be asked, and an update is what starts it. Before the first night there is nothing to expect. */
function backupFact({ backup }: Session["settings"], { backups, services }: StackStatus, resources: Resources): Pick<Around, "lastBackup"> {
    const runs = services.some(({ name, health }) => name === "backup" && ["healthy", "unhealthy", "starting"].includes(health));
    if (backup === false || !runs) return {};
    if (backups.last !== null) return { lastBackup: backups.last };
    const begun = resources.find(({ urn }) => urn.endsWith("::backup-repository"))?.created;
    const late = begun !== undefined && Date.now() - Date.parse(begun) > backup.maxAge * 1000;
    return late ? { lastBackup: null } : {};
}

/** Prints `crypt` for each layer of encryption below the folder with the engine's volumes; ends badly where that can't be seen. */
const LOOK = 'source=$(findmnt -n -o SOURCE -T "$1") && test -b "${source%%[*}" && lsblk -n -s -o TYPE "${source%%[*}"';

/** Whether the disk is encrypted, where that can be seen: on Linux, on a machine whose disks show (not in a container). */
async function diskFact({ host, ssh }: Session): Promise<Pick<Around, "encryptedDisk">> {
    try {
        const root = (await host.docker(["info", "--format", "{{.DockerRootDir}}"])).trim();
        const words = ["-c", LOOK, "sh", root];
        const seen =
            ssh === undefined
                ? await run("/bin/sh", words, { env: process.env })
                : await onHost(ssh, `/bin/sh -s ${JSON.stringify(root)}`, LOOK);
        return seen.code === 0 ? { encryptedDisk: /\bcrypt\b/.test(seen.stdout) } : {};
    } catch {
        return {};
    }
}
