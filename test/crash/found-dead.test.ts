import { describe, expect, it } from "vitest";
import { offLinux } from "../rig/skip.ts";
import { processesOf } from "./chaos.ts";
import { records, start, told, WAIT } from "./doomed.ts";

/** A run of which nobody is left: neither it, nor who watched it. */
async function killed(config?: string, env: Readonly<Record<string, string>> = {}) {
  const doomed = await start(WAIT, { env }, config === undefined ? {} : { config });
  await doomed.started.saw("reached");
  for (const { pid } of processesOf(doomed.home.state)) process.kill(pid, "SIGKILL");
  await doomed.started.finished;
  return doomed;
}

describe.skipIf(offLinux)("a run that was killed with all who watched it", () => {
  it.each([
    ["runs list", "Crashed"],
    ["runs show last", "doomed crashed"],
    ["runs logs last", "before"],
    ["graph doomed.ts --run last", "flowchart"],
    ["inbox", "doomed"],
    ["notify list --state sent", "sent"],
  ])("is found dead and told of by flowctl %s", async (words, shown) => {
    await using doomed = await killed();
    const { home } = doomed;
    const { code, stdout } = await home.run(words.split(" "));
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(shown) as string });
    expect(await told(home)).toHaveLength(1);
    expect(records(home)).toMatchObject([{ state: "Crashed", writtenBy: "reaper" }]);
  });

  it("is told of by the last step of its CI job, within that step's deadline", async () => {
    await using doomed = await killed(undefined, { CI: "true" });
    const { home } = doomed;
    const flushed = await home.run(["notify", "flush", "--deadline", "30s"], { env: { CI: "true" } });
    expect(flushed).toMatchObject({ code: 0, stderr: expect.stringMatching(/sent/) as string });
    expect(await told(home)).toHaveLength(1);
  });

  it("is not said to go on where it has nobody to tell, either", async () => {
    await using doomed = await killed("");
    const { home } = doomed;
    expect((await home.run(["runs", "list"])).stdout).toMatch(/\tdoomed\tCrashed\t/);
    expect(records(home)).toMatchObject([{ state: "Crashed" }]);
  });
});
