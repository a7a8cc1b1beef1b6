import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { diskTrouble } from "../model/disk-trouble.ts";
import { readDotenv } from "../model/dotenv.ts";
import { userError } from "../model/error.ts";
import type { StoreName } from "../secrets/secret-store.ts";
import { nameProblem } from "../secrets/secret-name.ts";
import { checkSecretValue, decodeSecret } from "../secrets/secret-value.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { namesAlreadyStored, openSecrets, refuseCaseConflict } from "./secrets-open.ts";
import { releaseHeld } from "./secrets-release.ts";
import type { OnStored } from "./secrets-set.ts";

export interface ImportOptions {
  readonly namespace?: string;
  readonly dryRun?: boolean;
  readonly overwrite?: boolean;
  readonly store?: StoreName;
}

const PIPE_PATIENCE_MS = 30_000;

/**
 * `flowctl secrets import FILE|-`: stores all names of a dotenv or JSON file. Either
 * everything in it can be stored, or nothing is.
 */
export async function secretsImportCommand(
  args: readonly string[],
  options: ImportOptions,
  context: CommandContext,
  onStored: OnStored = releaseHeld(context),
): Promise<number> {
  const [source] = args;
  if (source === undefined || args.length > 1) {
    throw userError("usage", "SECRET_ARGUMENT", `"secrets import" takes one file, or - for standard input.`);
  }
  const open = await openSecrets(context, options);
  const { store, redactor, print, say, warn } = open;
  const values = parseValues(await readSource(source, context), source);
  for (const [name, value] of Object.entries(values)) redactor.register(name, value);
  refuseWrong(values, source, context.host.environment.platform);
  const names = Object.keys(values);
  for (const name of names) refuseCaseConflict(name, store, names);
  if (options.dryRun === true) {
    if (context.globals.json) print(JSON.stringify(names));
    else for (const name of names) print(name);
    return 0;
  }
  if (options.overwrite !== true) {
    const present = await namesAlreadyStored(names, store);
    if (present.length > 0) {
      throw userError("failed", "SECRET_EXISTS", `Nothing was imported: already stored: ${present.join(", ")}.`, {
        help: `flowctl secrets import ${source} --overwrite`,
      });
    }
  }
  const written = await store.write(values, options.store);
  say(
    `Stored ${written.stored.length} of ${names.length} ${names.length === 1 ? "secret" : "secrets"} in ${written.title}.`,
  );
  for (const name of written.stored) {
    const check = checkSecretValue(values[name] ?? "", context.host.environment.platform);
    for (const each of check.ok ? check.warnings : []) warn(`warning: ${name}: ${each}`);
  }
  for (const each of written.warnings) warn(`warning: ${each}`);
  for (const name of written.stored) {
    const told = await onStored(name, open);
    if (told !== undefined) say(told);
  }
  if (written.failed.length === 0) return 0;
  const list = written.failed.map(({ name, why }) => `${name} (${why})`).join(", ");
  throw userError("secret", "SECRET_NOT_STORED", `Not stored: ${list}.`);
}

async function readSource(source: string, { host, globals }: CommandContext): Promise<string> {
  const bytes =
    source === "-" ? await host.input.readAll(PIPE_PATIENCE_MS) : await readBytes(source, { host, globals });
  const text = bytes === undefined ? undefined : decodeSecret(bytes);
  if (text !== undefined && text.trim() !== "") return text;
  throw userError("usage", "SECRET_NO_INPUT", `${source === "-" ? "Standard input" : source} holds no text.`);
}

async function readBytes(
  path: string,
  { host, globals }: Pick<CommandContext, "host" | "globals">,
): Promise<Uint8Array> {
  const whole = resolve(globals.cwd, path);
  // A named pipe without a writer would be waited for; those of the shell are below /dev.
  if (host.files.stat(whole)?.kind === "other" && !/^\/(?:dev|proc)\/(?:self\/)?(?:fd\/|stdin)/.test(whole))
    throw userError("usage", "SECRET_FILE", `The file ${path} cannot be read: it is not a regular file.`);
  return readFile(whole).catch((error: unknown) => {
    throw userError("usage", "SECRET_FILE", `The file ${path} cannot be read: ${diskTrouble(error)}.`, {
      cause: error,
    });
  });
}

/** JSON where it looks like it, else `NAME=value` lines. Errors do not quote the text. */
function parseValues(text: string, source: string): Readonly<Record<string, string>> {
  if (!text.trimStart().startsWith("{")) {
    const read = readDotenv(text);
    if ("values" in read) return read.values;
    const { line, column, message, help } = read.problem;
    throw userError("usage", "SECRET_FILE", `Nothing was imported: ${source}:${line}:${column}: ${message}.`, { help });
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw userError("usage", "SECRET_FILE", `${source} looks like JSON, but is none.`);
  }
  const wrong = Object.entries(parsed as object).filter(([, value]) => typeof value !== "string");
  if (wrong.length === 0) return parsed as Readonly<Record<string, string>>;
  throw userError(
    "usage",
    "SECRET_FILE",
    `In ${source} these are not texts: ${wrong.map(([name]) => name).join(", ")}.`,
  );
}

/** @throws UserError "usage" that lists all that is wrong, by name, before anything is stored */
function refuseWrong(values: Readonly<Record<string, string>>, source: string, platform: NodeJS.Platform): void {
  const wrong = Object.entries(values).flatMap(([name, value]) => {
    const check = checkSecretValue(value, platform);
    const problem = nameProblem(name) ?? (check.ok ? undefined : check.problem);
    return problem === undefined ? [] : [`${JSON.stringify(name)}: ${problem}`];
  });
  const count = Object.keys(values).length;
  if (count === 0) throw userError("usage", "SECRET_FILE", `${source} holds no NAME=value line.`);
  if (wrong.length > 0) {
    throw userError("usage", "SECRET_FILE", `Nothing was imported from ${source}. ${wrong.join("; ")}.`);
  }
}
