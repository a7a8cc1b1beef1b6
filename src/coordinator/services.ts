import { dirname } from "node:path";
import { loadConfig } from "../config/load-config.ts";
import type { Config } from "../config/config.ts";
import type { Files } from "../host/files.ts";
import type { BadEntry } from "../host/guarded-files.ts";
import type { Environment } from "../host/host.ts";
import { systemLocks, type Locks } from "../host/lock.ts";
import { diskTrouble } from "../model/disk-trouble.ts";
import { UserError } from "../model/error.ts";
import { isSecretReference } from "../model/notification.ts";
import type { Channel } from "../outbox/channel.ts";
import type { SecretSource } from "../outbox/item.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { projectOf, type Project } from "../runs/project.ts";
import { locateStateDirectory, openStateDirectory } from "../runs/state-directory.ts";
import type { StartedBy } from "../runs/will.ts";
import { registerNamedVariables } from "../secrets/environment-secrets.ts";
import type { Redactor } from "../secrets/redactor.ts";
import type { Secrets } from "../secrets/secrets.ts";
import type { CommandContext } from "./context.ts";
import { startedBy } from "./started-by.ts";

/** What most commands stand on: the config and what follows from it. Secrets and outbox are made when asked for. */
export interface Services {
  readonly config: Config;
  readonly project: Project;
  readonly stateDirectory: string;
  /** Whether anything can be put there. */
  readonly isWritable: boolean;
  readonly redactor: Redactor;
  secrets(): Promise<Secrets>;
  /** Makes the value of a secret known that was found in another way. */
  secretFound(name: string, value: string): void;
  outbox(): Promise<Outbox>;
}

/**
 * Loads the config and opens the state directory.
 *
 * @param options.from the flow file's directory; the current one where there is no flow
 * @throws UserError "usage" for a wrong config or a state directory that cannot be used
 */
export async function openServices(
  context: CommandContext,
  options: {
    readonly from?: string;
    /** Hears of what is less safe than it should be. */
    readonly warn?: (text: string) => void;
    /** Hears of each secret's value, once the redactor knows it. */
    readonly onSecret?: (name: string, value: string) => void;
    /** Hears of a state directory that cannot be used; what is to be told goes out from memory. @default it is thrown */
    readonly onUnusable?: (error: UserError) => void;
    /**
     * What the command does with the state directory. One that `reads` is content with one that cannot be written to,
     * and one that does `nothing` needs none. @default "writes"
     */
    readonly state?: "writes" | "reads" | "nothing";
  } = {},
): Promise<Services> {
  const { host, globals } = context;
  const { files } = host;
  const environment: Environment = { ...host.environment, cwd: globals.cwd };
  const from = options.from ?? globals.cwd;
  const config = await loadConfig({
    from,
    ...(globals.config === undefined ? {} : { explicit: globals.config }),
    ...(globals.profile === undefined ? {} : { profile: globals.profile }),
    environment,
    files,
    importModule: async (path) => (await import("../load/import-module.ts")).importModule(path),
    checkChannel: async (definition) => (await import("./check-channel.ts")).checkChannel(definition),
  });
  const place = {
    environment,
    files,
    onBadEntry: (entry: BadEntry) => {
      host.terminal.stderr.write(`warning: ${describeBadEntry(entry)}\n`);
    },
    ...(config.stateDir === undefined ? {} : { configured: { path: config.stateDir, relativeTo: globals.cwd } }),
  };
  const stateDirectory = locateStateDirectory(place).path;
  const unusable = options.state === "nothing" ? undefined : whyUnusable(place);
  if (unusable !== undefined) {
    const isReadable = options.state === "reads" && files.stat(stateDirectory)?.kind === "directory";
    if (options.onUnusable === undefined && !isReadable) throw unusable;
    options.onUnusable?.(unusable);
  }
  const project = projectOf({ declared: config.project, directory: from, config: config.file, files });
  const { redactor } = context;
  registerNamedVariables(redactor, environment.variables, config.secrets.env);
  const secretFound = (name: string, value: string): void => {
    redactor.register(name, value);
    options.onSecret?.(name, value);
  };
  const secrets = once(() => makeSecrets(context, { config, stateDirectory, redactor }, options.onSecret));
  const outbox = once(async () => {
    const parts = { config, stateDirectory, redactor, secrets };
    if (unusable === undefined || options.state === "reads")
      return makeOutbox(context, parts, onDisk(files), options.warn);
    const { withoutDisk, withoutInbox } = await import("./without-disk.ts");
    const disk = { files: withoutDisk(files, unusable.cause ?? unusable), channel: withoutInbox };
    return makeOutbox(context, parts, disk, options.warn);
  });
  const isWritable = options.state !== "nothing" && unusable === undefined;
  return { config, project, stateDirectory, isWritable, redactor, secrets, secretFound, outbox };
}

function describeBadEntry({ path, error, movedTo }: BadEntry): string {
  const why = error === undefined ? "it is not a regular file" : diskTrouble(error);
  return movedTo === undefined
    ? `${path} cannot be read and is left out: ${why}`
    : `${path} cannot be used (${why}) and has been moved to ${movedTo}`;
}

