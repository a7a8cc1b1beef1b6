import type { ParameterDeclaration } from "../model/parameter.ts";
import type { FlowFile, ParameterEntry } from "./flow-schema.ts";
import { nameOf } from "./problems.ts";
import type { Report } from "./report.ts";

type Type = NonNullable<ParameterDeclaration["type"]>;

const CHECKS: Readonly<Record<Type, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  datetime: (value) => typeof value === "string" && /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d|$)/.test(value),
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  array: (value) => Array.isArray(value),
};

/**
 * Declarations of a spec's parameters. A plain value is a default that says the
 * type, too; `env` gives a default where its variable is set.
 */
export function compileParams(
  params: FlowFile["params"],
  variables: Readonly<Record<string, string | undefined>>,
  report: Report,
): readonly ParameterDeclaration[] {
  return Object.entries(params ?? {}).map(([name, entry]) => {
    const long = typeof entry === "object" && entry !== null;
    const written: ParameterEntry = long ? entry : { default: entry, ...typeOf(entry) };
    const path = ["params", name];
    const { type, description } = written;
    if (
      written.default !== undefined &&
      type !== undefined &&
      written.default !== null &&
      !CHECKS[type](written.default)
    )
      report.value([...path, "default"], {
        code: "PARAM_DEFAULT",
        message: `parameter "${name}": the default is ${nameOf(written.default)}, and the type is ${type}`,
      });
    const choices = written.enum?.map((choice) => JSON.stringify(choice));
    if (written.default !== undefined && choices?.includes(JSON.stringify(written.default)) === false)
      report.value([...path, "default"], {
        code: "PARAM_DEFAULT",
        message: `parameter "${name}": the default is none of its values`,
        help: `one of ${choices.join(", ")}`,
      });
    if (written.required === true && written.default !== undefined)
      report.value([...path, "required"], {
        code: "PARAM_DEFAULT",
        message: `parameter "${name}" is required and has a default: one of the two has no effect`,
      });
    const given = written.env === undefined ? undefined : variables[written.env];
    const fromEnvironment = given === undefined ? undefined : read(given, type);
    if (given !== undefined && fromEnvironment === undefined)
      report.value([...path, "env"], {
        code: "PARAM_ENV",
        message: `parameter "${name}": the variable ${written.env ?? ""} is not of type ${type ?? "string"}`,
      });
    const fallback = fromEnvironment ?? written.default;
    return {
      name,
      ...(type === undefined ? {} : { type }),
      required: written.required ?? fallback === undefined,
      ...(fallback === undefined ? {} : { default: fallback }),
      ...(written.enum === undefined ? {} : { enum: written.enum }),
      ...(description === undefined ? {} : { description }),
    };
  });
}

function typeOf(value: unknown): { readonly type?: Type } {
  if (typeof value === "boolean") return { type: "boolean" };
  if (typeof value === "number") return { type: Number.isInteger(value) ? "integer" : "number" };
  return typeof value === "string" ? { type: "string" } : {};
}

/** An environment variable's text, as the declared type. */
function read(text: string, type: Type = "string"): unknown {
  if (type === "string" || type === "datetime") return text;
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  try {
    const value: unknown = JSON.parse(text);
    return CHECKS[type](value) ? value : undefined;
  } catch {
    return undefined;
  }
}
