import { Environment, EvaluationError, ParseError, type ASTNode } from "@marcbachmann/cel-js";
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
  made.registerFunction("json(dyn): string", (value: unknown) => JSON.stringify(fromCel(value)));
  made.registerFunction("date(google.protobuf.Timestamp): string", (at: MomentLike) => at.toISOString().slice(0, 10));
  made.registerFunction("date(google.protobuf.Timestamp, string): string", dateIn);
  made.registerFunction("sum(list): dyn", (list: readonly unknown[]) => toCel(total(list)));
  made.registerFunction("parseJson(string): dyn", (text: string) => toCel(JSON.parse(text)));
  return made;
}

type MomentLike = Parameters<Intl.DateTimeFormat["format"]>[0] & { toISOString(): string };

/** The date in a time zone, as `2026-01-31`. */
function dateIn(at: MomentLike, zone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  const found = new Map(parts.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${found.get("year") ?? ""}-${found.get("month") ?? ""}-${found.get("day") ?? ""}`;
}

function total(list: readonly unknown[]): number {
  return list.reduce((sum: number, each) => {
    const value = fromCel(each);
    if (typeof value !== "number") throw new TypeError(`sum() adds numbers, and found ${JSON.stringify(value)}`);
    return sum + value;
  }, 0);
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
    const [only] = readings;
    const typed = compiled.check();
    if (!typed.valid && typed.error !== undefined) return expressionProblem(typed.error, code, functionNames);
    const isPath = readings.length === 1 && only?.start === 0 && only.end === code.length;
    return {
      code,
      readings,
      type: typed.type === undefined || typed.type === "dyn" ? undefined : typed.type,
      evaluate: (scope) =>
        // A plain reading hands a value on as it is: an Error stays one.
        isPath ? walk(only, scope) : compute(compiled, readings, scope, code),
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

function walk(reading: Reading, scope: Readonly<Record<string, unknown>>): unknown {
  let value: unknown = scope[reading.root];
  let at = reading.root;
  for (const part of reading.path) {
    const holds = typeof value === "object" && value !== null && Object.hasOwn(value, part);
    if (!holds)
      throw new ExpressionError(
        `\${{ ${[reading.root, ...reading.path].join(".")} }} has no value: ${at} has no "${part}"`,
      );
    value = (value as Record<string, unknown>)[part];
    at += `.${part}`;
  }
  return value;
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
