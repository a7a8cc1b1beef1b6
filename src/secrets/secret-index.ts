import { join } from "node:path";
import { readable } from "../model/disk-trouble.ts";
import { withWriteLock, type WritePorts } from "./write-lock.ts";

/** That a secret was stored, where and when; never its value. */
export interface IndexEntry {
  readonly name: string;
  readonly namespace: string;
  readonly store: "keychain" | "file";
  /** ISO 8601, UTC. */
  readonly updatedAt: string;
}

/**
 * The names that flowctl has stored. A keychain cannot be asked for them safely,
 * and a locked one answers as if there were nothing: with the names at hand the
 * two are told apart.
 */
export interface SecretIndex {
  list(): readonly IndexEntry[];
  add(entries: readonly IndexEntry[]): Promise<void>;
  remove(namespace: string, name: string): Promise<void>;
}

/** The index of a state directory: `secrets/index.json`. */
export function createSecretIndex(ports: WritePorts): SecretIndex {
  const { files } = ports;
  const path = indexPath(ports);
  const list = (): readonly IndexEntry[] => storedSecrets(ports);
  const change = async (edit: (entries: readonly IndexEntry[]) => readonly IndexEntry[]): Promise<void> => {
    await withWriteLock(ports, () => {
      const entries = [...edit(list())].sort((a, b) => keyOf(a).localeCompare(keyOf(b)));
      files.replace(path, `${JSON.stringify({ version: 1, entries }, null, 2)}\n`);
    });
  };
  return {
    list,
    add: (added) => {
      const keys = new Set(added.map(keyOf));
      return change((entries) => [...entries.filter((each) => !keys.has(keyOf(each))), ...added]);
    },
    remove: async (namespace, name) => {
      const stays = (each: IndexEntry): boolean => each.namespace !== namespace || each.name !== name;
      if (!list().every(stays)) await change((entries) => entries.filter(stays));
    },
  };
}

/** What the index of a state directory says is stored. */
export function storedSecrets(ports: Pick<WritePorts, "files" | "stateDirectory">): readonly IndexEntry[] {
  return parse(readable(() => ports.files.read(indexPath(ports)), undefined));
}

function indexPath({ stateDirectory }: Pick<WritePorts, "stateDirectory">): string {
  return join(stateDirectory, "secrets", "index.json");
}

function keyOf({ namespace, name, store }: IndexEntry): string {
  return `${namespace}/${name}/${store}`;
}

/** A damaged index costs a diagnosis, never a secret: it is begun anew. */
function parse(text: string | undefined): readonly IndexEntry[] {
  if (text === undefined) return [];
  try {
    const { entries } = JSON.parse(text) as { readonly entries?: unknown };
    return Array.isArray(entries) ? entries.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is IndexEntry {
  if (typeof value !== "object" || value === null) return false;
  const { name, namespace, store, updatedAt } = value as Partial<Record<keyof IndexEntry, unknown>>;
  const texts = [name, namespace, updatedAt].every((each) => typeof each === "string");
  return texts && (store === "keychain" || store === "file");
}
