/** What must compile. It is not run: `types.test.ts` and `npm run check` compile it. */
import {
  Flow,
  SlackTask,
  Task,
  applyMap,
  envSecret,
  flatten,
  flow,
  ifElse,
  merge,
  parameter,
  resource,
  runFlow,
  secret,
  secretTask,
  slackNotifier,
  slackTask,
  sleep,
  state,
  switchOn,
  tags,
  task,
  triggers,
  unmapped,
  when,
  type Ref,
  type StandardSchema,
} from "flowctl";
import { z } from "zod";

interface Row {
  id: number;
  at: Date;
  next?: Row;
}

const getValue = task("get-value", () => "Test SlackTask!");
const add = task("add", ({ a, b }: { a: number; b?: string }) => ({
  sum: a,
  label: b ?? "",
  list: [1, 2],
  deep: { at: new Date(), maybe: b },
}));
const sum = task("sum", ({ xs }: { xs: readonly number[] }) => Promise.resolve(xs.length));
const opt = task("opt", { retry: 2 }, ({ a = 1 }: { a?: number }, { signal, attempt }) =>
  Promise.resolve(a + attempt + (signal.aborted ? 1 : 0)),
);
const config = task("config", ({ o }: { o: { name: string; tags: string[]; n?: { k: number } } }) => o.name);
const anything = task("anything", ({ v }: { v: unknown }) => JSON.stringify(v));
const union = task("union", ({ v }: { v: string | number | undefined }) => v);
const choice = task("choice", ({ on }: { on: boolean }) =>
  on ? { ok: true as const, rows: [1] } : { ok: false as const, why: "x" },
);
const tuple = task("tuple", (): [number, string] => [1, "a"]);
const row = task("row", ({ r }: { r: Row }) => r.id);
const rows = task("rows", (): Row[] => []);
const nested = task("nested", () => [[1], [2]]);
const json = task("json", (): any => JSON.parse("{}")); // eslint-disable-line @typescript-eslint/no-explicit-any -- what JSON.parse answers
const named = task({ name: "named", timeout: "5m" }, () => 1);
const bare = task(function fromItsName() {
  return true;
});

export const everything: Flow = flow("everything", () => {
  const value = getValue();
  slackTask({ message: value });
  slackTask({ message: { text: value, blocks: [{ a: 1 }] } });
  slackTask({ message: value }, { upstream: [value], trigger: triggers.anyFailed, name: "alert", retry: { max: 1 } });
  slackTask();
  const r = add({ a: 1 });
  const r2 = add({ a: r.sum, b: value });
  add({ a: r2.list[0] as Ref<number> });
  sum({ xs: [1, r.sum, 3] });
  sum({ xs: r.list });
  opt();
  opt({});
  opt({ a: r.sum });
  opt({ a: named() });
  config({ o: { name: value, tags: ["x", value], n: { k: r.sum } } });
  config({ o: { name: value, tags: ["x"] } });
  anything({ v: [value, { x: r }] });
  anything({ v: json() });
  union({ v: value });
  union({ v: undefined });
  union({ v: r.sum });
  const chosen = choice({ on: bare() });
  union({ v: chosen.why });
  const inBranch: Ref<string> = when(chosen.ok, true, () => getValue());
  const [yes, no] = ifElse(
    chosen.ok,
    () => getValue(),
    () => getValue(),
  );
  slackTask({ message: merge(inBranch, yes, no) });
  const cases = switchOn(value, { a: () => getValue(), b: () => add({ a: 1 }) });
  config({ o: { name: cases.a, tags: [cases.b.label] } });
  const t = tuple();
  opt({ a: t[0] });
  const all = rows();
  row({ r: all[0] as Ref<Row> });
  row({ r: { id: r.sum, at: new Date() } });
  const m: Ref<{ sum: number; label: string; list: number[]; deep: { at: Date; maybe: string | undefined } }[]> =
    add.map({ a: [1, 2, r.sum], b: unmapped("x") });
  anything({ v: m });
  add.map({ a: r.list, b: unmapped(value) }, { upstream: [value, unmapped(r)] });
  sum({ xs: row.map({ r: all }) });
  add.map({ a: flatten(nested()) });
  sum({ xs: flatten(nested()) });
  slackTask.map({ message: rows() });
  const doubled: Ref<number[]> = applyMap(({ r: each, k }) => opt({ a: each.id }, { upstream: [add({ a: k })] }), {
    r: all,
    k: unmapped(1),
  });
  sum({ xs: doubled });
  tags("a", "b", () => getValue());
  const token: Ref<string> = secret("TOKEN");
  add({ a: envSecret("LIMIT", { cast: Number, required: true }), b: token });
  slackTask({ message: "x", webhookUrl: secretTask({ name: "URL" }) });
  sleep({ duration: "10s" });
  const date: Ref<string> = parameter("date");
  const limit: Ref<number> = parameter("limit", { type: "integer", default: 3 });
  const guessed: Ref<boolean> = parameter("dry", { default: false });
  anything({ v: [date, limit, guessed] });
});

declare const schema: StandardSchema<{ date?: string }, { date: string; n: number }>;
export const withSchema: Flow = flow(
  "schema",
  { params: schema, stateHandlers: [slackNotifier({ onlyStates: ["Failed"] }), () => undefined] },
  ({ date, n }) => {
    slackTask({ message: date });
    opt({ a: n });
  },
);
export const withZod: Flow = flow(
  "zod",
  { params: z.object({ date: z.iso.date(), n: z.number().default(1) }) },
  (p) => {
    slackTask({ message: p.date });
    opt({ a: p.n });
  },
);
export const withDeclared: Flow = flow(
  "declared",
  { params: { date: { type: "string" }, n: { type: "integer", default: 1 }, at: { type: "datetime" } } },
  ({ date, n, at }) => {
    slackTask({ message: date });
    opt({ a: n });
    row({ r: { id: n, at } });
  },
);

const database = resource("database", {
  setup: ({ url }: { url: string }) => ({ url, rows: 3 }),
  cleanup: (db) => db.url,
});
const sub = runFlow(withDeclared, { retry: 1 });
export const more: Flow = flow("more", () => {
  const used: Ref<number> = database({ url: getValue() }, (db) => opt({ a: db.rows }));
  sub({ params: { n: used } });
});

const handled = task(
  "handled",
  {
    stateHandlers: [(_task, _from, to) => (to.type === "Failed" ? state("Success") : undefined)],
    onFailure: (_task, failed) => failed.message,
    retry: { max: 3, delay: ["1s", 2000], jitter: 0.1, on: [TypeError] },
  },
  () => 1,
);

class GetValue extends Task<{}, string> {
  run() {
    return "Test SlackTask!";
  }
}
class Sum extends Task<{ xs: number[] }, number> {
  run({ xs }: { xs: number[] }) {
    return Promise.resolve(xs.length);
  }
}
class OfRow extends Task<{ r: Row }, number> {
  run({ r }: { r: Row }) {
    return r.id;
  }
}
const imperative = new Flow("imperative", { concurrency: 2 });
const value = new GetValue({ name: "value", retry: 3 });
const slack = new SlackTask({ message: "x", name: "slack" });
const total = new Sum();
slack.setUpstream(value, { key: "message", flow: imperative });
slack.setUpstream(total, { flow: imperative });
total.setUpstream([1, 2], { key: "xs", flow: imperative });
total.setDownstream(slack, { flow: imperative });
imperative.addTask(new OfRow());
imperative.chain(value, total, handled.create({ name: "last" }));
imperative.setReferenceTasks([total]);
export const built: Flow = imperative.build(() => imperative);
