import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { onWindows } from "../rig/skip.ts";

/** Writes a file of any bytes, and makes it a program where asked to. */
function put(home: CliHome, name: string, bytes: string | Uint8Array, mode = 0o755): void {
  home.write(name, "");
  writeFileSync(join(home.directory, name), bytes);
  chmodSync(join(home.directory, name), mode);
}

const logs = async (home: CliHome, file: string): Promise<string> =>
  (await home.run(["run", file, "--logs", "full"])).stdout;

describe.skipIf(onWindows)("a program that cannot be started", () => {
  it("because a value is too big or holds a NUL byte: the value is named with its size or place", async () => {
    await using home = cliHome();
    home.write(
      "big.yaml",
      `flow: big
tasks:
  big: { run: "head -c 150000 /dev/zero | tr '\\\\0' y", capture: text }
  nul: { run: "printf 'ab\\\\0c'" }
  script: { run: "x=\${{ tasks.big.outputs.stdout }}; echo \${#x}" }
  variable: { env: { LOAD: "\${{ tasks.big.outputs.stdout }}" }, run: "true" }
  argument: { run: [echo, "\${{ tasks.nul.outputs.stdout }}"] }
  inside: { run: "echo \${{ tasks.nul.outputs.stdout }}" }
`,
    );
    const shown = await logs(home, "big.yaml");
    expect(shown).toMatch(/FAIL +script .*the value of \$\{\{ tasks\.big\.outputs\.stdout }} has 150000 bytes; pass/);
    expect(shown).toMatch(/FAIL +variable .*the environment variable LOAD has 150000 bytes; pass data by stdin or in/);
    expect(shown).toMatch(/FAIL +argument .*argument 1 of "echo" holds a NUL byte \(after 2 characters\)/);
    expect(shown).toMatch(/FAIL +inside .*the value of \$\{\{ tasks\.nul\.outputs\.stdout }} holds a NUL byte/);
  });

  it("says what is wrong with the file", async () => {
    await using home = cliHome();
    put(home, "gone.sh", "#!/opt/absent/python\nprint()\n");
    put(home, "crlf.sh", "#!/bin/sh\r\necho x\r\n");
    put(home, "plain.sh", "#!/bin/sh\n", 0o644);
    mkdirSync(join(home.directory, "folder"));
    put(home, "elf", Buffer.from("\x7fELF\x02\x01\x01" + "\0".repeat(57), "latin1"));
    const tasks = ["gone.sh", "crlf.sh", "plain.sh", "folder", "elf", "absent"].map(
      (name) => `  ${name.replace(".", "_")}: { run: [./${name}] }\n`,
    );
    home.write("files.yaml", `flow: files\ntasks:\n${tasks.join("")}  path: { run: [no-such-program] }\n`);
    const shown = await logs(home, "files.yaml");
    expect(shown).toMatch(/FAIL +gone_sh .*the interpreter of ".\/gone\.sh", \/opt\/absent\/python, does not exist/);
    expect(shown).toMatch(/FAIL +crlf_sh .*has Windows line ends \(CRLF\).*"\/bin\/sh\\r": save it with LF/);
    expect(shown).toMatch(/FAIL +plain_sh .*"\.\/plain\.sh" may not be executed: chmod \+x \.\/plain\.sh/);
    expect(shown).toMatch(/FAIL +folder .*"\.\/folder" is a directory, and no program/);
    expect(shown).toMatch(/FAIL +elf .*(?:no program for this machine|exit code)/);
    expect(shown).toMatch(/FAIL +absent .*"\.\/absent" does not exist in /);
    expect(shown).toMatch(/FAIL +path .*"no-such-program" was not found on the PATH/);
  });
});

