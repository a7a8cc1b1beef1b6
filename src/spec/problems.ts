import type { z } from "zod";
import type { Diagnostic } from "../model/error.ts";
import { WrittenNumber } from "../model/written-number.ts";
import { suggestion } from "./suggestion.ts";
import { diagnose, type Path, type Source } from "./source.ts";

type Issue = z.core.$ZodIssue;

/**
 * Turns what a schema says of a source's value into diagnostics at their places.
 *
 * @param under the path of the checked value inside the source
 */
export function problemsOf(
  schema: z.ZodType,
  issues: readonly Issue[],
  source: Source,
  under: Path = [],
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const all = issues.flatMap(specific);
  const unknown = all.filter((each) => each.code === "unrecognized_keys");
  const meant = new Set<string>();
  for (const issue of [...unknown, ...all.filter((each) => each.code !== "unrecognized_keys")]) {
    const inside = issue.path.filter((part) => typeof part !== "symbol");
    const path = [...under, ...inside];
    if (issue.code === "unrecognized_keys") {
      const known = keysAt(schema, inside, valueAt(source.value, [...under]));
      for (const key of issue.keys) {
        const synonyms = SYNONYMS.get(key);
        const instead = synonyms?.find((each) => known.includes(each));
        const help =
          instead !== undefined
            ? `write ${instead}:`
            : (ELSEWHERE.get(key) ?? suggestion(key, absentFirst(known, valueAt(source.value, path))));
        meant.add(
          [
            ...path,
            /"(\w+)"|(\w+):$/
              .exec(help ?? "")
              ?.slice(1)
              .find(Boolean) ?? "",
          ].join("."),
        );
        found.push(
          diagnose(source.file, source.text, source.keyAt([...path, key]), {
            code: "UNKNOWN_KEY",
            message: `unknown key "${key}"${inside.length === 0 ? "" : ` in "${inside.join(".")}"`}`,
            help,
          }),
        );
      }
      continue;
    }
    const value = valueAt(source.value, path);
    const missing = value === undefined;
    const last = String(path.at(-1) ?? "");
    if (missing && meant.has(path.join("."))) continue; // its misspelt key is told already
    // Where no key is known at all, something else was meant.
    const around = missing && path.length > 1 ? valueAt(source.value, path.slice(0, -1)) : undefined;
    const strange = unknown.find((each) => each.path.join(".") === inside.slice(0, -1).join("."));
    if (strange?.code === "unrecognized_keys" && Object.keys(around ?? {}).length === strange.keys.length) continue;
    const isWhole = issue.code === "custom" && issue.path.length > 0;
    if (isWhole && unknown.some((each) => each.path.join(".") === issue.path.join("."))) continue;
    const span = issue.code === "invalid_key" || missing ? source.keyAt(path) : source.valueAt(path);
    const place = path.length === 0 ? "the file" : `"${path.join(".")}"`;
    found.push(
      missing && isShape(issue)
        ? diagnose(source.file, source.text, source.keyAt(path.slice(0, -1)), {
            code: "MISSING_KEY",
            message: `${path.length <= 1 ? "the file" : `"${path.slice(0, -1).join(".")}"`} lacks the key "${last}"`,
          })
        : diagnose(source.file, source.text, span, {
            code: isShape(issue) ? "WRONG_TYPE" : "WRONG_VALUE",
            message: `${place}: ${wording(issue, value)}`,
            help: helpFor(issue, value, path),
          }),
    );
  }
  return found.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

function helpFor(issue: Issue, value: unknown, path: Path): string | undefined {
  const key = String(path.at(-1) ?? "");
  if (path.length === 2 && path[0] === "tasks" && typeof value === "string") return `write ${key}: { run: … }`;
  if (issue.code === "invalid_value" && typeof value === "string") {
    const known = issue.values.map(String);
    const instead = TYPES.get(value);
    if (instead !== undefined && known.includes(instead)) return `write ${instead}`;
    const help = suggestion(value, known);
    return known.length <= LISTED && help?.startsWith("known:") === true ? undefined : help;
  }
  const better = key.replace(/\W/g, "_");
  return issue.code === "invalid_key" && better !== key && /^[A-Za-z_]/.test(better) ? `write ${better}:` : undefined;
}

/** What other tools call the types of values. */
const TYPES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ list: "array", map: "object", dict: "object", json: "object", int: "integer", bool: "boolean" },
    ...{ str: "string", text: "string", enum: "string", choice: "string", float: "number", timestamp: "datetime" },
  }),
);

/** So many allowed values are named in the message itself. */
const LISTED = 8;