function whyUnusable(place: Parameters<typeof openStateDirectory>[0]): UserError | undefined {
  try {
    openStateDirectory(place);
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

async function makeSecrets(
  { host, globals }: CommandContext,
  { config, stateDirectory, redactor }: Pick<Services, "config" | "stateDirectory" | "redactor">,
  onFound?: (name: string, value: string) => void,
): Promise<Secrets> {
  const { createSecrets } = await import("../secrets/secrets.ts");
  return createSecrets({
    environment: host.environment,
    files: host.files,
    clock: host.clock,
    redactor,
    locks: systemLocks(),
    stateDirectory,
    config: config.secrets,
    directory: config.file === undefined ? globals.cwd : dirname(config.file),
    interactive: globals.input && host.terminal.stdinIsTTY && host.terminal.stderr.isTTY,
    onWaiting: () => {
      host.terminal.stderr.write("Waiting for your OS keychain to unlock…\n");
    },
    ...(onFound === undefined ? {} : { onFound }),
  });
}

/** Many of these start at one moment, and would come back at one. */
const UNATTENDED: ReadonlySet<StartedBy> = new Set(["ci", "cron"]);
const SPLAY_MS = 30_000;

/** What an outbox needs of the state directory. */
interface Disk {
  readonly files: Files;
  /** @default locks within this process */
  readonly locks?: Locks;
  readonly channel: (channel: Channel) => Channel;
}

function onDisk(files: Files): Disk {
  return { files, locks: systemLocks(), channel: (channel) => channel };
}

async function makeOutbox(
  context: CommandContext,
  { config, stateDirectory, redactor, secrets }: Pick<Services, "config" | "stateDirectory" | "redactor" | "secrets">,
  disk: Disk,
  warn?: (text: string) => void,
): Promise<Outbox> {
  const { host } = context;
  const others = new Map<string, Promise<SecretsOfAnother>>();
  /** A message is sent with the secrets of the config that declared its channel, whoever sends it. */
  const secretsOf = async (source: SecretSource): Promise<SecretsOfAnother> => {
    if (source.config === config.file && source.namespace === config.secrets.namespace)
      return { secrets: await secrets() };
    const key = JSON.stringify([source.config, source.namespace]);
    const made = others.get(key) ?? foreignSecrets(context, source, { stateDirectory, redactor });
    others.set(key, made);
    return made;
  };
  const [{ createOutbox }, { channelOf }, { digestText }] = await Promise.all([
    import("../outbox/outbox.ts"),
    import("../channels/index.ts"),
    import("../channels/digest-text.ts"),
  ]);
  return createOutbox({
    ...disk,
    clock: host.clock,
    random: host.random,
    splayMs: UNATTENDED.has(startedBy(host.environment, host.terminal)) ? SPLAY_MS : 0,
    directory: stateDirectory,
    environment: {
      ...host.environment,
      variables: { ...host.environment.variables, FLOWCTL_STATE_DIR: stateDirectory },
    },
    secretVariables: Object.values(config.secrets.env ?? {}),
    channel: async (type) => disk.channel(await channelOf(type)),
    digest: digestText,
    values: async (definition, source) => {
      const names = secretNames(definition);
      if (names.length === 0) return {};
      const { secrets: known, trouble } = await secretsOf(source);
      const { found, missing } = await known.resolve(names);
      // A config that is being mended may say where they are.
      if (missing.length > 0 && trouble !== undefined) throw trouble;
      if (missing.length > 0) throw (await import("../secrets/missing-secrets.ts")).missingSecretsError(missing);
      return Object.fromEntries(found);
    },
    redact: (text) => redactor.redactMessage(text),
    ...(warn === undefined ? {} : { warn }),
  });
}

/** Secrets as another config has them, and why that one could not be asked. */
interface SecretsOfAnother {
  readonly secrets: Secrets;
  readonly trouble?: UserError;
}

/** The secrets of another project's config; where it is gone or cannot be used, those of its namespace. */
async function foreignSecrets(
  context: CommandContext,
  source: SecretSource,
  parts: Pick<Services, "stateDirectory" | "redactor">,
): Promise<SecretsOfAnother> {
  const { host } = context;
  const load = (explicit: string): Promise<Config> =>
    loadConfig({
      from: host.environment.home,
      explicit,
      // Which profiles it has is its own business.
      profile: "",
      environment: host.environment,
      files: host.files,
      importModule: async (path) => (await import("../load/import-module.ts")).importModule(path),
    });
  const isThere = source.config !== undefined && host.files.stat(source.config)?.kind === "file";
  const { found, ...rest } = await load(isThere ? source.config : "none").then(
    (whole) => ({ found: whole }),
    async (trouble: unknown) => {
      if (!(trouble instanceof UserError)) throw trouble;
      return { found: await load("none"), trouble };
    },
  );
  const { namespace } = source;
  const config = { ...found, secrets: { ...found.secrets, ...(namespace === undefined ? {} : { namespace }) } };
  return { secrets: await makeSecrets(context, { config, ...parts }), ...rest };
}

/** The secrets that a channel's definition names, at any depth. */
export function secretNames(value: unknown): readonly string[] {
  if (isSecretReference(value)) return [value.secret];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(secretNames) : [];
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
