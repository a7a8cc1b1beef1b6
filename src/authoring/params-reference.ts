import type { Flow } from "./flow.ts";
import { Plumbing, plainSettings } from "./node.ts";
import { Parameter } from "./parameter.ts";
import { reference, type Ref } from "./reference.ts";

/** What a flow's build function is given: each field a parameter, the whole of it all of them. */
export function paramsReference(flow: Flow): Ref<unknown> {
  const schema = flow.params;
  const made = new Map<string, unknown>();
  const whole = new Plumbing(plainSettings("params", "parameter"), (_inputs, context) => context.params);
  const field = (name: string): unknown => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const declared = schema.kind === "declared" ? schema.declarations.find((each) => each.name === name) : undefined;
    const task =
      declared !== undefined
        ? new Parameter(name, declared)
        : new Plumbing(plainSettings(name, "parameter"), (_inputs, context) => context.params[name]);
    flow.addTask(task);
    const ref = reference({ task, path: [], flow });
    made.set(name, ref);
    return ref;
  };
  return reference({ task: whole, path: [], flow: undefined, field });
}
