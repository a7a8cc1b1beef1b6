import { parseExactJson } from "../model/exact-json.ts";
import type { Diagnostic } from "../model/error.ts";
import type { ParameterDeclaration, ParameterSchema, StandardSchema } from "../model/parameter.ts";
import { plainNumbers, rememberSpelling, respelled, WrittenNumber, writtenNumber } from "../model/written-number.ts";
import { nearest } from "./nearest.ts";
import { readParameter } from "./read-parameter.ts";

/** What was given for a flow's parameters. */
export interface GivenParameters {
  /** From a command line: read as the declared type. */
  readonly text?: Readonly<Record<string, string>>;
  /** From JSON, a file or code: taken as they are. They win over text. */
  readonly values?: Readonly<Record<string, unknown>>;
}

type Resolved =
  { readonly values: Readonly<Record<string, unknown>> } | { readonly diagnostics: readonly Diagnostic[] };

/** Turns what was given into a run's parameters, or answers all that is wrong with it at once. */
export async function resolveParameters(schema: ParameterSchema, given: GivenParameters): Promise<Resolved> {
  if (schema.kind === "declared") return byDeclarations(schema.declarations, given);
  const values = plainNumbers(given.values) as GivenParameters["values"];
  return byStandard(schema.schema, { ...given, ...(values === undefined ? {} : { values }) });
}

function byDeclarations(declarations: readonly ParameterDeclaration[], given: GivenParameters): Resolved {
  const diagnostics: Diagnostic[] = [];
  const values: Record<string, unknown> = {};
  /** The same, with the spelling that numbers have in YAML or on the command line. */
  const written: Record<string, unknown> = {};
  const names = declarations.map((each) => each.name);
  const all = { ...given.text, ...given.values };
  for (const name of Object.keys(all)) if (!names.includes(name)) diagnostics.push(unknown(name, names));
  for (const declaration of declarations) {
    const { name } = declaration;
    if (!Object.hasOwn(all, name)) {
      if (declaration.required) diagnostics.push(missing(declaration));
      else if (declaration.defaultFrom === undefined) {
        values[name] = declaration.default ?? null;
        written[name] = declaration.written ?? values[name];
      }
      // What is before it may be what is wrong.
      else if (diagnostics.length === 0) {
        const made = declaration.defaultFrom(written);
        if ("value" in made) written[name] = values[name] = made.value;
        else diagnostics.push(problem("PARAMETER_WRONG", `Parameter "${name}" ${made.wrong}.`, giveWith(name)));
      }
      continue;
    }
    const isText = !Object.hasOwn(given.values ?? {}, name);
    const answer = readParameter(declaration, plainNumbers(all[name]), isText);
    if ("value" in answer) {
      values[name] = answer.value;
      written[name] = spelled(all[name], answer.value, declaration);
    } else diagnostics.push(problem("PARAMETER_WRONG", `Parameter "${name}" ${answer.wrong}.`));
  }
  if (diagnostics.length > 0) return { diagnostics };
  if (WrittenNumber.exists) rememberSpelling(values, written);
  return { values };
}

/** A value with its spelling: `-p version=3.10` and `version: 3.10` in a file. An integer is written in digits: `1e3` is 1000. */
function spelled(given: unknown, value: unknown, { type }: ParameterDeclaration): unknown {
  if (typeof given !== "string" || typeof value !== "number") return respelled(given, value);
  return type === "integer" && !/^[-+]?\d+$/.test(given) ? value : writtenNumber(given, value);
}

function unknown(name: string, names: readonly string[]): Diagnostic {
  const near = nearest(name, names);
  const known = names.length === 0 ? "The flow takes no parameters." : `Its parameters are: ${names.join(", ")}.`;
  return problem("PARAMETER_UNKNOWN", `The flow has no parameter "${name}".`, near ? `Did you mean "${near}"?` : known);
}

function missing({ name, type, description }: ParameterDeclaration): Diagnostic {
  const what = [type, description].filter((each) => each !== undefined).join(": ");
  return problem(
    "PARAMETER_MISSING",
    `Parameter "${name}" is missing${what === "" ? "" : ` (${what})`}.`,
    giveWith(name),
  );
}

const giveWith = (name: string): string => `Give it with: --param ${name}=VALUE`;

