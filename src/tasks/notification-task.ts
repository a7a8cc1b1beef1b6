import { Task } from "../authoring/task.ts";
import { taskFunction, type TaskFunction } from "../authoring/task-function.ts";
import type { TaskOptions } from "../authoring/task-options.ts";
import { isSecretReference, type NotifyRequest } from "../model/notification.ts";
import type { TaskContext } from "../model/task.ts";
import { requestOf, type Destination, type NotifyInputs } from "./notify-inputs.ts";

/** One kind of notification task: what it takes, and where its messages go. */
export interface NotificationKind<I extends NotifyInputs> {
  /** Its name in `uses:` and of tasks that get none. */
  readonly name: string;
  /** Inputs beside those that all have. */
  readonly inputs: readonly (keyof I & string)[];
  /** Where a message goes that names no channel. @throws Error where an input is missing */
  destination(inputs: I): Destination;
  /** What is said. @param source the name of the task that `message` comes from */
  message(inputs: I, source: string | undefined): NotifyRequest["message"];
}

const COMMON = ["message", "channel", "deliver", "waitMs"] as const;

/**
 * A task that notifies (design decision 6). It is Failed when its message was
 * not delivered and has been withdrawn from the outbox. Options of the
 * constructor stand in for inputs that are not given.
 */
export abstract class NotificationTask<I extends NotifyInputs> extends Task<I, null> {
  readonly #defaults: Partial<I>;
  readonly #kind: NotificationKind<I>;

  constructor(kind: NotificationKind<I>, options: TaskOptions & Partial<I>, name: string) {
    const [inputs, rest] = split(kind, options);
    super(rest, { name, kind: "notification", inputs: inputNamesOf(kind) });
    this.#defaults = inputs;
    this.#kind = kind;
  }

  override get inputNames(): readonly string[] {
    return inputNamesOf(this.#kind);
  }

  /** The secrets its destination names; none where a channel is named, which has its own. */
  secretsFor(constants: Readonly<Record<string, unknown>>, linked: ReadonlySet<string> = new Set()): readonly string[] {
    const inputs = { ...this.#defaults, ...constants } as I;
    if (inputs.channel !== undefined || linked.has("channel")) return [];
    const stand = Object.fromEntries([...linked].map((name) => [name, `(${name})`]));
    try {
      const { definition, values = {} } = this.#kind.destination({ ...inputs, ...stand });
      return secretNames(definition).filter((name) => !Object.hasOwn(values, name));
    } catch {
      // An input is missing: the run says so.
      return [];
    }
  }

  channelFor(constants: Readonly<Record<string, unknown>>): string | undefined {
    const channel = constants["channel"] ?? this.#defaults.channel;
    return typeof channel === "string" ? channel : undefined;
  }

  async run(given: I, context: TaskContext): Promise<null> {
    const inputs = merge(this.#defaults, given);
    const message = this.#kind.message(inputs, context.sourceOf?.("message"));
    await context.notify(requestOf(inputs, message, () => this.#kind.destination(inputs)));
    return null;
  }
}

/** What `uses:` in a spec reads off the callable, as it would off a task. */
type TaskFacts = Pick<NotificationTask<NotifyInputs>, "kind" | "inputNames" | "secretsFor" | "channelFor">;

/** The callable form of a notification task: `slackTask` of `SlackTask`. */
export function notificationFunction<I extends NotifyInputs>(
  kind: NotificationKind<I>,
  make: (options: TaskOptions) => NotificationTask<I>,
): TaskFunction<I, null> & TaskFacts {
  const callable = taskFunction<I, null>(kind.name, {}, (options) => make({ name: kind.name, ...options }));
  let made: NotificationTask<I> | undefined;
  const one = (): NotificationTask<I> => (made ??= make({ name: kind.name }));
  return Object.assign(callable, {
    kind: "notification" as const,
    inputNames: inputNamesOf(kind),
    secretsFor: (constants: Readonly<Record<string, unknown>>, linked?: ReadonlySet<string>) =>
      one().secretsFor(constants, linked),
    channelFor: (constants: Readonly<Record<string, unknown>>) => one().channelFor(constants),
  });
}

function inputNamesOf<I extends NotifyInputs>(kind: NotificationKind<I>): readonly string[] {
  return [...COMMON, ...kind.inputs];
}

/** An explicit null overrides, as in Prefect; what is not given does not. */
function merge<I extends object>(defaults: Partial<I>, given: I): I {
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...defaults, ...own } as I;
}

function split<I extends NotifyInputs>(
  kind: NotificationKind<I>,
  options: TaskOptions & Partial<I>,
): readonly [Partial<I>, TaskOptions] {
  const names: ReadonlySet<string> = new Set(inputNamesOf(kind));
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return [
    Object.fromEntries(entries.filter(([key]) => names.has(key))) as Partial<I>,
    Object.fromEntries(entries.filter(([key]) => !names.has(key))),
  ];
}

function secretNames(value: unknown): readonly string[] {
  if (isSecretReference(value)) return [value.secret];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(secretNames) : [];
}
