import type { ASTNode } from "@marcbachmann/cel-js";
import { registeredName } from "./cel-environment.ts";
import type { ExpressionProblem } from "./expression-problem.ts";

/** What an expression reads: `tasks.load.outputs.rows` has the root `tasks` and that path. */
export interface Reading {
  readonly root: string;
  /** Fields after the root, as far as they are fixed. */
  readonly path: readonly string[];
  /** Offsets inside the expression. */
  readonly start: number;
  readonly end: number;
  /** Whether the expression has a value without it, too: `env.REGION ?? "eu"`. */
  readonly isOptional?: boolean;
}

/** What `has(env.NAME)` or `"NAME" in env` asks for may be absent wherever the expression reads it. */
export function withGuards(readings: readonly Reading[]): readonly Reading[] {
  const keyOf = ({ root, path }: Reading): string => [root, ...path.slice(0, 1)].join(".");
  const guarded = new Set(readings.filter((each) => each.isOptional === true || each.path.length === 0).map(keyOf));
  return readings.map((each) =>
    guarded.has(keyOf(each)) || guarded.has(each.root) ? { ...each, isOptional: true } : each,
  );
}

/** Macros bind a variable: `list.map(x, x.name)`. */
const MACROS = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** Functions whose constant arguments are looked at before anything runs. */
const CHECKED = /^(?:timestamp|duration|date|int|double|get(?:FullYear|Month|Date|DayOf\w+|Hours|Minutes|Seconds))$/;

/** What is found in an expression. */
export interface Found {
  readonly readings: Reading[];
  /** Calls with constant arguments. */
  readonly constants: ASTNode[];
  /** Whether it goes through lists. */
  isLooping: boolean;
}

/** Finds what an expression reads, and gives the functions the names they are registered under. */
export function collect(node: ASTNode, bound: ReadonlySet<string>, found: Found): ExpressionProblem | undefined {
  const path = pathOf(node);
  if (path !== undefined) {
    if (!bound.has(path.root)) found.readings.push(path);
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
    if (macro) found.isLooping = true;
    if (CHECKED.test(name) && words.some((word) => word.op === "value")) found.constants.push(node);
    (node.args as unknown as [string])[0] = registeredName(name);
    const inside = macro || isBind ? new Set([...bound, variable.args]) : bound;
    const parts = macro || isBind ? words.slice(1) : words;
    const before = found.readings.length;
    const problem = first([
      ...(receiver === undefined || isBind ? [] : [collect(receiver, bound, found)]),
      ...parts.map((part) => collect(part, inside, found)),
    ]);
    if (name === "has")
      for (const [index, reading] of found.readings.entries())
        if (index >= before) found.readings[index] = { ...reading, isOptional: true };
    return problem;
  }
  return first(childrenOf(node).map((child) => collect(child, bound, found)));
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