describe.skipIf(onWindows)("a script", () => {
  it("finds the programs of the flow's packages first, up to the repository's root and no further", async () => {
    await using home = cliHome();
    put(home, "node_modules/.bin/outer", "#!/bin/sh\necho outer of the root\n");
    put(home, "node_modules/.bin/both", "#!/bin/sh\necho both of the root\n");
    put(home, "packages/a/node_modules/.bin/both", "#!/bin/sh\necho both of a\n");
    put(home, "../node_modules/.bin/beyond", "#!/bin/sh\necho beyond\n");
    home.write(
      "packages/a/bin.yaml",
      "flow: bin\ntasks:\n  one: { run: outer; both }\n  argv: { run: [both] }\n  far: { run: beyond }\n",
    );
    home.write(
      "packages/a/bin.ts",
      `import { flow, shell } from "flowctl";
const one = shell({ name: "one", script: "outer; both" });
const own = shell({ name: "own", script: "both", env: { PATH: "/usr/bin:/bin" } });
export default flow("code", () => { one(); own(); });`,
    );
    const spec = await logs(home, "packages/a/bin.yaml");
    expect(spec).toMatch(/one \| outer of the root\none \| both of a/);
    expect(spec).toContain("argv | both of a");
    expect(spec).toMatch(
      /FAIL +far .*exit code 127: a program was not found on the PATH \(\S*packages\/a\/node_modules\/\.bin:/,
    );
    const code = await logs(home, "packages/a/bin.ts");
    const written = code.split("\n").filter((line) => line.startsWith("one | "));
    expect(written).toEqual(["one | outer of the root", "one | both of a"]);
    expect(code).toContain("own | bash: line 1: both: command not found");
  });

  it.each([
    [126, "a program was found, but is a directory or may not be executed"],
    [127, "a program was not found on the PATH (/"],
    [137, "(SIGKILL): by the system when memory runs out"],
    [139, "(SIGSEGV): it crashed"],
    [141, "(SIGPIPE): it wrote to a program that had stopped reading"],
    [143, "(SIGTERM): another process asked it to end"],
  ])("that ends with exit code %i says what that means", async (code, meaning) => {
    await using home = cliHome();
    home.write("exit.yaml", `flow: exit\ntasks: { a: { run: exit ${code} } }\n`);
    const shown = await logs(home, "exit.yaml");
    expect(shown).toContain(`exit code ${code}`);
    expect(shown).toContain(meaning);
  });
});

describe.skipIf(onWindows)("standard output that is longer than maxOutput", () => {
  const PRINT = 'for i in $(seq 1 300); do echo "row $i of the list"; done';

  it("fails the task if its value is used, and is enough with a larger maxOutput", async () => {
    await using home = cliHome();
    const spec = (more: string) => `flow: long
defaults: { maxOutput: 2KiB }
tasks:
  list: { ${more} run: '${PRINT}', capture: lines }
  last: { run: "echo last is \${{ tasks.list.outputs.stdout[299] }}" }
`;
    home.write("long.yaml", spec(""));
    home.write("enough.yaml", spec("maxOutput: 64KiB,"));
    expect(await logs(home, "long.yaml")).toMatch(/FAIL +list .*longer than maxOutput \(2KiB\), and is used: raise/);
    expect(await logs(home, "enough.yaml")).toContain("last | last is row 300 of the list");
  });

  it("is cut after a whole line, with a warning, if nothing uses it", async () => {
    await using home = cliHome();
    home.write(
      "unused.ts",
      `import { appendFileSync } from "node:fs";
import { flow, shell, task } from "flowctl";
const list = shell({ name: "list", maxOutput: "1KiB", script: ${JSON.stringify(`${PRINT}; echo n=300 >> "$FLOWCTL_OUTPUT"`)} });
const count = task("count", ({ n }: { n: string }) => { console.log("n is", n); });
const all = shell({ name: "all", maxOutput: "1KiB", script: ${JSON.stringify(PRINT)} });
const print = task("print", ({ text }: { text: string }) => { console.log(text); });
export default flow("unused", {
  stateHandlers: [],
}, () => { count({ n: list().outputs["n"]! }); print({ text: all().stdout }); });`,
    );
    const shown = await logs(home, "unused.ts");
    expect(shown).toContain("list | standard output is longer than maxOutput (1KiB), and only its beginning is kept");
    expect(shown).toContain("count | n is 300");
    expect(shown).toMatch(/FAIL +all .*longer than maxOutput \(1KiB\), and is used/);
  });

  it("has the size that the flow gives, else the defaults of the config, in TypeScript and in YAML", async () => {
    await using home = cliHome();
    const script = JSON.stringify(PRINT);
    const module = (options: string) => `import { flow, shell, task } from "flowctl";
const all = shell({ name: "all", script: ${script} });
const print = task("print", ({ text }: { text: string }) => { console.log(text.length); });
export default flow("sizes", { ${options} }, () => { print({ text: all().stdout }); });`;
    home.write("flowctl.config.yaml", "defaults: { maxOutput: 3KiB }\n");
    home.write("of-config.ts", module(""));
    home.write("of-flow.ts", module('maxOutput: "64KiB"'));
    home.write("wrong.ts", module('maxOutput: "4 apples"'));
    home.write(
      "of-config.yaml",
      `tasks:\n  all: { run: '${PRINT}' }\n  print: { run: "echo \${{ tasks.all.outputs.stdout }}" }\n`,
    );
    expect(await logs(home, "of-config.ts")).toMatch(/FAIL +all .*longer than maxOutput \(3KiB\)/);
    expect(await logs(home, "of-config.yaml")).toMatch(/FAIL +all .*longer than maxOutput \(3KiB\)/);
    expect(await logs(home, "of-flow.ts")).toMatch(/print \| \d{4}\n/);
    expect((await home.run(["run", "wrong.ts"])).stderr).toContain('option "maxOutput" must be a size such as "4MiB"');
    home.write("flowctl.config.yaml", "defaults: { maxOutput: 4 apples }\n");
    expect((await home.run(["validate", "of-flow.ts"])).stderr).toContain("expected a size in bytes");
  });

  it("must be told as a size", async () => {
    await using home = cliHome();
    home.write(
      "size.yaml",
      "flow: size\ntasks:\n  a: { run: echo, maxOutput: 4 apples }\n  b: { run: echo, capture: bits }\n",
    );
    const { code, stderr } = await home.run(["validate", "size.yaml"]);
    expect(code).toBe(2);
    expect(stderr).toContain("expected a size in bytes, or with its unit, such as 64KiB, 4MiB or 1GiB");
    expect(stderr).toMatch(/text, json, lines, bytes|"bytes"/);
  });
});

describe.skipIf(onWindows)("bytes that are no UTF-8", () => {
  const PRINT = `printf 'one\\ntwo \\351\\n'`;

  it("fail a task whose text is used, and are kept by capture: bytes", async () => {
    await using home = cliHome();
    home.write(
      "bytes.yaml",
      `flow: bytes
tasks:
  text: { run: ${JSON.stringify(PRINT)} }
  reads: { run: "echo \${{ tasks.text.outputs.stdout }}" }
  raw: { run: ${JSON.stringify(PRINT)}, capture: bytes }
  same: { stdin: "\${{ tasks.raw.outputs.stdout }}", run: "od -An -tx1" }
  inText: { env: { V: "\${{ tasks.raw.outputs.stdout }}" }, run: echo }
  unused: { run: ${JSON.stringify(PRINT)} }
  file: { run: "printf 'a=\\\\377\\\\n' > $FLOWCTL_OUTPUT" }
`,
    );
    const shown = await logs(home, "bytes.yaml");
    expect(shown).toMatch(/FAIL +text .*no UTF-8 text \(byte 0xe9 in line 2\), and is used: capture: bytes/);
    expect(shown).toContain("same |  6f 6e 65 0a 74 77 6f 20 e9 0a");
    expect(shown).toMatch(/FAIL +inText .*10 bytes that are no UTF-8 text cannot stand in a text/);
    expect(shown).toMatch(/unused \| standard output is no UTF-8 text/);
    expect(shown).toMatch(/ok +unused/);
    expect(shown).toMatch(/FAIL +file .*\$FLOWCTL_OUTPUT is no UTF-8 text: byte 0xff in line 1/);
  });

  it("in a spec or a file of parameters are refused at their place; the character U+FFFD itself is not", async () => {
    await using home = cliHome();
    put(home, "latin.yaml", Buffer.from("flow: latin\n# \u00e9t\u00e9 \ntasks: { a: { run: echo } }\n", "latin1"));
    put(
      home,
      "half.yaml",
      Buffer.concat([Buffer.from("flow: x\ndescription: 'é \uFFFD "), Buffer.from([0xc3]), Buffer.from("'\n")]),
    );
    home.write("fine.yaml", "flow: fine\nparams: { p: x }\ntasks: { a: { run: 'echo \uFFFD' } }\n");
    put(home, "params.json", Buffer.from('{\n "p": "\u00fc" }', "latin1"));
    put(home, "value.txt", Buffer.from("\u00fc", "latin1"));
    const refused = async (...args: string[]) => {
      const { code, stderr } = await home.run(args);
      return [code, /error\[NOT_UTF8\][^]*?--> (\S+)/.exec(stderr)?.[1]];
    };
    expect(await refused("run", "latin.yaml")).toEqual([2, "latin.yaml:2:3"]);
    expect(await refused("validate", "half.yaml")).toEqual([2, "half.yaml:2:19"]);
    expect(await refused("run", "fine.yaml", "--params-file", "params.json")).toEqual([2, "params.json:2:8"]);
    expect(await refused("run", "fine.yaml", "-p", "p=@value.txt")).toEqual([2, "value.txt:1:1"]);
    expect((await home.run(["run", "fine.yaml"])).code).toBe(0);
  });

  it("in a dotenv file or a module are refused at their place; the character U+FFFD itself is not", async () => {
    await using home = cliHome();
    put(home, "latin.env", Buffer.from("A=1\nNAME=Ren\u00e9\n", "latin1"));
    home.write("fine.env", "NAME='\uFFFD'\n");
    home.write("latin.yaml", "dotenv: [fine.env, latin.env]\ntasks: { a: { run: echo } }\n");
    home.write("fine.yaml", "dotenv: fine.env\ntasks: { a: { run: echo } }\n");
    const text = (name: string): string =>
      `import { flow, task } from "flowctl";\nconst a = task("${name}", () => 1);\n`;
    put(home, "latin.ts", Buffer.from(`${text("\u00e9")}export default flow("f", () => { a(); });\n`, "latin1"));
    put(home, "part.mjs", Buffer.from("\uFEFFexport const x = '\u00e9';\n", "utf8").subarray(0, -4));
    home.write("imports.ts", `${text("a")}import "./part.mjs";\nexport default flow("f", () => { a(); });\n`);
    home.write("fine.ts", `${text("\uFFFD")}export default flow("f", () => { a(); });\n`);
    const refused = async (file: string) => {
      const { code, stderr } = await home.run(["run", file]);
      return [code, /error\[NOT_UTF8\][^]*?--> (\S+)/.exec(stderr)?.[1]];
    };
    expect(await refused("latin.yaml")).toEqual([2, "latin.env:2:9"]);
    expect(await refused("latin.ts")).toEqual([2, "latin.ts:2:17"]);
    expect((await refused("imports.ts"))[1]).toMatch(/^part\.mjs:1:/);
    expect(await refused("fine.yaml")).toEqual([0, undefined]);
    expect(await refused("fine.ts")).toEqual([0, undefined]);
  });
});

it("a flow and its imports may be .tsx and .jsx modules; the tsconfig or a pragma says what JSX calls", async () => {
  await using home = cliHome();
  home.write("tsconfig.json", `{ "compilerOptions": { "jsx": "react", "jsxFactory": "make" } }`);
  home.write(
    "make.ts",
    `export const make = (tag: string, _: unknown, ...kids: string[]) => "[" + tag + " " + kids.join("") + "]";`,
  );
  home.write("view.tsx", `import { make } from "./make";\nexport const view: string = <b>bold</b>;`);
  home.write("old.jsx", `/** @jsx h */\nconst h = (tag) => "h " + tag;\nexport const old = <i/>;`);
  home.write(
    "page.tsx",
    `import { flow, task } from "flowctl";
import { view } from "./view";
import { old } from "./old.jsx";
import { view as again } from "./view.js";
const show = task("show", () => { console.log(view, old, again === view); });
export default flow("page", () => { show(); });`,
  );
  expect(await logs(home, "page.tsx")).toContain("show | [b bold] h i true");
});
