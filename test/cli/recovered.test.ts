import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";

const FLOW = `import { flow, task } from "flowctl";
const work = task("work", () => { if (process.env.BAD) throw new Error("bad"); });
export default flow("f", () => { work(); });`;

function titlesIn(inbox: string): readonly string[] {
  const titles = readdirSync(inbox).map(
    (name) => (JSON.parse(readFileSync(join(inbox, name), "utf8")) as { title: string }).title,
  );
  return titles.sort();
}

it("a hook hears that a flow still fails, and that it has recovered, once each", async () => {
  await using home = cliHome();
  home.write(
    "flowctl.config.yaml",
    "channels: { here: { type: inbox } }\nhooks: [{ name: told, events: [recovered, stillFailing], to: [here] }]\n",
  );
  home.write("f.ts", FLOW);
  const inbox = join(home.state, "inbox");
  const codes: (number | null)[] = [];
  for (const env of [{}, { BAD: "1" }, { BAD: "1" }, {}, {}])
    codes.push((await home.run(["run", "f.ts"], { env })).code);
  expect(codes).toEqual([0, 1, 1, 0, 0]);
  expect(titlesIn(inbox)).toEqual(["Flow recovered: f", "Flow still failing: f"]);
});

it("a hook with notifyOn: change tells the first failure and the recovery, and shows what it kept quiet about", async () => {
  await using home = cliHome();
  home.write(
    "flowctl.config.yaml",
    "hooks: [{ name: told, states: [Failed], notifyOn: change, repeat: 1d, to: inbox }]\n",
  );
  home.write("f.ts", FLOW);
  const bad = { env: { BAD: "1" } };
  await home.run(["run", "f.ts"], bad);
  const second = await home.run(["run", "f.ts", "--strict-notify"], bad);
  expect(second.output).toContain(
    'notifications: 1 suppressed (inbox: the flow still fails, and hook "told" tells the same again only every 24h 00m)' +
      ": flowctl notify list --state suppressed",
  );
  await home.run(["run", "f.ts"], bad);
  await home.run(["run", "f.ts"]);
  await home.run(["run", "f.ts"]);
  expect(titlesIn(join(home.state, "inbox"))).toEqual(["Flow failed: f", "Flow recovered: f"]);
  const list = await home.run(["notify", "list"]);
  expect(list).toMatchObject({ stdout: "" });
  expect(list.stderr).toContain("2 messages suppressed: flowctl notify list --state suppressed");
  const quiet = (await home.run(["notify", "list", "--state", "suppressed"])).stdout.trim().split("\n");
  expect(quiet.map((line) => line.split("\t").slice(1, 4))).toEqual([
    ["suppressed", "inbox", "f"],
    ["suppressed", "inbox", "f"],
  ]);
  // Whoever wants it gets it.
  expect((await home.run(["notify", "retry", "--all"])).output).toContain("nothing to send");
  expect(await home.run(["notify", "retry", quiet[0]!.split("\t")[0]!])).toMatchObject({ code: 0 });
  expect(titlesIn(join(home.state, "inbox"))).toHaveLength(3);
});

it("one flow for several regions is told of by itself in each where each has a project of its own", async () => {
  await using home = cliHome();
  home.write(
    "flowctl.config.yaml",
    `channels: { here: { type: command, run: "cat >> told; echo >> told" } }
hooks: [{ name: told, states: [Failed], notifyOn: change, to: [here] }]\n`,
  );
  home.write(
    "shop.yaml",
    'params: { region: { type: string } }\ntasks: { a: { run: "test ${{ params.region }} = us" } }\n',
  );
  for (const region of ["eu", "us", "eu", "us"])
    await home.run(["run", "shop.yaml", "-p", `region=${region}`], { env: { FLOWCTL_PROJECT: `shop-${region}` } });
  const told = readFileSync(join(home.directory, "told"), "utf8").trim().split("\n");
  expect(told.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { message: { alert: { to: "Failed", project: "shop-eu" } } },
  ]);
});
