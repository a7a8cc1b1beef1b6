import type { TaskContext } from "../model/task.ts";
import { rememberSpelling, respelled, spellingOf, WrittenNumber } from "../model/written-number.ts";
import type { Variables } from "./compile-env.ts";
import { ExpressionError } from "./expression.ts";
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
  /** Defaults of parameters with the spelling of their numbers, by name. */
  readonly defaults?: Readonly<Record<string, unknown>>;
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
  mapped: MappedItems = { alias: "item", lists: [] },
): Promise<Scope> {
  const secrets: Record<string, string> = {};
  for (const name of needs.secrets) secrets[name] = await context.secret(name);
  const tasks = Object.fromEntries(
    Object.entries(inputs).flatMap(([key, value]) =>
      key.startsWith(TASK_INPUT) ? [[key.slice(TASK_INPUT.length), { outputs: value }]] : [],
    ),
  );
  const first: Scope = {
    params: spelledParams(context.params, flow),
    secrets,
    tasks,
    env: flow.variables,
    run: { id: context.runId, attempt: context.attempt },
    flow: { name: flow.flow },
    now: new globalThis.Date(flow.now()),
  };
  Object.assign(first, itemOf(spelledItems(inputs, first, context, mapped.lists), mapped.alias, context.mapIndex));
  if (!needs.env) return first;
  const own = flow.env(first);
  return { ...first, env: { ...flow.variables, ...own }, [FLOW_ENV]: own };
}

/** How a mapped task reads its item. */
export interface MappedItems {
  /** The item's name beside `item`. */
  readonly alias: string;
  readonly lists: readonly {
    readonly key: string;
    readonly list: (scope: Scope) => unknown;
    readonly reads: readonly string[];
  }[];
}

function spelledParams(params: Readonly<Record<string, unknown>>, { defaults }: FlowScope) {
  if (!WrittenNumber.exists) return params;
  const known = spellingOf(params);
  if (known !== undefined) return known;
  const spelled = respelled(defaults, params) as Readonly<Record<string, unknown>>;
  rememberSpelling(params, spelled);
  return spelled;
}

/** The lists of a run's mapped tasks with the spelling of their numbers, by the run's parameters. */
const LISTS = new WeakMap<object, Map<object, unknown>>();

/** The items with the spelling that their numbers have in the file. A list made of outputs has none. */
function spelledItems(
  inputs: Readonly<Record<string, unknown>>,
  scope: Scope,
  { params, mapIndex }: TaskContext,
  lists: MappedItems["lists"],
): Readonly<Record<string, unknown>> {
  if (!WrittenNumber.exists || mapIndex === undefined || lists.length === 0) return inputs;
  const known = LISTS.get(params) ?? new Map<object, unknown>();
  LISTS.set(params, known);
  const spelled = { ...inputs };
  for (const each of lists) {
    if (each.reads.length > 0 || !(each.key in inputs)) continue;
    if (!known.has(each)) known.set(each, listOf(each.list, scope));
    const list = known.get(each);
    if (Array.isArray(list)) spelled[each.key] = respelled(list[mapIndex], inputs[each.key]);
  }
  return spelled;
}

/** A list may read what only the task before it is given: a secret. */
function listOf(list: (scope: Scope) => unknown, scope: Scope): unknown {
  try {
    return list(scope);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
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
