import { z } from "zod";
import {
  duration,
  hook,
  hooksOf,
  name,
  oneOrMany,
  options,
  retry,
  size,
  stopping,
  timezone,
  trigger,
} from "./fields.ts";

/** Task names stand in expressions, so they are identifiers, and none of CEL's own words. */
const RESERVED =
  /^(?:true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while|params|tasks|env|secrets|run|flow|item|index|now)$/;
const identifier = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: "this name may only have letters, digits and _, and may not begin with a digit",
  })
  .refine((text) => !RESERVED.test(text), { error: "this name means something in expressions: choose another" });

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const secretName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "a secret's name is letters, digits and _" });
const variables = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "a variable's name is letters, digits and _" }),
    z.union([scalar, z.strictObject({ secret: secretName })]),
  )
  .describe("Environment variables");
const shell = z
  .union([z.enum(["bash", "sh", "zsh", "pwsh", "powershell", "cmd"]), z.array(z.string().min(1)).min(1)])
  .describe("The shell that runs a script, or a program with its arguments that takes it as its last");
const list = z.union([z.string().min(1), z.array(z.unknown())]);
const names = z.array(z.string().min(1)).min(1);
const cache = z
  .union([
    duration,
    z.strictObject({
      for: duration,
      key: z.string().min(1).optional().describe("Shares results between tasks of the project"),
      validator: z
        .union([
          z.enum(["never_use", "duration_only", "all_inputs", "all_parameters"]),
          z.strictObject({ partial_inputs_only: names.describe("Tasks whose outputs must be what they were") }),
          z.strictObject({ partial_parameters_only: names.describe("Parameters that must be what they were") }),
        ])
        .optional()
        .describe("What must be as it was, beside the age; by default nothing"),
    }),
  ])
  .describe("How long a result may be used again");

const secrets = z.array(secretName);

const handler = z
  .strictObject({
    uses: z.string().min(1).describe("A notifier by name, or ./file.ts#export"),
    with: options.optional(),
  })
  .describe("Sees each change of state");

const VALUE_TYPES = ["string", "number", "integer", "boolean", "date", "datetime", "object", "array"] as const;
const outputName = z
  .string()
  .regex(/^[A-Za-z_][\w-]*$/, { error: "an output's name is letters, digits, _ and -" })
  .refine((text) => text !== "stdout", { error: "stdout is always there: capture: says how it is read" });
const share = z
  .string()
  .regex(/^(?:100|\d{1,2}(?:\.\d+)?)%$/, { error: "expected a number of items, or a share of them such as 5%" });

const parameter = z
  .strictObject({
    type: z.enum(VALUE_TYPES).optional().describe("By default that of the default, or of the values"),
    default: z
      .unknown()
      .optional()
      .describe('A value, or an expression over env, now and the parameters before it: "${{ date(now) }}"'),
    enum: z.array(z.unknown()).min(1).optional().describe("The values it may have"),
    required: z.boolean().optional().describe("By default: without a default it is"),
    env: z.string().min(1).optional().describe("The environment variable that gives it, where nothing else does"),
    description: z.string().optional().describe("For people: shown by run --dry-run"),
  })
  .describe("One parameter");

