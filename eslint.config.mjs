import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";

export default tseslint.config(
    { ignores: ["node_modules/", ".quai/", "**/*.js", "**/*.cjs", "examples/**"] },
    js.configs.recommended,
    tseslint.configs.recommendedTypeChecked,
    prettier,
    {
        files: ["**/*.ts"],
        languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
        rules: {
            // A floating promise is an error nobody sees; an Output in a template prints a warning text into a real file.
            "@typescript-eslint/no-floating-promises": "error",
            "@typescript-eslint/no-misused-promises": "error",
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
            "@typescript-eslint/no-base-to-string": "error",
            "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
            "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
            "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
            "@typescript-eslint/require-await": "off",
            eqeqeq: ["error", "always"],
            "no-console": "off",
        },
    },
    {
        files: ["components/**/*.ts", "stacks/**/*.ts", "infra/**/*.ts", "policies/**/*.ts"],
        rules: {
            "no-console": "error",
            "no-restricted-imports": [
                "error",
                { patterns: [{ group: ["**/tools/**"], message: "The program doesn't know its command line." }] },
            ],
        },
    },
    { files: ["**/*.mjs"], extends: [tseslint.configs.disableTypeChecked] },
);
