import type { Files } from "../host/files.ts";
import { onUnexpectedExit } from "../host/unexpected-exit.ts";
import type { BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import { hookSecrets } from "./needed-secrets.ts";

/**
 * Has the keychain's child start while the flow loads, where it is all but certain to be asked: one child is
 * enough for all names, and its library is loaded by the time that they are known. As long as the flow's name is
 * not, hooks are matched by its file; its tasks' secrets are the stored ones whose names stand in that file.
 *
 * @returns kills a child that nobody has asked
 */
export async function warmSecrets(begun: BegunRun, { host }: CommandContext): Promise<() => void> {
  const names = [...(await ofHooks(begun)), ...(await ofFile(begun, host.files))];
  if (names.length === 0) return () => undefined;
  // What is wrong with the settings is told when a secret is asked for.
  const secrets = await begun.services.secrets().catch(() => undefined);
  await secrets?.warm(names).catch(() => undefined);
  const close = (): void => secrets?.close();
  const release = onUnexpectedExit(close);
  return () => {
    release();
    close();
  };
}

async function ofHooks(begun: BegunRun): Promise<readonly string[]> {
  const { config } = begun.services;
  const hooks = begun.run.will.hooks.filter((hook) => hookSecrets(hook, config).length > 0);
  if (hooks.length === 0) return [];
  const { matchesRun } = await import("../hooks/match.ts");
  const facts = begun.facts();
  return hooks.filter(({ match }) => matchesRun(match, facts)).flatMap((hook) => hookSecrets(hook, config));
}

/** A guess, and no more than that: a file that cannot be read, or names them elsewhere, is told of by its loader. */
async function ofFile({ place, services }: BegunRun, files: Files): Promise<readonly string[]> {
  const text = textOf(place.file, files);
  if (!/secret/i.test(text)) return [];
  const { storedSecrets } = await import("../secrets/secret-index.ts");
  const stored = storedSecrets({ files, stateDirectory: services.stateDirectory });
  const words = new Set(text.match(/\w+/g));
  return stored.filter(({ store, name }) => store === "keychain" && words.has(name)).map(({ name }) => name);
}

function textOf(file: string, files: Files): string {
  try {
    return files.read(file) ?? "";
  } catch {
    return "";
  }
}
