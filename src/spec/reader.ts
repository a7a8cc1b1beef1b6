import { WrittenNumber } from "../model/written-number.ts";
import { markValue, markValues } from "../model/value-marks.ts";
import type { Path } from "./source.ts";
import { ExpressionError, parseExpression, type Expression } from "./expression.ts";
import type { Report } from "./report.ts";
import { ALL_ROOTS, FIELDS, ROOTS_ELSEWHERE } from "./roots.ts";
import { suggestion } from "./suggestion.ts";
import { asText, isWhole, literal, parseTemplate, type Hole } from "./template.ts";

/** Something whose value is known when the task runs. */
export type Value = (scope: Scope) => unknown;
/** What expressions read, by root: `params`, `tasks`, `env`, … */
export type Scope = Readonly<Record<string, unknown>>;

/** What is known where an expression stands. */
export interface Surroundings {
  /** Roots that may be read: others are mistakes. */
  readonly roots: readonly string[];
  /** Names of the flow's parameters; absent where it is not known which it has. */
  readonly params: readonly string[] | undefined;
  readonly tasks: readonly string[];
  /** Fields of roots that are read by one of these only. */
  readonly fields?: ReadonlyMap<string, readonly string[]>;
  /** Names a task's outputs have, where they are known. */
  readonly outputs: ReadonlyMap<string, readonly string[]>;
  /** Tasks that run once for each item of a list: their outputs are lists, too. */
  readonly lists?: ReadonlySet<string>;
  /** The task it stands in. */
  readonly self?: string;
  /** Names of environment variables that are set; absent if nothing is known of them. */
  readonly variables?: ReadonlySet<string>;
  /** The time zone of dates that name none. @default "UTC" */
  readonly zone?: string;
  /** Sample values of parameters by name, of those whose type is known. */
  readonly samples?: Readonly<Record<string, unknown>>;
  /** Whether it stands in a script. */
  readonly isScript?: boolean;
  /** Whether it stands in the config, and flows may lack a parameter that it reads with `??`. */
  readonly isForManyFlows?: boolean;
  /** Whether people are told of it: it is said all the same where an expression in it has no value. */
  readonly isSaid?: boolean;
}

/** What was read: tasks make edges, secrets are looked for before the first task runs. */
export interface Needs {
  readonly tasks: Set<string>;
  readonly secrets: Set<string>;
  /** Roots of all that was read. */
  readonly roots: Set<string>;
  /** `task.output`, or `task` where all of its outputs are read. */
  readonly outputs: Set<string>;
}

/** Nothing is needed yet. */
export function noNeeds(): Needs {
  return { tasks: new Set(), secrets: new Set(), roots: new Set(), outputs: new Set() };
}

/** CEL's types in our words. */
const TYPES: Readonly<Record<string, string>> = {
  ...{
    string: "always text",
    int: "always a number",
    uint: "always a number",
    double: "always a number",
    bool: "always true or false",
  },
  ...{ list: "always a list", map: "always a map", null: "nothing" },
};

/** What an expression comes to; where it has no value, something else that is worth saying. */
function said<T, Otherwise>(evaluate: () => T, otherwise: Otherwise): T | NonNullable<Otherwise> {
  try {
    return evaluate();
  } catch (error) {
    if (otherwise === undefined || otherwise === null || !(error instanceof ExpressionError)) throw error;
    return otherwise;
  }
}

/** The error of the task whose output is read, and which has none because it failed. */
function failureIn({ readings: [only] }: Expression, scope: Scope): Error | undefined {
  const outputs = only?.root === "tasks" ? (scope["tasks"] as TaskValues)[only.path[0] ?? ""]?.outputs : undefined;
  return outputs instanceof Error ? outputs : undefined;
}

type TaskValues = Readonly<Record<string, { readonly outputs?: unknown } | undefined>>;

/** Reads the expressions of one spec, reports what is wrong with them, and notes what they need. */
export class Reader {
  readonly #report: Report;
  readonly #around: Surroundings;
  readonly needs: Needs;

  constructor(report: Report, around: Surroundings, needs: Needs = noNeeds()) {
    this.#report = report;
    this.#around = around;
    this.needs = needs;
  }

