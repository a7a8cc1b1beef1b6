import { dirname, resolve } from "node:path";
import { userError } from "../model/error.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { openSecrets } from "./secrets-open.ts";

export interface KeygenOptions {
  readonly namespace?: string;
  readonly out?: string;
}

/**
 * `flowctl secrets keygen`: makes a key pair for the encrypted file, writes the
 * private key to a file for its owner only, and prints the public one.
 */
export async function secretsKeygenCommand(
  args: readonly string[],
  options: KeygenOptions,
  context: CommandContext,
): Promise<number> {
  if (args.length > 0) throw userError("usage", "SECRET_ARGUMENT", `"secrets keygen" takes no arguments.`);
  const { services, store, print, say, warn } = await openSecrets(context, options);
  const { files, clock } = context.host;
  const path = options.out === undefined ? store.settings.defaultKeyFile : resolve(context.globals.cwd, options.out);
  const { generateX25519Identity, identityToRecipient } = await import("age-encryption");
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  files.makeDirectory(dirname(path));
  const created = new Date(clock.now()).toISOString();
  if (!files.create(path, `# created: ${created}\n# public key: ${recipient}\n${identity}\n`)) {
    throw userError("usage", "SECRET_KEY_EXISTS", `There is a key at ${path} already; it was left as it is.`, {
      help: "flowctl secrets keygen --out ANOTHER_FILE",
    });
  }
  // A key for somewhere else leaves this machine's own file alone.
  const belongs = options.out === undefined || services.config.secrets.file !== undefined;
  const document = belongs ? store.file.read() : undefined;
  const begins = belongs && document === undefined;
  // With the public key in it the file takes secrets from people who have no key.
  if (begins) await store.file.write({}, [...new Set([recipient, ...store.settings.recipients])]);
  if (context.globals.json)
    print(JSON.stringify({ recipient, keyFile: path, ...(belongs ? { file: store.file.path } : {}) }));
  else print(recipient);
  say(`Wrote the private key to ${path}. Keep a copy in a safe place: without it the secrets cannot be read.`);
  if (begins) say(`Began the encrypted file ${store.file.path}.`);
  if (document !== undefined) {
    warn(`warning: ${store.file.path} exists and is encrypted for other keys; this one is not added to it`);
  }
  return 0;
}
