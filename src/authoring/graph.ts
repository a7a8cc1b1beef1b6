import type { Edge } from "../model/edge.ts";
import { userError } from "../model/error.ts";
import type { Task } from "../model/task.ts";

/** Above this many edges into one task, they are looked up by their source. */
const WIDE = 16;

/** Tasks and edges of one flow, with what makes adding them cheap whatever their number. */
export class Graph {
  readonly tasks: Task[] = [];
  readonly edges: Edge[] = [];
  readonly #members = new Set<Task>();
  readonly #into = new Map<Task, Edge[]>();
  readonly #wide = new Map<Task, Map<Task, Edge[]>>();
  readonly #names = new Set<string>();
  readonly #counts = new Map<string, number>();
  /** Names as they were given, of tasks that had to be told apart. */
  readonly #given = new Map<Task, string>();

  has(task: Task): boolean {
    return this.#members.has(task);
  }

  /** @returns false where it was there before */
  add(task: Task): boolean {
    if (this.#members.has(task)) return false;
    this.#nameApart(task);
    this.#members.add(task);
    this.tasks.push(task);
    return true;
  }

  /** @returns the edge, or the equal one that was there before */
  link(edge: Edge): Edge {
    const into = this.#into.get(edge.to);
    if (!into) this.#into.set(edge.to, [edge]);
    else {
      const known = this.#between(edge.from, edge.to, into).find((each) => isSame(each, edge));
      if (known) return known;
      into.push(edge);
      if (into.length > WIDE) this.#widen(edge, into);
    }
    this.edges.push(edge);
    return edge;
  }

  /** Edges into a task, in the order in which they were added. */
  edgesTo(task: Task): readonly Edge[] {
    return this.#into.get(task) ?? [];
  }

  /** The name a task was given, before it was numbered to tell it apart. */
  givenName(task: Task): string {
    return this.#given.get(task) ?? task.name;
  }

  /** Changes edges from the given index on, in place. */
  rewrite(from: number, change: (edge: Edge) => Edge): void {
    const changed = this.edges.splice(from).map(change);
    for (const { to } of changed) {
      this.#wide.delete(to);
      this.#into.delete(to);
    }
    const touched = new Set(changed.map((edge) => edge.to));
    for (const edge of this.edges) if (touched.has(edge.to)) this.#keep(edge);
    for (const edge of changed) {
      this.#keep(edge);
      this.edges.push(edge);
    }
  }

  #keep(edge: Edge): void {
    const into = this.#into.get(edge.to);
    if (into) into.push(edge);
    else this.#into.set(edge.to, [edge]);
  }

  #between(from: Task, to: Task, into: readonly Edge[]): readonly Edge[] {
    const wide = this.#wide.get(to);
    return wide ? (wide.get(from) ?? []) : into;
  }

  #widen(added: Edge, into: readonly Edge[]): void {
    const known = this.#wide.get(added.to);
    const bySource = known ?? new Map<Task, Edge[]>();
    this.#wide.set(added.to, bySource);
    for (const edge of known ? [added] : into) {
      const list = bySource.get(edge.from);
      if (list) list.push(edge);
      else bySource.set(edge.from, [edge]);
    }
  }

  /** The first of a name keeps it; later ones are numbered: `load`, `load-2`. */
  #nameApart(task: Task): void {
    const given = task.name;
    if (this.#names.has(given)) {
      let count = this.#counts.get(given) ?? 1;
      let name: string;
      do name = `${given}-${String((count += 1))}`;
      while (this.#names.has(name));
      this.#counts.set(given, count);
      if (!Reflect.set(task, "name", name)) {
        throw userError("usage", "FLOW_DUPLICATE_NAME", `Two tasks of one flow are named "${given}".`, {
          help: "Give one of them a name of its own.",
        });
      }
      this.#given.set(task, given);
    }
    this.#names.add(task.name);
  }
}

function isSame(a: Edge, b: Edge): boolean {
  return a.from === b.from && a.key === b.key && a.mapped === b.mapped && a.flattened === b.flattened;
}
