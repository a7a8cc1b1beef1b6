import { cosmiconfig } from "cosmiconfig";
import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UserError, userError } from "../model/error.ts";
import { problemsOf } from "../spec/problems.ts";
import { readYaml } from "../spec/read-yaml.ts";
import { many } from "../spec/fields.ts";
import { diagnose, type Path, type Source } from "../spec/source.ts";
import { configSchema, type ConfigFile } from "./schema.ts";

/** One config file, read and checked. */
export interface Layer {
  readonly file: string;
  readonly content: ConfigFile;
  /** Its text with the places in it; `undefined` for a module. */
  readonly source: Source | undefined;
  /** Where the config begins inside the source: `["flowctl"]` in a package.json. */
  readonly under: Path;
}

/** How a module of any kind is loaded. */
export type ImportModule = (path: string) => Promise<Readonly<Record<string, unknown>>>;

/**
 * Reads a config file and those it extends, which come first.
 *
 * @throws UserError with all that is wrong, each at its place
 */
export async function readLayers(
  file: string,
  importModule: ImportModule,
  trail: readonly string[] = [],
): Promise<readonly Layer[]> {
  if (trail.includes(file))
    throw userError("usage", "CONFIG_CYCLE", `configs extend each other in a circle: ${[...trail, file].join(" → ")}`, {
      file,
    });
  const layer = await readLayer(file, importModule);
  const below: Layer[] = [];
  for (const [index, base] of many(layer.content.extends).entries()) {
    const path = resolve(dirname(file), base);
    const read = readLayers(path, importModule, [...trail, file]);
    below.push(...(await read.catch((error: unknown) => throwAt(error, path, layer, index))));
  }
  return [...below, layer];
}

/** A file that is absent or cannot be read is reported where it is named. */
function throwAt(error: unknown, base: string, { file, source, under }: Layer, index: number): never {
  const [first] = error instanceof UserError ? error.diagnostics : [];
  const isOfFile = first?.file === base && ["CONFIG_NOT_FOUND", "CONFIG_UNREADABLE"].includes(first.code);
  if (source === undefined || !isOfFile) throw error;
  const { code, message } = first;
  throw new UserError("usage", [
    diagnose(file, source.text, source.valueAt([...under, "extends", index]), { code, message }),
  ]);
}

async function readLayer(file: string, importModule: ImportModule): Promise<Layer> {
  let source: Source | undefined;
  const text = (path: string, content: string): unknown => {
    const read = readYaml(path, content);
    if (read.source === undefined) throw new UserError("usage", read.diagnostics);
    source = read.source;
    return read.source.value;
  };
  const code = async (path: string): Promise<unknown> => {
    const module = await importModule(path);
    const value = module["default"] ?? module["config"];
    if (value === undefined)
      throw userError("usage", "CONFIG_NO_EXPORT", `${path} exports no config`, {
        file: path,
        help: "export default { channels: { … } }",
      });
    return typeof value === "function" ? await (value as () => unknown)() : value;
  };
  const loaders = {
    ...Object.fromEntries([".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"].map((type) => [type, code])),
    ...Object.fromEntries([".json", ".yaml", ".yml", "noExt"].map((type) => [type, text])),
  };
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() === false)
    throw userError(
      "usage",
      "CONFIG_UNREADABLE",
      `the config ${file} cannot be read: it is ${stat.isDirectory() ? "a directory" : "not a regular file"}`,
      { file },
    );
  const explorer = cosmiconfig("flowctl", { loaders, cache: false, searchPlaces: [], searchStrategy: "none" });
  const loaded = await explorer.load(file).catch((error: unknown) => {
    if (error instanceof UserError) throw error;
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      throw userError("usage", "CONFIG_NOT_FOUND", `there is no config ${file}`, { file });
    throw userError(
      "usage",
      "CONFIG_UNREADABLE",
      `the config cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      { file, cause: error },
    );
  });
  const under = file.endsWith("package.json") ? ["flowctl"] : [];
  const checked = configSchema.safeParse(loaded?.config ?? {});
  if (checked.success) return { file, content: checked.data, source, under };
  // A module has no text to point into: its problems are told by their paths.
  const stand = source ?? placeless(file, loaded?.config);
  const problems = problemsOf(configSchema, checked.error.issues, stand, source === undefined ? [] : under);
  throw new UserError(
    "usage",
    source === undefined
      ? problems.map(({ code: id, severity, message, help }) => ({
          code: id,
          severity,
          message,
          file,
          ...(help === undefined ? {} : { help }),
        }))
      : problems,
  );
}

function placeless(file: string, value: unknown): Source {
  const nowhere = { start: 0, end: 0 };
  return { file, text: "", value, valueAt: () => nowhere, keyAt: () => nowhere, scalarAt: () => undefined };
}
