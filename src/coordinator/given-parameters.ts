import { resolve } from "node:path";
import type { Files } from "../host/files.ts";
import { writtenSize } from "../model/size.ts";
import { parseExactJson } from "../model/exact-json.ts";
import { diskTrouble } from "../model/disk-trouble.ts";
import { UserError, userError, type Diagnostic } from "../model/error.ts";

/** Parameters as they were given: `text` is read as the declared type, `values` have theirs already. */
export interface GivenParameters {
  readonly text: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where each came from, in words: `-p`, or the file's name. */
  readonly origins: Readonly<Record<string, string>>;
}

/**
 * Reads `-p name=value`, `-p name:=json`, `-p name=@file` and `--params-file`.
 * Single parameters win over the file.
 *
 * @throws UserError "usage" with all that is wrong
 */
export async function givenParameters(
  words: readonly string[],
  file: string | undefined,
  options: { readonly cwd: string; readonly files: Files },
): Promise<GivenParameters> {
  const text: Record<string, string> = {};
  const values: Record<string, unknown> =
    file === undefined ? {} : await fromFile(resolve(options.cwd, file), options.files);
  const origins: Record<string, string> = Object.fromEntries(Object.keys(values).map((name) => [name, file ?? ""]));
  const problems: Diagnostic[] = [];
  const wrong = (message: string, help: string): void => {
    problems.push({ code: "PARAMETER_FORM", severity: "error", message, help });
  };
  for (const word of words) {
    const [, name, sign, value = ""] = /^([^=:]+)(:?=)(.*)$/s.exec(word) ?? [];
    if (name === undefined) {
      wrong(`"${word}" is not a parameter`, "write it as -p name=value, -p name:=json or -p name=@file");
    } else if (sign === ":=") {
      origins[name] = "-p";
      Reflect.deleteProperty(text, name);
      try {
        values[name] = parseExactJson(value);
      } catch {
        wrong(`the value of parameter "${name}" is not JSON`, `text needs no JSON: -p ${name}=${value}`);
      }
    } else if (value.startsWith("@")) {
      const content = await fileText(resolve(options.cwd, value.slice(1)), options.files);
      if (content === undefined)
        wrong(`parameter "${name}": there is no file ${value.slice(1)}`, `text that begins with @: -p ${name}:='"@…"'`);
      else text[name] = content.replace(/\r?\n$/, "");
      origins[name] = value;
    } else {
      text[name] = value;
      origins[name] = "-p";
    }
  }
  if (problems.length > 0) throw new UserError("usage", problems);
  for (const name of Object.keys(text)) Reflect.deleteProperty(values, name);
  return { text, values, origins };
}

async function fromFile(file: string, files: Files): Promise<Record<string, unknown>> {
  const content = await fileText(file, files);
  const wrong = (message: string): Error =>
    userError("usage", "PARAMS_FILE", message, { file, help: "a parameters' file is JSON, or YAML in a .yaml file" });
  if (content === undefined) throw wrong("there is no such file of parameters");
  let data: unknown;
  try {
    data = /\.ya?ml$/i.test(file) ? (await import("./yaml-text.ts")).parseWritten(content) : parseExactJson(content);
  } catch (error) {
    throw wrong(
      `the parameters' file cannot be read: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : ""}`,
    );
  }
  if (typeof data !== "object" || data === null || Array.isArray(data))
    throw wrong("the parameters' file must hold one map of names and values");
  return data as Record<string, unknown>;
}

/** The largest file that parameters are read from. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** The text of a file. @throws UserError if it cannot be read or is too large */
async function fileText(path: string, files: Files): Promise<string | undefined> {
  const stat = files.stat(path);
  if (stat !== undefined && stat.size > MAX_FILE_BYTES)
    throw userError("usage", "PARAMS_FILE", `the file is larger than ${writtenSize(MAX_FILE_BYTES)}`, { file: path });
  let text: string | undefined;
  try {
    text = files.readInput(path);
  } catch (error) {
    throw userError("usage", "PARAMS_FILE", `the file cannot be read: ${diskTrouble(error)}`, { file: path });
  }
  if (text?.includes("\uFFFD") === true) (await import("../load/utf8-text.ts")).requireUtf8(path, text);
  return text;
}
