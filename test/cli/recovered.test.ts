import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";

it("a hook hears that a flow still fails, and that it has recovered, once each", async () => {
  await using home = cliHome();
  home.write(
    "flowctl.config.yaml",
    "channels: { here: { type: inbox } }\nhooks: [{ name: told, events: [recovered, stillFailing], to: [here] }]\n",
  );
  home.write(
    "f.ts",
    `import { flow, task } from "flowctl";
    const work = task("work", () => { if (process.env.BAD) throw new Error("bad"); });
    export default flow("f", () => { work(); });`,
  );
  const inbox = join(home.state, "inbox");
  const codes: (number | null)[] = [];
  for (const env of [{}, { BAD: "1" }, { BAD: "1" }, {}, {}])
    codes.push((await home.run(["run", "f.ts"], { env })).code);
  expect(codes).toEqual([0, 1, 1, 0, 0]);
  const titles = readdirSync(inbox).map(
    (name) => (JSON.parse(readFileSync(join(inbox, name), "utf8")) as { title: string }).title,
  );
  expect(titles.sort()).toEqual(["Flow recovered: f", "Flow still failing: f"]);
});
