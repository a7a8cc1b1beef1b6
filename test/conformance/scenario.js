/**
 * Turns a scenario (see README of the conformance data: a small flow, and what
 * Prefect 1.x did with it) into a flow of the public API, runs it, and says what
 * was observed in the scenario's own words.
 *
 * @param api the public API of flowctl
 */
export async function observe(scenario, api) {
  refuseUnknownKinds(scenario);
  const watch = new Map(
    scenario.tasks.map(({ id }) => [id, { runs: 0, calls: new Map(), first: new Map(), last: new Map() }]),
  );
  const errors = errorClasses();
  const flow = new api.Flow(scenario.name, {
    stateHandlers: handlersOf(scenario.flowHandlers, (watch.flow = { first: new Map(), last: new Map() }), api, errors),
  });
  const tasks = new Map(scenario.tasks.map((each) => [each.id, makeTask(each, watch.get(each.id), api, errors)]));
  for (const task of tasks.values()) flow.addTask(task);
  for (const { from, to, key, mapped } of scenario.edges)
    flow.addEdge(tasks.get(from), tasks.get(to), { ...(key === undefined ? {} : { key }), mapped: mapped === true });
  for (const [id, constants] of Object.entries(scenario.constants ?? {}))
    for (const [key, value] of Object.entries(constants)) flow.setConstant(tasks.get(id), key, value);
  if (scenario.referenceTasks !== undefined) flow.setReferenceTasks(scenario.referenceTasks.map((id) => tasks.get(id)));
  const result = await flow.run({ concurrency: 1 });
  return report(scenario, tasks, watch, result, api);
}

const KNOWN = {
  scenario: ["name", "tasks", "edges", "constants", "referenceTasks", "flowHandlers", "expect"],
  task: ["id", "do", "trigger", "maxRetries", "retryOn", "skipOnUpstreamSkip", "handlers"],
  edge: ["from", "to", "key", "mapped"],
  handler: ["when", "do", "times"],
};

const BODIES = ["return", "inputs", "divide", "throw", "signal", "endrun"];
const HANDLERS = ["none", "return", "throw", "signal"];

/** @returns the fields of a scenario that are not understood, such as `task.maxRetry`: nothing is made of them */
export function unknownFields(scenario) {
  const { tasks, edges, flowHandlers = [] } = scenario;
  const all = {
    scenario: [scenario],
    task: tasks,
    edge: edges,
    handler: [...flowHandlers, ...tasks.flatMap(({ handlers = [] }) => handlers)],
  };
  const unknown = Object.entries(all).flatMap(([kind, each]) =>
    each.flatMap((one) => Object.keys(one).filter((key) => !KNOWN[kind].includes(key))).map((key) => `${kind}.${key}`),
  );
  return [...new Set(unknown)];
}

/** What a body or a state handler is to do must be understood before anything runs. */
function refuseUnknownKinds({ tasks, flowHandlers = [] }) {
  const check = (entry, kinds, who) => {
    if (!kinds.some((kind) => kind in entry))
      throw new Error(`${who} is to do something unknown: ${JSON.stringify(entry)}`);
  };
  for (const { id, do: entries, handlers = [] } of tasks) {
    for (const entry of entries) check(entry, BODIES, id);
    for (const handler of handlers) check(handler.do, HANDLERS, `a state handler of ${id}`);
  }
  for (const handler of flowHandlers) check(handler.do, HANDLERS, "a state handler of the flow");
}

/** What a scenario names, looked up. */
function named(table, name, what) {
  if (!Object.hasOwn(table, name)) throw new Error(`there is no ${what} "${name}"`);
  return table[name];
}

function errorClasses() {
  class ErrA extends Error {}
  class ErrB extends Error {}
  class ErrC extends ErrA {}
  return { ErrA, ErrB, ErrC };
}

function makeTask(spec, seen, api, errors) {
  const trigger = triggerOf(spec.trigger, api.triggers);
  class ScenarioTask extends api.Task {
    run(inputs, context) {
      const child = context.mapIndex ?? -1;
      const call = seen.calls.get(child) ?? 0;
      seen.calls.set(child, call + 1);
      seen.runs += 1;
      return act(spec.do[Math.min(call, spec.do.length - 1)], inputs, api, errors);
    }
  }
  return new ScenarioTask({
    name: spec.id,
    ...(trigger === undefined ? {} : { trigger }),
    ...(spec.skipOnUpstreamSkip === undefined ? {} : { skipOnUpstreamSkip: spec.skipOnUpstreamSkip }),
    ...(spec.maxRetries === undefined ? {} : { retry: retryOf(spec, errors) }),
    stateHandlers: handlersOf(spec.handlers, seen, api, errors),
  });
}

function retryOf({ maxRetries, retryOn }, errors) {
  return {
    max: maxRetries,
    ...(retryOn === undefined ? {} : { on: retryOn.map((name) => named(errors, name, "error")) }),
  };
}

