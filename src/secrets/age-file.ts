import { dirname } from "node:path";
import { diskTrouble } from "../model/disk-trouble.ts";
import { userError } from "../model/error.ts";
import { byName } from "./secret-name.ts";
import { withWriteLock, type WritePorts } from "./write-lock.ts";

/** The encrypted file: names are clear, each value is an age message of its own. */
interface AgeDocument {
  readonly version: 1;
  /** Public keys that everything is encrypted for. */
  readonly recipients: readonly string[];
  readonly secrets: Readonly<Record<string, { readonly age: string; readonly updatedAt: string }>>;
}

/** A file of secrets that only holders of a key can read, and everybody who can write it can add to. */
export interface AgeFile {
  readonly path: string;
  /** Its content without values; `undefined` where there is none. @throws UserError "secret" where it is damaged */
  read(): AgeDocument | undefined;
  /** The value of a name in it. @throws Error with a phrase for people: no key fits, damaged, or swapped */
  decrypt(name: string, identities: readonly string[]): Promise<string | undefined>;
  /** Adds or replaces values. `recipients` are for a file that does not exist yet. */
  write(values: Readonly<Record<string, string>>, recipients: readonly string[]): Promise<void>;
  /** @returns whether there was one */
  remove(name: string): Promise<boolean>;
}

/** Opens nothing yet: each call reads the file as it then is. */
export function openAgeFile(path: string, ports: WritePorts): AgeFile {
  const { files, clock } = ports;
  const read = (): AgeDocument | undefined => {
    const text = onDisk("read", path, () => files.read(path));
    return text === undefined ? undefined : parse(text, path);
  };
  const change = async (edit: (document: AgeDocument | undefined) => Promise<AgeDocument | undefined>) => {
    await withWriteLock(ports, async () => {
      const changed = await edit(read());
      if (changed === undefined) return;
      onDisk("written", path, () => {
        files.makeDirectory(dirname(path));
        files.replace(path, `${JSON.stringify(changed, null, 2)}\n`);
      });
    });
  };
  return {
    path,
    read,
    decrypt: async (name, identities) => {
      const entry = read()?.secrets[name];
      return entry === undefined ? undefined : decryptEntry(name, entry.age, identities);
    },
    write: async (values, recipients) => {
      const updatedAt = new Date(clock.now()).toISOString();
      const keysOf = (document: AgeDocument | undefined) => document?.recipients ?? recipients;
      const before = keysOf(read());
      // Many values take their time: others need not wait for it.
      const early = await encryptAll(values, before);
      await change(async (document) => {
        const keys = keysOf(document);
        const isSame = JSON.stringify(keys) === JSON.stringify(before);
        const written = isSame ? early : await encryptAll(values, keys);
        const secrets = Object.fromEntries(written.map(([name, age]) => [name, { age, updatedAt }]));
        return { version: 1, recipients: keys, secrets: sorted({ ...document?.secrets, ...secrets }) };
      });
    },
    remove: async (name) => {
      if (read()?.secrets[name] === undefined) return false;
      await change(async (document) => {
        if (document === undefined) return undefined;
        const rest = Object.entries(document.secrets).filter(([each]) => each !== name);
        return Promise.resolve({ ...document, secrets: Object.fromEntries(rest) });
      });
      return true;
    },
  };
}

/** @throws UserError "secret" for what the disk refuses */
function onDisk<T>(what: "read" | "written", path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw userError("secret", "SECRET_FILE_DISK", `${path} cannot be ${what}: ${diskTrouble(error)}`, {
      file: path,
      cause: error,
    });
  }
}

/** The public keys that belong to private ones. */
export async function recipientsOf(identities: readonly string[]): Promise<readonly string[]> {
  const { identityToRecipient } = await import("age-encryption");
  return Promise.all(identities.map((each) => identityToRecipient(each)));
}

async function encryptAll(
  values: Readonly<Record<string, string>>,
  recipients: readonly string[],
): Promise<readonly (readonly [name: string, age: string])[]> {
  return Promise.all(
    Object.entries(values).map(async ([name, value]) => [name, await encrypt(name, value, recipients)] as const),
  );
}

/** The name is inside the message, too, so that two values cannot be swapped unseen. */
async function encrypt(name: string, value: string, recipients: readonly string[]): Promise<string> {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  for (const each of recipients) encrypter.addRecipient(each);
  return Buffer.from(await encrypter.encrypt(JSON.stringify({ name, value }))).toString("base64");
}

async function decryptEntry(name: string, age: string, identities: readonly string[]): Promise<string> {
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  for (const each of identities) decrypter.addIdentity(each);
  const text = await decrypter.decrypt(Buffer.from(age, "base64"), "text").catch((error: unknown) => {
    const foreign = error instanceof Error && /no identity matched/.test(error.message);
    throw new Error(foreign ? "it is encrypted for another key" : "its entry is damaged", { cause: error });
  });
  const inside = contentOf(text);
  if (inside.name !== name || typeof inside.value !== "string") throw new Error("its entry belongs to another name");
  return inside.value;
}

/** A parser's error would quote the text, which holds the value. */
function contentOf(text: string): { readonly name?: unknown; readonly value?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { readonly name?: unknown; readonly value?: unknown };
  } catch {
    throw new Error("its entry is damaged");
  }
}

function parse(text: string, path: string): AgeDocument {
  try {
    const document: unknown = JSON.parse(text);
    if (isDocument(document)) return { ...document, secrets: byName(document.secrets) };
  } catch {
    // Said below, in our own words.
  }
  throw userError("secret", "SECRET_FILE_DAMAGED", `${path} is no file of secrets that this version reads`, {
    file: path,
    help: "restore it from a copy, or move it away and set its secrets again",
  });
}

function isDocument(value: unknown): value is AgeDocument {
  if (typeof value !== "object" || value === null) return false;
  const { version, recipients, secrets } = value as Partial<Record<keyof AgeDocument, unknown>>;
  const hasKeys = Array.isArray(recipients) && recipients.every((each) => typeof each === "string");
  if (version !== 1 || !hasKeys || typeof secrets !== "object" || secrets === null) return false;
  return Object.values(secrets).every((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return false;
    const { age, updatedAt } = entry as { readonly age?: unknown; readonly updatedAt?: unknown };
    return typeof age === "string" && typeof updatedAt === "string";
  });
}

function sorted<T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
}
