import { TriggerFail } from "../model/signal.ts";
import { isFailed, isFinished, isSuccessful, type State } from "../model/state.ts";
import type { Trigger } from "../model/trigger.ts";
import { someFailed, someSuccessful, TRIGGERS_BY_NAME } from "../model/triggers.ts";
import { parseExpression, type Expression } from "./expression.ts";
import type { TaskEntry } from "./flow-schema.ts";
import type { Report } from "./report.ts";
import type { Path, Span } from "./source.ts";
import { isWhole, parseTemplate } from "./template.ts";
import { suggestion } from "./suggestion.ts";

/** What an expression may ask of a task's state. */
const QUESTIONS: Readonly<Record<string, (state: State) => boolean>> = {
  succeeded: (state) => each(state, isSuccessful),
  successful: (state) => each(state, isSuccessful),
  failed: (state) => (state.type === "Mapped" ? state.children.some(isFailed) : isFailed(state)),
  skipped: (state) => each(state, (one) => one.type === "Skipped"),
  finished: (state) => each(state, isFinished),
  cancelled: (state) => state.type === "Cancelled",
};

/** A Mapped state stands for its children: it is what all of them are. */
function each(state: State, ask: (state: State) => boolean): boolean {
  return state.type === "Mapped" && state.children.length > 0 ? state.children.every(ask) : ask(state);
}

/** A trigger as it was written, and the tasks that an expression in it asks about. */
export interface CompiledTrigger {
  readonly trigger: Trigger | undefined;
  readonly tasks: readonly string[];
  /** Whether it is an expression, which sees skipped tasks itself. */
  readonly isExpression: boolean;
}

/** Reads a trigger: one of Prefect's names, bounds, or an expression such as `build.failed || lint.skipped`. */
export function compileTrigger(
  written: TaskEntry["trigger"],
  path: Path,
  tasks: readonly string[],
  report: Report,
): CompiledTrigger {
  const plain = (trigger: Trigger | undefined): CompiledTrigger => ({ trigger, tasks: [], isExpression: false });
  if (written === undefined) return plain(undefined);
  if (typeof written !== "string") {
    const isFailing = "some_failed" in written;
    const { at_least: atLeast, at_most: atMost } = isFailing ? written.some_failed : written.some_successful;
    const bounds = { ...(atLeast === undefined ? {} : { atLeast }), ...(atMost === undefined ? {} : { atMost }) };
    return plain(isFailing ? someFailed(bounds) : someSuccessful(bounds));
  }
  const named = TRIGGERS_BY_NAME.get(written);
  if (named !== undefined) return plain(named);
  if (/^\w+$/.test(written)) {
    const instead = ELSEWHERE.get(written);
    const help = instead === undefined ? suggestion(written, [...TRIGGERS_BY_NAME.keys()]) : `write ${instead}`;
    report.value(path, { code: "UNKNOWN_TRIGGER", message: `there is no trigger "${written}"`, help });
    return plain(undefined);
  }
  // Braces are as welcome as in if:.
  const template = parseTemplate(written);
  const hole = isWhole(template) ? template.holes[0] : undefined;
  const code = hole?.code ?? written;
  const within = { path, text: written, offset: hole?.codeStart ?? 0, report };
  const parsed = parseExpression(code);
  if (!("evaluate" in parsed)) {
    report.part(path, written, moved(parsed, within.offset), {
      code: "EXPRESSION_SYNTAX",
      message: `this trigger cannot be read: ${parsed.message}`,
      help: parsed.help,
    });
    return plain(undefined);
  }
  return {
    trigger: expressionTrigger(parsed),
    tasks: checkReadings(parsed, within, tasks),
    isExpression: true,
  };
}

/** What other tools call triggers. */
const ELSEWHERE = new Map([
  ...["always", "all_done", "finally", "completed"].map((word) => [word, "all_finished"] as const),
  ...["failure", "failed", "on_failure", "one_failed"].map((word) => [word, "any_failed"] as const),
  ...["success", "on_success", "all_success"].map((word) => [word, "all_successful"] as const),
  ["one_success", "any_successful"],
  ["manual", "manual_only"],
  ...["some_failed", "some_successful"].map((word) => [word, `{ ${word}: { at_least: 1 } }`] as const),
]);

