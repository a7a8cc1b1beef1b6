import type { AppendFile } from "../host/files.ts";
import type { RunEvent, TaskState } from "../model/event.ts";
import type { State } from "../model/state.ts";
import { LineBuffer } from "./line-buffer.ts";

/** Task output beyond this many characters is left out of a run's journal. */
const OUTPUT_LIMIT = 64 * 1024 * 1024;
/** What is buffered beyond this many bytes is written out at once. */
const BUFFER_LIMIT = 64 * 1024;

const NOTHING: readonly unknown[] = [];
const SEQ: Uint8Array = Buffer.from('{"seq":');
const MAP_INDEX: Uint8Array = Buffer.from(',"mapIndex":');

/** What a journal is given. */
export interface JournalOptions {
  readonly file: AppendFile;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
  /** Calls back once the present turn of the event loop is over. @default setImmediate */
  readonly schedule?: (callback: () => void) => unknown;
  /** Told once, with the first error: the run goes on without its journal. */
  readonly onError?: (error: unknown) => void;
}

/**
 * What happened in a run, one JSON object a line, in the order in which it happened.
 *
 * Events are buffered and written out once per turn of the event loop: they survive the
 * death of the process from then on. Results are left out; of errors the text is kept.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #schedule: (callback: () => void) => unknown;
  readonly #buffer = new LineBuffer(BUFFER_LIMIT + 4096);
  #scheduled = false;
  #closed = false;
  #broken = false;
  #output = 0;
  #at = -1;
  #time = "";
  #taskHead: Uint8Array = SEQ;
  /** The last tail of each state type: most tasks differ in their names only. */
  readonly #tails = new Map<string, Tail>();

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#schedule = options.schedule ?? setImmediate;
  }

  /**
   * Adds an event. What it throws does not exist: a disk that fails is reported once, through `onError`.
   * @param told what the event causes to be told, redacted: both reach the disk at once, before the outbox has it
   */
  record(event: RunEvent, told: readonly unknown[] = NOTHING): void {
    if (this.#closed || this.#broken) return;
    if (event.type === "task-output" && this.#isTooMuch(event.text.length)) return;
    for (const each of told) this.#buffer.text(`{"type":"told","news":${JSON.stringify(each)}}\n`);
    if (event.at !== this.#at) this.#setTime(event.at);
    if (event.type === "task-state") this.#taskState(event);
    else this.#buffer.text(this.#line(event));
    if (this.#buffer.length > BUFFER_LIMIT || told.length > 0) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      this.#schedule(this.#onTurn);
    }
  }

  /** Writes out what is buffered, now. */
  flush(): void {
    if (this.#buffer.length === 0 || this.#broken || this.#closed) return;
    try {
      this.#options.file.write(this.#buffer.take());
    } catch (error) {
      this.#broken = true;
      this.#options.onError?.(error);
    }
  }

  /** Writes out what is buffered and ends the journal. */
  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#options.file.close();
  }

  readonly #onTurn = (): void => {
    this.#scheduled = false;
    this.flush();
  };

  #isTooMuch(length: number): boolean {
    const before = this.#output;
    this.#output += length;
    if (this.#output <= OUTPUT_LIMIT) return false;
    if (before <= OUTPUT_LIMIT) this.#buffer.text('{"type":"output-cut"}\n');
    return true;
  }

  /** The line of most events. Put together by hand, in bytes: as a string it would cost more than the task does. */
  #taskState(event: TaskState): void {
    const buffer = this.#buffer;
    buffer.bytes(SEQ);
    buffer.number(event.seq);
    buffer.bytes(this.#taskHead);
    buffer.quoted(event.task);
    if (event.mapIndex !== undefined) {
      buffer.bytes(MAP_INDEX);
      buffer.number(event.mapIndex);
    }
    buffer.bytes(this.#tail(event));
  }

  #line(event: Exclude<RunEvent, TaskState>): string {
    const head = `{"seq":${String(event.seq)},"at":"${this.#time}","type":"${event.type}"`;
    switch (event.type) {
      case "task-output":
        return `${head}${event.task === undefined ? "" : subject(event.task, event.mapIndex)},"stream":"${event.stream}","text":${this.#text(event.text)}}\n`;
      case "run-state":
        return `${head},"from":"${event.from.type}","to":${this.#state(event.to)}}\n`;
      case "task-mapped":
        return `${head}${subject(event.task, undefined)},"width":${String(event.width)}}\n`;
      case "run-started":
        return `${head},"flow":${JSON.stringify(event.flow)},"taskCount":${String(event.taskCount)},"params":${this.#params(event.params)}}\n`;
    }
  }

  /** What follows the name of a task. */
  #tail(event: TaskState): Uint8Array {
    const { kind, attempt, from, to } = event;
    const more = this.#more(event);
    const isPlain = more === "" && (to.type === "Running" || (to.type === "Success" && !(to.result instanceof Error)));
    const known = isPlain ? this.#tails.get(to.type) : undefined;
    if (known?.message === to.message && known.kind === kind && known.attempt === attempt && known.from === from.type)
      return known.text;
    const text = Buffer.from(
      `,"kind":"${kind}","attempt":${String(attempt)},"from":"${from.type}","to":${this.#state(to)}${more}}\n`,
    );
    if (isPlain) this.#tails.set(to.type, { kind, attempt, from: from.type, message: to.message, text });
    return text;
  }

  #more(event: TaskState): string {
    const retry = event.willRetry === true ? ',"willRetry":true' : "";
    if (event.kept === true) return ',"kept":true';
    return event.causedBy === undefined ? retry : `${retry},"causedBy":${JSON.stringify(event.causedBy)}`;
  }

  #state(state: State): string {
    const message = state.message === null ? "null" : this.#text(state.message);
    let text = `{"type":"${state.type}","message":${message}`;
    if (state.result instanceof Error) text += `,"error":${this.#text(errorText(state.result))}`;
    if ("startTime" in state && state.startTime !== null && state.startTime > 0)
      text += `,"startTime":${String(state.startTime)}`;
    if ("runCount" in state) text += `,"runCount":${String(state.runCount)}`;
    return `${text}}`;
  }

  #text(text: string): string {
    return quote(this.#options.redact(text));
  }

  #params(params: Readonly<Record<string, unknown>>): string {
    try {
      // Redacted before it is escaped, value by value: an escaped secret looks like another text.
      return JSON.stringify(params, (_key, value: unknown) =>
        typeof value === "string" ? this.#options.redact(value) : typeof value === "bigint" ? String(value) : value,
      );
    } catch {
      return "{}";
    }
  }

  #setTime(at: number): void {
    this.#at = at;
    this.#time = new Date(at).toISOString();
    this.#taskHead = Buffer.from(`,"at":"${this.#time}","type":"task-state","task":`);
  }
}

/** A tail, and what it was made from. */
interface Tail {
  readonly kind: string;
  readonly attempt: number;
  readonly from: string;
  readonly message: string | null;
  readonly text: Uint8Array;
}

const PLAIN = /^[\w .,:;()[\]/-]*$/;

/** As `JSON.stringify`; most texts need no escape, and to see that costs a third. */
function quote(text: string): string {
  return text.length < 200 && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function subject(task: string, mapIndex: number | undefined): string {
  return `,"task":${quote(task)}${mapIndex === undefined ? "" : `,"mapIndex":${String(mapIndex)}`}`;
}

/** An error's text with its stack, and that of its causes. */
function errorText(error: Error, depth = 0): string {
  const own = error.stack?.includes(error.message) === true ? error.stack : `${error.name}: ${error.message}`;
  return error.cause instanceof Error && depth < 5 ? `${own}\ncaused by ${errorText(error.cause, depth + 1)}` : own;
}
