import { readdirSync, readFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";

/** Tells of a failed run in the inbox. */
export const CONFIG = `channels: { here: { type: inbox } }
hooks: [{ name: told, states: [Failed], to: [here] }]
`;
/** A flow `doomed` whose last task says "reached" and then does what it is given. */
export const flowOf = (body: string): string => `import { flow, task } from "flowctl";
import { spawn } from "node:child_process";
const before = task("before", () => { console.log("before"); });
const last = task("last", async (_, ctx) => { await new Promise((r) => setImmediate(() => setImmediate(r))); console.log("reached"); ${body} });
export default flow("doomed", () => { last({}, { upstream: [before()] }); });`;
/** A body that would go on for a minute. */
export const WAIT = "await new Promise((r) => setTimeout(r, 60_000));";

export interface End {
  readonly runId: string;
  readonly state: string;
  readonly message: string;
  readonly writtenBy: string;
}

/** What is told in the end: waits for the inbox, however long the sentinel takes. */
export async function told(home: CliHome, atLeast = 1): Promise<readonly string[]> {
  const inbox = join(home.state, "inbox");
  const read = (): string[] => {
    try {
      return readdirSync(inbox)
        .filter((name) => name.endsWith(".json"))
        .map((name) => readFileSync(join(inbox, name), "utf8"));
    } catch {
      return [];
    }
  };
  const settled = (): boolean => readdirSync(join(home.state, "live")).length === 0;
  const abort = new AbortController();
  try {
    const changes = watch(home.state, { recursive: true, signal: abort.signal })[Symbol.asyncIterator]();
    let next = changes.next();
    while (read().length < atLeast || !settled()) {
      // A directory made and filled before it is watched as well gives no sign: then a look has to do.
      const isNews = await Promise.race([next.then(() => true), pause(200, false)]);
      if (isNews) next = changes.next();
    }
    next.catch(() => undefined);
  } finally {
    abort.abort();
  }
  return read();
}

export function records(home: CliHome): readonly End[] {
  const runs = join(home.state, "runs");
  return readdirSync(runs).map((id) => JSON.parse(readFileSync(join(runs, id, "end.json"), "utf8")) as End);
}

/** Exactly one terminal record, and one message about it. */
export async function oneEnd(home: CliHome): Promise<End> {
  const messages = await told(home);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain("doomed");
  // Whoever looks again finds nothing to do.
  await home.run(["reap"]);
  expect(await told(home)).toHaveLength(1);
  const ends = records(home);
  expect(ends).toHaveLength(1);
  return ends[0]!;
}

/** Starts such a flow in a home of its own. */
export async function start(
  body: string,
  options: Parameters<CliHome["start"]>[1] = {},
  {
    config = CONFIG,
    notifier = false,
    before = "",
  }: { readonly config?: string; readonly notifier?: boolean; readonly before?: string } = {},
) {
  const home = cliHome();
  const heard = '{ stateHandlers: [slackNotifier({ onlyStates: ["Failed"], channel: "here" })] }';
  const flow = `${flowOf(body)}\n${before}`;
  home.write("flowctl.config.yaml", notifier ? "channels: { here: { type: inbox } }\n" : config);
  home.write(
    "doomed.ts",
    notifier
      ? flow.replace("{ flow, task }", "{ flow, task, slackNotifier }").replace('"doomed",', `"doomed", ${heard},`)
      : flow,
  );
  const started = home.start(["run", "doomed.ts", "--logs", "full"], options);
  return { home, started, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}
