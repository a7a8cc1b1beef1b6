import { Task } from "../authoring/task.ts";
import { taskFunction } from "../authoring/task-function.ts";
import type { TaskOptions } from "../authoring/task-options.ts";
import type { TaskContext } from "../model/task.ts";

/** What a secret task takes. */
export interface SecretInputs {
  /** The secret's name. @default that of the constructor */
  readonly name?: string;
}

/** Options of a secret task: those of any task, and the secret's name. */
export type SecretTaskOptions = Omit<TaskOptions, "checkpoint"> & { readonly secret?: string };

/**
 * A task whose value is that of a secret, for a name that is only known when
 * the flow runs, or for options such as `retry`. It is never written to disk.
 * Source: Prefect 1.x, `PrefectSecret`.
 */
export class SecretTask extends Task<SecretInputs, string> {
  readonly #secret: string | undefined;

  constructor({ secret, ...options }: SecretTaskOptions = {}) {
    super(options, { name: secret ?? "secret", kind: "secret", checkpoint: false });
    this.#secret = secret;
  }

  secretsFor(constants: Readonly<Record<string, unknown>>, linked: ReadonlySet<string>): readonly string[] {
    if (linked.has("name")) return [];
    const name = constants["name"] ?? this.#secret;
    return typeof name === "string" ? [name] : [];
  }

  /** @throws Error where there is no name; SecretNotFound */
  async run({ name = this.#secret ?? "" }: SecretInputs, context: TaskContext): Promise<string> {
    if (name === "") throw new Error("a secret task needs the name of a secret");
    return context.secret(name);
  }
}

/** A call of a `SecretTask`: `secretTask({ name })`. */
export const secretTask = taskFunction<SecretInputs, string>("secret", {}, (options) => new SecretTask(options));
