import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { safeScript } from "../../src/spec/shell-script.ts";

/** Texts that a script spliced together out of text would run, or choke on. */
const HOSTILE = [
  "$(touch owned)",
  "`touch owned`",
  "'; touch owned; '",
  '"; touch owned; "',
  "; touch owned #",
  "a\ntouch owned\n",
  "&& touch owned",
  "| touch owned",
  "> owned",
  "\\",
  '\\"; touch owned; \\"',
  "*",
  "~",
  "-n",
  "${IFS}",
  "a[$(touch owned)]",
  "EOF\ntouch owned\nEOF",
  "!!",
  "{a,b}",
  " two  words ",
  "\t",
  "日本 é",
  "",
];

/** Scripts that print the expression, by where it stands, and what they print around it. */
const PLACES: readonly (readonly [string, string, (text: string) => string])[] = [
  ["bare", "printf '%s' ${{ x }}", (text) => text],
  ["joined with a word", "printf '%s' a${{ x }}b", (text) => `a${text}b`],
  ["in double quotes", `printf '%s' "a \${{ x }} b"`, (text) => `a ${text} b`],
  ["twice in double quotes", `printf '%s' "\${{ x }}\${{ x }}"`, (text) => text + text],
  ["in a command substitution", "y=$(printf '%s.' ${{ x }}); printf '%s' \"$y\"", (text) => `${text}.`],
  [
    "in quotes inside of a substitution inside of quotes",
    `printf '%s' "$(printf '%s.' "\${{ x }}")"`,
    (text) => `${text}.`,
  ],
  ["in an assignment", "y=${{ x }}; printf '%s' \"$y\"", (text) => text],
  ["in a here-document", 'cat <<EOF\na ${{ x }} "b"\nEOF\n', (text) => `a ${text} "b"\n`],
  ["in a here-document with tabs", "cat <<-EOF\n\ta ${{ x }}\n\tEOF\n", (text) => `a ${text}\n`],
  ["after a here-document", "cat <<'EOF' >/dev/null\nit's \" ` $(\nEOF\nprintf '%s' ${{ x }}", (text) => text],
  ["after a comment with a quote", "# it's\nprintf '%s' ${{ x }}", (text) => text],
  ["after single quotes", "true 'a\"b'; printf '%s' ${{ x }}", (text) => text],
  ["after an escaped quote", "true \\' \\\"; printf '%s' ${{ x }}", (text) => text],
  ["in a comment", "printf ok # ${{ x }}", () => "ok"],
  ["in a test", "if [ ${{ x }} = ${{ x }} ]; then printf same; fi", () => "same"],
  ["in a case", 'case "${{ x }}" in ${{ x }}) printf same;; esac', () => "same"],
  ["after # inside of a word", "printf '%s' a#${{ x }}", (text) => `a#${text}`],
  ["in a for", "for i in ${{ x }}; do printf '%s' \"$i\"; done", (text) => text],
  ["in a function", "f() { printf '%s' \"$1\"; }; f ${{ x }}", (text) => text],
];

describe.each(["bash", "sh"])("an expression in a script of %s", (shell) => {
  it.each(PLACES)("is data and nothing else %s", (_place, source, expected) => {
    const { script, variables, problems } = safeScript(source);
    expect(problems).toEqual([]);
    for (const text of HOSTILE) {
      using place = emptyDirectory();
      const cwd = place.path;
      const env = { PATH: process.env["PATH"], ...Object.fromEntries(variables.map(({ name }) => [name, text])) };
      const { stdout, stderr } = spawnSync(shell, [...(shell === "bash" ? ["--norc"] : []), "-c", script], {
        cwd,
        env,
        encoding: "utf8",
      });
      expect([stdout, stderr], JSON.stringify(text)).toEqual([expected(text), ""]);
      expect(readdirSync(cwd)).toEqual([]);
    }
  });
});

describe("an expression is refused", () => {
  it.each([
    ["in single quotes", "echo '${{ x }}'"],
    ["in single quotes on a later line", "echo 'a\nb ${{ x }}'"],
    ["in $'…'", "echo $'${{ x }}'"],
    ["in a quoted here-document", "cat <<'EOF'\n${{ x }}\nEOF"],
    ["in a here-document whose word is in double quotes", 'cat <<"EOF"\n${{ x }}\nEOF'],
    ["in a here-document whose word is escaped", "cat <<\\EOF\n${{ x }}\nEOF"],
    ["in arithmetic", "echo $(( ${{ x }} + 1 ))"],
    ["in an arithmetic command", "(( ${{ x }} > 1 ))"],
    ["in old arithmetic", "echo $[ ${{ x }} ]"],
    ["in arithmetic inside of a here-document", "cat <<EOF\n$(( ${{ x }} ))\nEOF"],
    ["in a parameter's expansion", "echo ${A:-${{ x }}}"],
    ["in backticks", "echo `echo ${{ x }}`"],
    ["after a backslash", "echo \\${{ x }}"],
    ["as an argument of eval", "eval ${{ x }}"],
    ["as an argument of eval later on a line", 'true; eval "echo ${{ x }}"'],
    ["as an argument of let", "let ${{ x }}"],
    ["next to -eq in [[", "[[ ${{ x }} -eq 1 ]]"],
    ["after -eq in [[", "if [[ 1 -eq ${{ x }} ]]; then echo; fi"],
    ["as an index", "a[${{ x }}]=1"],
    ["as a name to test", "[ -v ${{ x }} ]"],
    ["as the value of an integer", "declare -i n=${{ x }}"],
  ])("%s", (_place, source) => {
    expect(safeScript(source).problems).toHaveLength(1);
  });
});

function emptyDirectory(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "flowctl-script-"));
  return {
    path,
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
