import type { Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { BegunRun } from "./begin-run.ts";
import { neededSecrets } from "./needed-secrets.ts";

/**
 * Looks for all secrets of a run at once, before its first task runs. Those of
 * tasks must be there; where only a channel misses one, its messages will be
 * held, and that is a warning.
 *
 * @param isStrict whether a message that would be held is reason enough not to run
 * @returns warnings
 * @throws UserError "secret" naming all that must be there and are not
 */
export async function requireSecrets(
  flow: Flow,
  { services, run }: BegunRun,
  isStrict: boolean,
): Promise<readonly Diagnostic[]> {
  const { tasks, channels } = neededSecrets(flow, services.config, run.will.hooks);
  const names = [...tasks.keys(), ...channels.keys()];
  if (names.length === 0) return [];
  const { missing } = await (await services.secrets()).resolve(names);
  if (missing.length === 0) return [];
  const { missingSecretsError, missingSecretDiagnostic } = await import("../secrets/missing-secrets.ts");
  const ofTasks = missing.filter(({ name }) => tasks.has(name));
  if (isStrict) throw missingSecretsError(missing, new Map([...channels, ...tasks]));
  if (ofTasks.length > 0) throw missingSecretsError(ofTasks, tasks);
  return missing.map((each) => missingSecretDiagnostic(each, channels.get(each.name) ?? [], "warning"));
}
