/**
 * Prefect 1.x's rules as a plain model, for the scenarios of this directory: no
 * clock, no queue, no promise. It makes whole passes over the flow until all that
 * is terminal is finished, as Prefect does, where the engine uses timers.
 *
 * It is proven by the observed scenarios, and then says of any others what is to be expected.
 */
const PARENT = {
  Retrying: "Pending",
  Looped: "Finished",
  Success: "Finished",
  Mapped: "Success",
  Skipped: "Success",
  Failed: "Finished",
  TriggerFailed: "Failed",
  ValidationFailed: "Failed",
};
const SIGNALS = {
  FAIL: "Failed",
  SKIP: "Skipped",
  SUCCESS: "Success",
  RETRY: "Retrying",
  LOOP: "Looped",
  TRIGGERFAIL: "TriggerFailed",
  VALIDATIONFAIL: "ValidationFailed",
};
const FAMILIES = { ErrA: ["ErrA"], ErrB: ["ErrB"], ErrC: ["ErrC", "ErrA"], TypeError: ["TypeError"] };

/** The scenario never comes to an end, or only by what Prefect itself cannot do. */
export class Endless extends Error {}

/** Thrown by bodies and handlers: an error, a signal, or the end of the run. */
class Raised {
  constructor(kind, state) {
    this.kind = kind;
    this.state = state;
  }
}
const raise = (kind, state) => {
  throw new Raised(kind, state);
};
const isOf = (family) => (state) => {
  for (let type = state.type; type !== undefined; type = PARENT[type]) if (type === family) return true;
  return false;
};
const FAMILY_NAMES = ["Pending", "Finished", "Success", "Failed", "Skipped"];
const [isPending, isFinished, isSuccessful, isFailed, isSkipped] = FAMILY_NAMES.map(isOf);
const make = (type, result = null, more = {}) => ({ type, result, ...more });

/** What an entry raises, as the state that it stands for. */
function raiseEntry(entry, position) {
  if (entry.throw !== undefined) raise("error", make("Failed", { $error: entry.throw }));
  const state = make(SIGNALS[entry.signal], "result" in entry ? entry.result : { $signal: entry.signal });
  if (state.type === "Retrying") state.runCount = position.runCount;
  if (state.type === "Looped") state.loopCount = position.loopCount ?? 1;
  raise("signal", state);
}

/** What is called at the transitions of one task or flow, between two that note what they see. */
function handlersOf(specs = []) {
  const left = specs.map(({ times = Infinity }) => times);
  const notes = { first: new Map(), last: new Map() };
  const note = (seen, key, from, to) => seen.set(key, [...(seen.get(key) ?? []), `${from.type}->${to.type}`]);
  const call = (key, from, to, position) => {
    let state = to;
    note(notes.first, key, from, state);
    specs.forEach(({ when, do: entry }, i) => {
      if ((when !== "*" && when !== state.type) || left[i]-- <= 0) return;
      if (entry.throw !== undefined || entry.signal !== undefined) raiseEntry(entry, position);
      if (entry.return !== undefined) state = make(entry.return.state, entry.return.result ?? null);
    });
    note(notes.last, key, from, state);
    return state;
  };
  return { notes, call };
}

/** One step: what it makes of the state is a transition where it is another, and handlers are asked. */
function step(run, from, work) {
  let ends = false;
  let to;
  try {
    to = work(from);
  } catch (thrown) {
    if (!(thrown instanceof Raised)) throw thrown;
    ends = thrown.kind === "end";
    to = thrown.state;
  }
  if (to !== from) {
    try {
      to = run.handlers.call(run.key, from, to, run.position);
    } catch (thrown) {
      if (!(thrown instanceof Raised)) throw thrown;
      if (thrown.kind === "error") raise("end", thrown.state);
      to = thrown.state;
    }
  }
  return ends ? raise("end", to) : to;
}
const end = (state) => raise("end", state);

/** The upstream states, each once; a Mapped one stands for its children, but on a mapped edge where that is asked for. */
function statesOf(upstream, keepsMapped) {
  const all = new Set();
  for (const [edge, state] of upstream) {
    if (state.type === "Mapped" && !(keepsMapped && edge.mapped)) for (const child of state.children) all.add(child);
    else all.add(state);
  }
  return [...all];
}

