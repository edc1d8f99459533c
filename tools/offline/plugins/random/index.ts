import { version } from "@pulumi/random/package.json";
import facts from "../facts/random.json";
import type { Plugin } from "../kit/types";
import { randomBytes, randomId, randomInteger, randomUuid } from "./number-resources";
import { randomPassword, randomString } from "./text-resources";

/** Passwords, texts and numbers drawn once and kept in the state. */
export const plugin: Plugin = {
    name: "random",
    version,
    facts,
    resources: {
        "random:index/randomBytes:RandomBytes": randomBytes,
        "random:index/randomId:RandomId": randomId,
        "random:index/randomInteger:RandomInteger": randomInteger,
        "random:index/randomPassword:RandomPassword": randomPassword,
        "random:index/randomString:RandomString": randomString,
        "random:index/randomUuid:RandomUuid": randomUuid,
    },
};
