import { basename, extname } from "node:path";
import picomatch from "picomatch";
import type { Match } from "../model/hook.ts";
import type { RunFacts } from "./told.ts";

/**
 * Whether a rule is about this run. All that is given must hold; no rule at all
 * is about every run. Before the flow's name is known, its file's stem and path
 * are tried in its place (design decision 8).
 */
export function matchesRun(match: Match | undefined, facts: RunFacts): boolean {
  if (match === undefined) return true;
  const { flows, tags, environment } = match;
  return (
    (flows === undefined || namesOf(facts).some((name) => matchesAny(flows, name))) &&
    (tags === undefined || facts.tags.some((tag) => matchesAny(tags, tag))) &&
    (environment === undefined || environment.some((each) => each === facts.startedBy))
  );
}

/** Whether a rule is about this task of a run: its tags may be the task's, or the flow's. */
export function matchesTask(
  match: Match | undefined,
  facts: RunFacts,
  { name, tags }: { readonly name: string; readonly tags: readonly string[] },
): boolean {
  const both = { ...facts, tags: [...facts.tags, ...tags] };
  return matchesRun(match, both) && (match?.tasks === undefined || matchesAny(match.tasks, name));
}

function namesOf({ flow, file, isLoaded }: RunFacts): readonly string[] {
  if (isLoaded !== false || file === undefined) return [flow];
  return [flow, basename(file, extname(file)), file];
}

function matchesAny(globs: readonly string[], name: string): boolean {
  return globMatcher(globs)(name);
}

/** Names are no paths: `*` is any text, with a slash or a line's end in it, too. */
export function globMatcher(globs: readonly string[]): (name: string) => boolean {
  return picomatch([...globs], { dot: true, bash: true, flags: "s" });
}
