import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { CrashHome } from "./crash-rig.ts";
import type { unreliableService } from "./crash-rig.ts";

/** Chance by a seed: the same choices each time, though never the same moments. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** The processes that use a state directory, oldest first: runners, sentinels, reapers, drainers. */
export function processesOf(state: string): readonly { readonly pid: number; readonly kind: string }[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids
    .sort((a, b) => a - b)
    .flatMap((pid) => {
      if (pid === process.pid) return [];
      try {
        if (!readFileSync(`/proc/${pid}/environ`, "utf8").includes(`FLOWCTL_STATE_DIR=${state}\0`)) return [];
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        const kind = line.startsWith("/bin/sh")
          ? "sentinel"
          : line.includes("--background")
            ? "drainer"
            : line.includes("\0reap\0")
              ? "reaper"
              : "runner";
        return [{ pid, kind }];
      } catch {
        // It has ended meanwhile.
        return [];
      }
    });
}

/** Whether this process has a run on record that goes on. */
function hasBegun(state: string, pid: number): boolean {
  const live = join(state, "live");
  return (existsSync(live) ? readdirSync(live) : []).some((id) => {
    const will = join(state, "runs", id, "will.json");
    return existsSync(will) && readFileSync(will, "utf8").includes(`"pid":${pid},`);
  });
}

/** What became of it all. */
export interface Toll {
  readonly runs: number;
  readonly recorded: number;
  /** How many of each were killed. */
  readonly killed: Readonly<Record<string, number>>;
  /** Writes that a full disk refused, by what was said of them. */
  readonly refused: Readonly<Record<string, number>>;
  /** `RUN ASKER` of each message that was due and never came. */
  readonly lost: readonly string[];
  /** Messages of one run for one asker under more than one id or with more than one state. */
  readonly contradicting: readonly string[];
  /** Messages that came more than once, under one id. */
  readonly repeated: number;
  /** Runs that are still taken to be alive, and messages that still wait. */
  readonly left: readonly string[];
}

/**
 * Runs a flow many times, several at a time, while processes are killed at random; then lets later
 * commands find what is left, and counts.
 */
export async function wreakHavoc(
  home: CrashHome,
  service: Awaited<ReturnType<typeof unreliableService>>,
  options: {
    readonly runs: number;
    readonly atATime: number;
    readonly seed: number;
    /** Makes the disk full and calls back to make room again; nobody is killed then. */
    readonly fill?: () => () => void;
  },
): Promise<Toll> {
  const random = seeded(options.seed);
  const killed: Record<string, number> = {};
  let left = options.runs;
  let deaths = 0;
  let isOver = false;
  const killer = async (): Promise<void> => {
    while (!isOver) {
      await pause(20 + random() * 160);
      const victims = processesOf(home.state);
      const victim = victims[Math.floor(random() * victims.length)];
      // Somewhat fewer deaths than runs: enough must come far enough to be told of.
      // A runner that has not begun its run has little to lose: few die so early.
      if (victim?.kind === "runner" && !hasBegun(home.state, victim.pid) && random() < 0.97) continue;
      if (victim === undefined || deaths > (options.runs - left) * 0.8) continue;
      // Whole families die as well: whoever was to tell of it is gone, too.
      const all = random() < 0.1 ? victims : [victim];
      for (const { pid, kind } of all) {
        try {
          // Those who watch and send are also asked to end, as a service manager asks what is left of a service.
          process.kill(pid, kind !== "runner" && random() < 0.3 ? "SIGTERM" : "SIGKILL");
          killed[kind] = (killed[kind] ?? 0) + 1;
          deaths += 1;
        } catch {
          // It was faster.
        }
      }
    }
  };
  const refused: string[] = [];
  const worker = async (): Promise<void> => {
    while ((left -= 1) >= 0) {
      const output = await home.flowctl("run", "flow.mjs", "--quiet");
      refused.push(...(output.match(/refuses a part of its record|not durable|not whole|not on record|BUG.*/g) ?? []));
    }
  };
  const filler = async (): Promise<void> => {
    while (!isOver) {
      await pause(random() * 600);
      const makeRoom = options.fill?.();
      await pause(random() * 600);
      makeRoom?.();
    }
  };
  // A death beside a full disk can leave nothing anywhere: each is tried by itself.
  const beside = options.fill === undefined ? killer() : filler();
  await Promise.all(Array.from({ length: options.atATime }, worker));
  isOver = true;
  await beside;
  await settle(home, service);
  return { runs: options.runs, killed, refused: tally(refused), ...count(home, service) };
}

function tally(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** The service is well again, and nobody is killed any more: later commands deliver what is left. */
export async function settle(home: CrashHome, service: { calm(): void }): Promise<void> {
  service.calm();
  // Sentinels may still be at it; whoever comes first wins.
  for (let round = 0; round < 20; round += 1) {
    await home.flowctl("reap");
    await home.flowctl("notify", "retry", "--all", "--deadline", "20s");
    if (round > 1 && leftOf(home).length === 0) break;
  }
}

function leftOf(home: CrashHome): readonly string[] {
  return ["live", "outbox/new", "outbox/held"].flatMap((path) => {
    const directory = join(home.state, path);
    const names = existsSync(directory) ? readdirSync(directory).filter((name) => !name.startsWith(".")) : [];
    return names.map((name) => `${path}/${name}`);
  });
}

/** Holds what the service took against what is on record. */
export function count(
  home: CrashHome,
  service: Awaited<ReturnType<typeof unreliableService>>,
): Pick<Toll, "recorded" | "lost" | "contradicting" | "repeated" | "left"> {
  const told = new Map<string, Set<string>>();
  for (const { runId, id, state, asker } of service.taken) {
    const key = `${runId} ${asker}`;
    told.set(key, (told.get(key) ?? new Set()).add(`${id} ${state}`));
  }
  const records = home.recorded();
  const due = records.flatMap(({ runId, askers }) => askers.map((asker) => `${runId} ${asker}`));
  const ended = new Map(records.map(({ runId, state }) => [`${runId} hook`, state]));
  return {
    recorded: records.length,
    lost: due.filter((each) => !told.has(each)),
    contradicting: [...told].flatMap(([key, messages]) => {
      const recorded = ended.get(key);
      const isFalse = recorded !== undefined && ![...messages].every((each) => each.endsWith(` ${recorded}`));
      return messages.size > 1 || isFalse ? [[key, ...messages, `on record: ${recorded ?? ""}`].join(" ")] : [];
    }),
    repeated: service.taken.length - new Set(service.taken.map(({ id }) => id)).size,
    left: leftOf(home),
  };
}
