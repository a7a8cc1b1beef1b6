import { isAbsolute, resolve } from "node:path";
import { UserError, userError } from "../model/error.ts";
import type { Files } from "../host/files.ts";
import type { Environment } from "../host/host.ts";
import type * as FieldModule from "../spec/fields.ts";
import type * as HookModule from "../spec/compile-hook.ts";
import type { CheckChannel } from "./check-config.ts";
import { emptyConfig, INBOX, type Config, type HandlerRule } from "./config.ts";
import { chosenProfile, environmentOverrides } from "./environment-overrides.ts";
import { findConfig } from "./find-config.ts";
import type { Merged } from "./merge.ts";
import type { ImportModule } from "./read-config.ts";

/** What `loadConfig` goes by. */
export interface ConfigRequest {
  /** The flow file's directory; the current one where there is no flow. */
  readonly from: string;
  /** `--config`: a file, or `none`. @default FLOWCTL_CONFIG, else it is looked for */
  readonly explicit?: string;
  /** `--profile`. @default FLOWCTL_PROFILE */
  readonly profile?: string;
  readonly environment: Environment;
  readonly files: Files;
  readonly importModule: ImportModule;
  /** Checks a channel's own options; without it they are not looked at. */
  readonly checkChannel?: CheckChannel;
}

/**
 * Finds, reads, merges and checks the config. Where no file exists nothing heavy is loaded.
 *
 * @throws UserError with all that is wrong, each at file, line and column
 */
export async function loadConfig(request: ConfigRequest): Promise<Config> {
  const { environment, files } = request;
  const explicit = request.explicit ?? (environment.variables["FLOWCTL_CONFIG"] || undefined);
  const found = explicit === undefined ? findConfig(request.from, files, environment) : named(explicit, request);
  if (found.file === undefined && request.profile !== undefined) chosenProfile(request.profile, []);
  const overrides = environmentOverrides(environment.variables);
  const config =
    found.file === undefined ? emptyConfig(found.searched) : await read(found.file, found.searched, request);
  const origins = new Map(config.origins);
  let overridden: Config = config;
  for (const { variable, key, part } of overrides) {
    const { stateDir, ...rest } = part;
    const directory = stateDir === undefined ? {} : { stateDir: resolve(environment.cwd, stateDir) };
    overridden = { ...overridden, ...(rest as unknown as Partial<Config>), ...directory };
    origins.set(key, { variable });
  }
  return { ...overridden, origins };
}

function named(explicit: string, request: ConfigRequest): { file: string | undefined; searched: readonly string[] } {
  if (explicit === "none") return { file: undefined, searched: [] };
  const file = isAbsolute(explicit) ? explicit : resolve(request.environment.cwd, explicit);
  if (request.files.stat(file)?.kind === "file") return { file, searched: [] };
  throw userError("usage", "CONFIG_NOT_FOUND", `there is no config ${file}`, {
    help: "name a file that exists, or --config none",
  });
}

async function read(file: string, searched: readonly string[], request: ConfigRequest): Promise<Config> {
  const [{ readLayers }, { mergeLayers }, { checkConfig }, fields, hookModule] = await Promise.all([
    import("./read-config.ts"),
    import("./merge.ts"),
    import("./check-config.ts"),
    import("../spec/fields.ts"),
    import("../spec/compile-hook.ts"),
  ]);
  const layers = await readLayers(file, request.importModule);
  const profile = chosenProfile(
    request.profile ?? request.environment.variables["FLOWCTL_PROFILE"],
    layers.flatMap((layer) => Object.keys(layer.content.profiles ?? {})),
  );
  const merged = mergeLayers(layers, profile);
  const config: Config = {
    ...compile(merged, { ...fields, ...hookModule }),
    file,
    files: layers.map((layer) => layer.file),
    searched,
  };
  const problems = await checkConfig(config, request.checkChannel);
  if (problems.length > 0) throw new UserError("usage", problems);
  return config;
}

type Fields = typeof FieldModule & typeof HookModule;

/** What was written, with lists as lists, durations in milliseconds and the built-in channel. */
function compile(
  { content: part, origins, places }: Merged,
  fields: Fields,
): Omit<Config, "file" | "files" | "searched"> {
  const { many, matchOf, milliseconds, bytes, retryOf, compileHook } = fields;
  const rule = (given: {
    uses: string;
    with?: Record<string, unknown> | undefined;
    match?: Parameters<typeof matchOf>[0];
  }): HandlerRule => ({
    uses: given.uses,
    with: given.with ?? {},
    match: matchOf(given.match),
  });
  const hooks = (part.hooks ?? []).map((hook) => compileHook(hook));
  const tried = (given: { retry?: Parameters<typeof retryOf>[0]; timeout?: string | 0 | undefined }) => {
    const retry = retryOf(given.retry);
    return {
      ...(retry === undefined ? {} : { retry }),
      ...(given.timeout === undefined ? {} : { timeout: milliseconds(given.timeout) }),
    };
  };
  const { namespace, env, file, timeout, order, pins, recipients, exec, dotenv } = part.secrets ?? {};
  const { waitAtEnd, maxPerRun } = part.delivery ?? {};
  const { grace, stopSignal, maxOutput } = part.defaults ?? {};
  return {
    channels: { inbox: INBOX, ...part.channels },
    hooks,
    stateHandlers: {
      flow: (part.stateHandlers?.flow ?? []).map(rule),
      task: (part.stateHandlers?.task ?? []).map(rule),
    },
    tasks: Object.fromEntries(
      Object.entries(part.tasks ?? {}).map(([name, task]) => [
        name,
        {
          ...rule(task),
          ...(task.trigger === undefined ? {} : { trigger: task.trigger }),
          ...(task.needs === undefined ? {} : { needs: many(task.needs) }),
          ...tried(task),
        },
      ]),
    ),
    secrets: {
      ...(namespace === undefined ? {} : { namespace }),
      ...(env === undefined ? {} : { env }),
      ...(file === undefined ? {} : { file }),
      ...(timeout === undefined ? {} : { timeout: milliseconds(timeout) }),
      ...(order === undefined ? {} : { order }),
      ...(pins === undefined ? {} : { pins }),
      ...(recipients === undefined ? {} : { recipients }),
      ...(exec === undefined ? {} : { exec }),
      ...(dotenv === undefined ? {} : { dotenv: many(dotenv) }),
    },
    ...(part.project === undefined ? {} : { project: part.project }),
    ...(part.stateDir === undefined ? {} : { stateDir: part.stateDir }),
    ...(part.concurrency === undefined ? {} : { concurrency: part.concurrency }),
    ...(part.timezone === undefined ? {} : { timezone: part.timezone }),
    pools: part.pools ?? {},
    defaults: {
      ...tried(part.defaults ?? {}),
      ...(grace === undefined ? {} : { grace: milliseconds(grace) }),
      ...(stopSignal === undefined ? {} : { stopSignal }),
      ...(maxOutput === undefined ? {} : { maxOutput: bytes(maxOutput) }),
    },
    delivery: {
      ...(waitAtEnd === undefined ? {} : { waitAtEnd: milliseconds(waitAtEnd) }),
      ...(maxPerRun === undefined ? {} : { maxPerRun }),
    },
    origins,
    places,
  };
}
