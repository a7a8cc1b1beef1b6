import type { Task as AnyTask, TaskContext } from "../model/task.ts";
import { noteMade, requireFlow } from "./building.ts";
import { connect } from "./connect.ts";
import type { Flow, TaskLike } from "./flow.ts";
import { Node } from "./node.ts";
import type { Input, RefTo, VALUE } from "./reference.ts";
import { readTaskOptions, type TaskDefaults, type TaskOptions } from "./task-options.ts";

/** Where an edge goes, and what it carries. */
export interface LinkOptions {
  /** @default the flow that is being built */
  readonly flow?: Flow;
  /** One child of the downstream task per element of the value. */
  readonly mapped?: boolean;
}

/**
 * A task as a class: give it a `run`, make instances, put them in a flow.
 *
 * @example
 * class Load extends Task<{ rows: Row[] }, number> {
 *   run({ rows }: { rows: Row[] }) { return rows.length; }
 * }
 */
export abstract class Task<Inputs extends object = {}, Output = unknown> extends Node {
  declare readonly [VALUE]: Output;

  /**
   * @param defaults what holds where the options say nothing; for classes that others extend
   * @throws UserError naming every option that is wrong
   */
  constructor(options: TaskOptions = {}, defaults: Partial<TaskDefaults> = {}) {
    super(readTaskOptions(options, { name: new.target.name || "task", ...defaults }), options.slug);
    noteMade({ name: this.name, isUsed: (tasks) => tasks.has(this), above: new.target });
  }

  abstract override run(inputs: Inputs, context: TaskContext): Output | Promise<Output>;

  /** Makes a value, a task or a reference the input of that name; in the flow given, or the one being built. */
  setUpstream<K extends keyof Inputs & string>(
    upstream: Input<Inputs[K]>,
    link: LinkOptions & { readonly key: K },
  ): this;
  /** Makes this task wait for another. */
  setUpstream(upstream: RefTo<unknown>, link?: LinkOptions): this;
  setUpstream(upstream: unknown, link: LinkOptions & { readonly key?: string } = {}): this {
    const flow = link.flow ?? requireFlow(`setUpstream of "${this.name}"`);
    flow.addTask(this);
    connect(flow, this as unknown as AnyTask, link.key, upstream, link.mapped);
    return this;
  }

  /** Makes another task wait for this one, or take its value as the input of that name. */
  setDownstream(task: TaskLike, link: LinkOptions & { readonly key?: string } = {}): this {
    const flow = link.flow ?? requireFlow(`setDownstream of "${this.name}"`);
    flow.addTask(this);
    flow.addEdge(this, task, {
      ...(link.key === undefined ? {} : { key: link.key }),
      mapped: link.mapped ?? false,
    });
    return this;
  }
}
