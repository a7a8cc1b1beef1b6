/** An entry of the OS keychain, as keytar names it. */
export interface KeychainEntry {
  readonly service: string;
  readonly account: string;
}

/** What the child is asked, once, on its standard input. Values travel in no other way. */
export type KeychainRequest =
  | { readonly action: "get"; readonly entries: readonly KeychainEntry[] }
  | { readonly action: "set"; readonly entries: readonly (KeychainEntry & { readonly value: string })[] }
  | { readonly action: "delete"; readonly entries: readonly KeychainEntry[] };

/** What became of one entry. `value` is set by `get` only; `found` says whether there was one. */
export type EntryAnswer =
  | { readonly ok: true; readonly found: boolean; readonly value?: string }
  | { readonly ok: false; readonly message: string };

/** The one line that the child answers on its standard output. */
export type KeychainAnswer =
  | { readonly ok: true; readonly answers: readonly EntryAnswer[] }
  /** keytar, or the library it needs, could not be loaded. */
  | { readonly ok: false; readonly code: "NO_MODULE"; readonly message: string };

/** Reads the child's line; `undefined` where it is anything else. */
export function parseAnswer(line: string, entries: number): KeychainAnswer | undefined {
  try {
    const value = JSON.parse(line) as KeychainAnswer;
    if (!value.ok) return typeof value.message === "string" ? value : undefined;
    return Array.isArray(value.answers) && value.answers.length === entries ? value : undefined;
  } catch {
    return undefined;
  }
}