  /** The same reader with these variables set, too. */
  withVariables(names: readonly string[]): Reader {
    const { variables } = this.#around;
    return variables === undefined ? this : this.with({ variables: new Set([...variables, ...names]) });
  }

  /** Roots that may be read here. */
  get roots(): readonly string[] {
    return this.#around.roots;
  }

  /** The same reader where other roots may be read. */
  with(more: Partial<Surroundings>): Reader {
    return new Reader(this.#report, { ...this.#around, ...more }, this.needs);
  }

  /** Any data, with expressions in its texts. A text that is one expression keeps the expression's type. */
  data(value: unknown, path: Path): Value {
    if (typeof value === "string") return this.text(value, path);
    if (typeof value === "number") {
      const written = this.#report.written(path);
      return () => (written instanceof WrittenNumber ? written : value);
    }
    if (Array.isArray(value)) {
      const items = value.map((item, index) => this.data(item, [...path, index]));
      return (scope) => items.map((item) => item(scope));
    }
    if (typeof value !== "object" || value === null) return () => value;
    const entries = Object.entries(value).map(([key, each]) => [key, this.data(each, [...path, key])] as const);
    return (scope) => Object.fromEntries(entries.map(([key, each]) => [key, each(scope)]));
  }

  /** A text with expressions in it. */
  text(text: string, path: Path): Value {
    if (!text.includes("${{")) return () => text;
    const template = parseTemplate(text);
    if (template.unclosed !== undefined) {
      this.#report.part(
        path,
        text,
        { start: template.unclosed, end: template.unclosed + 3 },
        {
          code: "EXPRESSION_UNCLOSED",
          message: "this ${{ is never closed",
          help: "close it with }}, or write $${{ for the characters themselves",
        },
      );
      return () => text;
    }
    const expressions = template.holes.map((hole) => this.hole(hole, text, path));
    const [only] = expressions;
    const isSaid = this.#around.isSaid === true;
    if (only !== undefined && isWhole(template))
      return (scope) =>
        isSaid ? markValues(said(() => only.evaluate(scope), failureIn(only, scope))) : only.evaluate(scope);
    const texts = [0, ...template.holes.map((hole) => hole.end)].map((start, index) =>
      literal(text.slice(start, template.holes[index]?.start)),
    );
    const valueOf = (index: number, scope: Scope): unknown => expressions[index]?.evaluate(scope);
    if (!isSaid) return (scope) => texts.map((part, index) => part + asText(valueOf(index, scope))).join("");
    const written = template.holes.map(({ start, end }) => text.slice(start, end));
    return (scope) =>
      texts
        .map((part, index) => part + said(() => markValue(asText(valueOf(index, scope))), written[index] ?? ""))
        .join("");
  }

  /** A key whose text is an expression with or without `${{ }}` around it: `if: params.publish`. */
  condition(text: string, path: Path): Value {
    const bare = { code: text.trim(), codeStart: text.length - text.trimStart().length, start: 0, end: text.length };
    return this.#typed(text, path, { type: "bool", words: "true or false", bare });
  }

  /** A text that stands for a list: one expression. */
  list(text: string, path: Path): Value {
    return this.#typed(text, path, { type: "list", words: "a list" });
  }

