import tseslint from "typescript-eslint";

/**
 * Who may import whom. Arrows point to `model`; folders meet in `recorder.ts`,
 * `coordinator/`, `commands/` and `cli.ts`. `host` is seen as types only, except by those.
 * Change it in a commit of its own, with the reason.
 */
export const LAYERS = {
  model: [],
  host: ["model"],
  authoring: ["model", "engine"],
  engine: ["model"],
  hooks: ["model"],
  reporters: ["model"],
  runs: ["model"],
  secrets: ["model"],
  outbox: ["model"],
  channels: ["model", "outbox"],
  tasks: ["model", "authoring"],
  spec: ["model", "authoring", "tasks"],
  config: ["model", "load", "spec"],
  load: ["model"],
};

/** Folders that decide and never act: no clock, no console, no process, no network, no Node modules but `node:path`. */
const PURE = ["model", "authoring", "engine", "hooks", "spec"];
const FOLDERS = Object.keys(LAYERS);

const layerRules = FOLDERS.map((folder) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      {
        patterns: [
          ...FOLDERS.filter((other) => other !== folder && other !== "host" && !LAYERS[folder].includes(other)).map(
            (other) => ({
              regex: `^\\.\\./${other}/`,
              message: `src/${folder} may not import src/${other}: see LAYERS in eslint.config.js`,
            }),
          ),
          ...(folder === "host"
            ? []
            : [
                {
                  // The one way to end processes: needed also where nobody has built a host, as in an embedded run.
                  regex: "^\\.\\./host/(?!process-group\\.ts$)",
                  allowTypeImports: true,
                  message: "host is seen as types only; cli.ts builds it",
                },
              ]),
          {
            regex: "^\\.\\./(cli|recorder|coordinator|commands|index|testing)\\b",
            message: "folders meet only in recorder.ts, coordinator/ and commands/",
          },
          ...(PURE.includes(folder)
            ? [{ regex: "^node:(?!path$|async_hooks$)", message: `src/${folder} is pure: it acts through ports` }]
            : []),
        ],
      },
    ],
    ...(PURE.includes(folder)
      ? {
          "no-restricted-globals": ["error", "process", "console", "Date", "setTimeout", "setInterval", "fetch"],
          "no-restricted-properties": ["error", { object: "Math", property: "random" }],
        }
      : {}),
  },
}));

export default tseslint.config(
  {
    ignores: [
      "dist",
      "coverage",
      "node_modules",
      "test/load/fixtures",
      "test/types/wrong",
      "test/spec/wrong",
      "test/config/wrong",
    ],
  },
  ...tseslint.configs.strictTypeChecked.map((each) => ({
    ...each,
    files: ["src/**/*.ts", "flows/**/*.ts", "test/**/*.ts"],
  })),
  {
    files: ["src/**/*.ts", "flows/**/*.ts", "test/**/*.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-invalid-void-type": [
        "error",
        { allowAsThisParameter: true, allowInGenericTypeArguments: true },
      ],
      "@typescript-eslint/no-empty-object-type": ["error", { allowObjectTypes: "always" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["src/**/*.ts"],
    rules: {
      "max-lines": ["error", 300],
      "no-console": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "named exports only" },
        {
          selector: "CallExpression[callee.object.name='process'][callee.property.name='exit']",
          message: "process.exit cuts off pending writes",
        },
      ],
    },
  },
  ...layerRules,
  {
    files: ["src/coordinator/**/*.ts"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            { regex: "^\\.\\./(cli|main|commands)\\b", message: "commands use the coordinator, not the other way" },
          ],
        },
      ],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/only-throw-error": "off",
    },
  },
);
