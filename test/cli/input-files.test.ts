import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BIN, cliHome, type CliHome } from "../rig/cli.ts";
import { offLinux } from "../rig/skip.ts";

/** Commands that read a file which a person names. */
const READERS: Readonly<Record<string, (home: CliHome, path: string) => readonly string[]>> = {
  "a file of parameters": (_home, path) => ["run", "f.yaml", "--params-file", path],
  "the text of a parameter": (_home, path) => ["run", "f.yaml", "-p", `x=@${path}`],
  "a dotenv file": (home, path) => {
    home.write("f.yaml", `dotenv: ${path}\ntasks: { a: { run: "true" } }\n`);
    return ["run", "f.yaml"];
  },
  "a file of secrets": (_home, path) => ["secrets", "import", path],
};
const ENTRIES: Readonly<Record<string, (home: CliHome) => string>> = {
  "a pipe that nobody writes to": (home) => {
    execFileSync("mkfifo", [join(home.directory, "pipe")]);
    return "pipe";
  },
  "a device without an end": () => "/dev/zero",
  "a directory": (home) => {
    mkdirSync(join(home.directory, "folder"));
    return "folder";
  },
};
const ROWS = Object.entries(READERS).flatMap(([what, read]) =>
  Object.entries(ENTRIES).map(([entry, make]) => ({ what, entry, read, make })),
);

describe.skipIf(offLinux)("a path that a person names", () => {
  it.each(ROWS)("for $what is refused where it is $entry, and nothing waits", async ({ read, make }) => {
    await using home = cliHome();
    home.write("f.yaml", "params: { x: {} }\ntasks: { a: { run: 'echo got ${{ params.x }}' } }\n");
    const { code, stderr } = await home.run(read(home, make(home)));
    expect([code, stderr]).toEqual([2, expect.stringMatching(/cannot be read: (it is |the file is larger)/)]);
  });

  it("may be a spec that is a pipe without a writer: it is refused", async () => {
    await using home = cliHome();
    execFileSync("mkfifo", [join(home.directory, "f.yaml")]);
    expect(await home.run(["run", "f.yaml"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("error[SPEC_UNREADABLE]") as string,
    });
  });

  it.each([
    ["a flow in code", "run pipe.ts", "pipe.ts is not a regular file"],
    ["the base of a config", "run f.yaml --config base.yaml", "error[CONFIG_UNREADABLE]"],
  ])("for %s is refused where it is a pipe, which would be waited for", async (_what, line, says) => {
    await using home = cliHome();
    execFileSync(
      "mkfifo",
      ["pipe.ts", "pipe"].map((name) => join(home.directory, name)),
    );
    home.write("f.yaml", "tasks: { a: { run: 'true' } }\n");
    home.write("base.yaml", "extends: ./pipe\n");
    const { code, stderr } = await home.run(line.split(" "));
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });

  it("is read to its end where it is a pipe of the shell", async () => {
    await using home = cliHome();
    home.write("f.yaml", "params: { x: {} }\ntasks: { a: { run: 'echo got ${{ params.x }}' } }\n");
    const program = ["sh", "-c", `printf '{ "x": "six" }' | "$@"`, "sh", process.execPath, BIN];
    const { output } = await home.run(["run", "f.yaml", "--logs", "full", "--params-file", "/dev/stdin"], { program });
    expect(output).toContain("got six");
  });
});
