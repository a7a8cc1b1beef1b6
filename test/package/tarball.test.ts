import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

let directory: string;
let packed: Packed;
/** Why npm could not install here; undefined where it could. */
let refusal: string | undefined;

beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "flowctl-pack-")));
  execFileSync("npm", ["run", "--silent", "types"], { cwd: ROOT });
  const answer = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", directory], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  packed = (JSON.parse(answer) as [Packed])[0];
  mkdirSync(join(directory, "project"));
  writeFileSync(join(directory, "project", "package.json"), '{"name":"consumer","type":"module"}');
  const install = spawnSync(
    "npm",
    ["install", join(directory, packed.filename), "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"],
    { cwd: join(directory, "project"), encoding: "utf8" },
  );
  if (install.status !== 0) refusal = `npm cannot install here: ${install.stderr.split("\n")[0] ?? ""}`;
}, 240_000);

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

test("the tarball holds the executable, the bundle, its types and the documents, and nothing else", () => {
  const paths = packed.files.map((file) => file.path);
  expect(paths).toEqual(
    expect.arrayContaining([
      "bin/flowctl.js",
      "dist/cli.js",
      "dist/index.js",
      "dist/testing.js",
      "dist/secrets/keychain-host.js",
      "dist/types/index.d.ts",
      "dist/types/testing.d.ts",
      "dist/flow.schema.json",
      "dist/config.schema.json",
      "package.json",
      "LICENSE",
    ]),
  );
  expect(
    paths.filter(
      (path) =>
        !/^(?:bin\/flowctl\.js|dist\/(?:secrets\/)?[\w-]+(?:\.code)?\.js|dist\/types\/.+\.d\.ts|dist\/(?:flow|config)\.schema\.json|package\.json|README\.md|LICENSE)$/.test(
          path,
        ),
    ),
  ).toEqual([]);
});

describe("installed in a project", () => {
  const project = (): string => join(directory, "project");
  const flowctl = (...args: string[]) =>
    spawnSync(join(project(), "node_modules", ".bin", "flowctl"), args, {
      cwd: project(),
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: directory, FLOWCTL_STATE_DIR: join(directory, "state") },
    });

  test("it tells its version and runs a flow", (context) => {
    context.skip(refusal !== undefined, refusal);
    expect(flowctl("--version").stdout).toBe(`${version}\n`);
    writeFileSync(
      join(project(), "flow.ts"),
      `import { flow, task } from "flowctl";\nconst hello = task("hello", () => { console.log("it ran"); });\nexport default flow("packed", () => { hello(); });\n`,
    );
    const run = flowctl("run", "flow.ts");
    expect(run.stderr).toBe("");
    expect(run.stdout).toContain("packed succeeded");
    expect(run.status).toBe(0);
  });

  test.each(["nodenext", "bundler"])(
    "its types hold for a consumer with moduleResolution %s, its libraries checked",
    (resolution) => {
      // The install may be refused, yet the types must be right: then the packed files are linked.
      if (refusal !== undefined) {
        mkdirSync(join(project(), "node_modules"), { recursive: true });
        symlinkSync(ROOT, join(project(), "node_modules", "flowctl"));
      }
      writeFileSync(
        join(project(), "types.ts"),
        `import { flow, task } from "flowctl";
const load = task("load", ({ rows }: { rows: number }): string => String(rows));
export default flow("typed", () => { const text = load({ rows: 1 }); load({ rows: 2 }); return text; });
// @ts-expect-error a text is not a number
flow("wrong", () => { load({ rows: "one" }); });
`,
      );
      const checked = spawnSync(
        process.execPath,
        [
          join(ROOT, "node_modules", "typescript", "bin", "tsc"),
          "--noEmit",
          "--strict",
          "--target",
          "es2023",
          "--lib",
          "es2023,esnext.disposable",
          "--module",
          resolution === "bundler" ? "preserve" : "nodenext",
          "--moduleResolution",
          resolution,
          "--typeRoots",
          join(ROOT, "node_modules", "@types"),
          "--types",
          "node",
          "types.ts",
        ],
        { cwd: project(), encoding: "utf8" },
      );
      expect(checked.stdout).toBe("");
      expect(checked.status).toBe(0);
    },
  );
});
