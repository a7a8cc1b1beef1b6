import type { Edge } from "../model/edge.ts";
import { UserError, userError } from "../model/error.ts";
import { FLOW, type Flow as AnyFlow } from "../model/flow.ts";
import type { ParameterDeclaration, ParameterSchema } from "../model/parameter.ts";
import { state } from "../model/state.ts";
import { isTask, type Task as AnyTask } from "../model/task.ts";
import { building, currentTags } from "./building.ts";
import { markCallSite } from "./call-site.ts";
import { connect, sourceOf } from "./connect.ts";
import { isStandardSchema, readFlowOptions, type FlowOptions } from "./flow-options.ts";
import { Graph } from "./graph.ts";
import {
  filterTasks,
  referenceTasksOf,
  rootTasks,
  sortTasks,
  terminalTasks,
  type TaskFilter,
} from "./graph-queries.ts";
import { isIgnoredWhileLoading } from "./loading.ts";
import { declarationOf } from "./parameter.ts";
import { targetOf, type RefTo } from "./reference.ts";
import type { FlowRun, FlowRunOptions } from "./run-in-process.ts";
import { slugsOf } from "./slugs.ts";
import type { Task } from "./task.ts";
import { validateFlow } from "./validate.ts";

/** A task, or a reference to one. */
export type TaskLike = RefTo<unknown> | AnyTask | Task<any, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- tasks of any inputs

/** How an edge carries a value. */
export interface EdgeOptions {
  /** The name of the input; without one the edge is order and state only. */
  readonly key?: string;
  readonly mapped?: boolean;
  readonly flattened?: boolean;
}

/**
 * A flow under construction: tasks, edges and how to run them. What the engine
 * sees of it is the model's `Flow`.
 *
 * The names of its tasks are unique: the first of a name keeps it, later ones
 * are numbered (`load`, `load-2`), whether the name was chosen or not.
 */
export class Flow implements AnyFlow {
  readonly [FLOW] = true as const;
  readonly name: string;
  readonly tags: readonly string[];
  readonly secrets: readonly string[];
  readonly stateHandlers: AnyFlow["stateHandlers"];
  readonly onFailure: AnyFlow["onFailure"];
  readonly terminalStateHandler: AnyFlow["terminalStateHandler"];
  readonly concurrency: number | undefined;
  readonly pools: Readonly<Record<string, number>>;
  readonly timeout: number | undefined;
  readonly grace: AnyFlow["grace"];
  readonly stopSignal: AnyFlow["stopSignal"];
  readonly timezone: string | undefined;
  readonly maxOutput: number | undefined;
  readonly #place = markCallSite();
  readonly #options: FlowOptions;
  #graph = new Graph();
  #constants = new Map<AnyTask, Record<string, unknown>>();
  #references: readonly AnyTask[] | undefined;

  /** @throws UserError naming every option that is wrong */
  constructor(name: string, options: FlowOptions = {}) {
    const { timeout, grace, maxOutput } = readFlowOptions(name, options);
    this.name = name;
    this.tags = [...new Set([...(options.tags ?? []), ...currentTags()])];
    this.secrets = options.secrets ?? [];
    this.stateHandlers = options.stateHandlers ?? [];
    this.onFailure = options.onFailure;
    this.terminalStateHandler = options.terminalStateHandler;
    this.concurrency = options.concurrency;
    this.pools = options.pools ?? {};
    [this.timeout, this.grace] = [timeout, grace];
    [this.stopSignal, this.timezone, this.maxOutput] = [options.stopSignal, options.timezone, maxOutput];
    this.#options = options;
  }

  get source() {
    return this.#place();
  }
  get tasks(): readonly AnyTask[] {
    return this.#graph.tasks;
  }
  get edges(): readonly Edge[] {
    return this.#graph.edges;
  }
  get constants(): ReadonlyMap<AnyTask, Readonly<Record<string, unknown>>> {
    return this.#constants;
  }
  get chosenReferenceTasks(): readonly AnyTask[] | undefined {
    return this.#references;
  }
  get params(): ParameterSchema {
    const { params } = this.#options;
    if (isStandardSchema(params)) return { kind: "standard", schema: params };
    const declared = new Map<string, ParameterDeclaration>();
    for (const [name, each] of Object.entries(params ?? {})) {
      declared.set(name, { ...each, name, required: each.required ?? !("default" in each) });
    }
    for (const task of this.parameters()) {
      const declaration = declarationOf(task);
      if (declaration && !declared.has(declaration.name)) declared.set(declaration.name, declaration);
    }
    return { kind: "declared", declarations: [...declared.values()] };
  }
  /** Runs a function in which calls of tasks belong to this flow. @returns what it returns */
  build<T>(define: () => T): T {
    return building(this, define);
  }

