import { expect, it } from "vitest";
import { LIBRARY } from "../../src/coordinator/library.ts";
import { load, problems } from "./rig.ts";

it("names outputs that nothing reads, at their places", async () => {
  const { hints } = await load(`tasks:
  a: { run: "true", outputs: [one, two] }
  b: { run: "true", outputs: { three: integer }, capture: json }
  c: { run: "true", outputs: four, capture: lines }
  d: { run: "true", outputs: [five], capture: json }
  e:
    uses: echo
    needs: d
    with: { one: "\${{ tasks.a.outputs.one }}", all: "\${{ tasks.c.outputs }}" }
result: "\${{ tasks.d.outputs.stdout }}"
`);
  expect(hints().map(({ severity, message, line, column }) => [severity, message, line, column])).toEqual([
    ["warning", 'nothing reads the output "two" of task "a"', 2, 36],
    ["warning", 'nothing reads the output "three" of task "b"', 3, 39],
    ["warning", 'nothing reads what task "b" prints, which is read as json', 3, 59],
    ["warning", 'nothing reads the output "five" of task "d"', 5, 31],
  ]);
});

it("names cached results that are used whatever the task reads", async () => {
  const { hints } = await load(`params: { day: monday }
tasks:
  a: { run: "echo \${{ params.day }}", cache: 1h }
  b: { uses: echo, with: { x: "\${{ tasks.a.outputs }}" }, cache: { for: 1h, key: b } }
  c: { foreach: [1, 2], run: "echo \${{ item }} \${{ env.PATH }}", cache: 1h }
  same: { run: "echo \${{ env.PATH }}", cache: 1h }
  judged: { run: "echo \${{ params.day }}", cache: { for: 1h, validator: all_inputs } }
  meant: { run: "echo \${{ params.day }}", cache: { for: 1h, validator: duration_only } }
`);
  expect(hints().map(({ code, message, line, column }) => [code, message, line, column])).toEqual([
    ["CACHE_IGNORES_INPUTS", 'the cached result of task "a" is used again whatever it reads of params', 3, 46],
    ["CACHE_IGNORES_INPUTS", 'the cached result of task "b" is used again whatever it reads of tasks', 4, 66],
    ["CACHE_IGNORES_INPUTS", 'the cached result of task "c" is used again whatever it reads of item', 5, 73],
  ]);
});

it("keys and names of Prefect's are answered with what is written here", async () => {
  const { tasks, inputs } = LIBRARY;
  const found = await problems(
    load(
      `tasks:
  a: { run: x, max_retries: 1 }
  b: { run: x, upstream_tasks: [a] }
  c: { run: x, cache_for: 1h }
  d: { run: x, map: [1] }
  e: { run: x, log_stdout: true }
  f: { run: x, retry: { max: 1, retry_delay: 10s } }
  g: { uses: ShellTask }
  h: { uses: SlackTask }
  i: { uses: TwilioTask }
  j: { uses: slack_notifier }
  k: { uses: email, with: { message: x, to: a@x.test } }
`,
      { tasks, ...(inputs && { inputs }) },
    ),
  );
  expect(found.map(({ help }) => help)).toEqual([
    "write retry:",
    "write needs:",
    "write cache:",
    "write foreach:",
    "leave it out: what a task prints is in its log",
    "write delay:",
    "a script stands in run:",
    "write uses: slack",
    "write uses: sms",
    "a notifier stands in stateHandlers:, a task that tells is one such as uses: slack",
    'did you mean "emailTo"?',
  ]);
});
