import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { initialise } from "../../../../tools/cli/stack/session";
import { writeWorkingCopy } from "../../../../tools/cli/stack/stack-file";
import { scratchFolder } from "../../support/scratch";
import { fakeStack } from "./fakes";

const scratch = scratchFolder("session");

/** What the engine is asked where a stack file begins with these lines. */
async function made(lines: string, pulumi = {}): Promise<readonly string[]> {
    const { session, pulumi: asked } = fakeStack(scratch, {}, undefined, pulumi);
    writeFileSync(
        join(session.checkout, "Pulumi.dev.yaml"),
        `${lines}config:\n  quai:application: demo\n  quai:environment: development\n`,
    );
    writeWorkingCopy(session.checkout, "dev", {});
    await initialise(session);
    return asked().filter((line) => line.startsWith("stack init"));
}

test.each([
    "awskms://alias/quai?region=eu-west-3",
    "gcpkms://projects/acme/locations/europe-west9/keyRings/quai/cryptoKeys/state",
    "azurekeyvault://acme.vault.azure.net/keys/quai",
    "hashivault://quai",
])("R27: a new stack is made with %s, which its file names", async (provider) => {
    expect(await made(`secretsprovider: ${provider}\n`)).toEqual([
        `stack init dev --no-select --non-interactive --secrets-provider ${provider}`,
    ]);
});

test("without one, it is the engine's own: a passphrase", async () => {
    expect(await made("")).toEqual(["stack init dev --no-select --non-interactive"]);
});

test("a key that can't be used is told, in the engine's words", async () => {
    const refused = { "stack init": "!error: missing google credentials" };
    await expect(made("secretsprovider: gcpkms://projects/x\n", refused)).rejects.toThrow(
        "stack dev could not be made:\nerror: missing google credentials",
    );
});
