import { AsyncLocalStorage } from "node:async_hooks";
import type { SystemTerminal, StreamName } from "../host/terminal.ts";
import type { Redactor, RedactorStream } from "../secrets/redactor.ts";

/** Which task, and which mapped child of it, is running. */
export interface RunningTask {
  readonly name: string;
  readonly mapIndex?: number;
  /** Of which run: a sub-flow has one of its own. */
  readonly run?: string;
  /** Takes its lines, where they are not the outermost run's. */
  readonly take?: (line: WrittenLine) => void;
}

/** One line that somebody wrote to a stream of the process. */
export interface WrittenLine {
  readonly task: RunningTask | undefined;
  readonly stream: StreamName;
  readonly text: string;
}

/**
 * Tells which task wrote what: bodies run inside `within`, and every line that
 * comes to the process's streams is handed on with the task it came from.
 */
export interface Attribution {
  /** Hands on a last line without a newline as soon as the task function has ended: before its state is recorded. */
  within<T>(task: RunningTask, body: () => T): T;
  /** Hands on what has no newline yet, and gives the streams back. */
  release(): void;
}

/** What a task has written that is no whole line yet. */
interface OpenLine extends WrittenLine {
  /** A secret may be written in pieces, and over several lines. */
  readonly clean: RedactorStream;
}

export function attributeOutput(
  terminal: SystemTerminal,
  redactor: Pick<Redactor, "stream">,
  onLine: (line: WrittenLine) => void,
): Attribution {
  const running = new AsyncLocalStorage<RunningTask>();
  const open = new Map<string, OpenLine>();
  const keyOf = (stream: StreamName, task: RunningTask | undefined): string =>
    `${task?.run ?? ""} ${stream} ${task?.name ?? ""} ${String(task?.mapIndex ?? "")}`;
  const flush = (key: string): void => {
    const line = open.get(key);
    if (line === undefined) return;
    open.delete(key);
    const { task, stream, text, clean } = line;
    const rest = text + clean.end();
    if (rest !== "") for (const each of rest.replace(/\n$/, "").split("\n")) onLine({ task, stream, text: each });
  };
  const ended = (task: RunningTask): void => {
    if (open.size > 0) for (const stream of ["stdout", "stderr"] as const) flush(keyOf(stream, task));
  };
  const giveBack = terminal.intercept((stream, text) => {
    const task = running.getStore();
    const key = keyOf(stream, task);
    const { text: before, clean } = open.get(key) ?? { text: "", clean: redactor.stream() };
    const lines = (before + clean.write(text)).split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) onLine({ task, stream, text: line });
    if (rest === "" && clean.isEmpty) open.delete(key);
    else open.set(key, { task, stream, text: rest, clean });
  });
  return {
    within(task, body) {
      let isPending = false;
      try {
        const result = running.run(task, body);
        if (!(result instanceof Promise)) return result;
        isPending = true;
        return result.finally(() => {
          ended(task);
        }) as typeof result;
      } finally {
        if (!isPending) ended(task);
      }
    },
    release() {
      giveBack();
      for (const key of [...open.keys()]) flush(key);
    },
  };
}
