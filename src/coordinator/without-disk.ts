import type { Files } from "../host/files.ts";

/** A disk on which nothing is and which takes nothing, for a state directory that cannot be used: not even to look into. */
export function withoutDisk(files: Files, error: unknown): Files {
  const refuse = (): never => {
    throw error;
  };
  return {
    ...files,
    read: () => undefined,
    list: () => [],
    stat: () => undefined,
    makeDirectory: refuse,
    create: refuse,
    replace: refuse,
    rename: refuse,
    append: refuse,
    remove: () => undefined,
  };
}