const task = z
  .strictObject({
    name: name.optional().describe("What is shown; by default its key"),
    description: z.string().optional().describe("For people: shown by run --dry-run"),
    run: z
      .union([z.string().min(1), z.array(z.union([z.string(), z.number()])).min(1)])
      .optional()
      .describe("A script, or a program with its arguments"),
    uses: z.string().min(1).optional().describe("A task of the library, or ./file.ts#export"),
    with: options.optional().describe("Inputs of what it uses"),
    secrets: secrets
      .optional()
      .describe("Names that the code it uses asks for: must be there before the first task runs"),
    needs: oneOrMany(z.string().min(1)).optional().describe("Tasks it comes after"),
    if: z
      .union([z.string().min(1), z.boolean()])
      .optional()
      .describe("Skipped where this is false"),
    trigger: trigger.optional(),
    skipOnUpstreamSkip: z
      .boolean()
      .optional()
      .describe("Whether it is skipped with a task before it; by default true, but not where trigger is an expression"),
    retry: retry.optional(),
    timeout: duration.optional().describe("Each attempt's time; 0 for no limit, whatever the defaults say"),
    ...stopping,
    cache: cache.optional(),
    checkpoint: z.boolean().optional().describe("Whether the result may be written to disk; true by default"),
    foreach: z
      .union([
        list,
        z.record(identifier, list).refine((lists) => Object.keys(lists).length > 0, { error: "may not be empty" }),
      ])
      .optional()
      .describe("A list: the task runs once for each item; or several lists by name, taken side by side"),
    as: identifier.optional().describe("The item's name in expressions, beside item"),
    max: z.int().min(1).optional().describe("Items at a time"),
    tolerate: z
      .union([z.int().min(0), share])
      .optional()
      .describe("Items that may fail: a number, or a share such as 5%; outputs are then those of the others"),
    env: variables.optional(),
    cwd: z.string().min(1).optional().describe("Where it runs, from the flow's directory"),
    shell: shell.optional(),
    stdin: z.string().optional().describe("What it reads on standard input; by default nothing"),
    capture: z
      .enum(["text", "json", "lines", "bytes", "none"])
      .optional()
      .describe("How standard output is read into outputs.stdout"),
    maxOutput: size.optional().describe("How much standard output is kept for outputs.stdout; by default 1MiB"),
    outputs: z
      .union([oneOrMany(outputName), z.record(outputName, z.enum(VALUE_TYPES))])
      .optional()
      .describe("What it must write to $FLOWCTL_OUTPUT: names, or names with the types they are read as"),
    pool: name.optional().describe("Counts against the limit of this pool: pools: { db: 2 }"),
    priority: z.number().optional().describe("Higher goes first where a limit makes tasks wait; by default 0"),
    tags: z
      .array(z.string().min(1))
      .optional()
      .describe('Words that match: of a state handler can choose it by, and pools: { "tag:db": 2 } can limit'),
    stateHandlers: z.array(handler).optional().describe("Each sees every change of its state, in order"),
  })
  .superRefine((value, context) => {
    const say = (path: string[], message: string): void => {
      context.addIssue({ code: "custom", path, message });
    };
    if (value.run === undefined && value.uses === undefined) say([], "a task needs run: or uses:");
    if (value.run !== undefined && value.uses !== undefined) say(["uses"], "a task has run: or uses:, not both");
    if (value.uses === undefined && value.with !== undefined && value.run !== undefined)
      say(["with"], "with: goes with uses:; a script takes env:");
    if (value.run !== undefined && value.secrets !== undefined)
      say(["secrets"], "secrets: goes with uses:; a script takes env: { NAME: ${{ secrets.NAME }} }");
    if (value.run === undefined)
      for (const key of ["shell", "stdin", "capture", "maxOutput", "outputs", "cwd", "env", "stopSignal"] as const)
        if (value[key] !== undefined && value.uses !== undefined) say([key], `${key}: goes with run:`);
    if (Array.isArray(value.run) && value.shell !== undefined)
      say(["shell"], "a list runs without a shell: make it one text, or leave shell: out");
    if (value.max !== undefined && value.pool !== undefined)
      say(["max"], "max: and pool: are two limits of one task: leave one out");
    if (value.foreach === undefined)
      for (const key of ["as", "max", "tolerate"] as const)
        if (value[key] !== undefined) say([key], `${key}: goes with foreach:`);
  })
  .describe("One task");

/** A hook of the flow itself: whose runs it is about is plain. */
const ownHook = hook.refine((value) => value.match?.flows === undefined, {
  path: ["match", "flows"],
  error: "a flow's own hook is about this flow only: leave flows: out",
});

/** What a flow spec may say. Every key has an effect; any other is an error. */
export const flowSchema = z
  .strictObject({
    flow: name.optional().describe("The flow's name; by default the file's"),
    description: z.string().optional().describe("For people: shown by run --dry-run"),
    tags: z.array(z.string().min(1)).optional().describe("Words that match: can choose it by"),
    params: z
      .record(identifier, z.union([parameter, z.string(), z.number(), z.boolean(), z.null()]))
      .optional()
      .describe("Parameters by name; a plain value is a default"),
    secrets: secrets.optional().describe("Names that must be there before the first task runs"),
    env: variables.optional(),
    dotenv: oneOrMany(z.string().min(1))
      .optional()
      .describe("Files of environment variables, from the flow's directory"),
    timezone: timezone.optional(),
    cwd: z.string().min(1).optional().describe("Where scripts run, from the flow's directory"),
    defaults: z
      .strictObject({
        retry: retry.optional(),
        timeout: duration.optional(),
        ...stopping,
        shell: shell.optional(),
        maxOutput: size.optional(),
      })
      .optional()
      .describe("What tasks take that say nothing themselves"),
    tasks: z
      .record(identifier, task)
      .refine((tasks) => Object.keys(tasks).length > 0, { error: "a flow needs at least one task" })
      .describe("Tasks by name; those that read another's outputs come after it"),
    referenceTasks: z.array(z.string().min(1)).min(1).optional().describe("Tasks whose states decide the run's"),
    stateHandlers: z.array(handler).optional().describe("Each sees every change of the run's state, in order"),
    hooks: hooksOf(ownHook).optional().describe("On these states of its runs, tell these channels of the config"),
    result: z.unknown().optional().describe("The run's result: a value with expressions over params and tasks"),
    concurrency: z.int().min(1).optional().describe("Tasks at a time"),
    pools: z.record(z.string().min(1), z.int().min(1)).optional().describe("Limits of named pools"),
    timeout: duration.optional().describe("The whole run's time; 0 for no limit"),
    ...stopping,
  })
  .describe("A flow for flowctl");

export type FlowFile = z.infer<typeof flowSchema>;
export type TaskEntry = z.infer<typeof task>;
export type ParameterEntry = z.infer<typeof parameter>;
