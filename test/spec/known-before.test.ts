import { expect, it } from "vitest";
import { load, shown } from "./rig.ts";

it("reports a variable that is not set, at its place, with a default as help", async () => {
  const text = await shown("tasks:\n  a: { env: { TO: '${{ env.NOWHERE_TO }}' }, run: ls }\n");
  expect(text).toContain('the environment variable "NOWHERE_TO" is not set');
  expect(text).toContain("flow.yaml:2:24");
  expect(text).toContain('${{ env.NOWHERE_TO ?? "…" }}');
});

it("knows variables that have a default, are asked for, or stand in the spec", async () => {
  await load(`
env: { OWN: a }
tasks:
  a: { run: "echo \${{ env.X ?? 'x' }}" }
  b: { run: "echo \${{ has(env.X) ? env.X : '' }} \${{ env.OWN }} \${{ env.HERE }}", env: { HERE: b } }
`);
});

it("reports a variable that the default of a parameter reads and that is not set", async () => {
  const text = await shown(
    "params:\n  to: { default: '${{ env.NOWHERE_DEFAULT }}' }\n  ok: { default: '${{ env.NO ?? 1 }}' }\ntasks: { a: { run: ls } }\n",
  );
  expect(text).toContain('the environment variable "NOWHERE_DEFAULT" is not set');
  expect(text).toContain("flow.yaml:2:23");
  expect(text).not.toContain('"NO"');
});

it("reports types that do not fit a declared parameter", async () => {
  expect(await shown("params: { day: { type: date } }\ntasks: { a: { run: 'echo ${{ params.day + 1 }}' } }")).toContain(
    "text + number is not possible",
  );
});

it("reports lists of foreach that differ in length", async () => {
  expect(await shown("tasks: { a: { foreach: { x: [1, 2], y: [3] }, run: ls } }")).toContain("x has 2, y has 1");
});

it("reports a time zone that there is not", async () => {
  expect(await shown("timezone: Europe/Olso\ntasks: { a: { run: ls } }")).toContain("expected a time zone");
});
