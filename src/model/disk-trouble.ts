const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "a part of the path is not a directory",
  EEXIST: "a file is in its place",
};

/** What is wrong with a path that a person gave, and not with the disk. */
const PATHS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a directory",
};

/** What the disk has against it, in a few words, where an error is the disk's; else the error's own. */
export function diskTrouble(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return REASONS[code] ?? PATHS[code] ?? error.message;
}

/** Whether it is the disk that does not do what it was asked to, and not a defect of ours. */
export function isDiskTrouble(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && (code === "EIO" || code === "EMFILE" || code in REASONS);
}
