import { expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";
import { onWindows } from "../rig/skip.ts";

it.skipIf(onWindows)(
  "the time of a run that is shown at its end is its own, without that of its deliveries",
  async () => {
    await using home = cliHome();
    home.write(
      "flowctl.config.yaml",
      "channels: { slow: { type: command, run: sleep 3 } }\nhooks: [{ name: f, states: [Failed], to: [slow] }]\n",
    );
    home.write("fails.yaml", "flow: fails\ntasks: { a: { run: exit 1 } }\n");
    const began = performance.now();
    const { stdout } = await home.run(["run", "fails.yaml"]);
    const elapsed = (performance.now() - began) / 1000;
    const shown = Number(/fails failed in ([\d.]+)s/.exec(stdout)?.[1]);
    expect(stdout).toContain("notifications: 1 sent");
    expect(elapsed - shown).toBeGreaterThan(2.9);
  },
);
