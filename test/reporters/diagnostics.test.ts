import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../src/model/error.ts";
import { annotateDiagnostics, renderDiagnostics } from "../../src/reporters/diagnostics.ts";

const wrong: Diagnostic = {
  code: "UNKNOWN_TASK",
  severity: "error",
  message: 'task "load" needs "extrct", which does not exist',
  file: "/home/a/flows/etl.yaml",
  line: 8,
  column: 13,
  length: 6,
  sourceLine: "    needs: [extrct]",
  help: 'did you mean "extract"?',
};

describe("a diagnostic on a terminal", () => {
  it("shows code, sentence, place, the line with a caret, and what to type", () => {
    expect(renderDiagnostics([wrong], { cwd: "/home/a" })).toBe(
      [
        'error[UNKNOWN_TASK]: task "load" needs "extrct", which does not exist',
        "  --> flows/etl.yaml:8:13",
        "  8 |     needs: [extrct]",
        "    |             ^^^^^^",
        '  help: did you mean "extract"?',
        "",
      ].join("\n"),
    );
  });

  it("says what is known when there is no file", () => {
    expect(renderDiagnostics([{ code: "USAGE", severity: "warning", message: "no flow" }])).toBe(
      "warning[USAGE]: no flow\n",
    );
  });

  it("keeps the path whole when the file is outside of the directory", () => {
    expect(renderDiagnostics([wrong], { cwd: "/srv" })).toContain("--> /home/a/flows/etl.yaml:8:13");
  });

  it("puts the caret under its column after tabs and wide characters", () => {
    const lines = renderDiagnostics([{ ...wrong, sourceLine: "\t日本: x", column: 6, length: 1 }]).split("\n");
    expect(lines[3]).toBe("    | \t      ^");
  });

  it("cuts a long line around the caret", () => {
    const line = `${"a".repeat(500)}BAD${"b".repeat(500)}`;
    const lines = renderDiagnostics([{ ...wrong, sourceLine: line, column: 501, length: 3 }]).split("\n");
    expect(lines[2]!.length).toBeLessThan(140);
    expect(lines[2]!.slice(lines[3]!.indexOf("^"), lines[3]!.indexOf("^") + 3)).toBe("BAD");
  });

  it("lets no escape sequence of the file reach the terminal", () => {
    expect(renderDiagnostics([{ ...wrong, sourceLine: "a: \u001b[2J", message: "bad \u001b]0;x" }])).not.toContain(
      "\u001b",
    );
  });

  it("asks the paint for each colour it uses", () => {
    const tag = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
    const paint = { red: tag("r"), yellow: tag("y"), cyan: tag("c"), dim: tag("d"), bold: tag("b") };
    expect(renderDiagnostics([wrong], { paint })).toContain("<r>error[UNKNOWN_TASK]</r>: <b>task");
    expect(renderDiagnostics([{ ...wrong, severity: "warning" }], { paint })).toContain("<y>^^^^^^</y>");
  });
});

describe("a diagnostic under GitHub Actions", () => {
  it("is one annotation at its place, with escapes", () => {
    expect(
      annotateDiagnostics([{ ...wrong, message: "50%: a\nb", file: "/w/a,b:c.yaml" }], { workspace: "/w" }),
    ).toEqual(['::error file=a%2Cb%3Ac.yaml,line=8,col=13,title=UNKNOWN_TASK::50%25: a%0Ab%0Adid you mean "extract"?']);
  });

  it("counts those beyond the ten that are shown", () => {
    const lines = annotateDiagnostics(Array.from({ length: 14 }, () => wrong));
    expect(lines).toHaveLength(10);
    expect(lines[9]).toContain("5 more problems");
  });
});