/** What other tools call the same thing; the first that is known where it stands. */
const SYNONYMS = synonyms({
  ...{ jobs: "tasks", steps: "tasks", name: "flow", parameters: "params", inputs: "params", concurrent: "concurrency" },
  ...{ dependsOn: "needs", depends_on: "needs", depends: "needs", deps: "needs", after: "needs", upstream: "needs" },
  ...{ attempts: "retry max", max_attempts: "retry max", maxAttempts: "retry max", max_retries: "retry max" },
  ...{ choices: "enum", options: "enum", values: "enum" },
  ...{
    times: "retry max",
    limit: "max",
    interval: "delay",
    wait: "delay",
    retry_delay: "delay retry",
    retryDelay: "delay retry",
  },
  ...{ exponential_backoff: "backoff", upstream_tasks: "needs", upstreamTasks: "needs", map: "foreach" },
  ...{
    cache_for: "for cache",
    cacheFor: "for cache",
    cache_validator: "validator cache",
    cacheValidator: "validator cache",
  },
  ...{ cache_key: "key cache", cacheKey: "key cache", return_all: "capture", returnAll: "capture" },
  ...{ "timeout-minutes": "timeout", timeout_minutes: "timeout" },
  ...{ timeout_seconds: "timeout", timeoutSeconds: "timeout" },
  ...{ retries: "retry max", script: "run", command: "run", cmd: "run", cmds: "run", when: "if", condition: "if" },
  ...{ matrix: "foreach", loop: "foreach", working_directory: "cwd", workdir: "cwd", environment: "env", vars: "env" },
  ...{ notifications: "hooks", handlers: "stateHandlers", channel: "to", use: "uses" },
});

function synonyms(words: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(words).map(([word, ours]) => [word, ours.split(" ")]));
}

const ON_FAILURE = "a task with trigger: any_failed, which needs: those it watches";
const LOGGED = "leave it out: what a task prints is in its log";
const STARTED = "flowctl is started by cron or by CI: the README shows how";
/** What is said with other means here. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ onFailure: ON_FAILURE, on_failure: ON_FAILURE, finally: "a task with trigger: all_finished" },
    ...{ log_stdout: LOGGED, log_stderr: LOGGED, stream_output: LOGGED },
    ...{ helper_script: "begin the script with it", nout: "leave it out: outputs are read by their names" },
    ...{
      task_args: "write its keys in the task itself",
      unmapped: "leave it out: only the list of foreach: is taken apart",
    },
    ...{ schedule: STARTED, cron: STARTED, on: STARTED },
  }),
);

/** Keys that are not there yet come first: one of them was meant. */
function absentFirst(known: readonly string[], value: unknown): readonly string[] {
  const isThere = (key: string): boolean => typeof value === "object" && value !== null && Object.hasOwn(value, key);
  const order = (key: string): number => (isThere(key) ? 2 : key === "tasks" ? 0 : 1);
  return [...known].sort((a, b) => order(a) - order(b));
}

/** Of the members of a union, the one that the value came nearest to: whose problems lie deepest. */
function specific(issue: Issue): readonly Issue[] {
  if (issue.code !== "invalid_union" || issue.message !== "Invalid input" || issue.errors.length === 0) return [issue];
  const depth = (branch: readonly Issue[]): number =>
    Math.max(...branch.map((each) => each.path.length * 2 + (each.code === "invalid_type" ? 0 : 1)));
  const best = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0] ?? [];
  const types = issue.errors.flatMap((branch) =>
    branch.filter((each) => each.path.length === 0 && each.code === "invalid_type"),
  );
  if (types.length === issue.errors.flat().length) {
    const expected = types.map((each) => (each.code === "invalid_type" ? article(each.expected) : ""));
    return [{ ...issue, code: "custom", message: `expected ${[...new Set(expected)].join(" or ")}` }];
  }
  return best.flatMap((each) => specific({ ...each, path: [...issue.path, ...each.path] }));
}

function isShape(issue: Issue): boolean {
  return (
    issue.code === "invalid_type" ||
    issue.code === "invalid_union" ||
    (issue.code === "custom" && issue.message.startsWith("expected"))
  );
}

function wording(issue: Issue, value: unknown): string {
  if (issue.code === "invalid_type") return `expected ${article(issue.expected)}, found ${nameOf(value)}`;
  if (issue.code === "invalid_value" && issue.values.length > LISTED) return `${nameOf(value)} is not known here`;
  if (issue.code === "invalid_value")
    return `expected ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}, found ${nameOf(value)}`;
  if (issue.code === "too_small")
    return issue.origin === "array" || issue.origin === "string"
      ? "may not be empty"
      : `must be at least ${String(issue.minimum)}`;
  if (issue.code === "too_big") return `must be at most ${String(issue.maximum)}`;
  if (issue.code === "invalid_key") return issue.issues[0]?.message ?? "this name is not allowed";
  return isShape(issue) ? `${issue.message}, found ${nameOf(value)}` : issue.message;
}

const NAMES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  array: "a list",
  null: "nothing",
};

function article(expected: string): string {
  return NAMES[expected] ?? expected;
}

/** What a value is, for a sentence: `text "x"`, `a list`, `nothing`. */
export function nameOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string") return `text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "number" || typeof value === "bigint" || value instanceof WrittenNumber)
    return `the number ${String(value)}`;
  return Array.isArray(value) ? "a list" : "a map";
}

/** The value at a path of plain data. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string | number, unknown>)[part];
  }
  return at;
}

interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly valueType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly getter?: () => z.ZodType;
}

/** The keys that a schema allows at a path: of the members of unions that have any, all. */
function keysAt(schema: z.ZodType, path: Path, value: unknown): readonly string[] {
  const definition = schema.def as unknown as Definition;
  const inner = definition.innerType ?? definition.in ?? definition.getter?.();
  if (inner !== undefined) return keysAt(inner, path, value);
  if (definition.options) return [...new Set(definition.options.flatMap((option) => keysAt(option, path, value)))];
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(definition.shape ?? {});
  const next = definition.shape?.[String(first)] ?? definition.valueType ?? definition.element;
  return next === undefined ? [] : keysAt(next, rest, value);
}