function checkTrigger(trigger, upstream) {
  const states = statesOf(upstream, false);
  const refuse = () => end(make("TriggerFailed", { $signal: "TRIGGERFAIL" }));
  const none = upstream.size === 0;
  if (typeof trigger === "object") {
    const [[name, { at_least: least = 0, at_most: most = states.length }]] = Object.entries(trigger);
    const found = states.filter(name === "some_failed" ? isFailed : isSuccessful).length;
    const scaled = (bound) => (bound < 1 ? bound * states.length : bound);
    return none || (scaled(least) <= found && found <= scaled(most)) ? undefined : refuse();
  }
  if (trigger === "not_all_skipped" && states.every(isSkipped)) end(make("Skipped"));
  const holds = {
    all_successful: states.every(isSuccessful),
    not_all_skipped: states.every(isSuccessful),
    all_failed: states.every(isFailed),
    any_successful: none || states.some(isSuccessful),
    any_failed: none || states.some(isFailed),
    all_finished: true,
  };
  return holds[trigger] ? undefined : refuse();
}

const isList = (value) => Array.isArray(value) || typeof value === "string";
/** Prefect takes an object for a list until it asks for its first element. */
const isListLike = (value) =>
  isList(value) || (typeof value === "object" && value !== null && !("$error" in value || "$signal" in value));

function checkMapping(state, upstream) {
  if (state.type === "Mapped") end(state);
  const mapped = [...upstream].filter(([edge, each]) => edge.mapped && isSuccessful(each)).map(([, each]) => each);
  const canMap = mapped.length > 0 && mapped.every((each) => each.type === "Mapped" || isListLike(each.result));
  end(canMap ? make("Mapped", null, { children: [] }) : make("Failed"));
}

function retryOf({ maxRetries = 0, retryOn }, failed, { runCount, loopCount }) {
  const families = FAMILIES[failed.result?.$error] ?? [];
  if (retryOn !== undefined && failed.result !== null && !retryOn.some((name) => families.includes(name)))
    return failed;
  return runCount <= maxRetries ? make("Retrying", null, { runCount, loopCount }) : failed;
}

/** One pass of a task or a mapped child through all steps, in Prefect's order. */
function passOf(run, start, upstream, isParent) {
  const { spec, position } = run;
  let state = start ?? make("Pending");
  try {
    for (let turns = 0; ; turns++) {
      if (turns > 300) throw new Endless("a task loops for ever");
      position.runCount = state.type === "Retrying" ? state.runCount + 1 : 1;
      if (state.type === "Retrying" && state.loopCount !== undefined) position.loopCount = state.loopCount;
      const go = (work) => (state = step(run, state, work));
      go((now) => (isPending(now) || now.type === "Mapped" ? now : end(now)));
      go((now) => (statesOf(upstream, true).every(isFinished) ? now : end(now)));
      go((now) =>
        (spec.skipOnUpstreamSkip ?? true) && statesOf(upstream, true).some(isSkipped) ? end(make("Skipped")) : now,
      );
      if (isParent) go((now) => checkMapping(now, upstream));
      go((now) => checkTrigger(spec.trigger ?? "all_successful", upstream) ?? now);
      go((now) => (isPending(now) ? make("Running") : end(now)));
      go((now) => (now.type === "Running" ? make("Success", run.body(inputsOf(upstream)) ?? null) : end(now)));
      go((now) => (isFailed(now) ? retryOf(spec, now, position) : now));
      if (state.type !== "Looped") return state;
      position.loopCount = state.loopCount + 1;
      state = make("Pending");
    }
  } catch (thrown) {
    if (thrown instanceof Raised) return thrown.state;
    throw thrown;
  }
}

function inputsOf(upstream) {
  const keyed = [...upstream].filter(([edge]) => edge.key !== undefined);
  return Object.fromEntries(keyed.map(([edge, { result }]) => [edge.key, result]));
}

/** What the upstream of each child of a map is. A failed one that is no list gives null and limits nothing. */
function upstreamOfChildren(parent, upstream) {
  const all = [];
  if (isPending(parent) || isFailed(parent) || isSkipped(parent)) return all;
  for (const [{ mapped }, { type, result }] of upstream)
    if (mapped && type !== "Mapped" && isListLike(result) && !isList(result)) throw new Endless("an object is mapped");
  for (;;) {
    if (all.length > 100) throw new Endless("a map has no end");
    const one = new Map();
    for (const [edge, state] of upstream) {
      const index = all.length;
      const from = state.type === "Mapped" ? state.children : isList(state.result) ? state.result : undefined;
      if (!edge.mapped) one.set(edge, state);
      else if (from === undefined && parent.type === "Mapped" && state.result === null) {
        if (index >= parent.children.length) return all;
        one.set(edge, { ...state });
      } else if (from !== undefined && index >= from.length) return all;
      else one.set(edge, state.type === "Mapped" ? from[index] : { ...state, result: from?.[index] ?? null });
    }
    all.push(one);
  }
}

