import { plainNumbers, respelled, WrittenNumber } from "../model/written-number.ts";
import { readParameter } from "../authoring/read-parameter.ts";
import type { ParameterDeclaration } from "../model/parameter.ts";
import { ExpressionError } from "./expression.ts";
import type { FlowFile, ParameterEntry } from "./flow-schema.ts";
import { nameOf } from "./problems.ts";
import { Reader, type Scope } from "./reader.ts";
import type { Report } from "./report.ts";
import type { Path } from "./source.ts";
import { asText } from "./template.ts";

type Type = NonNullable<ParameterDeclaration["type"]>;

/** What defaults may read beside the parameters before them. */
export interface ParamsSetting {
  readonly report: Report;
  readonly flow: string;
  /** Environment variables, those of dotenv files included. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The time, in milliseconds. */
  readonly now: () => number;
  /** The time zone of dates that name none. */
  readonly zone: string;
}

/**
 * Declarations of a spec's parameters. A plain value is a default that says the
 * type, too; `env` gives a default where its variable is set; a default with
 * expressions is made when the parameters before it are known.
 */
export function compileParams(params: FlowFile["params"], setting: ParamsSetting): readonly ParameterDeclaration[] {
  const before: string[] = [];
  return Object.entries(params ?? {}).map(([name, entry]) => {
    const isLong = typeof entry === "object" && entry !== null;
    const at = isLong ? ["params", name, "default"] : ["params", name];
    const spelled = setting.report.written(at);
    const fallback = isLong ? entry.default : entry;
    const exact = fallback === undefined ? {} : { default: plainNumbers(spelled ?? fallback) };
    const short: ParameterEntry = isLong ? { ...entry, ...exact } : exact;
    const written: ParameterEntry = { ...inferred(short), ...short };
    const made = compileParam(name, written, { at, before: [...before] }, setting);
    before.push(name);
    return made.default !== undefined && written.default !== spelled && made.variable === undefined
      ? { ...made, written: respelled(spelled, made.default) }
      : made;
  });
}

function compileParam(
  name: string,
  written: ParameterEntry,
  place: { readonly at: Path; readonly before: readonly string[] },
  setting: ParamsSetting,
): ParameterDeclaration {
  const { report, variables } = setting;
  const { type, description } = written;
  const path = ["params", name];
  const declaration: ParameterDeclaration = {
    name,
    required: false,
    zone: setting.zone,
    ...(type === undefined ? {} : { type }),
    ...(written.enum === undefined ? {} : { enum: written.enum }),
    ...(description === undefined ? {} : { description }),
  };
  for (const [index, choice] of (written.enum ?? []).entries())
    if ("wrong" in readParameter({ name, required: false, ...(type === undefined ? {} : { type }) }, choice, false))
      report.value([...path, "enum", index], {
        code: "PARAM_ENUM",
        message: `parameter "${name}": ${nameOf(choice)} is among its values, and the type is ${type ?? "string"}`,
      });
  if (written.required === true && written.default !== undefined)
    report.value([...path, "required"], {
      code: "PARAM_DEFAULT",
      message: `parameter "${name}" is required and has a default: one of the two has no effect`,
    });
  const given = written.env === undefined ? undefined : variables[written.env];
  if (given !== undefined && written.env !== undefined) {
    const answer = readParameter(declaration, given, true);
    if ("value" in answer) return { ...declaration, default: answer.value, variable: written.env };
    report.value([...path, "env"], {
      code: "PARAM_ENV",
      message: `parameter "${name}": the variable ${written.env} ${answer.wrong}`,
    });
  }
  if (hasExpression(written.default))
    return { ...declaration, defaultFrom: computed(declaration, written, place, setting) };
  const fallback = checkedDefault(declaration, written, place.at, report);
  return {
    ...declaration,
    required: written.required ?? fallback === undefined,
    ...(fallback === undefined ? {} : { default: fallback }),
  };
}

function hasExpression(value: unknown): boolean {
  if (typeof value === "string") return value.includes("${{");
  return typeof value === "object" && value !== null && Object.values(value).some(hasExpression);
}

/** A default that the parameters before it decide. A text of it is read as the type, as one on a command line is. */
function computed(
  declaration: ParameterDeclaration,
  written: ParameterEntry,
  { at, before }: { readonly at: Path; readonly before: readonly string[] },
  { report, flow, variables, now, zone }: ParamsSetting,
): NonNullable<ParameterDeclaration["defaultFrom"]> {
  const known = { params: before, variables: new Set(Object.keys(variables)) };
  const around = { roots: ["params", "env", "flow", "now"], ...known, tasks: [], outputs: new Map(), zone };
  const value = new Reader(report, around).data(written.default, at);
  return (params) => {
    const scope: Scope = { params, env: variables, flow: { name: flow }, now: new globalThis.Date(now()) };
    try {
      const found = value(scope);
      return readParameter(declaration, plainNumbers(found), typeof found === "string");
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return { wrong: `has no default: ${error.message}` };
    }
  };
}

function checkedDefault(declaration: ParameterDeclaration, written: ParameterEntry, at: Path, report: Report): unknown {
  const { name, type, zone = "UTC" } = declaration;
  if (written.default === undefined || written.default === null) return written.default;
  const answer = readParameter(
    { name, required: false, zone, ...(type === undefined ? {} : { type }) },
    written.default,
    false,
  );
  if ("wrong" in answer) {
    report.value(at, {
      code: "PARAM_DEFAULT",
      message: `parameter "${name}": the default is ${nameOf(report.written(at))}, and the type is ${type ?? "string"}`,
      ...(type === "string" && typeof written.default === "number"
        ? { help: `quote it: "${asText(report.written(at))}"` }
        : {}),
    });
    return undefined;
  }
  if (written.enum !== undefined && "wrong" in readParameter(declaration, written.default, false))
    report.value(at, {
      code: "PARAM_DEFAULT",
      message: `parameter "${name}": the default is none of its values`,
      help: `one of ${written.enum.map((choice) => JSON.stringify(choice)).join(", ")}`,
    });
  return answer.value;
}

/** The type that a default says, else the choices where they are all of one. */
function inferred({ default: fallback, enum: choices = [] }: ParameterEntry): { readonly type?: Type } {
  const types = new Set(fallback === undefined || fallback === null ? choices.map(typeOf) : [typeOf(fallback)]);
  const [type] = types;
  return type === undefined || types.size > 1 ? {} : { type };
}

function typeOf(value: unknown): Type | undefined {
  if (hasExpression(value) || value === null) return undefined;
  if (typeof value === "bigint") return "integer";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  if (typeof value === "boolean" || typeof value === "string") return typeof value as "boolean" | "string";
  return Array.isArray(value) ? "array" : "object";
}

/** Warns of plain defaults that are numbers and are written in another way: `3.10` is the number 3.1. */
export function unquotedDefaults(params: FlowFile["params"], report: Report): void {
  for (const [name, entry] of Object.entries(params ?? {})) {
    const path = typeof entry === "object" && entry !== null ? ["params", name, "default"] : ["params", name];
    const written = report.written(path);
    const isDeclared = typeof entry === "object" && entry !== null && "type" in entry;
    if (written instanceof WrittenNumber && !isDeclared && String(written.value) !== written.text)
      report.value(path, {
        code: "NUMBER_SPELLING",
        severity: "warning",
        message: `the default of parameter "${name}" is the number ${String(written.value)}, written as ${written.text}`,
        help: `if it is a text, quote it: "${written.text}"`,
      });
  }
}
