/** A difference between the official plugins and the fallbacks that is known and left so. */
export interface Accepted {
    /** Matched against `<case>/<path>` (see compare.ts). */
    readonly path: RegExp;
    readonly reason: string;
}

export const ACCEPTED: readonly Accepted[] = [
    {
        path: /^(random|command|tls) given unknown property\/|^docker given text for a list\/|^command given logging\/|^random given byteLength 0\//,
        reason: "the fallbacks refuse names and values that the schema doesn't know; the official plugins let some of them pass, unused",
    },
    {
        path: /^bytes\/real\.id/,
        reason: "the official plugin makes the secret bytes the resource's id, which no state encrypts; the fallback's id says nothing",
    },
    {
        path: /^integer\/change seed\./,
        reason: "seeded draws are refused: they would have to repeat the official plugin's generator, and this project has no use for them",
    },
    {
        path: /^(integer of nothing|request with a key that is none)\/(check|create)$/,
        reason: "refused by the check already, where the official plugin fails in the create",
    },
    {
        path: /^(local|remote) command( with secrets)?\/change (triggers|secret trigger|no triggers)\.(changes|deleteBeforeReplace)$/,
        reason: "the official plugin leaves it to the SDK (replaceOnChanges of triggers); the engine replaces with either",
    },
    {
        path: /^(local command with secrets|remote command)\/(create\.secrets|change (stdin|secret environment)\.update\.secrets|secretsShown)$/,
        reason: "an output in which a secret of the inputs turns up is encrypted; the official plugin leaves it in the clear",
    },
    {
        path: /^local command with secrets\/change stdin no longer secret\./,
        reason: "a value that only stops being secret runs no command again",
    },
    {
        path: /^key .*\/change .*\.properties$|^image built from a folder\/change .*\.properties$/,
        reason: "the official plugin also names outputs that will be computed anew; what happens is the same",
    },
    {
        path: /^container with other spellings\/(after docker kill\.properties|againAfterRefresh\.properties|refresh|.*taken over.*\.afterRefresh\.properties)$/,
        reason: 'capabilities without "CAP_": the fallback knows them to be the same, the official plugin replaces the container after a refresh',
    },
    {
        path: /^(container that never gets healthy|container that waits without a healthcheck|upload into a read-only container|container whose command is not there)\/(refresh$|againAfterRefresh\.|.*taken over.*\.afterRefresh\.)/,
        reason: "after a refresh the official plugin takes a container that failed to start for a good one; the fallback keeps replacing it",
    },
    {
        path: /^container with everything that components set\/change (healthcheck|tmpfs|init)\./,
        reason: "the official plugin records an update that changes nothing in the container; the fallback replaces it. Components name these properties in replaceOnChanges, with deleteBeforeReplace, so that the engine replaces with either plugin",
    },
    {
        path: /^file copied to a host\/refresh$/,
        reason: "the official plugin writes the file's path in another form into the state; the hash, which is compared, is the same",
    },
];
