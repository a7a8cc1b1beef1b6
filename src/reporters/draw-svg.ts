import type { StateType } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { COLORS, shadeOf } from "./shade.ts";

/** What is drawn: tasks, and which comes after which. */
export interface Drawing {
  readonly tasks: readonly Task[];
  readonly links: readonly { readonly from: Task; readonly to: Task }[];
  /** What became of a task; `undefined` where no run is looked at. */
  readonly stateOf: (task: Task) => StateType | undefined;
  /** A name as it is shown, before it is escaped. */
  readonly shown: (name: string) => string;
}

const ROW = 70;
const GAP = 24;
const HEIGHT = 34;
const LETTER = 8;

/** Draws tasks in rows, each below all that it comes after, as an SVG that needs nothing else. */
export function drawSvg({ tasks, links, stateOf, shown }: Drawing): string {
  const rows = rowsOf(tasks, links);
  const width = (task: Task): number => Math.max(60, Array.from(shown(task.name)).length * LETTER + 24);
  const boxes = new Map<Task, { readonly x: number; readonly y: number; readonly width: number }>();
  let total = 0;
  for (const [row, members] of rows.entries()) {
    let x = GAP;
    for (const task of members) {
      boxes.set(task, { x, y: GAP + row * ROW, width: width(task) });
      x += width(task) + GAP;
    }
    total = Math.max(total, x);
  }
  const height = GAP + rows.length * ROW;
  const arrows = links.map(({ from, to }) => {
    const [a, b] = [boxes.get(from), boxes.get(to)];
    if (a === undefined || b === undefined) return "";
    const [x1, y1, x2, y2] = [a.x + a.width / 2, a.y + HEIGHT, b.x + b.width / 2, b.y - 4];
    return `<path d="M${x1} ${y1} C${x1} ${y1 + 20} ${x2} ${y2 - 20} ${x2} ${y2}" fill="none" stroke="#667" marker-end="url(#arrow)"/>`;
  });
  const shapes = Array.from(boxes, ([task, { x, y, width: wide }]) => {
    const round = task.kind === "notification" ? HEIGHT / 2 : 6;
    const state = stateOf(task);
    const { fill, line } = state === undefined ? { fill: "#f4f6fb", line: "#667" } : COLORS[shadeOf(state)];
    const title = state === undefined ? "" : `<title>${escape(shown(task.name))}: ${state}</title>`;
    return (
      `<g>${title}<rect x="${x}" y="${y}" width="${wide}" height="${HEIGHT}" rx="${round}" fill="${fill}" stroke="${line}"/>` +
      `<text x="${x + wide / 2}" y="${y + 22}" text-anchor="middle" fill="#1b1f24">${escape(shown(task.name))}</text></g>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total} ${height}" width="${total}" height="${height}" font-family="ui-monospace, monospace" font-size="13">`,
    `<defs><marker id="arrow" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#667"/></marker></defs>`,
    ...arrows,
    ...shapes,
    "</svg>",
    "",
  ].join("\n");
}

function rowsOf(tasks: Drawing["tasks"], links: Drawing["links"]): readonly (readonly Task[])[] {
  const depth = new Map(tasks.map((task) => [task, 0]));
  // As many rounds as there are tasks are enough, also where tasks wait for each other.
  for (let round = 0, moved = true; moved && round < tasks.length; round += 1) {
    moved = false;
    for (const { from, to } of links) {
      const below = (depth.get(from) ?? 0) + 1;
      if (below <= (depth.get(to) ?? 0)) continue;
      depth.set(to, below);
      moved = true;
    }
  }
  const rows: Task[][] = [];
  for (const task of tasks) (rows[depth.get(task) ?? 0] ??= []).push(task);
  return rows.map((row: Task[] | undefined) => row ?? []);
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
