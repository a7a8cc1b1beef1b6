import { expect, it } from "vitest";
import { load } from "./rig.ts";

it("names outputs that nothing reads, at their places", async () => {
  const { unused } = await load(`tasks:
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
  expect(unused().map(({ severity, message, line, column }) => [severity, message, line, column])).toEqual([
    ["warning", 'nothing reads the output "two" of task "a"', 2, 36],
    ["warning", 'nothing reads the output "three" of task "b"', 3, 39],
    ["warning", 'nothing reads what task "b" prints, which is read as json', 3, 59],
    ["warning", 'nothing reads the output "five" of task "d"', 5, 31],
  ]);
});
