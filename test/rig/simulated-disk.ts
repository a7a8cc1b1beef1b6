import { basename, dirname } from "node:path";

/** All paths below it are on the simulated disk; all others are the machine's. */
export const DISK_ROOT = "/simulated-disk";

/** A system call, by the name that a fault is drawn for. */
export type Call = "open" | "read" | "write" | "fsync" | "rename" | "link" | "unlink" | "readdir" | "mkdir" | "stat";

/** What survives a power cut of what was not fsynced: nothing, all (the death of the process only), or a drawn part. */
export type Survival = "nothing" | "all" | (() => number);

interface Inode {
  readonly kind: "file" | "directory";
  /** Of a file: as it is seen, and as it was at its last fsync. */
  data: Buffer;
  synced: Buffer;
  /** Of a directory: as it is seen, and as it was at its last fsync. */
  entries: Map<string, Inode>;
  syncedEntries: Map<string, Inode>;
  modifiedMs: number;
}

interface Change {
  readonly directory: Inode;
  readonly name: string;
  readonly inode: Inode | undefined;
}

const WRITES: readonly Call[] = ["write", "fsync", "rename", "link", "unlink", "mkdir"];

/**
 * A disk in memory that loses at a power cut whatever was not fsynced: the contents of files, and each creation, link,
 * rename and removal in a directory that was not fsynced itself. A rename is kept or lost as a whole.
 */
export class SimulatedDisk {
  #root = inodeOf("directory");
  /** Changes of directories that no fsync has covered, oldest first. */
  #pending: (readonly Change[])[] = [];
  readonly #open = new Map<number, { readonly inode: Inode; readonly path: string }>();
  #lastFile = 1_000_000;
  /** How many calls have changed it. */
  writes = 0;
  /** It is cut off before this call that changes it. */
  cutAt = Infinity;
  isOff = false;
  /** The error code of a call; `undefined` where it succeeds. */
  fault: (call: Call, path: string) => string | undefined = () => undefined;

