import { onUnexpectedExit } from "../host/unexpected-exit.ts";
import type { BegunRun } from "./begin-run.ts";
import { hookSecrets } from "./needed-secrets.ts";

/**
 * Has the keychain's child start while the flow loads, where a hook's channel is certain to ask it: one child is
 * enough for all names, and its library is loaded by the time that they are known. As long as the flow's name is
 * not, hooks are matched by its file.
 *
 * @returns kills a child that nobody has asked
 */
export async function warmSecrets(begun: BegunRun): Promise<() => void> {
  const { services, run } = begun;
  const { config } = services;
  const hooks = run.will.hooks.filter((hook) => hookSecrets(hook, config).length > 0);
  if (hooks.length === 0) return () => undefined;
  const { matchesRun } = await import("../hooks/match.ts");
  const facts = begun.facts();
  const names = hooks.filter(({ match }) => matchesRun(match, facts)).flatMap((hook) => hookSecrets(hook, config));
  if (names.length === 0) return () => undefined;
  // What is wrong with the settings is told when a secret is asked for.
  const secrets = await services.secrets().catch(() => undefined);
  await secrets?.warm(names).catch(() => undefined);
  const close = (): void => secrets?.close();
  const release = onUnexpectedExit(close);
  return () => {
    release();
    close();
  };
}
