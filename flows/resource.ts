/**
 * A resource: set up before the tasks that use it, cleaned up after them,
 * however they ended.
 *
 * Expect: "directory" is made, "write" and "read" use it, "read" logs `hello`,
 * and "directory.cleanup" removes it.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flow, resource, task } from "flowctl";

const directory = resource("directory", {
  setup: () => mkdtemp(join(tmpdir(), "flowctl-example-")),
  cleanup: (path) => rm(path, { recursive: true }),
});

const write = task("write", async ({ path }: { path: string }) => {
  const file = join(path, "greeting.txt");
  await writeFile(file, "hello");
  return file;
});

const read = task("read", async ({ file }: { file: string }, { logger }) => {
  logger.info(await readFile(file, "utf8"));
});

export default flow("resource", () => {
  directory({}, (path) => {
    read({ file: write({ path }) });
  });
});
