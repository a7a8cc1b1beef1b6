import { withWrittenNames } from "./cel-environment.ts";
import { suggestion } from "./suggestion.ts";

/** Why an expression could not be understood, and where in it. */
export interface ExpressionProblem {
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly help?: string | undefined;
}

/** What CEL says of an expression. */
interface CelProblem {
  readonly summary: string;
  readonly range?: { readonly start: number; readonly end: number };
}

/** Says in our words what CEL has found, and how what people know from elsewhere is written here. */
export function expressionProblem(
  error: CelProblem,
  code: string,
  functions: () => readonly string[],
): ExpressionProblem {
  const { start, end } = error.range ?? { start: 0, end: code.length };
  const [, call, name] =
    /^found no matching overload for '((?:.*\.)?(\w+)\(.*\))'$/.exec(withWrittenNames(error.summary)) ?? [];
  const at = { start: Math.min(start, code.length - 1), end: Math.max(end, start + 1) };
  if (call !== undefined && name !== undefined)
    return functions().includes(name)
      ? { message: plainWords(error.summary), ...at }
      : { message: `there is no function "${name}"`, ...at, help: ELSEWHERE.get(name) ?? near(name, functions()) };
  const summary = withWrittenNames(error.summary);
  const mixed = /^no such overload: (\w+) \+ (\w+)$/.exec(summary)?.slice(1) ?? [];
  if (mixed.includes("string"))
    return { message: `${mixed.join(" and ")} cannot be added`, ...at, help: "write string(…)" };
  const message = plainWords(summary).replace("unexpected token: EOF", "it ends too early");
  const plain = code.replace(/"[^"]*"|'[^']*'/g, '""');
  return { message, ...at, help: HABITS.find(([habit]) => habit.test(plain))?.[1] };
}

function near(name: string, functions: readonly string[]): string | undefined {
  const found = suggestion(name, functions);
  return found?.startsWith("did") === true ? found : undefined;
}

/** Functions of other tools. */
const ELSEWHERE = new Map([
  ["failure", "write trigger: any_failed"],
  ["always", "write trigger: all_finished"],
  ["success", "leave it out: a task runs when those before it succeeded"],
  ["cancelled", "write trigger: NAME.cancelled"],
  ["toJSON", "write json(…)"],
  ["fromJSON", "write parseJson(…)"],
  ["contains", "write text.contains(part), or item in list"],
  ["startsWith", "write text.startsWith(part)"],
  ["endsWith", "write text.endsWith(part)"],
  ["join", 'write list.join(", ")'],
  ["len", "write size(…)"],
  ["length", "write size(…)"],
  ["format", "put the parts together with +"],
]);

/** How other languages say it. */
const HABITS: readonly (readonly [RegExp, string])[] = [
  [/[=!]==/, "write == or !="],
  [/\?\?/, "write ?? outside of brackets: params.x ?? 0"],
  [/\b(?:and|or|not)\b|(?<!&)&(?!&)|(?<!\|)\|(?!\|)/, "write &&, || and !"],
];

/** CEL's types in our words. */
const TYPES: readonly (readonly [RegExp, string])[] = [
  [/\bdyn<([\w.]+)>/g, "$1"],
  [/\bgoogle\.protobuf\.Timestamp\b/g, "time"],
  [/\bgoogle\.protobuf\.Duration\b/g, "duration"],
  [/\b(?:list|map)<.*?>+(?!>)/g, "list"],
  [/\bstring\b/g, "text"],
  [/\b(?:u?int|double)\b/g, "number"],
  [/\bbool\b/g, "true or false"],
  [/\bdyn\b/g, "any"],
];

/** What CEL says at run time, without its own terms. */
export function plainWords(summary: string): string {
  const text = withWrittenNames(summary);
  const typed = (types: string): string => TYPES.reduce((said, [type, word]) => said.replace(type, word), types);
  const [, call, args] = /^found no matching overload for '(.*?)\((.*)\)'$/i.exec(text) ?? [];
  if (call !== undefined)
    return `${typed(call.replace(/.*\.(?=\w+$)/, ""))}() cannot take ${args === "" ? "this" : typed(args ?? "")}`;
  const [, left, sign, right] = /^no such overload: (.*?) (\S+) (.*)$/i.exec(text) ?? [];
  if (left !== undefined) return `${typed(left)} ${sign ?? ""} ${typed(right ?? "")} is not possible`;
  return lower(text);
}

function lower(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
