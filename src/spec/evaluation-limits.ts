// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- only its time limit is used: nothing outside is reached
import { createContext, Script, type Context } from "node:vm";
import type { ASTNode } from "@marcbachmann/cel-js";

/** How long one expression with a loop in it may take. */
const MAX_EVALUATION_MS = 2000;
/** Items of lists, and sixteenths of texts, that the operations of one expression may make. */
const MAX_MADE = 8_000_000;
const CHARACTERS_PER_ITEM = 16;

/** What the running expression has made so far. Expressions do not nest. */
let made = 0;

/** Runs an expression whose loops may not end, and stops it when its time is over. @throws Error that says so */
export function withTimeLimit(evaluate: () => unknown): unknown {
  guard ??= createGuard();
  guard.holder.evaluate = evaluate;
  try {
    return guard.script.runInContext(guard.context, { timeout: MAX_EVALUATION_MS });
  } catch (error) {
    // The error is of the other realm.
    if (typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT")
      throw new Error(`it takes longer than ${MAX_EVALUATION_MS / 1000}s`, { cause: error });
    throw error;
  } finally {
    delete guard.holder.evaluate;
  }
}

interface Guard {
  readonly holder: { evaluate?: () => unknown };
  readonly context: Context;
  readonly script: Script;
}
let guard: Guard | undefined;

function createGuard(): Guard {
  const holder = {};
  return { holder, context: createContext(holder), script: new Script("evaluate()") };
}

/** Forgets what the expression before has made. */
export function resetSize(): void {
  made = 0;
}

/** Operations whose results may be larger than what they are given. */
const GROWING = new Set<string>(["+", "call", "rcall"]);

type Handle = (...args: readonly unknown[]) => unknown;

/**
 * Limits what the operations of a checked expression may make. Each can double what is there, so a few of them would
 * take all memory before any time limit.
 */
export function limitSize(ast: ASTNode): void {
  const seen = new Set<object>();
  const look = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if (Array.isArray(value)) {
      value.forEach(look);
      return;
    }
    if ("op" in value) {
      const node = value as ASTNode & { handle?: Handle; meta?: { alternate?: unknown; macro?: unknown } };
      const { handle } = node;
      if (GROWING.has(node.op) && handle !== undefined) node.handle = (...args) => counted(handle(...args));
      look(node.args);
      look(node.meta?.alternate);
      look(node.meta?.macro);
    } else if (Object.getPrototypeOf(value) === Object.prototype) Object.values(value).forEach(look);
  };
  look(ast);
}

function counted(result: unknown): unknown {
  if (typeof result === "string") made += result.length / CHARACTERS_PER_ITEM;
  else if (Array.isArray(result)) made += result.length;
  if (made > MAX_MADE) throw new Error("its lists or texts become too large");
  return result;
}
