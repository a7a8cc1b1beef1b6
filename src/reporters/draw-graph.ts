import { cleanLine } from "../model/clean.ts";
import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";
import type { StateType } from "../model/state.ts";
import { drawSvg } from "./draw-svg.ts";
import { COLORS, shadeOf, type Shade } from "./shade.ts";

/** How a graph can be drawn. */
export const GRAPH_FORMATS = ["tree", "mermaid", "dot", "json", "svg"] as const;
export type GraphFormat = (typeof GRAPH_FORMATS)[number];

interface Drawn {
  readonly tasks: readonly Task[];
  readonly links: readonly {
    readonly from: Task;
    readonly to: Task;
    readonly label: string;
    readonly mapped: boolean;
  }[];
}

/** With what became of each task; nothing where no run is looked at. */
interface Coloured extends Drawn {
  readonly stateOf: (task: Task) => StateType | undefined;
  /** A name as it is shown, before it is escaped. */
  readonly shown: (name: string) => string;
}

const PLUMBING: ReadonlySet<Task["kind"]> = new Set(["parameter", "constant", "collection", "secret"]);

/**
 * Draws a flow as text, ending in a line break.
 *
 * @param options.all shows the plumbing between tasks, too; without it, what leads through it is one arrow
 */
export function drawGraph(
  flow: Flow,
  format: GraphFormat,
  options: {
    readonly all?: boolean;
    /** What became of the tasks in a run, by name: they are coloured by it. */
    readonly states?: ReadonlyMap<string, StateType>;
    /** Takes secrets out of a name: escapes of some formats would hide them. @default the name */
    readonly redact?: (name: string) => string;
  } = {},
): string {
  const { states } = options;
  const stateOf = (task: Task): StateType | undefined =>
    states === undefined ? undefined : (states.get(task.name) ?? "Pending");
  const { redact = (name: string): string => name } = options;
  const shown = (name: string): string => redact(cleanLine(name));
  const drawn = { ...(options.all === true ? whole(flow) : withoutPlumbing(flow)), stateOf, shown };
  switch (format) {
    case "tree":
      return tree(flow, drawn);
    case "mermaid":
      return mermaid(drawn);
    case "dot":
      return dot(flow, drawn);
    case "json":
      return json(flow, drawn);
    case "svg":
      return drawSvg(drawn);
  }
}

function whole(flow: Flow): Drawn {
  return {
    tasks: flow.tasks,
    links: flow.edges.map(({ from, to, key, mapped }) => ({ from, to, label: key ?? "", mapped })),
  };
}

function withoutPlumbing(flow: Flow): Drawn {
  const into = new Map<Task, Flow["edges"][number][]>();
  for (const edge of flow.edges) into.set(edge.to, [...(into.get(edge.to) ?? []), edge]);
  const tasks = flow.tasks.filter((task) => !PLUMBING.has(task.kind));
  const links = new Map<string, Drawn["links"][number]>();
  for (const task of tasks) {
    const seen = new Set<Task>();
    const follow = (at: Task, mapped: boolean): void => {
      for (const edge of into.get(at) ?? []) {
        if (PLUMBING.has(edge.from.kind)) {
          if (!seen.has(edge.from)) follow(edge.from, mapped || edge.mapped);
          seen.add(edge.from);
        } else {
          const id = `${edge.from.name}\n${task.name}`;
          const isMapped = mapped || edge.mapped || links.get(id)?.mapped === true;
          links.set(id, { from: edge.from, to: task, label: "", mapped: isMapped });
        }
      }
    };
    follow(task, false);
  }
  return { tasks, links: [...links.values()] };
}

function note(task: Task): string {
  const trigger = task.trigger?.triggerName;
  return [
    ...(trigger === undefined || trigger === "all_successful" ? [] : [trigger]),
    ...(task.retry === undefined || task.retry.max === 0 ? [] : [`retry ${task.retry.max}`]),
  ].join(", ");
}