function act(entry, inputs, api, errors) {
  if ("return" in entry) return entry.return;
  if (entry.inputs) return plain(inputs, api);
  if (entry.divide) {
    if (typeof inputs.x !== "number" && typeof inputs.x !== "boolean") throw new TypeError("x is not a number");
    if (Number(inputs.x) === 0) throw new errors.ErrA("division by zero");
    return Math.floor(10 / Number(inputs.x));
  }
  if (entry.throw !== undefined) throw new (named(errors, entry.throw, "error"))(entry.throw);
  if (entry.endrun !== undefined)
    throw new api.EndRun(api.state(entry.endrun.state, { message: entry.endrun.message }));
  throw makeSignal(entry, api);
}

/** The more special first: TRIGGERFAIL is a FAIL, too. */
const SIGNALS = {
  SKIP: "Skip",
  SUCCESS: "Succeed",
  RETRY: "Retry",
  LOOP: "Loop",
  TRIGGERFAIL: "TriggerFail",
  VALIDATIONFAIL: "ValidationFail",
  FAIL: "Fail",
};

function makeSignal(entry, api) {
  return new api[named(SIGNALS, entry.signal, "signal")](
    entry.signal,
    "result" in entry ? { result: entry.result } : {},
  );
}

function triggerOf(spec, triggers) {
  if (spec === undefined) return undefined;
  if (typeof spec === "string") return named(triggers, camel(spec), "trigger");
  const [[name, { at_least: atLeast, at_most: atMost }]] = Object.entries(spec);
  return named(
    triggers,
    camel(name),
    "trigger",
  )({
    ...(atLeast === undefined ? {} : { atLeast }),
    ...(atMost === undefined ? {} : { atMost }),
  });
}

function camel(name) {
  return name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
}

/** The scenario's handlers, between one that notes what comes and one that notes what is left of it. */
function handlersOf(specs = [], seen, api, errors) {
  return [noting(seen.first), ...specs.map((spec) => acting(spec, api, errors)), noting(seen.last)];
}

function noting(notes) {
  return (_subject, from, to, context) => {
    const key = context.mapIndex ?? -1;
    notes.set(key, [...(notes.get(key) ?? []), `${from.type}->${to.type}`]);
  };
}

function acting({ when, do: entry, times = Infinity }, api, errors) {
  let left = times;
  return (_subject, _from, to) => {
    if (when !== "*" && to.type !== when) return undefined;
    if (left-- <= 0) return undefined;
    if (entry.throw !== undefined) throw new (named(errors, entry.throw, "error"))(entry.throw);
    if (entry.signal !== undefined) throw makeSignal(entry, api);
    if (entry.return === undefined) return undefined;
    const { state, ...fields } = entry.return;
    return api.state(state, fields);
  };
}

function report(scenario, tasks, watch, { state, taskStates }, api) {
  const found = {};
  for (const [id, task] of tasks) {
    const seen = watch.get(id);
    const reached = taskStates.get(task);
    found[id] = {
      state: reached.type,
      result: plain(reached.result, api),
      runs: seen.runs,
      ...transitions(seen, -1),
      ...(reached.type === "Mapped"
        ? {
            children: reached.children.map((child, i) => ({
              state: child.type,
              result: plain(child.result, api),
              ...transitions(seen, i),
            })),
          }
        : {}),
    };
  }
  const { transitions: flowTransitions, transitionsLast } = transitions(watch.flow, -1);
  return {
    flow: state.type,
    flowTransitions,
    ...(transitionsLast === undefined ? {} : { flowTransitionsLast: transitionsLast }),
    tasks: found,
  };
}

function transitions({ first, last }, key) {
  const all = first.get(key) ?? [];
  const after = last.get(key) ?? [];
  return { transitions: all, ...(JSON.stringify(all) === JSON.stringify(after) ? {} : { transitionsLast: after }) };
}

/** A value as the scenarios write it. */
function plain(value, api) {
  if (value instanceof api.Signal) {
    const [name] = Object.entries(SIGNALS).find(([, type]) => value instanceof api[type]) ?? [value.constructor.name];
    return { $signal: name };
  }
  if (value instanceof Error) return { $error: value instanceof TypeError ? "TypeError" : value.constructor.name };
  if (Array.isArray(value)) return value.map((each) => plain(each, api));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each, api)]));
  return value ?? null;
}

/** @returns where two values first differ, as a sentence; undefined where they are the same */
export function difference(expected, found, path = "") {
  if (Object.is(expected, found)) return undefined;
  if (typeof expected !== "object" || typeof found !== "object" || expected === null || found === null)
    return `${path || "."}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
  if (Array.isArray(expected) !== Array.isArray(found)) return `${path}: one is a list`;
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const at = difference(expected[key], found[key], Array.isArray(expected) ? `${path}[${key}]` : `${path}.${key}`);
    if (at !== undefined) return at;
  }
  return undefined;
}
