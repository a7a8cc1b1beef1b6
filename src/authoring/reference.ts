import { userError } from "../model/error.ts";
import type { Task } from "../model/task.ts";
import { callSite } from "./call-site.ts";

/** Phantom key: the type of the value that a reference stands for. Nothing is stored under it. */
export declare const VALUE: unique symbol;

/** Stands for the value that a task will have; what inputs accept in the value's place. */
export interface RefTo<out T> {
  readonly [VALUE]: T;
}

/** Types that are taken whole: a reference to one of them has no fields. */
type Atom =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | RegExp
  | Error
  | Map<unknown, unknown>
  | Set<unknown>
  | URL
  | Uint8Array
  | ((...args: never[]) => unknown);

type IsAny<T> = 0 extends 1 & T ? true : false;
type Field<T, K extends PropertyKey> = T extends unknown ? (K extends keyof T ? T[K] : undefined) : never;
type Keys<T> = T extends unknown ? Exclude<keyof T, symbol> : never;
type Fields<T> =
  IsAny<T> extends true
    ? any // eslint-disable-line @typescript-eslint/no-explicit-any -- any in, any out
    : NonNullable<T> extends Atom
      ? unknown
      : NonNullable<T> extends readonly (infer Element)[]
        ? number extends NonNullable<T>["length"]
          ? { readonly [index: number]: Ref<Element> }
          : { readonly [K in Extract<keyof NonNullable<T>, `${number}`>]: Ref<NonNullable<T>[K]> }
        : { readonly [K in Keys<Exclude<T, Atom>>]-?: Ref<Field<T, K>> };

/**
 * What a call of a task returns inside a flow: the task's value, which only
 * exists when the flow runs. Its fields and elements are references, too.
 */
export type Ref<T> = RefTo<T> & Fields<T>;

/** A value, a reference to one, or a collection that holds references. */
export type Input<T> = IsAny<T> extends true ? any : unknown extends T ? unknown : RefTo<T> | Given<T>; // eslint-disable-line @typescript-eslint/no-explicit-any -- any in, any out
type Given<T> = T extends Atom ? T : { readonly [K in keyof T]: Input<T[K]> };

/** The brand of references, the same in every copy of the library. */
export const REF: unique symbol = Symbol.for("flowctl.reference") as never;

/** What a reference points at. */
export interface Target {
  readonly task: Task;
  /** Fields to take of the task's value, outermost first. */
  readonly path: readonly string[];
  /** The flow it was made in; `undefined` for what joins the flow that first uses it, such as a secret. */
  readonly flow: object | undefined;
  /** Set inside `applyMap`: one element of the task's value. */
  readonly element?: object;
  /** Answers a field in a way of its own: parameters, which are tasks each. */
  readonly field?: (name: string) => unknown;
}

/** @returns what a reference points at; `undefined` for any other value */
export function targetOf(value: unknown): Target | undefined {
  return typeof value === "object" && value !== null ? (value as { readonly [REF]?: Target })[REF] : undefined;
}

/** Makes a reference: an object whose every field is a reference again. */
export function reference<T>(target: Target): Ref<T> {
  return new Proxy(target, HANDLER) as unknown as Ref<T>;
}

const WHEN_IT_RUNS =
  "A task's value only exists when the flow runs: hand the reference to a task as an input, and use it there.";

const HANDLER: ProxyHandler<Target> = {
  get(target, key) {
    if (key === REF) return target;
    if (key === Symbol.toPrimitive || key === "toString" || key === "valueOf") throw misused(target, "used as a value");
    if (key === Symbol.iterator || key === Symbol.asyncIterator) throw misused(target, "iterated", PARTS);
    if (key === "toJSON") throw misused(target, "turned into JSON");
    if (typeof key === "symbol" || key === "then") return undefined;
    if (target.field) return target.field(key);
    return reference({ ...target, path: [...target.path, key] });
  },
  has: (_target, key) => key === REF,
  ownKeys(target) {
    throw misused(target, "asked for its fields");
  },
  set(target) {
    throw misused(target, "written to");
  },
};

const PARTS = "Take its parts by number, const first = pair()[0], or map a task over it: load.map({ row: rows }).";

function misused(target: Target, what: string, help = WHEN_IT_RUNS): Error {
  const name = [target.task.name, ...target.path].join(".");
  return userError("usage", "FLOW_REFERENCE_USED", `"${name}" was ${what} while the flow was built.`, {
    ...callSite(),
    help,
  });
}
