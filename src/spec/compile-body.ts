import { secretMapsRead } from "./secret-maps.ts";
import { dirname, resolve } from "node:path";
import { runShell, type ShellInputs } from "../tasks/run-shell.ts";
import { isPlainObject } from "../model/plain-object.ts";
import type { Size } from "../model/size.ts";
import type { Task, TaskContext } from "../model/task.ts";
import { plainNumbers, spelledNumbers } from "../model/written-number.ts";
import type { TaskSetting } from "./compile-task.ts";
import { compileEnv } from "./compile-env.ts";
import { declaredOutputs, readOutputs } from "./declared-outputs.ts";
import type { TaskEntry } from "./flow-schema.ts";
import { nameOf } from "./problems.ts";
import type { Reader, Scope, Value } from "./reader.ts";
import { resolveTask } from "./resolve-uses.ts";
import { FLOW_ENV } from "./scope.ts";
import { safeScript } from "./shell-script.ts";
import type { Path } from "./source.ts";
import { suggestion } from "./suggestion.ts";
import { asText } from "./template.ts";

/** What a task of a spec does. */
export interface Body {
  /** What the used task says of itself. */
  readonly used: Partial<Task>;
  /** Inputs that are plain values. */
  readonly constants: Readonly<Record<string, unknown>>;
  /** Names of the inputs that expressions give. */
  readonly computed: ReadonlySet<string>;
  /** The channel of the config that a notification task goes to. */
  readonly channel?: string | undefined;
  run(scope: Scope, context: TaskContext): unknown;
}

/** Inputs of notification tasks that people read. */
const SAID: ReadonlySet<string> = new Set(["message", "subject", "msg", "msgPlain"]);

const NOTHING = { used: {}, constants: {}, computed: new Set<string>() };

/** Compiles `run`, or `uses` with `with`. */
export async function compileBody(entry: TaskEntry, path: Path, reader: Reader, setting: TaskSetting): Promise<Body> {
  if (entry.run !== undefined) return compileRun(entry, path, reader, setting);
  const { report, library, file } = setting;
  const used = await resolveTask(entry.uses ?? "", file, library);
  // A notification task keeps the names of its secrets: its message may be sent by another process.
  const keepsNames = "task" in used && used.task.kind === "notification";
  const entries = Object.entries(entry.with ?? {}).map(
    ([name, value]) => [name, keepsNames ? value : secretMapsRead(value)] as const,
  );
  const spoken = keepsNames ? reader.with({ isSaid: true }) : reader;
  const values = entries.map(([name, value]) => {
    const own = SAID.has(name) ? spoken : reader;
    return [name, own.data(value, [...path, "with", name])] as const;
  });
  const isText = textInputs(entry.uses ?? "", keepsNames, library);
  const inputs = (scope: Scope) =>
    Object.fromEntries(
      values.map(([name, value]) => {
        const made = value(scope);
        return [name, isText(name, made) ? spelledNumbers(made) : plainNumbers(made)];
      }),
    );
  if ("code" in used) {
    report.value([...path, "uses"], used);
    return { ...NOTHING, run: () => undefined };
  }
  checkInputs(entry, path, used.task.inputNames, setting);
  const isConstant = ([, value]: readonly [string, unknown]): boolean => !JSON.stringify(value).includes("${{");
  checkForms(entry.uses ?? "", Object.fromEntries(entries.filter(isConstant)), path, setting);
  const computed = new Set(entries.filter((each) => !isConstant(each)).map(([name]) => name));
  const sources = new Map(entries.flatMap(([name, value]) => sourceOf(name, value, setting)));
  return {
    used: used.task,
    constants: Object.fromEntries(entries.filter(isConstant)),
    computed,
    run: (scope, context) => used.run(inputs(scope), naming(context, sources)),
  };
}

/** Inputs of notification tasks that are numbers. */
const NUMBERS: ReadonlySet<string> = new Set(["smtpPort"]);

/** Which inputs are text: their numbers keep the spelling of the file. A map as a message is the service's payload. */
function textInputs(
  uses: string,
  isNotification: boolean,
  { inputs }: TaskSetting["library"],
): (name: string, value: unknown) => boolean {
  const names = inputs?.[uses]?.texts ?? [];
  return (name, value) =>
    names.includes(name) || (isNotification && !NUMBERS.has(name) && !(name === "message" && isPlainObject(value)));
}

/** What `with` may name and must name, as far as the used task says it. */
function checkInputs(
  { uses = "", with: given = {} }: TaskEntry,
  path: Path,
  names: readonly string[] | undefined,
  { report, library }: TaskSetting,
): void {
  const own = library.inputs?.[uses];
  const known = own?.known ?? names;
  for (const name of Object.keys(given))
    if (known?.includes(name) === false)
      report.key([...path, "with", name], {
        code: "UNKNOWN_INPUT",
        message: `"${uses}" has no input "${name}"`,
        help: suggestion(name, known) ?? "it takes no inputs",
      });
  for (const name of own?.required ?? [])
    if (!Object.hasOwn(given, name))
      report.value([...path, "uses"], {
        code: "MISSING_INPUT",
        message: `"${uses}" needs the input "${name}"`,
        help: `with: { ${name}: … }`,
      });
}

/** Values that stand in the spec, where the used task says which it takes. */
function checkForms(
  uses: string,
  given: Readonly<Record<string, unknown>>,
  path: Path,
  { report, library }: TaskSetting,
): void {
  for (const [name, form] of Object.entries(library.inputs?.[uses]?.forms ?? {}))
    if (Object.hasOwn(given, name) && !form.fits(given[name]))
      report.value([...path, "with", name], {
        code: "WRONG_VALUE",
        message: `"${[...path, "with", name].join(".")}": expected ${form.expected}, found ${nameOf(given[name])}`,
      });
}