function tree(flow: Flow, { tasks, links, stateOf, shown }: Coloured): string {
  const lines = [shown(flow.name)];
  const drawn = new Set<Task>();
  const below = new Map<Task, Task[]>();
  for (const { from, to } of links) below.set(from, [...(below.get(from) ?? []), to]);
  const draw = (task: Task, indent: string, isLast: boolean): void => {
    const again = drawn.has(task);
    const about = note(task);
    const children = below.get(task) ?? [];
    const more = again && children.length > 0 ? " …" : "";
    const state = stateOf(task);
    const end = `${about === "" ? "" : ` (${about})`}${state === undefined ? "" : `: ${state}`}${more}`;
    lines.push(`${indent}${isLast ? "└─ " : "├─ "}${shown(task.name)}${end}`);
    if (again) return;
    drawn.add(task);
    for (const [index, child] of children.entries())
      draw(child, `${indent}${isLast ? "   " : "│  "}`, index === children.length - 1);
  };
  const targets = new Set(links.map(({ to }) => to));
  const roots = tasks.filter((task) => !targets.has(task));
  for (const [index, root] of roots.entries()) draw(root, "", index === roots.length - 1);
  return `${lines.join("\n")}\n`;
}

function mermaid({ tasks, links, stateOf, shown }: Coloured): string {
  const id = ids(tasks);
  const escape = (text: string): string =>
    text.replaceAll("&", "#amp;").replaceAll("<", "#lt;").replaceAll('"', "#quot;");
  const quote = (...lines: readonly string[]): string => `"${lines.map(escape).join("<br/>")}"`;
  return [
    "flowchart TD",
    ...tasks.map((task) => {
      const text = quote(...[shown(task.name), note(task)].filter((part) => part !== ""));
      return `  ${id(task)}${task.kind === "notification" ? `([${text}])` : `[${text}]`}`;
    }),
    ...links.map(({ from, to, label, mapped }) => {
      const text = [shown(label), mapped ? "each" : ""].filter((part) => part !== "").join(", ");
      return `  ${id(from)} -->${text === "" ? "" : `|${quote(text)}|`} ${id(to)}`;
    }),
    ...classes(tasks, id, stateOf),
    "",
  ].join("\n");
}

/** A class for each shade that there is, and the tasks that have it. */
function classes(tasks: readonly Task[], id: (task: Task) => string, stateOf: Coloured["stateOf"]): readonly string[] {
  const shaded = new Map<Shade, string[]>();
  for (const task of tasks) {
    const state = stateOf(task);
    if (state !== undefined) shaded.set(shadeOf(state), [...(shaded.get(shadeOf(state)) ?? []), id(task)]);
  }
  return Array.from(shaded).flatMap(([shade, members]) => [
    `  classDef ${shade} fill:${COLORS[shade].fill},stroke:${COLORS[shade].line},color:#1b1f24`,
    `  class ${members.join(",")} ${shade}`,
  ]);
}

function dot(flow: Flow, { tasks, links, stateOf, shown }: Coloured): string {
  const quote = (text: string): string => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  return [
    `digraph ${quote(shown(flow.name))} {`,
    ...tasks.map((task) => {
      const state = stateOf(task);
      const { fill, line } = COLORS[shadeOf(state ?? "Pending")];
      const colour =
        state === undefined ? "" : `, style=filled, fillcolor="${fill}", color="${line}", tooltip="${state}"`;
      return `  ${quote(shown(task.name))} [shape=${task.kind === "notification" ? "note" : "box"}${colour}];`;
    }),
    ...links.map(({ from, to, label, mapped }) => {
      const text = [shown(label), mapped ? "each" : ""].filter((part) => part !== "").join(", ");
      return `  ${quote(shown(from.name))} -> ${quote(shown(to.name))}${text === "" ? "" : ` [label=${quote(text)}]`};`;
    }),
    "}",
    "",
  ].join("\n");
}

function json(flow: Flow, { tasks, links, stateOf, shown }: Coloured): string {
  const data = {
    flow: shown(flow.name),
    tasks: tasks.map((task) => ({
      name: shown(task.name),
      kind: task.kind,
      trigger: task.trigger === undefined ? "all_successful" : (task.trigger.triggerName ?? "custom"),
      retries: task.retry?.max ?? 0,
      ...(stateOf(task) === undefined ? {} : { state: stateOf(task) }),
    })),
    edges: links.map(({ from, to, label, mapped }) => ({
      from: shown(from.name),
      to: shown(to.name),
      ...(label === "" ? {} : { key: shown(label) }),
      mapped,
    })),
  };
  return `${JSON.stringify(data, null, 2)}\n`;
}

function ids(tasks: readonly Task[]): (task: Task) => string {
  const numbers = new Map(tasks.map((task, index) => [task, index]));
  return (task) => `t${String(numbers.get(task) ?? "")}`;
}
