import { text } from "node:stream/consumers";
import type * as keytarModule from "keytar";
import type { EntryAnswer, KeychainAnswer, KeychainRequest } from "./keychain-protocol.ts";

/**
 * The child process that talks to the OS keychain: one request, one answer. It
 * exists because a keychain that hangs cannot be cancelled, only killed, and
 * because a damaged keyring can take the whole process down.
 */
async function answer(): Promise<KeychainAnswer> {
  // The request may come later: it is started ahead of it.
  const loading = load();
  const request = JSON.parse(await text(process.stdin)) as KeychainRequest;
  const keytar = await loading;
  if (typeof keytar === "string") return { ok: false, code: "NO_MODULE", message: keytar };
  const answers: EntryAnswer[] = [];
  // One after the other: a keyring that asks to be unlocked asks once.
  for (const each of carryOut(request, keytar)) answers.push(await each().catch(failed));
  return { ok: true, answers };
}

type Keytar = Pick<typeof keytarModule, "getPassword" | "setPassword" | "deletePassword">;

async function load(): Promise<Keytar | string> {
  try {
    const loaded = (await import("keytar")) as Keytar & { readonly default?: Keytar };
    return loaded.default ?? loaded;
  } catch (error) {
    return messageOf(error);
  }
}

function carryOut(request: KeychainRequest, keytar: Keytar): readonly (() => Promise<EntryAnswer>)[] {
  switch (request.action) {
    case "get":
      return request.entries.map(({ service, account }) => async () => {
        const value = await keytar.getPassword(service, account);
        return value === null ? { ok: true, found: false } : { ok: true, found: true, value };
      });
    case "set":
      return request.entries.map(({ service, account, value }) => async () => {
        await keytar.setPassword(service, account, value);
        const stored = await keytar.getPassword(service, account);
        if (stored === value) return { ok: true, found: true };
        return { ok: false, message: "what was stored could not be read back" };
      });
    case "delete":
      return request.entries.map(({ service, account }) => async () => ({
        ok: true,
        found: await keytar.deletePassword(service, account),
      }));
  }
}

function failed(error: unknown): EntryAnswer {
  return { ok: false, message: messageOf(error) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

answer().then(
  (each) => {
    process.stdout.write(`${JSON.stringify(each)}\n`);
  },
  () => {
    process.exitCode = 1;
  },
);
