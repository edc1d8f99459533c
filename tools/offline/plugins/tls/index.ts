import { version } from "@pulumi/tls/package.json";
import facts from "../facts/tls.json";
import type { Plugin } from "../kit/types";
import { certRequest, locallySignedCert, selfSignedCert } from "./certificates";
import { privateKey } from "./private-key";

/** Keys and certificates, made on this machine and kept in the state. */
export const plugin: Plugin = {
    name: "tls",
    version,
    facts,
    resources: {
        "tls:index/certRequest:CertRequest": certRequest,
        "tls:index/locallySignedCert:LocallySignedCert": locallySignedCert,
        "tls:index/privateKey:PrivateKey": privateKey,
        "tls:index/selfSignedCert:SelfSignedCert": selfSignedCert,
    },
};
