import { describe, expect, it } from "vitest";
import type { GRAPH_FORMATS } from "../../src/reporters/draw-graph.ts";
import { drawGraph } from "../../src/reporters/draw-graph.ts";
import { load } from "../spec/rig.ts";

const text = `
flow: nightly
tasks:
  list: { run: "true", capture: json }
  each: { foreach: "\${{ tasks.list.outputs.stdout }}", run: "true", retry: 2 }
  load: { run: "true", needs: [list, each], name: 'load "all" <b>' }
  alert: { uses: notify, trigger: any_failed, needs: load }
`;
const notify = async () => ({ [Symbol.for("flowctl.task")]: true, kind: "notification", run: () => null });
const draw = async (format: (typeof GRAPH_FORMATS)[number], all = false) =>
  drawGraph((await load(text, { tasks: { notify } })).flow, format, { all });

describe("a flow's graph", () => {
  it("is drawn as a tree in which each task is opened once", async () => {
    expect(await draw("tree")).toBe(
      [
        "nightly",
        "└─ list",
        "   ├─ each (retry 2)",
        '   │  └─ load "all" <b>',
        "   │     └─ alert (any_failed)",
        '   └─ load "all" <b> …',
        "",
      ].join("\n"),
    );
  });

  it("is drawn as mermaid, with quotes that cannot end a label", async () => {
    expect(await draw("mermaid")).toBe(
      [
        "flowchart TD",
        '  t0["list"]',
        '  t1["each<br/>retry 2"]',
        '  t2["load #quot;all#quot; #lt;b>"]',
        '  t3(["alert<br/>any_failed"])',
        '  t0 -->|"each"| t1',
        "  t0 --> t2",
        "  t1 --> t2",
        "  t2 --> t3",
        "",
      ].join("\n"),
    );
  });

  it("is drawn as dot", async () => {
    expect(await draw("dot")).toContain('"each" -> "load \\"all\\" <b>";');
  });

  it("is given as data, plumbing only when it is asked for", async () => {
    const data = (all: boolean) => draw("json", all).then((json) => JSON.parse(json) as { tasks: { name: string }[] });
    expect((await data(false)).tasks.map((task) => task.name)).toEqual(["list", "each", 'load "all" <b>', "alert"]);
    expect((await data(true)).tasks.map((task) => task.name)).toContain("each.foreach");
  });

  it("is drawn as an SVG with one box for each task and one arrow for each link", async () => {
    const svg = await draw("svg");
    expect(svg.match(/<rect /g)).toHaveLength(4);
    expect(svg.match(/marker-end/g)).toHaveLength(4);
    expect(svg).toContain('load "all" &lt;b&gt;');
  });
});
