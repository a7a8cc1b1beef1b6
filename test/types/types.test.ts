import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What the compiler says of one file, with the project's own settings. */
function errorsIn(file: string): readonly string[] {
  const config = ts.getParsedCommandLineOfConfigFile(
    `${root}tsconfig.json`,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  );
  const path = fileURLToPath(new URL(file, import.meta.url));
  const program = ts.createProgram([path], { ...config!.options, noEmit: true });
  const source = program.getSourceFile(path)!;
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((each) => {
    const { line } = source.getLineAndCharacterOfPosition(each.start ?? 0);
    return `line ${line + 1}: ${ts.flattenDiagnosticMessageText(each.messageText, " ")}`;
  });
}

describe("the types of authoring", () => {
  it("let right flows compile", () => {
    expect(errorsIn("good.ts")).toEqual([]);
  });

  it("refuse every wrong flow, each at its marked line", () => {
    expect(errorsIn("bad.ts")).toEqual([]);
  });
});
