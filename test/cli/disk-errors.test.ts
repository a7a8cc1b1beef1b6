import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BIN, cliHome } from "../rig/cli.ts";
import { onWindows } from "../rig/skip.ts";

test.skipIf(onWindows).each([
  ["fails", "exit 4", 1, "Failed"],
  ["succeeds", "exit 0", 0, "Success"],
] as const)(
  "a run that %s where no file may grow is reported from memory, keeps its exit code and is on record later",
  async (_, script, code, state) => {
    await using home = cliHome();
    home.write("big.yaml", `flow: big\ntasks:\n  work: { run: ${script} }\n`);
    home.write(
      "flowctl.config.yaml",
      `channels:
  team: { type: command, run: "cat >> \\"$HOME/delivered\\"; echo >> \\"$HOME/delivered\\"" }
hooks: [{ name: e, states: [Failed, Success], to: [team], notifyOn: always }]
`,
    );
    const ended = await home.run(["run", "big.yaml"], {
      program: ["bash", "-c", 'ulimit -f 1; exec "$0" "$@"', process.execPath, BIN],
    });
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain("its end is not on record");
    const delivered = join(home.directory, "..", "home", "delivered");
    const messages = (): readonly string[] =>
      existsSync(delivered) ? readFileSync(delivered, "utf8").trim().split("\n") : [];
    expect(messages()).toHaveLength(1);
    const listed = await home.run(["runs", "list", "--json"]);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ flow: "big", state }]);
    await home.run(["notify", "flush", "--deadline", "5s"]);
    expect(messages()).toHaveLength(1);
    expect(readdirSync(join(home.state, "live"))).toEqual([]);
  },
);
