import type { TaskContext } from "../model/task.ts";
import type { Variables } from "./compile-env.ts";
import type { Needs, Scope } from "./reader.ts";

/** What all tasks of a flow read alike. */
export interface FlowScope {
  readonly flow: string;
  /** Environment variables: the process's and those of dotenv files. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Those that only dotenv files give: scripts get them, as they get the process's. */
  readonly fromFiles: Readonly<Record<string, string>>;
  /** The flow's own `env:`, which may have expressions. */
  readonly env: Variables;
  /** Secrets that those read. */
  readonly envSecrets: readonly string[];
  /** The time, in milliseconds. */
  readonly now: () => number;
}

/** What must be made before expressions are evaluated. */
export interface ScopeNeeds {
  readonly secrets: readonly string[];
  /** Whether the flow's `env:` is read. */
  readonly env: boolean;
}

/** @param isScript a script gets the flow's variables, whether it says so or not */
export function scopeNeeds({ secrets, roots }: Needs, flow: FlowScope, isScript = false): ScopeNeeds {
  const env = isScript || roots.has("env");
  return { env, secrets: [...new Set([...secrets, ...(env ? flow.envSecrets : [])])] };
}

/** The values that expressions of one task read, at one attempt of it. */
export async function taskScope(
  flow: FlowScope,
  inputs: Readonly<Record<string, unknown>>,
  context: TaskContext,
  needs: ScopeNeeds,
  alias = "item",
): Promise<Scope> {
  const secrets: Record<string, string> = {};
  for (const name of needs.secrets) secrets[name] = await context.secret(name);
  const tasks = Object.fromEntries(
    Object.entries(inputs).flatMap(([key, value]) =>
      key.startsWith(TASK_INPUT) ? [[key.slice(TASK_INPUT.length), { outputs: value }]] : [],
    ),
  );
  const first: Scope = {
    params: context.params,
    secrets,
    tasks,
    env: flow.variables,
    run: { id: context.runId, attempt: context.attempt },
    flow: { name: flow.flow },
    now: new globalThis.Date(flow.now()),
    ...itemOf(inputs, alias, context.mapIndex),
  };
  if (!needs.env) return first;
  const own = flow.env(first);
  return { ...first, env: { ...flow.variables, ...own }, [FLOW_ENV]: own };
}

/** Where a scope keeps the flow's own variables: no expression can read that name. */
export const FLOW_ENV = "the flow's env";

/** The item of one list, or the items of several by their names. */
function itemOf(inputs: Readonly<Record<string, unknown>>, alias: string, index: number | undefined): Scope {
  const items = Object.entries(inputs).filter(([key]) => key.startsWith(ITEM));
  if (items.length === 0) return {};
  if (ITEM in inputs) return { item: inputs[ITEM], [alias]: inputs[ITEM], index };
  const named = Object.fromEntries(items.map(([key, value]) => [key.slice(ITEM.length), value]));
  return { ...named, item: named, [alias]: named, index };
}

/** What the keys of edges that carry outputs begin with; constant inputs have their own names. */
export const TASK_INPUT = "outputs_of_";

/** What the keys of edges that carry a mapped task's items begin with; the list's name follows. */
export const ITEM = "item_of_foreach_";
