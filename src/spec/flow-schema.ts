import { z } from "zod";
import { duration, hook, name, oneOrMany, options, retry } from "./fields.ts";

/** Task names stand in expressions, so they are identifiers, and none of CEL's own words. */
const RESERVED =
  /^(?:true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while|params|tasks|env|secrets|run|flow|item|index)$/;
const identifier = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: "this name may only have letters, digits and _, and may not begin with a digit",
  })
  .refine((text) => !RESERVED.test(text), { error: "this name means something in expressions: choose another" });

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const variables = z
  .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "a variable's name is letters, digits and _" }), scalar)
  .describe("Environment variables");
const shell = z
  .union([z.enum(["bash", "sh", "zsh", "pwsh", "powershell", "cmd"]), z.array(z.string().min(1)).min(1)])
  .describe("The shell that runs a script, or a program with its arguments that takes it as its last");
const list = z.union([z.string().min(1), z.array(z.unknown())]);
const count = z.number().min(0);
const bounds = z.strictObject({ at_least: count.optional(), at_most: count.optional() });

const trigger = z
  .union([z.string().min(1), z.strictObject({ some_failed: bounds }), z.strictObject({ some_successful: bounds })])
  .describe(
    "all_successful (default), all_failed, any_successful, any_failed, all_finished, always_run, manual_only, not_all_skipped, or an expression such as build.failed || lint.skipped",
  );

const handler = z
  .strictObject({
    uses: z.string().min(1).describe("A notifier by name, or ./file.ts#export"),
    with: options.optional(),
  })
  .describe("Sees each change of state");

const PARAMETER_TYPES = ["string", "number", "integer", "boolean", "datetime", "object", "array"] as const;

const parameter = z
  .strictObject({
    type: z.enum(PARAMETER_TYPES).optional(),
    default: z.unknown().optional(),
    enum: z.array(z.unknown()).min(1).optional().describe("The values it may have"),
    required: z.boolean().optional().describe("By default: without a default it is"),
    env: z.string().min(1).optional().describe("The environment variable that gives it, where nothing else does"),
    description: z.string().optional(),
  })
  .describe("One parameter");

const task = z
  .strictObject({
    name: name.optional().describe("What is shown; by default its key"),
    description: z.string().optional(),
    run: z
      .union([z.string().min(1), z.array(z.union([z.string(), z.number()])).min(1)])
      .optional()
      .describe("A script, or a program with its arguments"),
    uses: z.string().min(1).optional().describe("A task of the library, or ./file.ts#export"),
    with: options.optional().describe("Inputs of what it uses"),
    needs: oneOrMany(z.string().min(1)).optional().describe("Tasks it comes after"),
    if: z
      .union([z.string().min(1), z.boolean()])
      .optional()
      .describe("Skipped where this is false"),
    trigger: trigger.optional(),
    skipOnUpstreamSkip: z.boolean().optional(),
    retry: retry.optional(),
    timeout: duration.optional().describe("Each attempt's time"),
    cache: z
      .union([duration, z.strictObject({ for: duration, key: z.string().min(1).optional() })])
      .optional()
      .describe("How long a result may be used again"),
    foreach: z
      .union([
        list,
        z.record(identifier, list).refine((lists) => Object.keys(lists).length > 0, { error: "may not be empty" }),
      ])
      .optional()
      .describe("A list: the task runs once for each item; or several lists by name, taken side by side"),
    as: identifier.optional().describe("The item's name in expressions, beside item"),
    max: z.int().min(1).optional().describe("Items at a time"),
    env: variables.optional(),
    cwd: z.string().min(1).optional().describe("From the flow's directory"),
    shell: shell.optional(),
    stdin: z.string().optional(),
    capture: z
      .enum(["text", "json", "lines", "none"])
      .optional()
      .describe("How standard output is read into outputs.stdout"),
    outputs: oneOrMany(z.string().min(1)).optional().describe("Names it writes to $FLOWCTL_OUTPUT"),
    pool: name.optional(),
    priority: z.number().optional(),
    tags: z.array(z.string().min(1)).optional(),
    stateHandlers: z.array(handler).optional(),
  })
  .superRefine((value, context) => {
    const say = (path: string[], message: string): void => {
      context.addIssue({ code: "custom", path, message });
    };
    if (value.run === undefined && value.uses === undefined) say([], "a task needs run: or uses:");
    if (value.run !== undefined && value.uses !== undefined) say(["uses"], "a task has run: or uses:, not both");
    if (value.uses === undefined && value.with !== undefined && value.run !== undefined)
      say(["with"], "with: goes with uses:; a script takes env:");
    if (value.run === undefined)
      for (const key of ["shell", "stdin", "capture", "outputs", "cwd", "env"] as const)
        if (value[key] !== undefined && value.uses !== undefined) say([key], `${key}: goes with run:`);
    if (Array.isArray(value.run) && value.shell !== undefined)
      say(["shell"], "a list runs without a shell: make it one text, or leave shell: out");
    if (value.foreach === undefined)
      for (const key of ["as", "max"] as const) if (value[key] !== undefined) say([key], `${key}: goes with foreach:`);
  })
  .describe("One task");

/** What a flow spec may say. Every key has an effect; any other is an error. */
export const flowSchema = z
  .strictObject({
    flow: name.optional().describe("The flow's name; by default the file's"),
    description: z.string().optional(),
    tags: z.array(z.string().min(1)).optional(),
    params: z
      .record(identifier, z.union([parameter, z.string(), z.number(), z.boolean(), z.null()]))
      .optional()
      .describe("Parameters by name; a plain value is a default"),
    secrets: z
      .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "a secret's name is letters, digits and _" }))
      .optional()
      .describe("Names that must be there before the first task runs"),
    env: variables.optional(),
    dotenv: oneOrMany(z.string().min(1))
      .optional()
      .describe("Files of environment variables, from the flow's directory"),
    cwd: z.string().min(1).optional(),
    defaults: z
      .strictObject({ retry: retry.optional(), timeout: duration.optional(), shell: shell.optional() })
      .optional()
      .describe("What tasks take that say nothing themselves"),
    tasks: z
      .record(identifier, task)
      .refine((tasks) => Object.keys(tasks).length > 0, { error: "a flow needs at least one task" }),
    referenceTasks: z.array(z.string().min(1)).min(1).optional().describe("Tasks whose states decide the run's"),
    stateHandlers: z.array(handler).optional(),
    hooks: z.array(hook).optional(),
    concurrency: z.int().min(1).optional().describe("Tasks at a time"),
    pools: z.record(z.string().min(1), z.int().min(1)).optional(),
    timeout: duration.optional().describe("The whole run's time"),
  })
  .describe("A flow for flowctl");

export type FlowFile = z.infer<typeof flowSchema>;
export type TaskEntry = z.infer<typeof task>;
export type ParameterEntry = z.infer<typeof parameter>;
