import { join } from "node:path";
import type { Files } from "../host/files.ts";

/** Where the ids stand of messages that were given up and that nobody has been told of. */
const pathIn = (directory: string): string => join(directory, "outbox", "given-up");

/** Notes that a message was given up: the next run says so in its last lines. */
export function noteGivenUp(files: Files, directory: string, id: string): void {
  try {
    const file = files.append(pathIn(directory));
    file.write(`${id}\n`);
    file.close();
  } catch {
    // A full disk: the message is on its shelf, and `notify list` shows it.
  }
}

/** The ids that were noted; they are noted no longer. It costs one look where there are none. */
export function takeGivenUp(files: Files, directory: string): readonly string[] {
  try {
    const text = files.read(pathIn(directory));
    if (text === undefined) return [];
    files.remove(pathIn(directory));
    return text.split("\n").filter((id) => id !== "");
  } catch {
    return [];
  }
}