const problem = (code: string, message: string, help?: string): Diagnostic => ({
  code,
  severity: "error",
  message,
  ...(help === undefined ? {} : { help }),
});

/**
 * A schema judges values, and text has no types: where it refuses a text, the
 * text is tried as a number, a truth value or JSON, and kept where that helps.
 */
async function byStandard(schema: StandardSchema, given: GivenParameters): Promise<Resolved> {
  const candidate: Record<string, unknown> = { ...given.text, ...given.values };
  const texts = Object.keys(given.text ?? {}).filter((name) => !Object.hasOwn(given.values ?? {}, name));
  let result = await schema["~standard"].validate(candidate);
  const refused = (): Set<string> => new Set((result.issues ?? []).map((issue) => pathOf(issue.path)[0] ?? ""));
  for (const name of texts) {
    if (!refused().has(name)) continue;
    const original = candidate[name];
    for (const reading of readings(String(original))) {
      candidate[name] = reading;
      const again = await schema["~standard"].validate(candidate);
      if ((again.issues ?? []).some((issue) => pathOf(issue.path)[0] === name)) continue;
      result = again;
      break;
    }
    if (refused().has(name)) candidate[name] = original;
  }
  const unread = await unreadNames(schema, candidate);
  if (result.issues === undefined && unread.length === 0) return { values: { ...(result.value as object) } };
  // A strict schema reports an unknown name itself, without its path and without a suggestion.
  const isRepeated = ({ message, path }: Issue): boolean =>
    pathOf(path).length === 0 && unread.some(({ name }) => message.includes(`"${name}"`));
  return {
    diagnostics: [
      ...unread.map(({ name, known }) => unknown(name, known)),
      ...(result.issues ?? [])
        .filter((issue) => !isRepeated(issue))
        .map((issue) => {
          const path = pathOf(issue.path).join(".");
          const subject = path === "" ? "Parameters" : `Parameter "${path}"`;
          return problem("PARAMETER_WRONG", `${subject}: ${issue.message}`);
        }),
    ],
  };
}

/**
 * Lists the given names that the schema never looks at. Most schemas pass over a name that they do not know without a
 * word, and the Standard Schema interface does not list the names of an object: the reads of a validation show them.
 * A schema that takes any name reads every name.
 */
async function unreadNames(
  schema: StandardSchema,
  candidate: Readonly<Record<string, unknown>>,
): Promise<readonly { readonly name: string; readonly known: readonly string[] }[]> {
  const given = Object.keys(candidate);
  if (given.length === 0) return [];
  const read = new Set<string>();
  const note = (name: string | symbol): void => {
    if (typeof name === "string") read.add(name);
  };
  const recording = new Proxy(candidate, {
    get(target, name) {
      note(name);
      return Reflect.get(target, name) as unknown;
    },
    has(target, name) {
      note(name);
      return Reflect.has(target, name);
    },
  });
  try {
    await schema["~standard"].validate(recording);
  } catch {
    // A schema that cannot take a recording object does not show what it reads.
    return [];
  }
  // A name that every object has is no parameter's.
  const known = [...read].filter((name) => !(name in Object.prototype));
  return given.filter((name) => !read.has(name)).map((name) => ({ name, known }));
}

type Issue = NonNullable<
  Extract<Awaited<ReturnType<StandardSchema["~standard"]["validate"]>>, { issues: object }>["issues"]
>[number];

const pathOf = (path: Issue["path"]): readonly string[] =>
  (path ?? []).map((each) => String(typeof each === "object" ? each.key : each));

/** What a text could also mean, the likeliest first. */
function readings(text: string): readonly unknown[] {
  const found: unknown[] = [];
  if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) found.push(Number(text));
  if (text === "true" || text === "false") found.push(text === "true");
  if (/^\s*[[{]/.test(text) || text === "null") {
    try {
      found.push(parseExactJson(text));
    } catch {
      // Not JSON: the schema's own message about the text stands.
    }
  }
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? readTime(text) : undefined;
  return time === undefined ? found : [...found, time];
}

function readTime(text: string): unknown {
  const read = readParameter({ name: "", type: "datetime", required: false }, text, true);
  return "value" in read ? read.value : undefined;
}
