import type { Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import { SHORTEST } from "../secrets/hiding.ts";
import type { AppliedConfig } from "./apply-config.ts";
import type { BegunRun } from "./begin-run.ts";
import { neededSecrets } from "./needed-secrets.ts";
import { PLUMBING } from "./plumbing.ts";

/**
 * Looks for all secrets of a run at once, before its first task runs. Those of
 * tasks must be there; where only a channel misses one, its messages will be
 * held, and that is a warning.
 *
 * @param how.isStrict whether a message that would be held is reason enough not to run
 * @param how.isQuiet leaves out what is no fault of this run
 * @returns warnings
 * @throws UserError "secret" naming all that must be there and are not
 */
export async function requireSecrets(
  applied: AppliedConfig,
  { services, run }: BegunRun,
  { isStrict, isQuiet }: { readonly isStrict: boolean; readonly isQuiet: boolean },
): Promise<readonly Diagnostic[]> {
  const { tasks, channels } = neededSecrets(applied, services.config, run.will.hooks);
  const names = [...tasks.keys(), ...channels.keys()];
  if (names.length === 0) return [];
  const { found, missing } = await (await services.secrets()).resolve(names);
  const exposed = isQuiet ? [] : await badlyHidden(found, applied.flow);
  if (missing.length === 0) return exposed;
  const { missingSecretsError, missingSecretDiagnostic } = await import("../secrets/missing-secrets.ts");
  const ofTasks = missing.filter(({ name }) => tasks.has(name));
  if (isStrict) throw missingSecretsError(missing, new Map([...channels, ...tasks]));
  if (ofTasks.length > 0) throw missingSecretsError(ofTasks, tasks);
  const held = missing.map((each) => missingSecretDiagnostic(each, channels.get(each.name) ?? [], "warning"));
  return [...held, ...exposed];
}

/** Output cannot hide every value well; whoever reads the log is told which, and why it looks as it does. */
async function badlyHidden(found: ReadonlyMap<string, string>, flow: Flow): Promise<readonly Diagnostic[]> {
  const { hidingProblems } = await import("../secrets/hiding.ts");
  const names = [flow.name, ...flow.tasks.filter(({ kind }) => !PLUMBING.has(kind)).map(({ name }) => name)];
  return [...found].flatMap(([name, value]) => {
    const own = value.length < SHORTEST ? undefined : names.find((each) => each.includes(value));
    const problems = [
      ...hidingProblems(value),
      ...(own === undefined ? [] : [`it is a part of the name of ${own === flow.name ? "the flow" : "a task"}`]),
    ];
    return problems.map((problem): Diagnostic => {
      const message = `The value of the secret ${name} cannot be hidden well: ${problem}.`;
      return { code: "SECRET_EXPOSED", severity: "warning", message };
    });
  });
}
