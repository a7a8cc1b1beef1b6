import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";
import { resultCache } from "../runs/result-cache.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { cacheDirectory } from "../coordinator/open-cache.ts";
import type { Services } from "../coordinator/services.ts";

/** Of a task with a cache: whether a cached result is used, and why or why not. */
export interface CacheDecision {
  readonly task: string;
  readonly decision: string;
}

/** Looks at what is cached for each task of a run that is planned. It changes nothing. */
export async function planCache(
  flow: Flow,
  params: Readonly<Record<string, unknown>>,
  services: Services,
  isRead: boolean,
  { host }: CommandContext,
): Promise<readonly CacheDecision[]> {
  const tasks = flow.tasks.filter((task) => task.cache !== undefined);
  if (tasks.length === 0) return [];
  const carrying = flow.edges.filter((edge) => edge.key !== undefined);
  const store = resultCache({
    files: { ...host.files, remove: () => undefined },
    clock: host.clock,
    random: host.random,
    directory: cacheDirectory(services),
    flow: flow.name,
    redact: (text) => services.redactor.redact(text),
    warn: () => undefined,
  });
  const decide = async (task: Task): Promise<string> => {
    if (!isRead) return "runs: --no-cache";
    if (carrying.some((edge) => edge.to === task && edge.mapped))
      return "each of its children by what is cached for it";
    const cached = await store.read(task.cache?.key ?? task.name, task);
    const [newest] = cached;
    if (newest === undefined) return "runs: nothing is cached, or it is too old";
    const until = (expires: number | null): string =>
      expires === null ? "" : ` until ${new Date(expires).toISOString()}`;
    const validator = task.cache?.validator;
    if (validator === undefined) return `is not run: its result is cached${until(newest.expires)}`;
    const inputs = carrying.some((edge) => edge.to === task) ? UNKNOWN : (flow.constants.get(task) ?? {});
    const count = `${cached.length} cached ${cached.length === 1 ? "result" : "results"}`;
    try {
      const valid = cached.find((each) => validator(each, inputs, params));
      if (valid === undefined) return `runs: its validator takes none of ${count}`;
      return `is not run: its result is cached${until(valid.expires)}, and its validator takes it`;
    } catch {
      return `its validator decides once its inputs are known: ${count}, the newest${until(newest.expires)}`;
    }
  };
  return Promise.all(tasks.map(async (task) => ({ task: task.name, decision: await decide(task) })));
}

/** Inputs that tasks have yet to make: a validator that asks for one cannot be answered. */
const UNKNOWN: Readonly<Record<string, unknown>> = new Proxy(
  {},
  Object.fromEntries(
    (["get", "has", "ownKeys", "getOwnPropertyDescriptor", "getPrototypeOf"] as const).map((trap) => [
      trap,
      () => {
        throw new Error("the inputs are not known yet");
      },
    ]),
  ),
);
