import { env as processEnvironment, cwd as processDirectory, platform } from "node:process";
import { delimiter, dirname, resolve } from "node:path";
import { withoutSecretVariables } from "../model/secret-variable.ts";
import { parseSize, type Size } from "../model/size.ts";
import { DEFAULT_STOP_POLICY, type StopPolicy } from "../model/stop-policy.ts";
import type { TaskContext } from "../model/task.ts";
import type { TextStream } from "./line-splitter.ts";
import { readCaptured, type Capture } from "./captured-output.ts";
import { outputFile } from "./output-file.ts";
import { runCommand, type CommandResult } from "./run-command.ts";
import { explainEnd } from "./start-error.ts";
import { shellCommand, type ShellChoice } from "./shell-command.ts";

/** What a program or script is run with. */
export interface ShellInputs {
  /** A script for the shell. */
  readonly script?: string;
  /** A program and its arguments, without a shell. */
  readonly argv?: readonly string[];
  /** Added to the environment; null takes a variable away. */
  readonly env?: Readonly<Record<string, string | number | boolean | null>>;
  /** @default the directory flowctl works in */
  readonly cwd?: string;
  /** Given on standard input. @default empty */
  readonly stdin?: string | Uint8Array;
  /** @default bash -eo pipefail where there is bash, else sh -e; pwsh on Windows */
  readonly shell?: ShellChoice;
  /** @default "text" */
  readonly capture?: Capture;
  /** How much of standard output is kept as the result, such as "4MiB". @default "1MiB" */
  readonly maxOutput?: Size;
  /** Secrets that become environment variables of the same name. */
  readonly secrets?: readonly string[];
}

/** A script's result: what it printed, and what it wrote to `$FLOWCTL_OUTPUT`. */
export type ShellResult = Readonly<Record<string, unknown>> & { readonly stdout: unknown };

/** A program that ended with another code than 0, or by a signal. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines of both streams. */
  readonly tail: readonly string[];

  /** @param path the PATH that the program had */
  constructor(result: CommandResult, path?: string) {
    const message = explainEnd(result.code, result.signal, path);
    super(message);
    this.exitCode = result.code;
    this.signal = result.signal;
    this.tail = result.tail;
    // Where we called it from tells nobody anything; what the program said last does.
    this.stack = [message, ...result.tail.map((line) => `  | ${line}`)].join("\n");
  }
}

/** What is known of a script that runs in a flow. */
export interface ShellUse {
  /** Whether something uses its standard output. @default what the context says */
  readonly isRead?: () => boolean;
  /** By environment variable: the expression that gives its value. */
  readonly origins?: Readonly<Record<string, string>>;
}

/**
 * Runs a script or a program as the body of a task: what it writes goes to the task's log
 * line by line, and its whole process group ends with the task.
 *
 * @throws CommandFailed where it ends with another code than 0
 */
export async function runShell(inputs: ShellInputs, context: TaskContext, use: ShellUse = {}): Promise<ShellResult> {
  const ledger = context.service("processes") as Ledger | undefined;
  const outputs = outputFile();
  ledger?.uses(dirname(outputs.path));
  try {
    const env = await environment(inputs, context, outputs.path);
    const command = commandOf(inputs, env["PATH"]);
    const maxOutput = bytesOf(inputs.maxOutput ?? context.maxOutput);
    const running = runCommand({
      ...command,
      env,
      cwd: resolve(processDirectory(), inputs.cwd ?? "."),
      stdin: inputs.stdin,
      signal: context.signal,
      ...(context.stopPolicy ?? DEFAULT_STOP_POLICY),
      maxOutput,
      origins: use.origins,
      onLine: lineLogger(context),
      onWarning: (text) => {
        context.logger.warn(text);
      },
      clean: context.service("redaction") as (() => TextStream) | undefined,
      ledger,
    });
    context.waitUntil?.(running);
    const result = await running;
    if (result.code !== 0) throw new CommandFailed(result, env["PATH"]);
    const { capture = "text" } = inputs;
    const isRead = use.isRead?.() ?? context.isRead?.("stdout") ?? false;
    const warn = (text: string): void => {
      context.logger.warn(text);
    };
    return { stdout: readCaptured({ ...result, maxOutput, capture, isRead, warn }), ...outputs.read() };
  } finally {
    outputs.remove();
  }
}

interface Ledger {
  started(pid: number, policy: StopPolicy): void;
  ended(pid: number): void;
  uses(directory: string): void;
}

function commandOf(inputs: ShellInputs, path: string | undefined) {
  const { script, argv, shell } = inputs;
  if (argv !== undefined) {
    const [file, ...args] = argv;
    if (file === undefined) throw new Error("argv is empty: it needs a program");
    return { file, args };
  }
  if (script === undefined) throw new Error("there is nothing to run: give script or argv");
  return shellCommand({ script, shell, path, platform });
}

async function environment(
  inputs: ShellInputs,
  context: TaskContext,
  output: string,
): Promise<Record<string, string | undefined>> {
  const lent = context.service("environment") as Readonly<Record<string, string | undefined>> | undefined;
  const directories = context.service("binDirectories") as readonly string[] | undefined;
  // Of secrets only what is declared gets through, also of those that config has found under another name.
  const named = context.service("secretVariables") as readonly string[] | undefined;
  const env: Record<string, string | undefined> = withoutSecretVariables(lent ?? processEnvironment, named);
  if (directories !== undefined && directories.length > 0)
    env["PATH"] = [...directories, ...(env["PATH"] === undefined ? [] : [env["PATH"]])].join(delimiter);
  env["FLOWCTL_RUN_ID"] = context.runId;
  env["FLOWCTL_FLOW"] = context.flowName;
  env["FLOWCTL_TASK"] = context.taskName;
  env["FLOWCTL_ATTEMPT"] = String(context.attempt);
  env["FLOWCTL_OUTPUT"] = output;
  for (const name of inputs.secrets ?? []) env[name] = await context.secret(name);
  for (const [name, value] of Object.entries(inputs.env ?? {})) env[name] = value === null ? undefined : String(value);
  return env;
}

const DEFAULT_MAX_OUTPUT = 1024 * 1024;

function bytesOf(maxOutput: unknown): number {
  if (maxOutput === undefined) return DEFAULT_MAX_OUTPUT;
  const bytes = parseSize(maxOutput);
  if (bytes === undefined) throw new Error(`maxOutput takes a size such as "4MiB", not ${JSON.stringify(maxOutput)}`);
  return bytes;
}

function lineLogger({ logger }: TaskContext): (stream: "stdout" | "stderr", line: string) => void {
  return (stream, line) => {
    if (logger.output === undefined) logger.info(line);
    else logger.output(stream, line);
  };
}
