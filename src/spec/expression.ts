import { Environment, EvaluationError, ParseError, type ASTNode } from "@marcbachmann/cel-js";
import { exactJson, parseExactJson } from "../model/exact-json.ts";
import { fromCel, toCel } from "./cel-values.ts";
import { expressionProblem, lower, type ExpressionProblem } from "./expression-problem.ts";

/** What an expression reads: `tasks.load.outputs.rows` has the root `tasks` and that path. */
export interface Reading {
  readonly root: string;
  /** Fields after the root, as far as they are fixed. */
  readonly path: readonly string[];
  /** Offsets inside the expression. */
  readonly start: number;
  readonly end: number;
}

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

let shared: Environment | undefined;

function environment(): Environment {
  shared ??= create();
  return shared;
}

function functionNames(): readonly string[] {
  return [
    ...new Set(
      environment()
        .getDefinitions()
        .functions.map(({ name }) => name),
    ),
  ];
}

function create(): Environment {
  const made = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 2000, maxDepth: 60 },
  });
  const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
  };
  // A value of data may be 2 or 2.5: people expect both to be numbers.
  for (const [sign, compute] of Object.entries(arithmetic))
    for (const [left, right] of [
      ["int", "double"],
      ["double", "int"],
    ])
      made.registerOperator(`${left ?? ""} ${sign} ${right ?? ""}`, (a: bigint | number, b: bigint | number) =>
        compute(Number(a), Number(b)),
      );
  made.registerFunction("json(dyn): string", (value: unknown) => exactJson(fromCel(value)));
  made.registerFunction("date(google.protobuf.Timestamp): string", (at: MomentLike) => at.toISOString().slice(0, 10));
  made.registerFunction("date(google.protobuf.Timestamp, string): string", dateIn);
  made.registerFunction("sum(list): dyn", (list: readonly unknown[]) => total(list));
  made.registerFunction("parseJson(string): dyn", (text: string) => toCel(parseExactJson(text)));
  return made;
}

type MomentLike = Parameters<Intl.DateTimeFormat["format"]>[0] & { toISOString(): string };

/** The date in a time zone, as `2026-01-31`. */
function dateIn(at: MomentLike, zone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  const found = new Map(parts.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${found.get("year") ?? ""}-${found.get("month") ?? ""}-${found.get("day") ?? ""}`;
}

/** Integers add up exactly; one decimal makes the sum a double. */
function total(list: readonly unknown[]): number | bigint {
  const numbers = list.map((each) => {
    const value = toCel(fromCel(each));
    if (typeof value === "bigint" || typeof value === "number") return value;
    throw new TypeError(`sum() adds numbers, and found ${exactJson(fromCel(each))}`);
  });
  return numbers.every((each) => typeof each === "bigint")
    ? numbers.reduce((sum, each) => sum + each, 0n)
    : numbers.reduce((sum: number, each) => sum + Number(each), 0);
}

/** Reads an expression in CEL (https://cel.dev). Nothing of it is ever run as JavaScript. */
export function parseExpression(code: string): Expression | ExpressionProblem {
  if (code === "") return { message: "the expression is empty", start: 0, end: 1 };
  if (code.length > 4000) return { message: "the expression is longer than 4000 characters", start: 0, end: 1 };
  try {
    const compiled = environment().parse(code);
    const readings: Reading[] = [];
    const refused = collect(compiled.ast, new Set(), readings);
    if (refused !== undefined) return refused;
    const typed = compiled.check();
    if (!typed.valid && typed.error !== undefined) return expressionProblem(typed.error, code, functionNames);
    const steps = stepsOf(compiled.ast);
    return {
      code,
      readings,
      type: typed.type === undefined || typed.type === "dyn" ? undefined : typed.type,
      evaluate: (scope) =>
        // A plain reading hands a value on as it is: an Error stays one, a number keeps its spelling.
        steps === undefined ? compute(compiled, readings, scope, code) : walk(steps, scope),
    };
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return expressionProblem(error, code, functionNames);
  }
}

function compute(
  compiled: (context: Record<string, unknown>) => unknown,
  readings: readonly Reading[],
  scope: Readonly<Record<string, unknown>>,
  code: string,
): unknown {
  const context: Record<string, unknown> = {};
  for (const { root } of readings) if (Object.hasOwn(scope, root)) context[root] ??= toCel(scope[root]);
  try {
    return fromCel(compiled(context));
  } catch (error) {
    const why =
      error instanceof EvaluationError
        ? lower(error.summary).replace(/\bdyn<(\w+)>/g, "$1")
        : error instanceof Error
          ? error.message.split("\n")[0]
          : "";
    throw new ExpressionError(`\${{ ${code} }} has no value: ${why ?? ""}`, { cause: error });
  }
}

function walk([root = "", ...steps]: Steps, scope: Readonly<Record<string, unknown>>): unknown {
  let value: unknown = scope[root];
  let at = root;
  for (const step of steps) {
    const holds = typeof value === "object" && value !== null && Object.hasOwn(value, step);
    if (!holds)
      throw new ExpressionError(`\${{ ${[root, ...steps].reduce(joined)} }} has no value: ${at} has no "${step}"`);
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

/** Macros bind a variable: `list.map(x, x.name)`. */
const MACROS = new Set(["all", "exists", "exists_one", "map", "filter"]);

function collect(node: ASTNode, bound: ReadonlySet<string>, readings: Reading[]): ExpressionProblem | undefined {
  const path = pathOf(node);
  if (path !== undefined) {
    if (!bound.has(path.root)) readings.push(path);
    return undefined;
  }
  if (node.op === "value") return undefined;
  if (node.op === "call" || node.op === "rcall") {
    const [name] = node.args;
    if (name === "matches")
      return {
        message: "matches() is not available: a pattern could run for minutes; use contains, startsWith or endsWith",
        start: node.start,
        end: node.end,
      };
    const [receiver, words] = node.op === "rcall" ? [node.args[1], node.args[2]] : [undefined, node.args[1]];
    const [variable] = words;
    const macro = node.op === "rcall" && MACROS.has(name) && variable?.op === "id";
    const isBind = name === "bind" && receiver?.op === "id" && receiver.args === "cel" && variable?.op === "id";
    const inside = macro || isBind ? new Set([...bound, variable.args]) : bound;
    const parts = macro || isBind ? words.slice(1) : words;
    return first([
      ...(receiver === undefined || isBind ? [] : [collect(receiver, bound, readings)]),
      ...parts.map((part) => collect(part, inside, readings)),
    ]);
  }
  return first(childrenOf(node).map((child) => collect(child, bound, readings)));
}

function first(problems: readonly (ExpressionProblem | undefined)[]): ExpressionProblem | undefined {
  return problems.find((problem) => problem !== undefined);
}

function pathOf(node: ASTNode): Reading | undefined {
  if (node.op === "id") return { root: node.args, path: [], start: node.start, end: node.end };
  if (node.op !== "." && node.op !== "[]") return undefined;
  const [of, key] = node.args;
  const name =
    typeof key === "string" ? key : key.op === "value" && typeof key.args === "string" ? key.args : undefined;
  const before = name === undefined ? undefined : pathOf(of);
  return before === undefined || name === undefined
    ? undefined
    : { ...before, path: [...before.path, name], end: node.end };
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  const found: ASTNode[] = [];
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look);
    else if (typeof value === "object" && value !== null && "op" in value) found.push(value as ASTNode);
  };
  look(node.args);
  return found;
}
