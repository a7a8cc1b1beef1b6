import type { Logger } from "../model/logger.ts";
import type { TaskContext } from "../model/task.ts";

/** What a body is given that is called by itself, as in a test of it: nothing is logged, and no secret is there. */
export function loneContext(taskName: string, given: Partial<TaskContext>): TaskContext {
  const own: TaskContext = {
    signal: new AbortController().signal,
    logger: SILENT,
    params: {},
    attempt: 1,
    mapIndex: undefined,
    loopCount: 1,
    loopResult: null,
    resumed: false,
    runId: "none",
    flowName: "none",
    taskName,
    tags: [],
    secret: (name) => absent(`secret("${name}")`, "secret: async () => value"),
    notify: () => absent("notify", "notify"),
    service: () => undefined,
  };
  // Not a spread: the context of a run has its fields on its class, and a spread copies none of those.
  return new Proxy(own, {
    get: (_, name) => (Reflect.get(given, name) ?? Reflect.get(own, name)) as unknown,
  });
}

const nothing = (): void => undefined;
const SILENT: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

function absent(what: string, give: string): Promise<never> {
  return Promise.reject(new Error(`${what} was called outside a run: hand it over, .run(inputs, { ${give} })`));
}