  has(task: AnyTask): boolean {
    return this.#graph.has(task);
  }
  /** Adds a task; one that is in the flow already stays as it is. @throws UserError for what is no task, or a slug that is taken */
  addTask<T extends TaskLike>(task: T): T {
    const node = isTask(task) ? task : undefined;
    if (!node) {
      throw userError("usage", "FLOW_NOT_A_TASK", `Flow "${this.name}" was given something that is not a task.`, {
        help: "Give it a task: new MyTask(), or what task(…).create() returns.",
      });
    }
    this.#graph.add(node);
    return task;
  }

  /** Makes `to` wait for `from`; both are added where needed. The same edge twice is one. */
  addEdge(from: TaskLike, to: TaskLike, { key, mapped = false, flattened = false }: EdgeOptions = {}): Edge {
    const ends = { from: this.#node(from), to: this.#node(to) };
    return this.#graph.link({ ...ends, ...(key === undefined ? {} : { key }), mapped, flattened });
  }

  /** Edges from each task to the next. */
  chain(...tasks: readonly TaskLike[]): readonly Edge[] {
    return tasks.slice(1).map((task, index) => this.addEdge(tasks[index] as TaskLike, task));
  }

  /** Changes edges, from the given place in their list on. */
  rewriteEdges(from: number, change: (edge: Edge) => Edge): void {
    this.#graph.rewrite(from, change);
  }

  /** Gives a task an input that is a plain value. */
  setConstant(task: AnyTask, key: string, value: unknown): void {
    const known = this.#constants.get(task);
    if (known) known[key] = value;
    else this.#constants.set(this.addTask(task), { [key]: value });
  }

  /** Sets what comes before and after a task and what its inputs are: values, tasks, references or collections of them. */
  setDependencies(
    task: TaskLike,
    links: {
      readonly upstream?: readonly unknown[];
      readonly downstream?: readonly TaskLike[];
      readonly inputs?: Readonly<Record<string, unknown>>;
      readonly mapped?: boolean;
    },
  ): void {
    const node = this.#node(task);
    for (const each of links.upstream ?? []) connect(this, node, undefined, each, links.mapped);
    for (const each of links.downstream ?? []) connect(this, this.#node(each), undefined, node, links.mapped);
    for (const [key, value] of Object.entries(links.inputs ?? {})) connect(this, node, key, value, links.mapped);
  }

  /** Puts a task in another's place, with all its edges. @throws UserError when `old` is not in the flow */
  replace(old: TaskLike, replacement: TaskLike): void {
    const from = this.#member(old, "replace");
    const to = this.#plain(replacement);
    const swap = (task: AnyTask): AnyTask => (task === from ? to : task);
    this.#rebuild(
      this.tasks.map(swap),
      this.edges.map((edge) => ({ ...edge, from: swap(edge.from), to: swap(edge.to) })),
    );
    const constants = this.#constants.get(from);
    this.#constants.delete(from);
    if (constants) this.#constants.set(to, constants);
    this.#references = this.#references?.map(swap);
  }

  /** Adds all of another flow. With `mergeParameters`, its parameters are replaced by ours of the same name. */
  update(
    other: Flow,
    options: { readonly mergeParameters?: boolean; readonly mergeReferenceTasks?: boolean } = {},
  ): void {
    const own = new Map(options.mergeParameters ? this.parameters().map((task) => [task.name, task]) : []);
    const ours = (task: AnyTask): AnyTask => (task.kind === "parameter" ? (own.get(task.name) ?? task) : task);
    for (const task of other.tasks) this.addTask(ours(task));
    for (const edge of other.edges) this.addEdge(ours(edge.from), ours(edge.to), edge);
    for (const [task, values] of other.constants) {
      for (const [key, value] of Object.entries(values)) this.setConstant(ours(task), key, value);
    }
    if (!options.mergeReferenceTasks) return;
    this.#references = [...new Set([...this.referenceTasks(), ...other.referenceTasks().map(ours)])];
  }

  /** A flow of the same tasks and edges. */
  copy(): Flow {
    const copy = new Flow(this.name, this.#options);
    copy.#rebuild(this.tasks, this.edges);
    copy.#constants = new Map([...this.#constants].map(([task, values]) => [task, { ...values }]));
    copy.#references = this.#references;
    return copy;
  }

  /** Tasks for which all that is given holds. */
  getTasks(filter: TaskFilter = {}): readonly AnyTask[] {
    return filterTasks(this, filter, filter.slug === undefined ? undefined : this.slugs());
  }
  /** Each task's slug: `name-tag1-tag2-1`, or its own. */
  slugs(): ReadonlyMap<AnyTask, string> {
    return slugsOf(this.tasks, (task) => this.#graph.givenName(task));
  }
  /** Tasks without an upstream. */
  rootTasks(): readonly AnyTask[] {
    return rootTasks(this);
  }
  /** Tasks without a downstream. */
  terminalTasks(): readonly AnyTask[] {
    return terminalTasks(this);
  }
  /** Tasks in an order in which every task comes after its upstreams. @throws UserError when they wait for each other */
  sortedTasks(): readonly AnyTask[] {
    return sortTasks(this);
  }
  edgesTo(task: TaskLike): readonly Edge[] {
    return this.#graph.edgesTo(this.#plain(task));
  }
  edgesFrom(task: TaskLike): readonly Edge[] {
    const node = this.#plain(task);
    return this.edges.filter((edge) => edge.from === node);
  }
  upstreamTasks(task: TaskLike): readonly AnyTask[] {
    return [...new Set(this.edgesTo(task).map((edge) => edge.from))];
  }
  downstreamTasks(task: TaskLike): readonly AnyTask[] {
    return [...new Set(this.edgesFrom(task).map((edge) => edge.to))];
  }
  /** Its parameters that are tasks. */
  parameters(): readonly AnyTask[] {
    return this.tasks.filter((task) => task.kind === "parameter");
  }

  /** The tasks whose states decide the run's: those that were set, else the terminal tasks without notifications. */
  referenceTasks(): readonly AnyTask[] {
    return referenceTasksOf(this);
  }
  /** @throws UserError naming every task that is not in the flow */
  setReferenceTasks(tasks: readonly TaskLike[]): void {
    this.#references = tasks.map((task) => this.#member(task, "be a reference task"));
  }

  /** Looks for all that is wrong with the graph. @throws UserError with every problem */
  validate(): void {
    const errors = validateFlow(this).filter((each) => each.severity === "error");
    if (errors.length > 0) throw new UserError("usage", errors);
  }

  /**
   * Runs the flow in this process, without the command line's journal and
   * hooks. Ignored, with a warning, in a module that `flowctl` is loading.
   * @throws UserError when the flow or its parameters are wrong
   */
  async run(options: FlowRunOptions = {}): Promise<FlowRun> {
    if (isIgnoredWhileLoading(`flow.run() of flow "${this.name}"`))
      return { state: state("Pending"), taskStates: new Map() };
    const { runInProcess } = await import("./run-in-process.ts");
    return runInProcess(this, options);
  }

  #rebuild(tasks: readonly AnyTask[], edges: readonly Edge[]): void {
    this.#graph = new Graph();
    for (const task of tasks) this.#graph.add(task);
    for (const edge of edges) this.#graph.link(edge);
  }

  /** The task that something stands for, added where needed. */
  #node(task: TaskLike): AnyTask {
    return sourceOf(this, task)?.task ?? this.addTask(task as AnyTask);
  }

  /** The task that something stands for. */
  #plain(task: TaskLike): AnyTask {
    return isTask(task) ? task : (targetOf(task)?.task ?? this.addTask(task as AnyTask));
  }

  #member(task: TaskLike, what: string): AnyTask {
    const node = this.#plain(task);
    if (this.has(node)) return node;
    throw userError(
      "usage",
      "FLOW_FOREIGN_TASK",
      `Task "${node.name}" cannot ${what}: it is not in flow "${this.name}".`,
    );
  }
}
