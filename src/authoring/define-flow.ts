import { userError } from "../model/error.ts";
import type { StandardSchema } from "../model/parameter.ts";
import { callSite } from "./call-site.ts";
import { Flow } from "./flow.ts";
import type { FlowOptions, ParameterOptions } from "./flow-options.ts";
import type { ParameterValue } from "./parameter.ts";
import { paramsReference } from "./params-reference.ts";
import type { Ref, RefTo } from "./reference.ts";

type Built = undefined | RefTo<unknown> | void; // eslint-disable-line @typescript-eslint/no-invalid-void-type -- a build function need not return
type Declared = Readonly<Record<string, ParameterOptions>>;
type Values<P> =
  P extends StandardSchema<any, infer Output> // eslint-disable-line @typescript-eslint/no-explicit-any -- any input
    ? Ref<Output>
    : { readonly [K in keyof P]: Ref<ParameterValue<P[K]>> };

/**
 * Makes a flow: the function calls tasks, and each call is a task of the graph.
 * It runs once, now; nothing of the flow runs yet.
 *
 * @throws UserError with everything that is wrong with the graph
 */
export function flow(name: string, build: () => Built): Flow;
export function flow<const P extends StandardSchema | Declared>(
  name: string,
  options: Omit<FlowOptions, "params"> & { readonly params: P },
  build: (params: Values<P>) => Built,
): Flow;
export function flow(name: string, options: Omit<FlowOptions, "params">, build: () => Built): Flow;
export function flow(name: string, ...rest: readonly unknown[]): Flow {
  const build = rest.at(-1);
  if (typeof build !== "function") {
    throw userError("usage", "FLOW_NO_BODY", `Flow "${name}" has no function.`, {
      ...callSite(),
      help: 'Write flow("name", () => { … }), with options before the function.',
    });
  }
  const made = new Flow(name, rest.length > 1 ? (rest[0] as FlowOptions) : {});
  const answer: unknown = made.build(() => (build as (params: unknown) => unknown)(paramsReference(made)));
  if (answer instanceof Promise) {
    answer.catch(() => undefined);
    throw userError("usage", "FLOW_ASYNC", `The function of flow "${name}" is async.`, {
      ...callSite(),
      help: "It only says which tasks there are; do the waiting in the tasks' bodies.",
    });
  }
  made.validate();
  return made;
}
