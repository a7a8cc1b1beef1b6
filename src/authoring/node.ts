import { TASK, type Task, type TaskContext, type TaskSettings } from "../model/task.ts";
import { currentTags } from "./building.ts";
import { inputNamesOf } from "./input-names.ts";

/** One node of a graph: settings and a body. What `Task` and the plumbing between tasks are made of. */
export abstract class Node implements TaskSettings {
  readonly [TASK] = true as const;
  name: string;
  readonly slug: string | undefined;
  readonly kind: TaskSettings["kind"];
  readonly tags: TaskSettings["tags"];
  readonly trigger: TaskSettings["trigger"];
  readonly skipOnUpstreamSkip: boolean;
  readonly retry: TaskSettings["retry"];
  readonly timeout: TaskSettings["timeout"];
  readonly grace: TaskSettings["grace"];
  readonly stopSignal: TaskSettings["stopSignal"];
  readonly cache: TaskSettings["cache"];
  readonly checkpoint: boolean;
  readonly stateHandlers: TaskSettings["stateHandlers"];
  readonly onFailure: TaskSettings["onFailure"];
  readonly secrets: TaskSettings["secrets"];
  readonly pool: TaskSettings["pool"];
  readonly priority: number;

  constructor(settings: TaskSettings, slug?: string) {
    const around = currentTags();
    this.name = settings.name;
    this.slug = slug;
    this.kind = settings.kind;
    this.tags = around.length === 0 ? settings.tags : [...new Set([...settings.tags, ...around])];
    this.trigger = settings.trigger;
    this.skipOnUpstreamSkip = settings.skipOnUpstreamSkip;
    this.retry = settings.retry;
    this.timeout = settings.timeout;
    this.grace = settings.grace;
    this.stopSignal = settings.stopSignal;
    this.cache = settings.cache;
    this.checkpoint = settings.checkpoint;
    this.stateHandlers = settings.stateHandlers;
    this.onFailure = settings.onFailure;
    this.secrets = settings.secrets;
    this.pool = settings.pool;
    this.priority = settings.priority;
  }

  /** The names of the inputs the body takes, where its first parameter is a pattern; a subclass may say it itself. */
  get inputNames(): readonly string[] | undefined {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- its text is read, it is not called
    return inputNamesOf(this.run);
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each body names its own inputs
  abstract run(inputs: any, context: TaskContext): unknown;
}

/** Settings of a node that a person does not configure. */
export function plainSettings(name: string, kind: Task["kind"], more: Partial<TaskSettings> = {}): TaskSettings {
  return {
    name,
    kind,
    tags: [],
    trigger: undefined,
    skipOnUpstreamSkip: true,
    retry: undefined,
    timeout: undefined,
    cache: undefined,
    checkpoint: true,
    stateHandlers: [],
    onFailure: undefined,
    secrets: [],
    pool: undefined,
    priority: 0,
    ...more,
  };
}

/** A node with a function for a body: the plumbing between tasks. */
export class Plumbing extends Node {
  readonly #body: (inputs: Readonly<Record<string, unknown>>, context: TaskContext) => unknown;

  constructor(
    settings: TaskSettings,
    body: (inputs: Readonly<Record<string, unknown>>, context: TaskContext) => unknown,
  ) {
    super(settings);
    this.#body = body;
  }

  override get inputNames(): undefined {
    return undefined;
  }

  run(inputs: Readonly<Record<string, unknown>>, context: TaskContext): unknown {
    return this.#body(inputs, context);
  }
}
