import { dirname } from "node:path";
import { systemLocks } from "../host/lock.ts";
import { userError } from "../model/error.ts";
import type { Redactor } from "../secrets/redactor.ts";
import { nameProblem } from "../secrets/secret-name.ts";
import { openSecretStore, type SecretStore } from "../secrets/secret-store.ts";
import { createSecrets, type Secrets, type SecretsOptions } from "../secrets/secrets.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { openServices, type Services } from "../coordinator/services.ts";

/** What the commands of `flowctl secrets` work with. */
export interface OpenSecrets {
  readonly services: Services;
  readonly redactor: Redactor;
  readonly store: SecretStore;
  readonly secrets: Secrets;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** A line of data, on standard output. */
  readonly print: (text: string) => void;
  /** A line for people, on standard error; nothing with `--quiet`. */
  readonly say: (text: string) => void;
  /** A line that `--quiet` does not silence. */
  readonly warn: (text: string) => void;
}

/** Loads the config and opens stores and providers as it says. */
export async function openSecrets(
  context: CommandContext,
  {
    namespace,
    state = "writes",
  }: { readonly namespace?: string | undefined; readonly state?: "writes" | "nothing" } = {},
): Promise<OpenSecrets> {
  const { host, globals } = context;
  const { environment, files, clock, terminal } = host;
  const services = await openServices(context, { state });
  const { config, stateDirectory, redactor } = services;
  const interactive = globals.input && terminal.stdinIsTTY && terminal.stderr.isTTY;
  const line = (screen: { write(text: string): void }) => (text: string) => {
    screen.write(`${text}\n`);
  };
  const warn = line(terminal.stderr);
  const options: SecretsOptions = {
    environment,
    files,
    clock,
    redactor,
    locks: systemLocks(),
    config: config.secrets,
    directory: config.file === undefined ? globals.cwd : dirname(config.file),
    stateDirectory,
    namespace,
    interactive: interactive && (environment.variables["CI"] ?? "") === "",
    onWaiting: () => {
      warn("Waiting for your OS keychain to unlock…");
    },
  };
  return {
    services,
    redactor,
    store: openSecretStore(options),
    secrets: createSecrets(options),
    interactive,
    print: line(terminal.stdout),
    say: globals.quiet ? () => undefined : warn,
    warn,
  };
}

/**
 * The one name that a command was given. What was typed is not repeated: it may be a value.
 * @throws UserError "usage" where there is none, more than one, or `NAME=value`
 */
export function onlyName(args: readonly string[], verb: string): string {
  const [name] = args;
  if (name === undefined || args.length > 1 || name.includes("=")) throw notAnArgument(verb);
  checkName(name);
  return name;
}

/** @throws UserError "usage" */
export function checkName(name: string): void {
  const problem = nameProblem(name);
  if (problem !== undefined) throw userError("usage", "SECRET_NAME", `That is no name of a secret: ${problem}.`);
}

function notAnArgument(verb: string) {
  return userError("usage", "SECRET_ARGUMENT", `"secrets ${verb}" takes one name, and never a value as an argument.`, {
    help:
      verb === "set"
        ? "pass the value on standard input, as in: pass show slack | flowctl secrets set SLACK_WEBHOOK_URL"
        : `flowctl secrets ${verb} NAME`,
  });
}

/** Names that a store holds already, of those given: in the index, in the file, or in the keychain. */
export async function namesAlreadyStored(names: readonly string[], store: SecretStore): Promise<readonly string[]> {
  const { namespace } = store.settings;
  const { serviceOf } = await import("../secrets/secret-name.ts");
  const indexed = store.index.list().filter((each) => each.namespace === namespace);
  const inFile = store.file.read()?.secrets;
  const open = names.filter((name) => inFile?.[name] === undefined && !indexed.some((each) => each.name === name));
  const entries = open.map((account) => ({ service: serviceOf(namespace), account }));
  const reply = await store.keychain.ask({ action: "get", entries });
  const inKeychain = open.filter((_, at) => {
    const answer = reply.ok ? reply.answers[at] : undefined;
    return answer?.ok === true && answer.found;
  });
  return names.filter((name) => !open.includes(name) || inKeychain.includes(name));
}

/**
 * Windows knows no case in names, so two that differ in nothing else would be one there.
 *
 * @param together what is to be stored with it
 * @throws UserError "usage"
 */
export function refuseCaseConflict(name: string, store: SecretStore, together: readonly string[] = []): void {
  const { namespace } = store.settings;
  const indexed = store.index.list().filter((each) => each.namespace === namespace);
  const stored = [...indexed.map((each) => each.name), ...Object.keys(store.file.read()?.secrets ?? {})];
  const isOther = (each: string): boolean => each !== name && each.toLowerCase() === name.toLowerCase();
  const other = stored.find(isOther);
  if (other !== undefined)
    throw userError("usage", "SECRET_NAME_CASE", `${name} differs from the stored ${other} only in case.`, {
      help: `use ${other}, or: flowctl secrets delete ${other}`,
    });
  const twin = together.find(isOther);
  if (twin !== undefined)
    throw userError(
      "usage",
      "SECRET_NAME_CASE",
      `${name} and ${twin} differ only in case: Windows takes them for one.`,
    );
}
