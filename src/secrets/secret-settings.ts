import { join, resolve } from "node:path";
import type { Environment } from "../host/host.ts";
import { parseDuration } from "../model/duration.ts";
import { userError } from "../model/error.ts";
import { PROVIDERS, type ProviderName } from "./provider.ts";
import { byName, namespaceProblem } from "./secret-name.ts";

/** The `secrets` section of the config. */
export interface SecretsConfig {
  /** Keeps one team's secrets apart from another's; `team.prod` falls back to `team`. @default none */
  readonly namespace?: string | undefined;
  /** Which providers are asked, first hit wins. @default all, as in `PROVIDERS` */
  readonly order?: readonly ProviderName[] | undefined;
  /** Secrets that come from one provider only. */
  readonly pins?: Readonly<Record<string, ProviderName>> | undefined;
  /** Secrets that may also come from another variable than `FLOWCTL_SECRET_<NAME>`, with its name. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The age-encrypted file, relative to the config. @default one per user and namespace */
  readonly file?: string | undefined;
  /** Public keys for a file that does not exist yet. */
  readonly recipients?: readonly string[] | undefined;
  /** Commands that print a value: a list is an argv, a text goes to a shell; `*` for all names, `{name}` for the name. */
  readonly exec?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Files of `NAME=value` lines, relative to the config. @default none */
  readonly dotenv?: string | readonly string[] | undefined;
  /** How long the keychain may take, in milliseconds. @default 3s, or 60s on a terminal */
  readonly timeout?: number | undefined;
}

/** Config and environment, made into what providers and stores need. */
export interface SecretSettings {
  /** Where values are written. Empty for the default one. */
  readonly namespace: string;
  /** Where values are looked for, in order; the last is the default one. */
  readonly namespaces: readonly string[];
  readonly order: readonly ProviderName[];
  readonly pins: Readonly<Record<string, ProviderName>>;
  /** `FLOWCTL_SECRETS_BACKEND`: the only store that is read (after the context) and written. */
  readonly backend: "env" | "keychain" | "file" | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly file: string;
  /** Used where no key is given and it exists. */
  readonly defaultKeyFile: string;
  readonly recipients: readonly string[];
  readonly exec: Readonly<Record<string, string | readonly string[]>>;
  readonly dotenv: readonly string[];
  /** Milliseconds. */
  readonly keychainTimeout: number;
  /** The directory that relative paths start from, and that commands run in. */
  readonly directory: string;
}

export interface SettingsInput {
  readonly environment: Environment;
  readonly config?: SecretsConfig | undefined;
  /** The directory of the config file. @default the current one */
  readonly directory?: string | undefined;
  /** From `--namespace`. */
  readonly namespace?: string | undefined;
  /** Whether a person is there to unlock a keychain. */
  readonly interactive?: boolean | undefined;
}

const PATIENT = 60_000;
const BRISK = 3_000;

/**
 * Reads the config's section and the variables that pin or move things.
 * @throws UserError "usage" for a namespace, back end or time limit that is none
 */
export function readSettings({ environment, config = {}, ...input }: SettingsInput): SecretSettings {
  const { variables, home } = environment;
  const directory = input.directory ?? environment.cwd;
  const namespace = input.namespace ?? config.namespace ?? "";
  const problem = namespace === "" ? undefined : namespaceProblem(namespace);
  if (problem !== undefined) throw userError("usage", "SECRET_NAMESPACE", problem);
  const backend = readBackend(variables["FLOWCTL_SECRETS_BACKEND"]);
  const personal = join(variables["XDG_CONFIG_HOME"] ?? join(home, ".config"), "flowctl");
  const file = variables["FLOWCTL_SECRETS_FILE"] ?? config.file;
  return {
    namespace,
    namespaces: lineageOf(namespace),
    order: backend === undefined ? (config.order ?? PROVIDERS) : ["context", backend],
    pins: byName(backend === undefined ? config.pins : {}),
    backend,
    variables: byName(config.env),
    file:
      file === undefined
        ? join(personal, namespace === "" ? "secrets.json" : `secrets.${namespace}.json`)
        : resolve(variables["FLOWCTL_SECRETS_FILE"] === undefined ? directory : environment.cwd, file),
    defaultKeyFile: join(personal, "secrets.key"),
    recipients: config.recipients ?? [],
    exec: byName(config.exec),
    dotenv: [config.dotenv ?? []].flat().map((each) => resolve(directory, each)),
    keychainTimeout: readTimeout(variables["FLOWCTL_KEYCHAIN_TIMEOUT"] ?? config.timeout, input.interactive === true),
    directory,
  };
}

/** `a.b` stands before `a`, and that before the default one. */
function lineageOf(namespace: string): readonly string[] {
  if (namespace === "") return [""];
  return [namespace, ...lineageOf(namespace.slice(0, Math.max(namespace.lastIndexOf("."), 0)))];
}

function readBackend(value: string | undefined): SecretSettings["backend"] {
  if (value === undefined || value === "") return undefined;
  if (value === "env" || value === "keychain" || value === "file") return value;
  throw userError("usage", "SECRET_BACKEND", `FLOWCTL_SECRETS_BACKEND is "${value}"; it can be env, keychain or file`);
}

function readTimeout(value: string | number | undefined, interactive: boolean): number {
  if (value === undefined || value === "") return interactive ? PATIENT : BRISK;
  const milliseconds = parseDuration(typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value);
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  throw userError("usage", "SECRET_TIMEOUT", `"${value}" is no time limit for the keychain`, {
    help: "write 5s, or 500ms",
  });
}