  /** @param wanted.bare what is read where the text has no `${{ }}` */
  #typed(
    text: string,
    path: Path,
    wanted: { readonly type: string; readonly words: string; readonly bare?: Hole },
  ): Value {
    const template = parseTemplate(text);
    if (template.unclosed !== undefined) return this.text(text, path);
    const say = (what: string, help?: string): void => {
      this.#report.value(path, { code: "VALUE_TYPE", message: `this is ${what}, and must be ${wanted.words}`, help });
    };
    const hole = template.holes.length === 0 ? wanted.bare : isWhole(template) ? template.holes[0] : undefined;
    if (hole === undefined) {
      say(TYPES["string"] ?? "", "make it one expression: ${{ … }}");
      return this.text(text, path);
    }
    const expression = this.hole(hole, text, path);
    const type = expression.type?.replace(/<.*/, "");
    if (type !== undefined && type !== wanted.type) say(TYPES[type] ?? type);
    return (scope) => expression.evaluate(scope);
  }

  /** One expression of a text. */
  hole(hole: Hole, text: string, path: Path): Expression {
    const { zone, samples } = this.#around;
    const parsed = parseExpression(hole.code, {
      ...(zone === undefined ? {} : { zone }),
      ...(samples === undefined ? {} : { samples: { params: samples } }),
    });
    if ("evaluate" in parsed) {
      for (const reading of parsed.readings) this.#check(reading, hole, text, path);
      return parsed;
    }
    const start = hole.codeStart + Math.max(parsed.start, 0);
    this.#report.part(
      path,
      text,
      { start, end: hole.codeStart + parsed.end },
      {
        code: "EXPRESSION_SYNTAX",
        message: `this expression cannot be read: ${parsed.message}`,
        help: parsed.help,
      },
    );
    return { code: hole.code, readings: [], type: undefined, evaluate: () => undefined };
  }

  #check(reading: Expression["readings"][number], hole: Hole, text: string, path: Path): void {
    const { root } = reading;
    const span = { start: hole.codeStart + reading.start, end: hole.codeStart + reading.end };
    const say = (code: string, message: string, help?: string): void => {
      this.#report.part(path, text, span, { code, message, help });
    };
    const around = this.#around;
    if (!around.roots.includes(root)) {
      const isSecret = root === "secrets" && around.isScript === true;
      const why = isSecret ? "a secret never stands in run: hand it over with env:" : ALL_ROOTS.get(root);
      const elsewhere = around.tasks.includes(root)
        ? `write tasks.${root}.outputs; of its state: trigger: ${root}.failed`
        : ROOTS_ELSEWHERE.get(root);
      say(
        isSecret ? "SECRET_IN_SCRIPT" : "UNKNOWN_NAME",
        `"${root}" ${why === undefined ? "is not known in expressions" : "cannot be read here"}`,
        why ?? elsewhere ?? suggestion(root, around.roots),
      );
      return;
    }
    this.needs.roots.add(root);
    const [first, second, third] = reading.path;
    const known = around.fields?.get(root) ?? (first === undefined ? undefined : FIELDS.get(root));
    if (known !== undefined && (first === undefined || !known.includes(first))) {
      const what = first === undefined ? `"${root}" is read by its fields` : `"${root}" has no "${first}"`;
      say(
        "UNKNOWN_NAME",
        what,
        suggestion(
          first ?? "",
          known.map((field) => (first === undefined ? `${root}.${field}` : field)),
        ),
      );
    }
    if (root === "env" && first !== undefined && reading.isOptional !== true && around.variables?.has(first) === false)
      say(
        "ENV_MISSING",
        `the environment variable "${first}" is not set`,
        `set it, or give a default: \${{ env.${first} ?? "…" }}`,
      );
    const mayLack = around.isForManyFlows === true && reading.isOptional === true;
    if (root === "params" && first !== undefined && !mayLack && around.params?.includes(first) === false)
      say(
        "UNKNOWN_PARAM",
        `there is no parameter "${first}"`,
        suggestion(first, around.params) ?? "declare it under params:",
      );
    if (root === "secrets") {
      if (first === undefined) say("UNKNOWN_NAME", "a secret is read by its name: secrets.NAME");
      else this.needs.secrets.add(first);
    }
    if (root !== "tasks") return;
    if (first === undefined) say("UNKNOWN_TASK", "a task is read by its name: tasks.NAME.outputs");
    else if (first === around.self) say("FLOW_CYCLE", `task "${first}" reads its own outputs`);
    else if (!around.tasks.includes(first))
      say("UNKNOWN_TASK", `there is no task "${first}"`, suggestion(first, around.tasks));
    else if (second !== "outputs") say("UNKNOWN_OUTPUT", `of a task, its outputs can be read: tasks.${first}.outputs`);
    else {
      this.needs.tasks.add(first);
      this.needs.outputs.add(third === undefined ? first : `${first}.${third}`);
      const outputs = around.outputs.get(first);
      if (third !== undefined && around.lists?.has(first) === true)
        say(
          "UNKNOWN_OUTPUT",
          `the outputs of task "${first}" are a list, one for each item`,
          `tasks.${first}.outputs[0].${third}, or of all: tasks.${first}.outputs.map(each, each.${third})`,
        );
      else if (third !== undefined && outputs !== undefined && !outputs.includes(third))
        say("UNKNOWN_OUTPUT", `task "${first}" has no output "${third}"`, suggestion(third, outputs));
    }
  }
}