/** Where an expression stands. */
interface Within {
  readonly path: Path;
  readonly text: string;
  readonly offset: number;
  readonly report: Report;
}

function moved({ start, end }: Span, by: number): Span {
  return { start: start + by, end: end + by };
}

function checkReadings(
  expression: Expression,
  { path, text, offset, report }: Within,
  tasks: readonly string[],
): readonly string[] {
  const before = report.diagnostics.length;
  for (const reading of expression.readings) {
    const question = reading.path[0];
    const place = moved(reading, offset);
    if (reading.root === "tasks" && !tasks.includes("tasks"))
      report.part(path, text, place, {
        code: "UNKNOWN_NAME",
        message: "a trigger asks for the states of tasks, not for their outputs",
        help: `write ${reading.path[0] ?? "NAME"}.failed; outputs can be asked for with if:`,
      });
    else if (!tasks.includes(reading.root))
      report.part(path, text, place, {
        code: "UNKNOWN_TASK",
        message: `there is no task "${reading.root}"`,
        help: suggestion(reading.root, tasks),
      });
    else if (question === undefined || reading.path.length > 1 || !Object.hasOwn(QUESTIONS, question))
      report.part(path, text, place, {
        code: "UNKNOWN_NAME",
        message:
          question === undefined
            ? `a trigger asks for the state of a task: ${reading.root}.failed`
            : `a trigger cannot ask a task for "${[question, ...reading.path.slice(1)].join(".")}"`,
        help: suggestion(question ?? "", Object.keys(QUESTIONS)),
      });
  }
  if (report.diagnostics.length === before) {
    const scope: Record<string, Record<string, boolean>> = {};
    for (const { root, path: fields } of expression.readings) (scope[root] ??= {})[fields[0] ?? ""] = false;
    const trial = attempt(() => expression.evaluate(scope));
    if (typeof trial !== "boolean" || expression.readings.length === 0)
      report.value(path, {
        code: "TRIGGER_TYPE",
        message: "a trigger is a question about tasks that is true or false",
        help: "such as: build.failed || lint.skipped",
      });
  }
  return [...new Set(expression.readings.map((reading) => reading.root))].filter((task) => tasks.includes(task));
}

function attempt(compute: () => unknown): unknown {
  try {
    return compute();
  } catch {
    return undefined;
  }
}

function expressionTrigger(expression: Expression): Trigger {
  const names = [...new Set(expression.readings.map((reading) => reading.root))];
  const trigger: Trigger = (upstream) => {
    const scope: Record<string, Record<string, boolean>> = {};
    for (const [edge, state] of upstream) {
      const key = specNameOf(edge.from);
      if (names.includes(key))
        scope[key] = Object.fromEntries(Object.entries(QUESTIONS).map(([question, ask]) => [question, ask(state)]));
    }
    if (expression.evaluate(scope) === true) return true;
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- a signal is thrown, and is not an Error
    throw new TriggerFail(`The trigger is ${expression.code}, which is false.`);
  };
  EXPRESSIONS.add(trigger);
  return Object.assign(trigger, { triggerName: expression.code });
}

const EXPRESSIONS = new WeakSet<Trigger>();

/** Whether a trigger was written as an expression: calling it does nothing but answer. */
export function isExpressionTrigger(trigger: Trigger): boolean {
  return EXPRESSIONS.has(trigger);
}

const SPEC_NAME = Symbol.for("flowctl.spec-name");

/** Marks a task with the key it has in its spec, which `name:` may differ from. */
export function withSpecName<T extends object>(task: T, key: string): T {
  return Object.assign(task, { [SPEC_NAME]: key });
}

/** The key a task has in its spec; its name where it comes from elsewhere. */
export function specNameOf(task: { readonly name: string }): string {
  const key: unknown = (task as { readonly [SPEC_NAME]?: unknown })[SPEC_NAME];
  return typeof key === "string" ? key : task.name;
}
