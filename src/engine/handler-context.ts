import { InternalError } from "../model/error.ts";
import type { Logger } from "../model/logger.ts";
import type { NotifyReceipt, NotifyRequest } from "../model/notification.ts";
import type { StopPolicy } from "../model/stop-policy.ts";
import type { HandlerContext, TaskContext } from "../model/task.ts";
import type { FlowRunner } from "./flow-runner.ts";
import { at } from "./plan.ts";
import type { Origin, RunOptions } from "./run-options.ts";
import type { TaskRun } from "./task-run.ts";

/** What a body is given. Everything is made when it is asked for, and may be taken out by destructuring. */
class BodyContext implements TaskContext {
  readonly #run: TaskRun;

  constructor(run: TaskRun) {
    this.#run = run;
  }
  get stopPolicy(): StopPolicy {
    return this.#run.stopPolicy;
  }
  get maxOutput(): number | undefined {
    return this.#run.runner.plan.flow.maxOutput;
  }
  get isRead(): (field: string) => boolean {
    const { task, runner } = this.#run;
    return (field) =>
      runner.plan.flow.edges.some(({ from, to, key }) => {
        if (from !== task || key === undefined) return false;
        // A task that takes one field out has its path in its name.
        const isOther = to.kind === "collection" && to.name.startsWith(`${task.name}.`);
        return !isOther || `${to.name}.`.startsWith(`${task.name}.${field}.`);
      });
  }
  get waitUntil(): (done: Promise<unknown>) => void {
    const run = this.#run;
    return (done) => {
      run.waitUntil(done);
    };
  }
  get signal(): AbortSignal {
    return this.#run.signal;
  }
  get logger(): Logger {
    return this.#run.runner.events.logger(originOf(this.#run));
  }
  get params(): Readonly<Record<string, unknown>> {
    return this.#run.runner.options.params;
  }
  get attempt(): number {
    return this.#run.attempt;
  }
  get mapIndex(): number | undefined {
    return this.#run.mapIndex < 0 ? undefined : this.#run.mapIndex;
  }
  get loopCount(): number {
    return this.#run.loopCount;
  }
  get loopResult(): unknown {
    return this.#run.loopResult;
  }
  get resumed(): boolean {
    return this.#run.resumed;
  }
  get runId(): string {
    return this.#run.runner.options.runId;
  }
  get flowName(): string {
    return this.#run.runner.plan.flow.name;
  }
  get taskName(): string {
    return this.#run.name;
  }
  get tags(): readonly string[] {
    return this.#run.task.tags;
  }
  get sourceOf(): (input: string) => string | undefined {
    const { plan } = this.#run.runner;
    const { index } = this.#run;
    return (input) => {
      for (let slot = at(plan.upStart, index); slot < at(plan.upStart, index + 1); slot++)
        if (plan.upEdge[slot]?.key === input) return plan.tasks[at(plan.upTask, slot)]?.name;
      return undefined;
    };
  }
  get secret(): (name: string) => Promise<string> {
    const { options } = this.#run.runner;
    return (name) => secret(options, name);
  }
  get notify(): (request: NotifyRequest) => Promise<NotifyReceipt> {
    const run = this.#run;
    return (request) => notify(run.runner.options, request, originOf(run));
  }
  get service(): (name: string) => unknown {
    const { options } = this.#run.runner;
    return (name) => options.service?.(name);
  }
}

/** The context of one call of a body. */
export function bodyContext(run: TaskRun): TaskContext {
  return new BodyContext(run);
}

/** The context of the state handlers of a task's transition. */
export function taskHandlerContext(run: TaskRun): HandlerContext {
  const { runner } = run;
  const origin = originOf(run);
  return {
    ...common(runner, origin),
    taskName: run.name,
    attempt: run.attempt,
    ...(run.mapIndex < 0 ? {} : { mapIndex: run.mapIndex }),
  };
}

/** The context of the state handlers of the flow. */
export function flowHandlerContext(runner: FlowRunner): HandlerContext {
  return { ...common(runner, { attempt: 1 }), attempt: 1 };
}

function common(runner: FlowRunner, origin: Origin) {
  return {
    runId: runner.options.runId,
    flowName: runner.plan.flow.name,
    params: runner.options.params,
    logger: runner.events.logger(origin),
    secret: (name: string) => secret(runner.options, name),
    notify: (request: NotifyRequest) => notify(runner.options, request, origin),
  };
}

async function secret(options: RunOptions, name: string): Promise<string> {
  if (options.secret === undefined) throw new InternalError(`no secrets were given to this run: ${name}`);
  return options.secret(name);
}

async function notify(options: RunOptions, request: NotifyRequest, from: Origin): Promise<NotifyReceipt> {
  if (options.notify === undefined) throw new InternalError("no outbox was given to this run");
  return options.notify(request, from);
}

/** Where a pass is, for logs and messages. */
export function originOf(run: TaskRun): Origin {
  const { task, mapIndex, attempt } = run;
  return mapIndex < 0 ? { task: task.name, attempt } : { task: task.name, mapIndex, attempt };
}
