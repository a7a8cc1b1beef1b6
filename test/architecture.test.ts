import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => path.replaceAll("\\", "/"));

/** What a module imports when it is loaded: types and dynamic imports do not count. */
function importsOf(module: string): readonly string[] {
  const text = readFileSync(join(root, "src", module), "utf8");
  return [...text.matchAll(/^(?:import|export)\s+(?!type\b)(?:[^;]*?from\s+)?"(\.[^"]+)";/gm)].map(([, path = ""]) =>
    normalize(join(dirname(module), path)).replaceAll("\\", "/"),
  );
}

describe("the house", () => {
  it("is seen whole: fewer modules than there are would make the rest of this file mean nothing", () => {
    expect(modules.length).toBeGreaterThan(250);
    const edges = modules.flatMap(importsOf);
    expect(edges.length).toBeGreaterThan(500);
    // An index may name files that are not there only by mistake.
    expect(edges.filter((path) => path.endsWith(".ts") && !modules.includes(path))).toEqual([]);
  });

  it("has no cycle of imports", () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (module: string, trail: readonly string[]): void => {
      if (trail.includes(module)) {
        cycles.push([...trail.slice(trail.indexOf(module)), module].join(" → "));
        return;
      }
      if (done.has(module)) return;
      for (const next of importsOf(module)) if (modules.includes(next)) visit(next, [...trail, module]);
      done.add(module);
    };
    for (const module of modules) visit(module, []);
    expect(cycles).toEqual([]);
  });

  it("has small rooms: no file over 300 lines, the median under 90", () => {
    const lines = modules.map((module) => readFileSync(join(root, "src", module), "utf8").split("\n").length - 1);
    lines.sort((a, b) => a - b);
    expect(Math.max(...lines)).toBeLessThanOrEqual(300);
    expect(lines[Math.floor(lines.length / 2)]).toBeLessThan(90);
  });

  it("has no drawers, and one level of folders", () => {
    const names = modules.map((module) => module.split("/").at(-1));
    expect(names.filter((name) => /^(utils?|helpers?|types?|constants?|common|lib)\.ts$/.test(name ?? ""))).toEqual([]);
    expect(modules.filter((module) => module.split("/").length > 2)).toEqual([]);
  });

  it("has at its top level what the design names, and nothing else", () => {
    const allowed = new Set(
      "package.json package-lock.json tsconfig.json bin src flows test README.md eslint.config.js LICENSE dist node_modules .git .gitignore .prettierignore .ci coverage".split(
        " ",
      ),
    );
    expect(readdirSync(root).filter((name) => !allowed.has(name) && !name.endsWith(".tgz"))).toEqual([]);
  });

  it("is what the README's table of it says: every folder is there, and every file that it begins with", () => {
    const table = /^### The code$(.*)/ms.exec(readFileSync(join(root, "README.md"), "utf8"))?.[1] ?? "";
    const rows = [...table.matchAll(/^\| (`.*?) \|.*\| (.*?) \|$/gm)].map(([, where = "", first = ""]) =>
      [where, first].map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)),
    );
    const folders = new Set(modules.filter((path) => path.includes("/")).map((path) => `${path.split("/")[0] ?? ""}/`));
    const named = rows.flatMap(([where = []]) => where);
    expect([...folders].filter((folder) => !named.includes(folder))).toEqual([]);
    const unfounded = rows.flatMap(([where = [], first = []]) =>
      first.filter((file) => !where.some((folder) => modules.includes(`${folder}${file}`))),
    );
    expect(unfounded).toEqual([]);
    expect(rows.length).toBeGreaterThan(10);
  });

  it("touches the process in cli.ts, host/ and child entry points only", () => {
    const allowed = /^(cli\.ts|main\.ts|host\/|load\/oxc\.ts|secrets\/keychain-host\.ts)/;
    const found = modules.filter(
      (module) => !allowed.test(module) && /(?<![.\w"'`-])process\.(?!env\b.*\*)\w/.test(withoutComments(module)),
    );
    expect(found).toEqual([]);
  });
});

function withoutComments(module: string): string {
  const text = readFileSync(join(root, "src", module), "utf8");
  return text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/`(?:[^`\\]|\\.)*`/g, "``")
    .replace(/"(?:[^"\\]|\\.)*"/g, '""');
}
