import { expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";

const SHOW = `flow: show
params: { version: { type: number, default: 3.20 }, id: { required: true }, zip: { default: 1 } }
tasks:
  show: { run: 'echo version=\${{ params.version }} id=\${{ params.id }} zip=\${{ params.zip }}' }
`;

it("numbers keep their spelling from the command line, from files of parameters and as defaults", async () => {
  await using home = cliHome();
  home.write("show.yaml", SHOW);
  home.write("params.yaml", "id: 00120\nzip: 01234\n");
  home.write("params.json", '{ "id": 9223372036854775809, "version": 3.5 }');
  const output = async (...args: string[]) => (await home.run(["run", "show.yaml", "--logs", "full", ...args])).output;
  expect(await output("--params-file", "params.yaml")).toContain("version=3.20 id=00120 zip=01234");
  expect(await output("--params-file", "params.json")).toContain("version=3.5 id=9223372036854775809 zip=1");
  expect(await output("-p", "id=x", "-p", "version=1.00")).toContain("version=1.00 id=x");
  expect(await output("-p", "id:=9223372036854775809", "-p", "version=3.2")).toContain(
    "version=3.2 id=9223372036854775809",
  );
});

it("numbers keep their spelling through a choice, a default and a filter", async () => {
  await using home = cliHome();
  home.write(
    "chosen.yaml",
    `params: { old: { default: false }, version: { type: number, default: 3.20 }, all: { type: array, default: [3.10, 0017, 2.0, 3.10] } }
tasks:
  show:
    run: 'echo a=\${{ params.old ? 1 : params.version }} b=\${{ env.NO_VERSION ?? params.version }} c=\${{ params.version > 3.0 ? (params.old ? 2 : params.version) : 0 }}'
  each: { foreach: "\${{ params.all.filter(x, x > 2.5) }}", run: 'echo item=\${{ item }}' }
`,
  );
  const { output } = await home.run(["run", "chosen.yaml", "--logs", "full"]);
  expect(output).toContain("a=3.20 b=3.20");
  expect(output).toContain("each[0] | item=3.10");
  expect(output).toContain("each[1] | item=0017");
  expect(output).toContain("each[2] | item=3.10");
});

it("long integers pass exactly through JSON output, typed outputs and the result", async () => {
  await using home = cliHome();
  home.write(
    "ids.yaml",
    `flow: ids
tasks:
  api:
    run: |
      echo '{"rows": [{"id": 1152921504606846977}, {"id": 2}]}'
      echo "last=1152921504606846979" >> "$FLOWCTL_OUTPUT"
    capture: json
    outputs: { last: integer }
  each: { foreach: "\${{ tasks.api.outputs.stdout.rows }}", run: 'echo id=\${{ item.id }} all=\${{ item }}' }
  sum: { run: 'echo next=\${{ tasks.api.outputs.last + 1 }} json=\${{ json(tasks.api.outputs.stdout) }}' }
result: { last: "\${{ tasks.api.outputs.last }}" }
`,
  );
  const { code, output } = await home.run(["run", "ids.yaml", "--logs", "full"]);
  expect(output).toContain('id=1152921504606846977 all={"id":1152921504606846977}');
  expect(output).toContain('next=1152921504606846980 json={"rows":[{"id":1152921504606846977},{"id":2}]}');
  expect(output).toContain('result: {"last":"1152921504606846979"}');
  expect(code).toBe(0);
});

it("a file of parameters may not be larger than 16 MiB", async () => {
  await using home = cliHome();
  home.write("show.yaml", SHOW);
  home.write("big.json", `{ "id": "${"x".repeat(17 * 1024 * 1024)}" }`);
  for (const args of [
    ["--params-file", "big.json"],
    ["-p", "id=@big.json"],
  ]) {
    const { code, stderr } = await home.run(["run", "show.yaml", ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("the file is larger than 16MiB")]);
  }
});

it.each(["resume", "retry"])(
  "numbers from the command line keep their spelling where runs %s repeats a task",
  async (verb) => {
    await using home = cliHome();
    home.write(
      "v.yaml",
      "params: { version: { type: number }, all: { type: array } }\ntasks: { show: { run: 'echo v=${{ params.version }} ${{ params.all }}; exit 1' } }\n",
    );
    home.write("params.yaml", "all: [0017, 2.50]\n");
    await home.run(["run", "v.yaml", "-p", "version=3.10", "--params-file", "params.yaml"]);
    const { output } = await home.run(["runs", verb, "last", "--logs", "full"]);
    expect(output).toContain("v=3.10");
    expect(output).toContain("2.50");
  },
);
