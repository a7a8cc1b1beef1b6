import { isUtf8 } from "node:buffer";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firstInvalid } from "./captured-output.ts";

/** The file that `$FLOWCTL_OUTPUT` names, for one attempt of a task. */
export interface OutputFile {
  readonly path: string;
  /** @throws Error where a line is neither `key=value` nor part of a `key<<END` block */
  read(): Readonly<Record<string, string>>;
  remove(): void;
}

/** One directory for all that are open: its owner's only, and gone with the last of them. */
let directory: string | undefined;
let open = 0;
let serial = 0;

/** Chooses a place for a task's outputs; the file is made by whoever writes to it. */
export function outputFile(): OutputFile {
  directory ??= mkdtempSync(join(tmpdir(), "flowctl-"));
  open += 1;
  const path = join(directory, `output-${(serial += 1)}`);
  return {
    path,
    read: () => parseOutputs(contents(path)),
    remove: () => {
      if (existsSync(path)) rmSync(path, { force: true });
      open -= 1;
      if (open > 0 || directory === undefined) return;
      rmSync(directory, { recursive: true, force: true });
      directory = undefined;
    },
  };
}

/** Most tasks write none, and an error that says so takes longer than a look. */
function contents(path: string): string {
  if (!existsSync(path)) return "";
  const bytes = readFileSync(path);
  if (!isUtf8(bytes)) throw new Error(`$FLOWCTL_OUTPUT is no UTF-8 text: ${firstInvalid(bytes)}`);
  return bytes.toString("utf8");
}

const BLOCK = /^([^\s=<]+)<<(\S+)$/;

/**
 * Reads what a script wrote to `$FLOWCTL_OUTPUT`: `key=value` lines, and `key<<END` … `END`
 * for values of several lines. The last of equal keys counts.
 */
export function parseOutputs(text: string): Readonly<Record<string, string>> {
  const outputs = Object.create(null) as Record<string, string>;
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (line.trim() === "") continue;
    const block = BLOCK.exec(line);
    if (block?.[1] !== undefined) {
      const end = lines.indexOf(block[2] ?? "", at + 1);
      if (end === -1) throw new Error(`$FLOWCTL_OUTPUT: "${line}" has no closing "${block[2] ?? ""}"`);
      outputs[block[1]] = lines.slice(at + 1, end).join("\n");
      at = end;
      continue;
    }
    const equals = line.indexOf("=");
    if (equals < 1) throw new Error(`$FLOWCTL_OUTPUT: line ${at + 1} is not key=value`);
    outputs[line.slice(0, equals).trim()] = line.slice(equals + 1);
  }
  return { ...outputs };
}