  /** Restarts the machine. @param survival of what was not fsynced */
  restart(survival: Survival): void {
    const isKept = (): boolean => survival === "all" || (survival !== "nothing" && survival() < 0.5);
    for (const changes of this.#pending) if (isKept()) apply(changes, "syncedEntries");
    this.#pending = [];
    this.#open.clear();
    const seen = new Set<Inode>();
    const settle = (inode: Inode): void => {
      if (seen.has(inode)) return;
      seen.add(inode);
      inode.entries = new Map(inode.syncedEntries);
      inode.data = inode.synced = surviving(inode, survival);
      for (const each of inode.entries.values()) settle(each);
    };
    settle(this.#root);
    this.isOff = false;
    this.cutAt = Infinity;
    this.writes = 0;
  }

  /** The functions of `node:fs` that flowctl's files are made of. */
  readonly calls = {
    openSync: (path: string, flags: string | number): number => {
      const isWriting = flags !== "r" && (typeof flags === "string" || (flags & 3) !== 0);
      let inode = this.#find(path);
      if (isWriting && inode === undefined) this.#step("open", path, true);
      else this.#step("open", path);
      if (flags === "wx" && inode !== undefined) throw failure("EEXIST", "open", path);
      if (inode === undefined) {
        if (!isWriting) throw failure("ENOENT", "open", path);
        inode = inodeOf("file");
        this.#change([{ directory: this.#parent(path), name: basename(path), inode }]);
      }
      if (isWriting && inode.kind === "directory") throw failure("EISDIR", "open", path);
      this.#lastFile += 1;
      this.#open.set(this.#lastFile, { inode, path });
      return this.#lastFile;
    },
    closeSync: (file: number): void => void this.#open.delete(file),
    readFileSync: (file: number | string): string => {
      const opened = typeof file === "string" ? { inode: this.#known(file), path: file } : this.#opened(file);
      this.#step("read", opened.path);
      return opened.inode.data.toString("utf8");
    },
    writeFileSync: (file: number, text: string | Uint8Array): void => {
      const { inode, path } = this.#opened(file);
      this.#step("write", path);
      inode.data = Buffer.concat([inode.data, Buffer.from(text)]);
      inode.modifiedMs = Date.now();
    },
    fsyncSync: (file: number): void => {
      const { inode, path } = this.#opened(file);
      this.#step("fsync", path);
      if (inode.kind === "file") inode.synced = inode.data;
      else this.#sync(inode);
    },
    linkSync: (from: string, to: string): void => {
      this.#step("link", to);
      if (this.#find(to) !== undefined) throw failure("EEXIST", "link", to);
      this.#change([{ directory: this.#parent(to), name: basename(to), inode: this.#known(from) }]);
    },
    renameSync: (from: string, to: string): void => {
      this.#step("rename", to);
      this.#change([
        { directory: this.#parent(to), name: basename(to), inode: this.#known(from) },
        { directory: this.#parent(from), name: basename(from), inode: undefined },
      ]);
    },
    unlinkSync: (path: string): void => {
      this.#step("unlink", path);
      if (this.#known(path).kind === "directory") throw failure("EISDIR", "unlink", path);
      this.#change([{ directory: this.#parent(path), name: basename(path), inode: undefined }]);
    },
    rmSync: (path: string): void => {
      this.#step("unlink", path);
      if (this.#find(path) !== undefined)
        this.#change([{ directory: this.#parent(path), name: basename(path), inode: undefined }]);
    },
    mkdirSync: (path: string): void => {
      this.#step("mkdir", path);
      if (this.#find(path) !== undefined) throw failure("EEXIST", "mkdir", path);
      this.#change([{ directory: this.#parent(path), name: basename(path), inode: inodeOf("directory") }]);
    },
    readdirSync: (path: string): readonly string[] => {
      this.#step("readdir", path);
      return [...this.#known(path).entries.keys()];
    },
    statSync: (path: string, { throwIfNoEntry = true }: { readonly throwIfNoEntry?: boolean } = {}) => {
      this.#step("stat", path);
      return throwIfNoEntry || this.#find(path) !== undefined ? statOf(this.#known(path)) : undefined;
    },
    lstatSync: (path: string) => this.calls.statSync(path),
    fstatSync: (file: number) => statOf(this.#opened(file).inode),
    existsSync: (path: string): boolean => this.#find(path) !== undefined,
    realpathSync: (path: string): string => path,
  };

  #step(call: Call, path: string, isWriting = WRITES.includes(call)): void {
    if (isWriting) this.writes += 1;
    if (this.writes >= this.cutAt) this.isOff = true;
    const code = this.isOff ? "EIO" : this.fault(call, path);
    if (code !== undefined) throw failure(code, call, path);
  }

  #change(changes: readonly Change[]): void {
    apply(changes, "entries");
    this.#pending.push(changes);
  }

  /** Makes durable what has changed in a directory, and what that depends on. */
  #sync(directory: Inode): void {
    const covered = new Set([directory]);
    const isCovered = this.#pending.map(() => false);
    for (let at = this.#pending.length - 1; at >= 0; at -= 1) {
      const changes = this.#pending[at]!;
      if (!changes.some((each) => covered.has(each.directory))) continue;
      isCovered[at] = true;
      for (const each of changes) covered.add(each.directory);
    }
    for (const changes of this.#pending.filter((_, at) => isCovered[at])) apply(changes, "syncedEntries");
    this.#pending = this.#pending.filter((_, at) => isCovered[at] !== true);
  }

  #find(path: string): Inode | undefined {
    const names = path.slice(DISK_ROOT.length).split("/").filter(Boolean);
    return names.reduce<Inode | undefined>((inode, name) => inode?.entries.get(name), this.#root);
  }

  #known(path: string): Inode {
    const inode = this.#find(path);
    if (inode === undefined) throw failure("ENOENT", "open", path);
    return inode;
  }

  #parent(path: string): Inode {
    return this.#known(dirname(path));
  }

  #opened(file: number) {
    const opened = this.#open.get(file);
    if (opened === undefined) throw failure("EBADF", "read", String(file));
    return opened;
  }
}

let current = new SimulatedDisk();

/** An empty disk in the place of the one before. */
export function newDisk(): SimulatedDisk {
  return (current = new SimulatedDisk());
}

/** `node:fs` with the simulated disk in it: for `vi.mock("node:fs", ...)`. */
export function withSimulatedDisk<T extends object>(real: T): T {
  const names = Object.keys(current.calls) as (keyof SimulatedDisk["calls"])[];
  const calls = names.map((name) => [
    name,
    (...given: readonly unknown[]): unknown => {
      const [place] = given;
      const isSimulated = typeof place === "number" ? place > 1_000_000 : String(place).startsWith(DISK_ROOT);
      const call = (isSimulated ? current.calls[name] : real[name as keyof T]) as (
        ...all: readonly unknown[]
      ) => unknown;
      return call(...given);
    },
  ]);
  return { ...real, ...(Object.fromEntries(calls) as Partial<T>) };
}

function apply(changes: readonly Change[], where: "entries" | "syncedEntries"): void {
  for (const { directory, name, inode } of changes) {
    if (inode === undefined) directory[where].delete(name);
    else directory[where].set(name, inode);
  }
}

function surviving({ data, synced }: Inode, survival: Survival): Buffer {
  if (survival === "all") return data;
  if (survival === "nothing") return synced;
  const drawn = survival();
  if (drawn < 0.4) return synced;
  return drawn < 0.7 ? data : data.subarray(0, Math.max(synced.length, Math.floor(survival() * data.length)));
}

function inodeOf(kind: Inode["kind"]): Inode {
  const none = Buffer.alloc(0);
  return { kind, data: none, synced: none, entries: new Map(), syncedEntries: new Map(), modifiedMs: Date.now() };
}

function statOf({ kind, data, modifiedMs }: Inode) {
  return {
    isFile: () => kind === "file",
    isDirectory: () => kind === "directory",
    isSymbolicLink: () => false,
    size: data.length,
    mode: kind === "file" ? 0o600 : 0o700,
    uid: 0,
    mtimeMs: modifiedMs,
  };
}

function failure(code: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${syscall} '${path}'`), { code, syscall, path });
}