function bodyOf(spec, counts, run) {
  return (inputs) => {
    const call = counts.calls.get(run.key) ?? 0;
    counts.calls.set(run.key, call + 1);
    counts.runs += 1;
    const entry = spec.do[Math.min(call, spec.do.length - 1)];
    if ("return" in entry) return entry.return;
    if (entry.inputs) return inputs;
    if (entry.endrun !== undefined) return end(make(entry.endrun.state));
    if (!entry.divide) return raiseEntry(entry, run.position);
    if (typeof inputs.x !== "number" && typeof inputs.x !== "boolean") return raiseEntry({ throw: "TypeError" });
    return Number(inputs.x) === 0 ? raiseEntry({ throw: "ErrA" }) : Math.floor(10 / Number(inputs.x));
  };
}

/** One pass over the flow, each task after its upstreams. */
function passOver(scenario, tasks, states) {
  for (const { id } of scenario.tasks) {
    const { spec, counts, handlers } = tasks.get(id);
    const known = states.get(id);
    if (known !== undefined && isFinished(known) && known.type !== "Mapped") continue;
    const upstream = new Map(scenario.edges.filter(({ to }) => to === id).map((edge) => [edge, states.get(edge.from)]));
    for (const [key, value] of Object.entries(scenario.constants?.[id] ?? {}))
      upstream.set({ key }, make("Success", value));
    const pass = (key, start, above, isParent = false) => {
      const run = { spec, handlers, key, position: {} };
      run.body = bodyOf(spec, counts, run);
      return passOf(run, start, above, isParent);
    };
    const isParent = [...upstream.keys()].some(({ mapped }) => mapped);
    const reached = pass(-1, known, upstream, isParent);
    states.set(id, reached);
    if (!isParent) continue;
    const children = upstreamOfChildren(reached, upstream).map((above, i) =>
      pass(i, known?.type === "Mapped" ? known.children[i] : known, above),
    );
    if (reached.type === "Mapped") Object.assign(reached, { children, result: children.map(({ result }) => result) });
  }
}

/**
 * What Prefect 1.x would do with a scenario, in the words of `expect`.
 *
 * @param scenario its tasks in an order in which each comes after its upstreams
 * @throws Endless
 */
export function expectationOf(scenario) {
  const tasks = new Map(
    scenario.tasks.map((spec) => [
      spec.id,
      { spec, counts: { runs: 0, calls: new Map() }, handlers: handlersOf(spec.handlers) },
    ]),
  );
  const flow = { handlers: handlersOf(scenario.flowHandlers), key: -1, position: {} };
  const terminal = scenario.tasks.map(({ id }) => id).filter((id) => !scenario.edges.some(({ from }) => from === id));
  const states = new Map();
  const deciding = (ids) => ids.map((id) => states.get(id)).flatMap((each) => each.children ?? [each]);
  let state = make("Scheduled");
  try {
    state = step(flow, state, () => make("Running"));
    for (let passes = 0; state.type === "Running"; passes++) {
      if (passes > 100) throw new Endless("a task is retried for ever");
      state = step(flow, state, (now) => {
        passOver(scenario, tasks, states);
        if (!deciding(terminal).every(isFinished)) return now;
        return make(deciding(scenario.referenceTasks ?? terminal).some(isFailed) ? "Failed" : "Success");
      });
    }
  } catch (thrown) {
    if (!(thrown instanceof Raised)) throw thrown;
    state = thrown.state;
  }
  return report(state, flow, tasks, states);
}

function report(flowState, flow, tasks, states) {
  const seen = ({ notes: { first, last } }, key) => {
    const [all, after] = [first.get(key) ?? [], last.get(key) ?? []];
    return { transitions: all, ...(all.join() === after.join() ? {} : { transitionsLast: after }) };
  };
  const { transitions: flowTransitions, transitionsLast } = seen(flow.handlers, -1);
  const entries = [...tasks].map(([id, { counts, handlers }]) => {
    const { type, result, children } = states.get(id) ?? make("Pending");
    const one = { state: type, result, runs: counts.runs, ...seen(handlers, -1) };
    const each = (child, i) => ({ state: child.type, result: child.result, ...seen(handlers, i) });
    return [id, children === undefined ? one : { ...one, children: children.map(each) }];
  });
  return {
    flow: flowState.type,
    flowTransitions,
    ...(transitionsLast === undefined ? {} : { flowTransitionsLast: transitionsLast }),
    tasks: Object.fromEntries(entries),
  };
}
