import { Plumbing, plainSettings } from "../authoring/node.ts";
import { reference, type Ref } from "../authoring/reference.ts";

/** Hears of a value before any task does, so that it can be kept out of logs. */
type SecretFound = (name: string, value: string) => void;

/** How an environment variable is read. */
export interface EnvSecretOptions<T> {
  /** Turns the text into a value; not called where there is none. */
  readonly cast?: (text: string) => T;
  /** Whether the task fails where the variable is not set, instead of answering `null`. @default false */
  readonly required?: boolean;
}

/**
 * A reference to the value of an environment variable, read when the flow runs
 * and never written to disk. Source: Prefect 1.x, `EnvVarSecret`.
 *
 * @example envSecret("PORT", { cast: Number })
 */
export function envSecret<T = string>(name: string, options: EnvSecretOptions<T> & { readonly required: true }): Ref<T>;
export function envSecret<T = string>(name: string, options?: EnvSecretOptions<T>): Ref<T | null>;
export function envSecret<T>(name: string, { cast, required = false }: EnvSecretOptions<T> = {}): Ref<T | null> {
  const settings = plainSettings(name, "secret", { checkpoint: false });
  const task = new Plumbing(settings, (_inputs, context) => {
    const variables = context.service("environment") as Readonly<Record<string, string | undefined>> | undefined;
    const text = variables?.[name];
    if (text !== undefined) (context.service("secretFound") as SecretFound | undefined)?.(name, text);
    if (text !== undefined) return cast ? cast(text) : text;
    if (required) throw new Error(`environment variable ${name} is not set`);
    return null;
  });
  return reference<T | null>({ task, path: [], flow: undefined });
}
