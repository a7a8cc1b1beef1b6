import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";
import { faultyServer } from "../rig/faulty-server.ts";

/** Sets the wall clock ten days ahead, or back, from the moment in which the file `jump` is there. */
const SHIFT = (days: number): string => `import { existsSync } from "node:fs";
const real = Date.now;
Date.now = () => real() + (existsSync("jump") ? ${String(days)} * 86_400_000 : 0);
`;
/** A success is not worth telling half a day late: by the wall clock it is given up after the first attempt. */
const CONFIG = (url: string): string => `
channels: { team: { type: webhook, url: "${url}" } }
hooks: [{ name: done, states: [Success], to: team }]
`;

it.each([10, -10])(
  "a message is tried again in seconds where the wall clock is set by %i days meanwhile",
  async (days) => {
    await using home = cliHome();
    const server = await faultyServer((_request, index) => {
      if (index === 0) home.write("jump", "");
      return { status: index === 0 ? 503 : 204 };
    });
    try {
      home.write("shift.mjs", SHIFT(days));
      home.write("flowctl.config.yaml", CONFIG(server.url));
      home.write("one.yaml", "flow: one\ntasks: { a: { run: 'true' } }\n");
      const env = { NODE_OPTIONS: `--import=${join(home.directory, "shift.mjs")}` };
      const sent = await home.run(["run", "one.yaml"], { env });
      expect([sent.code, server.requests()]).toEqual([0, [expect.anything(), expect.anything()]]);
      expect(sent.output).toContain("notifications: 1 sent");
      expect(existsSync(join(home.directory, "jump"))).toBe(true);
    } finally {
      await server.close();
    }
  },
);

it.each([10, -10])(
  "a task is retried after its delay where the wall clock is set by %i days meanwhile",
  async (days) => {
    await using home = cliHome();
    home.write("shift.mjs", SHIFT(days));
    home.write(
      "f.yaml",
      "flow: f\ntasks:\n  a: { run: 'test -e jump || { touch jump; exit 1; }', retry: { max: 1, delay: 1s } }\n",
    );
    const env = { NODE_OPTIONS: `--import=${join(home.directory, "shift.mjs")}` };
    const { code, stdout } = await home.run(["run", "f.yaml"], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/ succeeded in [1-9]\.\ds/);
  },
);
