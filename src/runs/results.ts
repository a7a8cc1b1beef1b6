import type { AppendFile } from "../host/files.ts";
import { spellingOf } from "../model/written-number.ts";
import type { RunEvent, TaskState } from "../model/event.ts";
import type { Flow } from "../model/flow.ts";
import { isFinished, isSuccessful } from "../model/state.ts";
import { isPlumbing } from "../model/verdict.ts";
import { signaturesOf } from "./signature.ts";
import { pack, Unkeepable, type Kept, type PackOptions } from "./pack.ts";

/** One result may have as many characters, and all of a run together. */
const RESULT_LIMIT = 16 * 1024 * 1024;
const RUN_LIMIT = 128 * 1024 * 1024;
/** What is buffered beyond this is written out at once. */
const BUFFER_LIMIT = 1024 * 1024;

/** A name that needs no escape. */
const PLAIN = /^[\w .,:;()[\]/-]*$/;

/** What the results of a run are kept with. */
export interface ResultsOptions {
  readonly flow: Flow;
  /** Resolved values, by name. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Opened when there is something to write. */
  readonly open: () => AppendFile;
  /** Takes secrets out of a text: what holds one is not written. */
  readonly redact: (text: string) => string;
  /** Calls back once the present turn of the event loop is over. @default setImmediate */
  readonly schedule?: (callback: () => void) => unknown;
}

/**
 * What the tasks of a run came to, on disk as they come to it, so that the run can be gone on with: one line of
 * JSON for each task and mapped child. A secret is never written, nor what a task with `checkpoint: false` made.
 */
export class Results {
  readonly #options: ResultsOptions;
  readonly #schedule: (callback: () => void) => unknown;
  readonly #secret: ReadonlySet<string>;
  readonly #packing: PackOptions;
  #signatures: ReadonlyMap<string, number> | undefined = undefined;
  #file: AppendFile | undefined = undefined;
  #buffer = "";
  #written = 0;
  #scheduled = false;
  #closed = false;
  /** Values that are being serialized. */
  readonly #serializing = new Set<Promise<void>>();
  /** Why a result is not kept, by the task's name: one of each. */
  readonly unkept = new Map<string, string>();
  /** Why nothing more is written: the disk's error. */
  error: unknown = undefined;

  constructor(options: ResultsOptions) {
    this.#options = options;
    this.#schedule = options.schedule ?? setImmediate;
    this.#packing = { redact: options.redact, limit: RESULT_LIMIT };
    this.#secret = new Set(options.flow.tasks.filter((task) => !task.checkpoint).map((task) => task.name));
    const params = spellingOf(options.params) ?? options.params;
    if (Object.keys(params).length > 0) void this.#keep(params, `{"params":true`, "the parameters");
  }

  /** Takes an event in. It promises only where a result needs more than JSON, and then before the task goes on. */
  record(event: RunEvent): void | Promise<void> {
    if (event.type !== "task-state" || event.kept === true || !isFinished(event.to) || isPlumbing(event.kind))
      return undefined;
    const { to, from } = event;
    if (to.type === "Looped" || to.type === "Mapped" || event.willRetry === true) return undefined;
    const head = this.#head(event);
    if (!isSuccessful(to)) {
      this.#write(`${head},"state":"${to.type}"}\n`);
      return undefined;
    }
    // Success becomes Cached with the same result, which stands there already.
    if (to.type === "Cached" && from.type === "Success" && from.result === to.result) return undefined;
    const state = `${head},"state":"${to.type === "Cached" ? "Success" : to.type}"`;
    if (to.type === "Skipped" || to.result === null) {
      this.#write(`${state}}\n`);
      return undefined;
    }
    if (this.#secret.has(event.task)) {
      this.#write(`${state},"lost":"its result is never written (checkpoint: false)"}\n`);
      return undefined;
    }
    return this.#keep(to.result, state, event.task);
  }

  /**
   * Writes out what is buffered, now.
   * @returns a promise while a value is still being serialized: then it is written out, too
   */
  flush(): void | Promise<void> {
    this.#writeOut();
    if (this.#serializing.size > 0) return Promise.all(this.#serializing).then(() => this.flush());
    return undefined;
  }

  #writeOut(): void {
    if (this.#buffer === "" || this.#closed || this.error !== undefined) return;
    const text = this.#buffer;
    this.#buffer = "";
    try {
      this.#file ??= this.#options.open();
      this.#file.write(text);
    } catch (error) {
      this.error = error;
    }
  }

  close(): void {
    this.#writeOut();
    this.#closed = true;
    try {
      this.#file?.close();
    } catch (error) {
      this.error ??= error;
    }
  }

  #keep(value: unknown, head: string, name: string): void | Promise<void> {
    let packed: Kept | Promise<Kept>;
    try {
      packed = pack(value, this.#packing);
    } catch (error) {
      this.#lose(error, head, name);
      return undefined;
    }
    if ("text" in packed) {
      this.#put(packed, head, name);
      return undefined;
    }
    const done = packed.then(
      (kept) => {
        this.#put(kept, head, name);
      },
      (error: unknown) => {
        this.#lose(error, head, name);
      },
    );
    this.#serializing.add(done);
    return done.finally(() => this.#serializing.delete(done));
  }

  #put({ text }: Kept, head: string, name: string): void {
    if (this.#written + text.length > RUN_LIMIT) {
      const limit = String(RUN_LIMIT / 2 ** 20);
      this.#lose(new Unkeepable(`the run's results together are longer than ${limit} MiB`), head, name);
    } else this.#write(text === "" ? `${head}}\n` : `${head},${text}}\n`);
  }

  #lose(error: unknown, head: string, name: string): void {
    if (!(error instanceof Unkeepable)) throw error;
    this.unkept.set(name, error.message);
    this.#write(`${head},"lost":${JSON.stringify(this.#options.redact(error.message))}}\n`);
  }

  #head({ task, mapIndex }: TaskState): string {
    this.#signatures ??= signaturesOf(this.#options.flow);
    const child = mapIndex === undefined ? "" : `,"mapIndex":${String(mapIndex)}`;
    return `{"task":${PLAIN.test(task) ? `"${task}"` : JSON.stringify(task)}${child},"inputs":${String(this.#signatures.get(task) ?? 0)}`;
  }

  #write(line: string): void {
    if (this.#closed || this.error !== undefined) return;
    this.#buffer += line;
    this.#written += line.length;
    if (this.#buffer.length > BUFFER_LIMIT) this.#writeOut();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      this.#schedule(this.#onTurn);
    }
  }

  readonly #onTurn = (): void => {
    this.#scheduled = false;
    this.#writeOut();
  };
}
