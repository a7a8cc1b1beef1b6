/** What must not compile. Each mistake is marked; a mark without a mistake is an error, too. */
/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-argument, @typescript-eslint/restrict-plus-operands -- the mistakes are the point */
import {
  Flow,
  SlackTask,
  Task,
  emailTask,
  envSecret,
  flow,
  parameter,
  secret,
  secretTask,
  slackNotifier,
  slackTask,
  switchOn,
  task,
  unmapped,
  when,
  type Ref,
} from "flowctl";
import { z } from "zod";

const getValue = task("get-value", () => "v");
const add = task("add", ({ a, b }: { a: number; b?: string }) => ({ sum: a, label: b ?? "" }));
const sum = task("sum", ({ xs }: { xs: number[] }) => xs.length);
const pair = task("pair", (): [number, string] => [1, "a"]);
const config = task("config", ({ o }: { o: { name: string; tags: string[] } }) => o.name);

export const wrong = flow("wrong", () => {
  const v = getValue();
  const r = add({ a: 1 });
  // @ts-expect-error wrong type
  add({ a: "1" });
  // @ts-expect-error a reference to the wrong type
  add({ a: v });
  // @ts-expect-error the part of a pair that is text
  add({ a: pair()[1] });
  // @ts-expect-error a secret is text
  add({ a: secret("LIMIT") });
  // @ts-expect-error a variable may be missing
  add({ a: envSecret("LIMIT", { cast: Number }) });
  // @ts-expect-error so is what a secret task answers
  add({ a: secretTask({ name: "LIMIT" }) });
  // @ts-expect-error a missing input
  add({});
  // @ts-expect-error no inputs where some are needed
  add();
  // @ts-expect-error an unknown input
  add({ a: 1, c: 2 });
  // @ts-expect-error an input to a task that takes none
  getValue({ x: 1 });
  // @ts-expect-error no such field
  add({ a: r.summ });
  // @ts-expect-error a field of the wrong type
  add({ a: r.label });
  // @ts-expect-error a wrong reference inside a list
  sum({ xs: [1, v] });
  // @ts-expect-error a wrong reference inside an object
  config({ o: { name: r.sum, tags: [] } });
  // @ts-expect-error an unknown field inside an object
  config({ o: { name: v, tags: [], zz: 1 } });
  // @ts-expect-error a map over what is no list
  add.map({ a: r.sum });
  // @ts-expect-error a map over a list of the wrong type
  add.map({ a: ["x"] });
  // @ts-expect-error an unmapped value of the wrong type
  add.map({ a: [1], b: unmapped(1) });
  // @ts-expect-error an unknown input in a map
  add.map({ a: [1], c: [1] });
  // @ts-expect-error a plain value in a map
  add.map({ a: 1 });
  // @ts-expect-error a missing input in a map
  add.map({ b: ["x"] });
  // @ts-expect-error undefined where the input may be absent, but not undefined
  add({ a: 1, b: undefined });
  // @ts-expect-error the task itself, not a call of it
  add({ a: sum });
  // @ts-expect-error a reference is not a text
  const text: string = v;
  // @ts-expect-error a reference is not a number
  const number = r.sum + 1;
  // @ts-expect-error a reference is not a list
  for (const each of sum.map({ xs: [[1]] })) add({ a: each });
  // @ts-expect-error an unknown option
  getValue({}, { retries: 3 });
  // @ts-expect-error a duration that is none
  getValue({}, { timeout: "5 bananas" });
  // @ts-expect-error a function where a list of state handlers belongs
  getValue({}, { stateHandlers: () => undefined });
  // @ts-expect-error a trigger by name
  getValue({}, { trigger: "any_failed" });
  // @ts-expect-error an upstream that is a text
  getValue({}, { upstream: ["v"] });
  // @ts-expect-error a block that is no function
  when(v, "x", getValue());
  // @ts-expect-error a branch that does not exist
  add(switchOn(v, { a: () => r }).b);
  const p: Ref<number> = parameter("n", { type: "integer" });
  // @ts-expect-error a parameter of another type
  config({ o: { name: p, tags: [] } });
  // @ts-expect-error a message input that does not exist
  slackTask({ mesage: "x" });
  // @ts-expect-error a task of the library needs its recipients as texts
  emailTask({ message: "x", to: 1 });
  return [text, number] as never;
});

// @ts-expect-error an async function of a flow
flow("x", async () => {
  await Promise.resolve();
});
flow("x", { params: z.object({ n: z.number() }) }, (params) => {
  // @ts-expect-error a parameter that the schema does not have
  add({ a: params.m });
  // @ts-expect-error a parameter as text that is a number
  config({ o: { name: params.n, tags: [] } });
});
// @ts-expect-error an unknown option of a flow
flow("x", { concurency: 2 }, () => undefined);
// @ts-expect-error a state that does not exist
slackNotifier({ onlyStates: ["Faild"] });
// @ts-expect-error a body that is no function
task("x", 1);
// @ts-expect-error a retry without max
task("x", { retry: { delay: "1s" } }, () => 1);

const v = new (class GetValue extends Task<{}, string> {
  run() {
    return "v";
  }
})();
// @ts-expect-error an input that does not exist
new SlackTask().setUpstream(v, { key: "mesage", flow: new Flow("x") });
class Sum extends Task<{ xs: number[] }, number> {
  run({ xs }: { xs: number[] }) {
    return xs.length;
  }
}
// @ts-expect-error a value of the wrong type
new Sum().setUpstream(v, { key: "xs", flow: new Flow("x") });
// @ts-expect-error a plain value without a key
new Sum().setUpstream([1], { flow: new Flow("x") });
// @ts-expect-error an unknown option of a class
new Sum({ retries: 1 });
export class Bad extends Task<{}, string> {
  // @ts-expect-error a body of another type
  run() {
    return 1;
  }
}
