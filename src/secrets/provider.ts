/** Where values come from, in the order in which they are asked unless config says otherwise. */
export const PROVIDERS = ["context", "env", "keychain", "file", "exec", "dotenv"] as const;
export type ProviderName = (typeof PROVIDERS)[number];

/** For people: "the OS keychain". */
export const PROVIDER_TITLES: Readonly<Record<ProviderName, string>> = {
  context: "the run's context",
  env: "the environment",
  keychain: "the OS keychain",
  file: "the encrypted file",
  exec: "a command",
  dotenv: "a dotenv file",
};

/** One provider's answer for one name. `why` is a phrase for people and holds no value. */
export type Lookup =
  | { readonly kind: "found"; readonly value: string }
  | { readonly kind: "no"; readonly why: string; readonly help?: string };

/** One way to a value. It is asked for all names at once and never throws. */
export interface Provider {
  readonly name: ProviderName;
  /** Whether its answer costs nothing, so that it may be asked before it is known what else will be. */
  readonly isAtHand?: boolean;
  lookup(names: readonly string[]): Promise<ReadonlyMap<string, Lookup>>;
  /** Starts what its next answer has to wait for; it asks nobody anything yet. */
  warm?(): Promise<void>;
  /** Ends what was started and is not needed any more. */
  close?(): void;
}

/** A provider that answers name by name. */
export function providerOfEach(
  name: ProviderName,
  lookup: (secret: string) => Lookup | Promise<Lookup>,
  more: Pick<Provider, "isAtHand"> = {},
): Provider {
  return {
    name,
    ...more,
    lookup: async (names) => {
      const answers = await Promise.all(names.map(async (each) => [each, await lookup(each)] as const));
      return new Map(answers);
    },
  };
}
