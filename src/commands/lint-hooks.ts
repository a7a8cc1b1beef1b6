import type { Config } from "../config/config.ts";
import { diagnoseConfig } from "../config/diagnose-config.ts";
import type { Diagnostic } from "../model/error.ts";
import { globMatcher } from "../hooks/match.ts";
import type { Hook } from "../model/hook.ts";
import { isOfFamily, type StateType } from "../model/state.ts";
import type { Finding, Path } from "../spec/source.ts";
import { suggestion } from "../spec/suggestion.ts";

/** What becomes of runs. */
const OF_RUNS: readonly StateType[] = ["Running", "Success", "Failed", "TimedOut", "Crashed", "Cancelled", "Paused"];

/** Says where a hook stands, by a path below it. */
type Say = (inside: Path, finding: Finding) => void;

/** What is hardly meant in any hook: states that no run has. */
export function lintHook(hook: Hook, say: Say): void {
  const never = hook.states.filter((family) => !OF_RUNS.some((type) => isOfFamily(type, family)));
  for (const family of never)
    say(["states", hook.states.indexOf(family)], {
      code: "HOOK_NEVER_FIRES",
      severity: "warning",
      message: `hook "${hook.name}" waits for a run that is ${family}, which only tasks are`,
      help: `runs are ${OF_RUNS.slice(1).join(", ")}`,
    });
}

/** What is hardly meant in a flow's own hooks: tags that the flow does not have. */
export function lintOwnHook(hook: Hook, tags: readonly string[], say: Say): void {
  const wanted = hook.match?.tags;
  if (wanted === undefined || tags.some((tag) => globMatcher(wanted)(tag))) return;
  say(["match", "tags"], {
    code: "HOOK_MATCHES_NOTHING",
    severity: "warning",
    message: `hook "${hook.name}" is about tags that this flow does not have`,
    help: tags.length === 0 ? "the flow has no tags: tags: [...]" : `its tags are: ${tags.join(", ")}`,
  });
}

/**
 * Rules of the config that are about no flow there is: hooks, state handlers and tasks.
 *
 * @param names of the flows of the project; `undefined` where they cannot be told. Asked only where it matters.
 */
export function lintRules(
  config: Config,
  flows: readonly string[],
  names: () => readonly string[] | undefined,
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const rules = [
    ...config.hooks.map((hook) => [["hooks", hook.name], `hook "${hook.name}"`, hook.match?.flows] as const),
    ...(["flow", "task"] as const).flatMap((kind) =>
      config.stateHandlers[kind].map(
        (rule, index) =>
          [["stateHandlers", kind, String(index)], `state handler "${rule.uses}"`, rule.match.flows] as const,
      ),
    ),
    ...Object.entries(config.tasks).map(
      ([name, task]) => [["tasks", name], `task "${name}"`, task.match.flows] as const,
    ),
  ];
  for (const [key, what, globs] of rules) {
    if (globs === undefined) continue;
    const isMeant = globMatcher(globs);
    if (flows.some((name) => isMeant(name))) continue;
    const known = names();
    if (known === undefined || known.some((name) => isMeant(name))) continue;
    found.push(
      diagnoseConfig(config, key, ["match", "flows"], {
        code: "HOOK_MATCHES_NOTHING",
        severity: "warning",
        message: `${what} is about ${globs.join(", ")}, and there is no such flow`,
        help: suggestion(globs[0] ?? "", [...new Set([...flows, ...known])]),
      }),
    );
  }
  return found;
}
