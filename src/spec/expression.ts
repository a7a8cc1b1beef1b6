import { EvaluationError, ParseError, type ASTNode } from "@marcbachmann/cel-js";
import { plainNumbers, respelled, WrittenNumber } from "../model/written-number.ts";
import { isTimeZone } from "../model/time-zone.ts";
import { celEnvironment, functionNames } from "./cel-environment.ts";
import { fromCel, toCel } from "./cel-values.ts";
import { limitSize, resetSize, withTimeLimit } from "./evaluation-limits.ts";
import { expressionProblem, plainWords, type ExpressionProblem } from "./expression-problem.ts";
import { collect, withGuards, type Found, type Reading } from "./readings.ts";
import { suggestion } from "./suggestion.ts";

/** An expression that was understood. */
export interface Expression {
  readonly code: string;
  readonly readings: readonly Reading[];
  /** CEL's name of the type that the value will have; `undefined` where only data can tell. */
  readonly type: string | undefined;
  /** @throws ExpressionError with a sentence that names what is missing or of the wrong type */
  evaluate(scope: Readonly<Record<string, unknown>>): unknown;
}

/** Thrown where an expression has no value: the task that needs it fails. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
}

/** What it reads is not there. */
class MissingValue extends ExpressionError {}

/** How an expression is read. */
export interface ExpressionOptions {
  /** The time zone of dates that name none. @default "UTC" */
  readonly zone?: string;
  /** Sample values of what it may read, by root: it is tried with them if it reads nothing else. */
  readonly samples?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Reads an expression in CEL (https://cel.dev). Nothing of it is ever run as JavaScript. Beside CEL there is `??`
 * between whole expressions: `env.REGION ?? "eu"`.
 */
export function parseExpression(code: string, options: ExpressionOptions = {}): Expression | ExpressionProblem {
  if (code.length > 4000) return { message: "the expression is longer than 4000 characters", start: 0, end: 1 };
  const parts = alternatives(code);
  const parsed: Expression[] = [];
  for (const { start, end } of parts) {
    const isLast = end === code.length;
    const each = parsePart(code.slice(start, end), options);
    if (!("evaluate" in each)) return { ...each, start: each.start + start, end: each.end + start };
    const moved = each.readings.map((reading) => ({
      ...reading,
      start: reading.start + start,
      end: reading.end + start,
      isOptional: reading.isOptional === true || !isLast,
    }));
    parsed.push({ ...each, readings: moved });
  }
  const [only, ...others] = parsed;
  if (only !== undefined && others.length === 0) return only;
  return { code, type: undefined, readings: parsed.flatMap((each) => each.readings), evaluate: firstValue(parsed) };
}

/** The value of the first expression that has one; nothing is none. */
function firstValue(parts: readonly Expression[]): Expression["evaluate"] {
  return (scope) => {
    for (const part of parts.slice(0, -1)) {
      try {
        const value = part.evaluate(scope);
        if (value !== null && value !== undefined) return value;
      } catch (error) {
        if (!(error instanceof MissingValue)) throw error;
      }
    }
    return parts.at(-1)?.evaluate(scope);
  };
}

/** Where the expressions between `??` stand. Those in brackets or quotes are CEL's business. */
function alternatives(code: string): readonly Pick<Reading, "start" | "end">[] {
  const found: { start: number; end: number }[] = [];
  let [start, depth, quote] = [0, 0, ""];
  for (let at = 0; at < code.length; at += 1) {
    const char = code.charAt(at);
    if (quote !== "") {
      if (char === "\\") at += 1;
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if ("([{".includes(char)) depth += 1;
    else if (")]}".includes(char)) depth -= 1;
    else if (depth === 0 && code.startsWith("??", at)) {
      found.push({ start, end: at });
      start = at + 2;
      at += 1;
    }
  }
  return [...found, { start, end: code.length }];
}

function parsePart(text: string, options: ExpressionOptions): Expression | ExpressionProblem {
  const offset = text.length - text.trimStart().length;
  const code = text.trim();
  if (code === "") return { message: "the expression is empty", start: 0, end: 1 };
  const moved = <T extends { readonly start: number; readonly end: number }>(at: T): T => ({
    ...at,
    start: at.start + offset,
    end: at.end + offset,
  });
  const { zone = "UTC" } = options;
  const names = (): readonly string[] => functionNames(zone);
  try {
    const compiled = celEnvironment(zone).parse(code);
    const found: Found = { readings: [], constants: [], isLooping: false };
    const refused = collect(compiled.ast, new Set(), found);
    if (refused !== undefined) return moved(refused);
    const typed = compiled.check();
    if (!typed.valid && typed.error !== undefined) return moved(expressionProblem(typed.error, code, names));
    limitSize(compiled.ast);
    for (const constant of found.constants) {
      const problem = constantProblem(constant, code, options);
      if (problem !== undefined) return moved(problem);
    }
    const steps = stepsOf(compiled.ast);
    const spelled = steps === undefined ? spelledValue(compiled.ast, code, options) : undefined;
    const evaluate: Expression["evaluate"] = (scope) => {
      // A plain reading hands a value on as it is: an Error stays one, a number keeps its spelling.
      if (steps !== undefined) return walk(steps, scope);
      const value = compute(compiled, found, scope, code);
      return spelled !== undefined && WrittenNumber.exists ? spelled(value, scope) : value;
    };
    const problem = tried(evaluate, found.readings, options.samples);
    if (problem !== undefined) return moved({ message: problem, start: 0, end: code.length });
    return {
      code,
      readings: withGuards(found.readings).map(moved),
      type: typed.type === undefined || typed.type === "dyn" ? undefined : typed.type,
      evaluate,
    };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return moved(expressionProblem(error, code, names));
  }
}

/**
 * Gives a value the spelling that its numbers have where it was chosen: by `a ? b : c`, or by `list.filter(…)`, which
 * keeps all of its numbers that are equal, in their order.
 */
function spelledValue(
  node: ASTNode,
  code: string,
  options: ExpressionOptions,
): ((value: unknown, scope: Readonly<Record<string, unknown>>) => unknown) | undefined {
  const part = ({ start, end }: ASTNode): Expression | undefined => {
    // The text of a part in brackets may lack one of them: then there is no spelling.
    const parsed = parsePart(code.slice(start, end), options.zone === undefined ? {} : { zone: options.zone });
    return "evaluate" in parsed ? parsed : undefined;
  };
  if (node.op === "?:") {
    const [condition, yes, no] = node.args.map(part);
    if (condition === undefined || yes === undefined || no === undefined) return undefined;
    return (value, scope) => respelled((condition.evaluate(scope) === true ? yes : no).evaluate(scope), value);
  }
  if (node.op !== "rcall" || node.args[0] !== "filter") return undefined;
  const list = part(node.args[1]);
  return (value, scope) => {
    const from: unknown = list?.evaluate(scope);
    if (!Array.isArray(from) || !Array.isArray(value)) return value;
    let at = 0;
    return value.map((each: unknown) => {
      const found = from.findIndex((one, index) => index >= at && Object.is(plainNumbers(one), each));
      if (found === -1) return each;
      at = found + 1;
      return from[found] as unknown;
    });
  };
}

/** What is wrong with a call whose arguments are all known: `duration("1x")`. */
function constantProblem(node: ASTNode, code: string, options: ExpressionOptions): ExpressionProblem | undefined {
  const { start, end } = node;
  const [, ...args] = node.args as readonly unknown[];
  const literals = args.flat().filter(isLiteral);
  const isZoned = node.op === "rcall" || literals.length < args.flat().length;
  const zone = literals.at(-1)?.args;
  if (isZoned) {
    if (typeof zone !== "string" || isTimeZone(zone)) return undefined;
    const zones = Intl.supportedValuesOf("timeZone");
    const help = suggestion(zone, zones);
    const at = literals.at(-1) ?? node;
    return { message: `there is no time zone "${zone}"`, start: at.start, end: at.end, help };
  }
  const environment = celEnvironment(options.zone ?? "UTC");
  try {
    const call = environment.parse(code.slice(start, end));
    collect(call.ast, new Set(), { readings: [], constants: [], isLooping: false });
    call({});
    return undefined;
  } catch (error) {
    return { message: reasonOf(error), start, end };
  }
}

function isLiteral(node: unknown): node is ASTNode & { readonly args: unknown } {
  return typeof node === "object" && node !== null && "op" in node && node.op === "value";
}

/** Whether the types fit, as far as samples of what it reads can tell. */
function tried(
  evaluate: Expression["evaluate"],
  readings: readonly Reading[],
  samples: ExpressionOptions["samples"],
): string | undefined {
  if (samples === undefined || readings.length === 0) return undefined;
  const isKnown = ({ root, path: [first] }: Reading): boolean =>
    root === "now" || (first !== undefined && Object.hasOwn(samples[root] ?? {}, first));
  if (!readings.every(isKnown)) return undefined;
  try {
    evaluate({ ...samples, now: new globalThis.Date(0) });
    return undefined;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const isType = cause instanceof EvaluationError && /^no_(?:such|matching)_overload$/.test(cause.code);
    return isType ? reasonOf(cause) : undefined;
  }
}

/** Why an evaluation failed, in words that need no knowledge of CEL. */
function reasonOf(error: unknown): string {
  const text = error instanceof EvaluationError ? error.summary : error instanceof Error ? error.message : "";
  return plainWords(text.split("\n")[0] ?? "");
}

function compute(
  compiled: (context: Record<string, unknown>) => unknown,
  { readings, isLooping }: Found,
  scope: Readonly<Record<string, unknown>>,
  code: string,
): unknown {
  const context: Record<string, unknown> = {};
  for (const { root } of readings) if (Object.hasOwn(scope, root)) context[root] ??= toCel(scope[root]);
  resetSize();
  const evaluate = (): unknown => fromCel(compiled(context));
  try {
    return isLooping ? withTimeLimit(evaluate) : evaluate();
  } catch (error) {
    const isMissing = error instanceof EvaluationError && error.code === "no_such_key";
    const Kind = isMissing ? MissingValue : ExpressionError;
    throw new Kind(`\${{ ${code} }} has no value: ${reasonOf(error)}`, { cause: error });
  }
}

function walk([root = "", ...steps]: Steps, scope: Readonly<Record<string, unknown>>): unknown {
  let value: unknown = scope[root];
  let at = root;
  for (const step of steps) {
    const holds = typeof value === "object" && value !== null && Object.hasOwn(value, step);
    if (!holds)
      throw new MissingValue(`\${{ ${[root, ...steps].reduce(joined)} }} has no value: ${at} has no "${step}"`);
    value = (value as Record<string, unknown>)[step];
    at = joined(at, step);
  }
  return value;
}

/** The root that is read, and the fields and indices after it. */
type Steps = readonly string[];

function joined(path: string, step: string): string {
  return /^\d+$/.test(step) ? `${path}[${step}]` : `${path}.${step}`;
}

/** Of an expression that only reads one value: `tasks.list.outputs[0].name`. */
function stepsOf(node: ASTNode): Steps | undefined {
  if (node.op === "id") return [node.args];
  if (node.op !== "." && node.op !== "[]") return undefined;
  const [of, key] = node.args;
  const before = stepsOf(of);
  const step = typeof key === "string" ? key : key.op === "value" ? key.args : undefined;
  const isStep = typeof step === "string" || (typeof step === "bigint" && step >= 0n);
  return before === undefined || !isStep ? undefined : [...before, String(step)];
}
