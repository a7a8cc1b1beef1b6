import { userError } from "../model/error.ts";
import { suggestion } from "../spec/suggestion.ts";
import type { ConfigPart } from "./schema.ts";

/** Variables that stand for a key of the config. They win over every file. */
const OVERRIDES = {
  FLOWCTL_PROJECT: (text: string): ConfigPart => ({ project: text }),
  FLOWCTL_STATE_DIR: (text: string): ConfigPart => ({ stateDir: text }),
  FLOWCTL_CONCURRENCY: (text: string): ConfigPart => {
    if (!/^[1-9]\d{0,5}$/.test(text))
      throw userError(
        "usage",
        "ENV_WRONG_VALUE",
        `FLOWCTL_CONCURRENCY is "${text}", and must be a whole number from 1`,
      );
    return { concurrency: Number(text) };
  },
} as const;

/** The variables with the key each of them sets. */
const OVERRIDE_KEYS: ReadonlyMap<string, string> = new Map([
  ["FLOWCTL_PROJECT", "project"],
  ["FLOWCTL_STATE_DIR", "stateDir"],
  ["FLOWCTL_CONCURRENCY", "concurrency"],
]);

/**
 * What the environment says of the config's keys. An empty variable says nothing.
 *
 * @throws UserError ENV_WRONG_VALUE
 */
export function environmentOverrides(variables: Readonly<Record<string, string | undefined>>): readonly {
  readonly variable: string;
  readonly key: string;
  readonly part: ConfigPart;
}[] {
  return Object.entries(OVERRIDES).flatMap(([variable, read]) => {
    const text = variables[variable];
    return text === undefined || text === ""
      ? []
      : [{ variable, key: OVERRIDE_KEYS.get(variable) ?? "", part: read(text) }];
  });
}

/** The profile asked for, which must be one of those that the files have. */
export function chosenProfile(asked: string | undefined, known: readonly string[]): string | undefined {
  if (asked === undefined || asked === "" || known.includes(asked)) return asked === "" ? undefined : asked;
  const help = suggestion(asked, known) ?? "the config has no profiles";
  throw userError("usage", "CONFIG_PROFILE", `there is no profile "${asked}" in the config`, { help });
}
