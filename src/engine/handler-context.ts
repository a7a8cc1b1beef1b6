import type { Logger } from "../model/logger.ts";
import type { NotifyReceipt, NotifyRequest } from "../model/notification.ts";
import type { HandlerContext, TaskContext } from "../model/task.ts";
import type { FlowRunner } from "./flow-runner.ts";
import { at } from "./plan.ts";
import type { Origin } from "./run-options.ts";
import type { TaskRun } from "./task-run.ts";

/** What a body is given. Everything is made when it is asked for, and may be taken out by destructuring. */
class BodyContext implements TaskContext {
  readonly #run: TaskRun;

  constructor(run: TaskRun) {
    this.#run = run;
  }
  get signal(): AbortSignal {
    return this.#run.signal;
  }
  get logger(): Logger {
    return this.#run.runner.logger(originOf(this.#run));
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
    const { runner } = this.#run;
    return (name) => runner.secret(name);
  }
  get notify(): (request: NotifyRequest) => Promise<NotifyReceipt> {
    const run = this.#run;
    return (request) => run.runner.notify(request, originOf(run));
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
    logger: runner.logger(origin),
    secret: (name: string) => runner.secret(name),
    notify: (request: NotifyRequest) => runner.notify(request, origin),
  };
}

/** Where a pass is, for logs and messages. */
export function originOf(run: TaskRun): Origin {
  const { task, mapIndex, attempt } = run;
  return mapIndex < 0 ? { task: task.name, attempt } : { task: task.name, mapIndex, attempt };
}
