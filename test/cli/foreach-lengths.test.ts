import { expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";

const FLOW = `flow: pairs
params: { shops: { type: array, default: [a, b, c] } }
tasks:
  list: { run: "printf '1\\n2\\n'", capture: lines }
  work: { foreach: { n: "\${{ tasks.list.outputs.stdout }}", shop: "\${{ params.shops }}" }, run: "echo \${{ item.n }}\${{ item.shop }}" }
  after: { run: "echo \${{ size(tasks.work.outputs) }}" }
  alarm: { needs: work, trigger: any_failed, run: "echo alarm" }
`;

it("a foreach over lists that turn out to be of unequal length fails, and names them and their lengths", async () => {
  await using home = cliHome();
  home.write("pairs.yaml", FLOW);
  expect((await home.run(["validate", "pairs.yaml"])).code).toBe(0);
  const uneven = await home.run(["run", "pairs.yaml", "--logs", "full"]);
  expect(uneven.code).toBe(1);
  expect(uneven.stdout).toMatch(
    /FAIL +work +\S+ +The lists of foreach differ in length: n has 2, shop has 3\. Make the lists equally long\./,
  );
  expect(uneven.stdout).not.toContain("| 1a");
  expect(uneven.stdout).toContain("alarm | alarm");
  expect(uneven.stdout).not.toContain("after | ");
  const even = await home.run(["run", "pairs.yaml", "--logs", "full", "-p", 'shops:=["x","y"]']);
  expect(even.stdout).toContain("2y");
  expect(even.stdout).toContain("after | 2");
});

it("a handler that replaces that failure leaves no items to run", async () => {
  await using home = cliHome();
  home.write(
    "mend.ts",
    `export const mend = (_: unknown, __: unknown, to: { type: string }) =>
  to.type === "Failed" ? { ...to, type: "Success", result: [] } : undefined;\n`,
  );
  home.write(
    "pairs.yaml",
    FLOW.replace('run: "echo ${{ item.n }}', 'stateHandlers: [{ uses: ./mend.ts#mend }], run: "echo ${{ item.n }}'),
  );
  const done = await home.run(["run", "pairs.yaml", "--logs", "full"]);
  expect(done.stdout).not.toContain("1a");
  expect(done.stdout).toContain("after | 0");
});
