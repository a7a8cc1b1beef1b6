/** What an error of the disk means, in a few words; of others the system's own text is shown. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "a part of the path is not a directory",
  EEXIST: "a file is in its place",
  EFBIG: "the file is larger than is allowed",
  EFTYPE: "it is not a regular file",
  ENXIO: "it is not a regular file",
  ELOOP: "symbolic links lead back to it",
  EIO: "the disk reports an input/output error",
  EUCLEAN: "the file system is damaged",
  ESTALE: "the network file system has lost the file",
  ENOTCONN: "the network file system is not connected",
  ETIMEDOUT: "the network file system does not answer",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
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

/**
 * The answer of one operation on the state directory, or `otherwise` where it throws. Which error it is does not
 * matter: `operation` holds nothing but calls of the disk, so that an error cannot be a defect of ours.
 */
export function readable<T, U>(operation: () => T, otherwise: U): T | U {
  try {
    return operation();
  } catch {
    return otherwise;
  }
}
