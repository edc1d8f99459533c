/** One project per test area; `./quai test <area>` runs one of them, `./quai test` all. */
const base = {
    testEnvironment: "node",
    transform: { "^.+\\.[tj]s$": ["@swc/jest", { jsc: { parser: { syntax: "typescript", decorators: false }, target: "es2022" } }] },
    transformIgnorePatterns: ["/node_modules/"],
    modulePathIgnorePatterns: ["<rootDir>/.quai/"],
    testPathIgnorePatterns: ["/node_modules/", ...(process.env.QUAI_E2E_LONG === "1" ? [] : ["\\.long\\.test\\.ts$"])],
    rootDir: __dirname,
};
const project = (name, match) => ({ ...base, displayName: name, testMatch: match.map((m) => `<rootDir>/${m}`) });
module.exports = {
    testSequencer: "<rootDir>/test/e2e/support/in-order.cjs",
    projects: [
        project("unit", ["test/unit/**/*.test.ts"]),
        project("contract", ["test/contract/**/*.test.ts"]),
        project("offline", ["test/offline/**/*.test.ts"]),
        {
            ...project("foundation", ["test/e2e/foundation/**/*.test.ts"]),
            globalSetup: "<rootDir>/test/e2e/foundation/setup.ts",
            globalTeardown: "<rootDir>/test/e2e/foundation/teardown.ts",
            setupFilesAfterEnv: ["<rootDir>/test/e2e/support/patience.cjs"],
        },
        {
            ...project("aws", ["test/e2e/aws/**/*.test.ts"]),
            setupFilesAfterEnv: ["<rootDir>/test/e2e/support/patience.cjs"],
        },
        {
            ...project("releases", ["test/e2e/releases/**/*.test.ts"]),
            globalSetup: "<rootDir>/test/e2e/releases/setup.ts",
            globalTeardown: "<rootDir>/test/e2e/releases/teardown.ts",
            setupFilesAfterEnv: ["<rootDir>/test/e2e/support/patience.cjs"],
        },
        {
            ...project("rules", ["test/e2e/rules/**/*.test.ts"]),
            globalSetup: "<rootDir>/test/e2e/rules/setup.ts",
            globalTeardown: "<rootDir>/test/e2e/rules/teardown.ts",
            setupFilesAfterEnv: ["<rootDir>/test/e2e/support/patience.cjs"],
        },
        {
            ...project("server", ["test/e2e/server/**/*.test.ts"]),
            globalSetup: "<rootDir>/test/e2e/server/setup.ts",
            globalTeardown: "<rootDir>/test/e2e/server/teardown.ts",
            setupFiles: ["<rootDir>/test/e2e/server/area.ts"],
            setupFilesAfterEnv: ["<rootDir>/test/e2e/support/patience.cjs"],
        },
        {
            ...project("systems", ["test/e2e/systems/**/*.test.ts"]),
            globalSetup: "<rootDir>/test/e2e/systems/setup.ts",
            globalTeardown: "<rootDir>/test/e2e/systems/teardown.ts",
            setupFilesAfterEnv: ["<rootDir>/test/e2e/support/patience.cjs"],
        },
        {
            ...project("secrets", ["test/e2e/secrets/**/*.test.ts"]),
            globalSetup: "<rootDir>/test/e2e/secrets/setup.ts",
            globalTeardown: "<rootDir>/test/e2e/secrets/teardown.ts",
            setupFilesAfterEnv: ["<rootDir>/test/e2e/support/patience.cjs"],
        },
        {
            ...project("preview", ["test/e2e/preview/**/*.test.ts"]),
            globalSetup: "<rootDir>/test/e2e/preview/setup.ts",
            globalTeardown: "<rootDir>/test/e2e/preview/teardown.ts",
            setupFiles: ["<rootDir>/test/e2e/preview/stack.ts"],
            setupFilesAfterEnv: ["<rootDir>/test/e2e/support/patience.cjs"],
        },
    ],
};
