import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Who asked for a message: each has a channel of its own. */
export type Asker = "hook" | "flow" | "task";

/** A request that a service took, by the run it tells of. */
export interface Taken {
  readonly runId: string;
  readonly state: string;
  readonly asker: Asker;
  /** The message's id: the same for every repeat. */
  readonly id: string;
}

/** A service that has bad days: by a fixed seed it answers 503 or 429, or cuts what it took. */
export async function unreliableService(
  seed: number,
): Promise<{ readonly url: string; readonly taken: Taken[]; calm(): void; close(): Promise<void> }> {
  const taken: Taken[] = [];
  let state = seed;
  let isCalm = false;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
  const server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      const chance = isCalm ? 1 : random();
      if (chance < 0.2) return void response.writeHead(503).end();
      if (chance < 0.25) return void response.writeHead(429, { "retry-after": "1" }).end();
      const { data } = JSON.parse(body) as { data: { runId: string; to: string } };
      const asker = (request.url ?? "").slice(1) as Asker;
      taken.push({ runId: data.runId, state: data.to, asker, id: String(request.headers["webhook-id"]) });
      if (chance < 0.35) request.socket.destroy();
      else response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`,
    taken,
    calm: () => (isCalm = true),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}

const PRELOAD = fileURLToPath(new URL("cut.mjs", import.meta.url));

/** What the disk says of a run in the end. */
export interface Recorded {
  readonly runId: string;
  readonly state: string;
  /** Who was to be told of it, as far as the run had come. */
  readonly askers: readonly Asker[];
}

/** The number of a change; or that of a link among those with this in their path, such as `2 outbox/new`. */
export type Cut = number | `${number} ${string}`;

/** A project whose every run is told, with a state directory that many runs share. */
export interface CrashHome extends Disposable {
  readonly state: string;
  /** Runs a flow; the n-th process it leads to is killed before the change of the disk that the n-th cut names. */
  run(cuts: readonly Cut[]): Promise<void>;
  /** Any other command, undisturbed. */
  flowctl(...args: readonly string[]): Promise<string>;
  /** How many changes of the disk a whole run makes. */
  count(): Promise<number>;
  /** Runs whose start was recorded. */
  recorded(): readonly Recorded[];
}

export function crashHome(
  bin: string,
  url: string,
  {
    background = false,
    at,
  }: {
    /** Whether drainers are left behind. */
    readonly background?: boolean;
    /** Where the state directory is. @default in the home */
    readonly at?: string;
  } = {},
): CrashHome {
  const root = mkdtempSync(join(tmpdir(), "flowctl-crash-"));
  const [project, state] = [join(root, "project"), at ?? join(root, "state")];
  for (const each of [join(project, ".git"), join(root, "marks"), state]) mkdirSync(each, { recursive: true });
  writeFileSync(
    join(project, "flow.mjs"),
    `import { flow, task, webhookNotifier } from "flowctl";
     const one = task("one", () => 1);
     const told = { onlyStates: ["Failed"], channel: "task" };
     const two = task("two", { stateHandlers: [webhookNotifier(told)] }, () => { throw new Error("no rows"); });
     export default flow("told", { stateHandlers: [webhookNotifier({ ...told, channel: "flow" })] }, () => {
       two({}, { upstream: [one()] });
     });`,
  );
  writeFileSync(
    join(project, "flowctl.config.json"),
    JSON.stringify({
      channels: Object.fromEntries(
        ["hook", "flow", "task"].map((name) => [name, { type: "webhook", url: url + name }]),
      ),
      hooks: [{ name: "all", states: ["Success", "Failed", "Cancelled"], notifyOn: "always", to: ["hook"] }],
      delivery: { waitAtEnd: "1s" },
    }),
  );
  const variables = {
    PATH: process.env["PATH"] ?? "",
    HOME: root,
    FLOWCTL_STATE_DIR: state,
    ...(background ? {} : { FLOWCTL_BACKGROUND: "0" }),
  };
  let serial = 0;
  const start = (args: readonly string[], more: Readonly<Record<string, string>>): Promise<string> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [bin, ...args], { cwd: project, env: { ...variables, ...more } });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (part: Buffer) => (output += part.toString()));
      child.on("close", () => {
        resolve(output);
      });
    });
  const disturbed = (cuts: readonly Cut[], more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const marks = join(root, "marks", String((serial += 1)));
    mkdirSync(marks);
    const chaos = { CHAOS_CUTS: cuts.join(","), CHAOS_MARKS: marks, NODE_OPTIONS: `--import=${PRELOAD}` };
    return start(["run", "flow.mjs", "--quiet"], { ...chaos, ...more });
  };
  return {
    state,
    run: async (cuts) => {
      await disturbed(cuts);
    },
    flowctl: (...args) => start(args, {}),
    async count() {
      const file = join(root, "count");
      await disturbed([], { CHAOS_COUNT: file });
      return Number(readFileSync(file, "utf8").split("\n")[0]);
    },
    recorded: () =>
      readdirSync(join(state, "runs"))
        .filter((id) => existsSync(join(state, "runs", id, "will.json")))
        .map((runId) => recordOf(join(state, "runs", runId), runId)),
    [Symbol.dispose]: () => {
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Told of a run: its hooks always, the flow's notifier once the flow was loaded, a task's for what its task went through. */
function recordOf(directory: string, runId: string): Recorded {
  const read = (name: string): string =>
    existsSync(join(directory, name)) ? readFileSync(join(directory, name), "utf8") : "";
  const { state = "none" } = JSON.parse(read("end.json") || "{}") as { readonly state?: string };
  const isLoaded = read("will.json").includes("deathHooks");
  const [started, failed] = ["Running", "Failed"].map((to) =>
    read("journal.jsonl")
      .split("\n")
      .some((line) => line.includes('"task":"two"') && line.includes(`"to":{"type":"${to}"`)),
  );
  const isTaskTold = isLoaded && (failed === true || (started === true && state === "Crashed"));
  return { runId, state, askers: ["hook", ...(isLoaded ? ["flow"] : []), ...(isTaskTold ? ["task"] : [])] as Asker[] };
}