/** Of an input that is a task's outputs and nothing else, that task: a failure is told in its name. */
function sourceOf(input: string, value: unknown, { content }: TaskSetting): readonly (readonly [string, string])[] {
  const key =
    typeof value === "string" ? /^\$\{\{\s*tasks\.(\w+)\.outputs\b[\w.]*\s*\}\}$/.exec(value)?.[1] : undefined;
  return key === undefined ? [] : [[input, content.tasks[key]?.name ?? key]];
}

/** The same context, that knows which tasks the inputs come from. */
function naming(context: TaskContext, sources: ReadonlyMap<string, string>): TaskContext {
  if (sources.size === 0) return context;
  return new Proxy(context, {
    get: (target, key) =>
      key === "sourceOf" ? (input: string) => sources.get(input) : (Reflect.get(target, key, target) as unknown),
  });
}

function compileRun(entry: TaskEntry, path: Path, outside: Reader, setting: TaskSetting): Body {
  const reader = outside.withVariables(Object.keys(entry.env ?? {}));
  const { file, content, scope: flow, outputsRead } = setting;
  const key = String(path.at(-1));
  const isRead = (): boolean => outputsRead?.has(key) === true || outputsRead?.has(`${key}.stdout`) === true;
  const env = compileEnv(entry.env, [...path, "env"], outside);
  const cwd = reader.text(entry.cwd ?? content.cwd ?? ".", [...path, "cwd"]);
  const stdin = entry.stdin === undefined ? undefined : reader.text(entry.stdin, [...path, "stdin"]);
  const declared = declaredOutputs(entry.outputs);
  const maxOutput = entry.maxOutput ?? content.defaults?.maxOutput;
  const shell = Array.isArray(entry.run) ? undefined : (entry.shell ?? content.defaults?.shell);
  const command = Array.isArray(entry.run)
    ? compileArgv(entry.run, path, reader)
    : compileScript(entry.run ?? "", shell, path, reader, setting);
  return {
    ...NOTHING,
    async run(around, context) {
      const own = env(around);
      const scope = { ...around, env: { ...(around["env"] as object), ...own } };
      const given = stdin === undefined ? undefined : asBytesOrText(stdin(scope));
      const { variables, origins, ...rest } = command(scope);
      const inputs: ShellInputs = {
        ...rest,
        env: { ...flow.fromFiles, ...texts(around[FLOW_ENV]), ...texts(own), ...variables },
        cwd: resolve(dirname(file), asText(cwd(scope))),
        ...(given === undefined ? {} : { stdin: given }),
        ...(shell === undefined ? {} : { shell }),
        ...(entry.capture === undefined ? {} : { capture: entry.capture }),
        ...(maxOutput === undefined ? {} : { maxOutput: maxOutput as Size }),
      };
      return readOutputs(
        declared,
        await runShell(inputs, context, { isRead, ...(origins === undefined ? {} : { origins }) }),
      );
    },
  };
}

interface Command {
  readonly script?: string;
  readonly argv?: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** The expressions that give the values of those variables. */
  readonly origins?: Readonly<Record<string, string>>;
}

function compileArgv(run: readonly (string | number)[], path: Path, reader: Reader): (scope: Scope) => Command {
  const inside = withoutSecrets(reader);
  const words = run.map((word, index): Value => inside.data(word, [...path, "run", index]));
  return (scope) => ({ argv: words.map((word) => asText(word(scope))), variables: {} });
}

/** Command lines are seen by everybody, and scripts are kept. */
function withoutSecrets(reader: Reader): Reader {
  return reader.with({ roots: reader.roots.filter((root) => root !== "secrets"), isScript: true });
}

/** Shells whose quoting we know. */
const KNOWN = ["bash", "sh", "zsh"];

function compileScript(
  text: string,
  shell: TaskEntry["shell"],
  path: Path,
  reader: Reader,
  { report }: TaskSetting,
): (scope: Scope) => Command {
  const at = [...path, "run"];
  if (!text.includes("${{")) return () => ({ script: text, variables: {} });
  const inside = withoutSecrets(reader);
  const safe = safeScript(text);
  const isKnown = shell === undefined || (typeof shell === "string" && KNOWN.includes(shell));
  const help = 'hand it over as a variable: env: { VALUE: "${{ … }}" }, and use "$VALUE" in the script';
  if (isKnown)
    for (const { hole, message } of safe.problems)
      report.part(at, text, hole, {
        code: "SCRIPT_QUOTING",
        message: `an expression cannot stand here: ${message}`,
        help,
      });
  else if (safe.variables.length > 0)
    report.part(at, text, safe.variables[0]?.hole ?? { start: 0, end: 1 }, {
      code: "SCRIPT_QUOTING",
      message: "an expression cannot stand in a script of this shell",
      help: 'hand it over as a variable: env: { VALUE: "${{ … }}" }',
    });
  const values = safe.variables.map(({ name, hole }) => [name, inside.hole(hole, text, at)] as const);
  if (values.length === 0) inside.text(text, at); // it says why nothing was found
  const origins = Object.fromEntries(safe.variables.map(({ name, hole }) => [name, `\${{ ${hole.code} }}`]));
  return (scope) => ({
    script: safe.script,
    origins,
    variables: Object.fromEntries(values.map(([name, expression]) => [name, asText(expression.evaluate(scope))])),
  });
}

function asBytesOrText(value: unknown): string | Uint8Array {
  return value instanceof Uint8Array ? value : asText(value);
}

function texts(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, asText(each)]));
}
