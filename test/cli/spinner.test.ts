import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { BIN, cliHome } from "../rig/cli.ts";
import { offLinux } from "../rig/skip.ts";

it.skipIf(offLinux)(
  "a person who waits for a channel's answer sees that something turns, and then the answer alone",
  async () => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", "channels: { here: { type: inbox } }\n");
    const command = `stty cols 80 rows 24; '${process.execPath}' '${BIN}' notify test here`;
    const { code, output } = await home.run(["-qec", command, "/dev/null"], {
      program: ["script"],
      env: { TERM: "xterm" },
    });
    expect(code).toBe(0);
    expect(output).toContain("waiting for the service's answer");
    expect(stripVTControlCharacters(output).trim()).toMatch(/accepted by the service$/);
    const piped = await home.run(["notify", "test", "here"]);
    expect(piped.output).not.toContain("\u001b");
  },
);
