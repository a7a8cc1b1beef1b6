import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { diskTrouble } from "../model/disk-trouble.ts";
import { userError } from "../model/error.ts";
import type { StoreName } from "../secrets/secret-store.ts";
import { checkSecretValue, decodeSecret, withoutTrailingBreak } from "../secrets/secret-value.ts";
import { variableOf } from "../secrets/secret-name.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { namesAlreadyStored, onlyName, openSecrets, refuseCaseConflict, type OpenSecrets } from "./secrets-open.ts";
import { releaseHeld } from "./secrets-release.ts";

export interface SetOptions {
  readonly namespace?: string;
  readonly fromEnv?: string;
  readonly fromFile?: string;
  /** Keeps a trailing line break. */
  readonly raw?: boolean;
  readonly yes?: boolean;
  readonly store?: StoreName;
}

/** Called for each secret that was stored. @returns what to tell the person, if anything */
export type OnStored = (name: string, open: OpenSecrets) => Promise<string | undefined>;

/** How long a pipe may take to say something. */
const PIPE_PATIENCE_MS = 30_000;

/**
 * `flowctl secrets set NAME`: takes the value from a hidden prompt, from standard
 * input where it is piped, from a variable or a file, and never from an argument.
 */
export async function secretsSetCommand(
  args: readonly string[],
  options: SetOptions,
  context: CommandContext,
  onStored: OnStored = releaseHeld(context),
): Promise<number> {
  const name = onlyName(args, "set");
  const open = await openSecrets(context, options);
  const { store, redactor, interactive, say, warn } = open;
  refuseCaseConflict(name, store);
  const value = await readValue(name, options, context, interactive);
  redactor.register(name, value);
  const check = checkSecretValue(value, context.host.environment.platform);
  if (!check.ok) throw userError("usage", "SECRET_VALUE", `${name} cannot be stored: ${check.problem}.`);
  if (interactive && options.yes !== true && (await namesAlreadyStored([name], store)).length > 0) {
    if (!(await context.host.input.confirm(`${name} is stored already. Replace it?`))) throw nothingStored(name);
  }
  const written = await store.write({ [name]: value }, options.store);
  say(`Stored ${name} in ${written.title}.`);
  for (const each of check.warnings) warn(`warning: ${name}: ${each}`);
  for (const each of written.warnings) warn(`warning: ${each}`);
  const shadow = variableOf(name);
  if ((context.host.environment.variables[shadow] ?? "") !== "") {
    warn(`warning: ${shadow} is set here, and wins over what was stored`);
  }
  const told = await onStored(name, open);
  if (told !== undefined) say(told);
  return 0;
}

async function readValue(
  name: string,
  options: SetOptions,
  { host, globals }: CommandContext,
  interactive: boolean,
): Promise<string> {
  const { environment, terminal, input } = host;
  if (options.fromEnv !== undefined) {
    const value = environment.variables[options.fromEnv];
    if (typeof value === "string" && value !== "") return value;
    throw userError("usage", "SECRET_VALUE", `The variable that --from-env names is not set, or empty.`);
  }
  if (options.fromFile !== undefined) return text(await readBytes(options.fromFile, globals.cwd), options, name);
  if (interactive) return (await input.askHidden(`Value of ${name}`)) ?? giveUp(name);
  if (terminal.stdinIsTTY) {
    throw userError("usage", "SECRET_NO_INPUT", "There is a terminal, but nobody may be asked.", {
      help: `pipe the value in, or: flowctl secrets set ${name} --from-file PATH`,
    });
  }
  const bytes = await input.readAll(PIPE_PATIENCE_MS);
  if (bytes !== undefined && bytes.length > 0) return text(bytes, options, name);
  throw userError("usage", "SECRET_NO_INPUT", `No value for ${name} arrived on standard input.`, {
    help: `printf %s "$VALUE" | flowctl secrets set ${name}`,
  });
}

async function readBytes(path: string, cwd: string): Promise<Uint8Array> {
  return readFile(resolve(cwd, path)).catch((error: unknown) => {
    throw userError("usage", "SECRET_VALUE", `The file ${path} cannot be read: ${diskTrouble(error)}.`, {
      cause: error,
    });
  });
}

function text(bytes: Uint8Array, { raw }: SetOptions, name: string): string {
  const decoded = decodeSecret(bytes);
  if (decoded === undefined) throw userError("usage", "SECRET_VALUE", `The value of ${name} is not valid UTF-8.`);
  return raw === true ? decoded : withoutTrailingBreak(decoded);
}

function giveUp(name: string): never {
  throw nothingStored(name);
}

function nothingStored(name: string) {
  return userError("usage", "SECRET_GIVEN_UP", `Nothing was stored for ${name}.`);
}
