import type { Clock } from "../host/clock.ts";
import type { Files } from "../host/files.ts";
import type { Environment } from "../host/host.ts";
import type { Locks } from "../host/lock.ts";
import { missingSecretsError, type MissingSecret } from "./missing-secrets.ts";
import type { Lookup, Provider, ProviderName } from "./provider.ts";
import { createProviders } from "./providers.ts";
import type { Redactor } from "./redactor.ts";
import { nameProblem } from "./secret-name.ts";
import { readSettings, type SecretsConfig } from "./secret-settings.ts";

/** Turns names into values, for one process. Each value is found once. */
export interface Secrets {
  /** Looks for all names at once: one keychain child, whatever their number, and none where none is left to it. */
  resolve(names: readonly string[]): Promise<Resolution>;
  /** @throws UserError "secret" where no provider has it */
  get(name: string): Promise<string>;
  /** Starts what looking for these names will wait for, where it is certain by now that it will be asked. */
  warm(names: readonly string[]): Promise<void>;
  /** Ends what was started for names that nobody has asked for. */
  close(): void;
}

export interface Resolution {
  readonly found: ReadonlyMap<string, string>;
  /** Which provider had it, for those that were found. */
  readonly origins: ReadonlyMap<string, ProviderName>;
  readonly missing: readonly MissingSecret[];
}

export interface SecretsOptions {
  readonly environment: Environment;
  readonly files: Files;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly locks: Locks;
  /** For the index of names. */
  readonly stateDirectory: string;
  /** The config's `secrets` section. */
  readonly config?: SecretsConfig | undefined;
  /** The config file's directory. @default the current one */
  readonly directory?: string | undefined;
  /** From `--namespace`; wins over the config's. */
  readonly namespace?: string | undefined;
  /** Values that win over everything else. */
  readonly context?: Readonly<Record<string, string>> | undefined;
  /** Whether a person is there to unlock a keychain. */
  readonly interactive?: boolean | undefined;
  /** Called where the keychain takes more than a second. */
  readonly onWaiting?: (() => void) | undefined;
  /** Called once for each value that was found, when the redactor knows it: for `::add-mask::`. */
  readonly onFound?: ((name: string, value: string) => void) | undefined;
  /** The keychain child's program. @default the bundled one */
  readonly hostPath?: string | undefined;
}

interface Found {
  readonly value: string;
  readonly provider: ProviderName;
}

/**
 * Makes the chain of providers that config and environment ask for. Nothing is
 * started, read or loaded before a name is asked for.
 *
 * @throws UserError "usage" where config or environment name what does not exist
 */
export function createSecrets(options: SecretsOptions): Secrets {
  const settings = readSettings(options);
  let providers: readonly Provider[] | undefined;
  const known = new Map<string, Found>();

  const keep = (name: string, found: Found): void => {
    if (known.has(name)) return;
    options.redactor.register(name, found.value);
    known.set(name, found);
    options.onFound?.(name, found.value);
  };

  const isFor = (provider: Provider, name: string): boolean =>
    nameProblem(name) === undefined && (settings.pins[name] ?? provider.name) === provider.name;

  const resolve = async (names: readonly string[]): Promise<Resolution> => {
    const wanted = [...new Set(names)];
    const tried = new Map<string, MissingSecret["tried"][number][]>(wanted.map((name) => [name, []]));
    providers ??= createProviders(settings, options);
    for (const provider of providers) {
      const open = wanted.filter((name) => !known.has(name) && isFor(provider, name));
      if (open.length === 0) continue;
      const answers = await provider.lookup(open);
      for (const name of open) note(name, provider.name, answers.get(name));
    }
    function note(name: string, provider: ProviderName, answer: Lookup | undefined): void {
      if (answer?.kind === "found") keep(name, { value: answer.value, provider });
      else if (answer !== undefined) {
        const { why, help } = answer;
        tried.get(name)?.push({ provider, why, ...(help === undefined ? {} : { help }) });
      }
    }
    const found = wanted.flatMap((name) => {
      const each = known.get(name);
      return each === undefined ? [] : [[name, each] as const];
    });
    return {
      found: new Map(found.map(([name, { value }]) => [name, value])),
      origins: new Map(found.map(([name, { provider }]) => [name, provider])),
      missing: wanted.filter((name) => !known.has(name)).map((name) => ({ name, tried: tried.get(name) ?? [] })),
    };
  };

  return {
    resolve,
    warm: async (names) => {
      providers ??= createProviders(settings, options);
      let open = names.filter((name) => !known.has(name));
      for (const provider of providers) {
        const asked = open.filter((name) => isFor(provider, name));
        if (asked.length === 0) continue;
        if (provider.isAtHand !== true) return provider.warm?.();
        const answers = await provider.lookup(asked);
        open = open.filter((name) => answers.get(name)?.kind !== "found");
      }
    },
    close: () => {
      for (const provider of providers ?? []) provider.close?.();
    },
    get: async (name) => {
      const { found, missing } = await resolve([name]);
      const value = found.get(name);
      if (value === undefined) throw missingSecretsError(missing);
      return value;
    },
  };
}
