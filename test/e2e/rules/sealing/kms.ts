import { Moto } from "../../aws/moto/server";
import type { Sealing } from ".";

/** A key of AWS KMS, at a server that speaks its API: the engine has its data key encrypted there, and asks for it to be opened each time. */
export const kms: Sealing = {
    provider: "awskms://alias/quai?region=eu-west-3",
    async start() {
        const moto = await Moto.start();
        const { KeyMetadata } = (await request(moto.endpoint, "CreateKey", {})) as { KeyMetadata: { KeyId: string } };
        await request(moto.endpoint, "CreateAlias", { AliasName: "alias/quai", TargetKeyId: KeyMetadata.KeyId });
        const nobody = { AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "y", AWS_EC2_METADATA_DISABLED: "true" };
        return {
            allowed: { ...nobody, AWS_ENDPOINT_URL_KMS: moto.endpoint },
            refused: { ...nobody, AWS_ENDPOINT_URL_KMS: "http://127.0.0.1:9", AWS_MAX_ATTEMPTS: "1" },
            refusal: /KMS|alias\/quai/,
            stop: () => moto.stop(),
        };
    },
};

/** The server looks at the name of the service in the signature and not at the signature. */
async function request(endpoint: string, action: string, body: object): Promise<Record<string, unknown>> {
    const credential = "x/20260101/eu-west-3/kms/aws4_request";
    const answer = await fetch(endpoint, {
        method: "POST",
        headers: {
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": `TrentService.${action}`,
            authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=0`,
        },
        body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
    const text = await answer.text();
    return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
