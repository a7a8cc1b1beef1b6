import { expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";

it("a last line without a line break is in the log and in runs logs, in code and in scripts", async () => {
  await using home = cliHome();
  home.write(
    "last.ts",
    `import { flow, task, shell } from "flowctl";
const code = task("code", async () => { process.stdout.write("alpha\\nomega"); });
const script = shell({ name: "script", script: "printf 'one\\\\ntwo'" });
export default flow("last", () => { code(); script(); });`,
  );
  const run = await home.run(["run", "last.ts", "--logs", "full"]);
  expect(run.code).toBe(0);
  for (const line of ["code | alpha\n", "code | omega\n", "script | one\n", "script | two\n"])
    expect(run.stdout).toContain(line);
  expect((await home.run(["runs", "logs", "last", "code"])).stdout).toBe("alpha\nomega\n");
});

it("colours and tabs of a task's output stay where colours are shown, and no other control does", async () => {
  await using home = cliHome();
  home.write(
    "c.yaml",
    `flow: c\ntasks:\n  a: { run: 'printf "\\\\033[31mred\\\\tword\\\\a\\\\033]0;title\\\\007\\\\n"' }\n`,
  );
  const plain = await home.run(["run", "c.yaml", "--logs", "full"]);
  expect(plain.stdout).toContain("a | red\tword\n");
  const coloured = await home.run(["run", "c.yaml", "--logs", "full"], { env: { FORCE_COLOR: "1" } });
  expect(coloured.stdout).toContain("\u001b[31mred\tword\u001b[0m\n");
  expect((await home.run(["runs", "logs", "last"])).stdout).toBe("a | red\tword\n");
  const logs = await home.run(["runs", "logs", "last"], { env: { FORCE_COLOR: "1" } });
  expect(logs.stdout).toBe("a | \u001b[31mred\tword\u001b[0m\n");
});
