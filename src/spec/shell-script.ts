import { parseTemplate, type Hole } from "./template.ts";

/** A script in which each expression has become an environment variable. */
export interface SafeScript {
  readonly script: string;
  /** Variables with the expression that gives each its value. */
  readonly variables: readonly { readonly name: string; readonly hole: Hole }[];
  readonly problems: readonly { readonly hole: Hole; readonly message: string }[];
}

type Where =
  "bare" | "double" | "single" | "here" | "quoted-here" | "comment" | "braces" | "arithmetic" | "backtick" | "test";
interface Frame {
  readonly where: Where;
  /** What ends it; a here-document ends at its own line. */
  readonly close: string;
}
interface Document {
  readonly word: string;
  readonly quoted: boolean;
  readonly tabs: boolean;
}

const WHY: Partial<Record<Where, string>> = {
  single: "in single quotes nothing is replaced",
  "quoted-here": "in a here-document whose word is quoted nothing is replaced",
  arithmetic: "in shell arithmetic a text would be run as a program",
  braces: "inside of ${…} the shell would read it once more",
  backtick: "inside of backticks quoting cannot be right; use $(…)",
  test: "next to -eq, -lt and the like [[ … ]] would run a text as a program; use [ … ]",
};
/** Words that read their arguments as a program or as a variable's name. */
const DANGEROUS =
  /(?:^|[;&|({\n]|\bthen|\bdo|\belse)\s*(?:builtin\s+|command\s+)?(?:eval|let|unset|read|mapfile|trap|printf\s+-v|(?:declare|typeset|local|readonly|export)\s+-\w*[in]\w*)\s[^;&|\n]*$|\s-v\s+"?$/;

/**
 * Takes the expressions out of a `run` script of bash or sh: each becomes an
 * environment variable, quoted for where it stands, so that no data can change
 * the script (design decision 10).
 */
export function safeScript(text: string): SafeScript {
  const { holes } = parseTemplate(text);
  const variables: { name: string; hole: Hole }[] = [];
  const problems: { hole: Hole; message: string }[] = [];
  const scan = new Scan();
  let script = "";
  let from = 0;
  for (const hole of holes) {
    const before = text.slice(from, hole.start).replaceAll("$${{", "${{");
    script += before;
    scan.read(before);
    const rest = text.slice(hole.end, (text.indexOf("\n", hole.end) + 1 || text.length + 1) - 1);
    const why = scan.refuses(script, rest);
    if (why !== undefined) problems.push({ hole, message: why });
    const name = `FLOWCTL_EXPR_${String(variables.length)}`;
    variables.push({ name, hole });
    script += scan.where === "bare" || scan.where === "test" ? `"\${${name}}"` : `\${${name}}`;
    scan.word = true;
    from = hole.end;
  }
  return { script: script + text.slice(from).replaceAll("$${{", "${{"), variables, problems };
}

/** Follows the quoting of a script, character by character. */
class Scan {
  readonly #stack: Frame[] = [{ where: "bare", close: "" }];
  readonly #waiting: Document[] = [];
  #document: Document | undefined;
  #line = "";
  #escaped = false;
  /** Whether a word has begun: `#` is a comment only where none has. */
  word = false;

  get where(): Where {
    return this.#stack.at(-1)?.where ?? "bare";
  }

  refuses(before: string, rest: string): string | undefined {
    if (this.#escaped) return "after a backslash its quoting would be undone";
    const around = this.#stack.map((frame) => frame.where);
    for (const where of ["quoted-here", "backtick", "arithmetic", "braces"] as const)
      if (around.includes(where)) return WHY[where];
    if (this.where === "single") return WHY.single;
    if (
      around.includes("test") &&
      (/\s-(?:eq|ne|lt|le|gt|ge|v)\s*"?$/.test(before) || /^"?\s+-(?:eq|ne|lt|le|gt|ge)\s/.test(rest))
    )
      return WHY.test;
    if (this.where !== "comment" && DANGEROUS.test(before)) return "this command would read it as a program";
    if (this.where === "bare" && /(?:^|[\s;&|(])[A-Za-z_]\w*\[[^\]\s]*$/.test(before)) return WHY.arithmetic;
    return undefined;
  }

  read(text: string): void {
    for (let at = 0; at < text.length; at += this.#step(text, at));
  }

  /** @returns how many characters were read */
  #step(text: string, at: number): number {
    const char = text[at] ?? "";
    const where = this.where;
    if (this.#document !== undefined && char !== "\n") this.#line += char;
    if (char === "\n") return this.#newLine();
    if (this.#escaped) {
      this.#escaped = false;
      this.word = true;
      return 1;
    }
    if (where === "comment" || where === "quoted-here") return 1;
    if (where === "single") {
      if (char === "'") this.#stack.pop();
      return 1;
    }
    if (char === "\\") {
      this.#escaped = true;
      return 1;
    }
    const top = this.#stack.at(-1);
    if (top !== undefined && top.close !== "" && text.startsWith(top.close, at)) {
      this.#stack.pop();
      this.word = true;
      return this.#also(text, at, top.close.length);
    }
    if (char === "$" || char === "`") return this.#dollar(text, at, char);
    if (where === "double" || where === "here") return 1;
    return this.#bare(text, at, char);
  }

  #also(text: string, at: number, length: number): number {
    if (this.#document !== undefined && length > 1) this.#line += text.slice(at + 1, at + length);
    return length;
  }

  #push(where: Where, close: string, length: number): number {
    this.#stack.push({ where, close });
    this.word = false;
    return length;
  }

  #dollar(text: string, at: number, char: string): number {
    if (char === "`") return this.#push("backtick", "`", 1);
    if (text.startsWith("$((", at)) return this.#also(text, at, this.#push("arithmetic", "))", 3));
    if (text.startsWith("$(", at)) return this.#also(text, at, this.#push("bare", ")", 2));
    if (text.startsWith("${", at)) return this.#also(text, at, this.#push("braces", "}", 2));
    if (text.startsWith("$[", at)) return this.#also(text, at, this.#push("arithmetic", "]", 2));
    if (text.startsWith("$'", at) && this.where === "bare") return this.#push("single", "'", 2);
    this.word = true;
    return 1;
  }

  #bare(text: string, at: number, char: string): number {
    if (char === "'") return this.#push("single", "'", 1);
    if (char === '"') return this.#push("double", '"', 1);
    if (char === "#" && !this.word && this.where !== "braces" && this.where !== "arithmetic")
      return this.#push("comment", "\n", 1);
    if (text.startsWith("((", at) && !this.word) return this.#push("arithmetic", "))", 2);
    if (text.startsWith("[[", at) && !this.word && /\s/.test(text[at + 2] ?? " ")) return this.#push("test", "]]", 2);
    if (char === "(") return this.#push(this.where === "arithmetic" ? "arithmetic" : "bare", ")", 1);
    const here = /^<<(-?)[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|(\\?)([^\s<>|&;()'"`$]+))/.exec(text.slice(at, at + 200));
    if (here !== null && !text.startsWith("<<<", at) && this.where !== "arithmetic") {
      const quoted = here[2] ?? here[3];
      this.#waiting.push({
        word: quoted ?? here[5] ?? "",
        quoted: quoted !== undefined || here[4] === "\\",
        tabs: here[1] === "-",
      });
      return here[0].length;
    }
    if (text.startsWith("<<<", at)) return 3;
    this.word = !/[\s;&|()<>]/.test(char);
    return 1;
  }

  #newLine(): number {
    this.#escaped = false;
    if (this.where === "comment") this.#stack.pop();
    if (this.#document !== undefined && this.#isEnd(this.#document)) {
      // Whatever the document left open ends with it.
      while (this.#stack.length > 1 && !this.#isHere()) this.#stack.pop();
      this.#stack.pop();
      this.#document = undefined;
    }
    this.#line = "";
    this.word = false;
    const next =
      this.#document === undefined && this.where !== "single" && this.where !== "double"
        ? this.#waiting.shift()
        : undefined;
    if (next !== undefined) {
      this.#document = next;
      this.#stack.push({ where: next.quoted ? "quoted-here" : "here", close: "" });
    }
    return 1;
  }

  #isHere(): boolean {
    return this.where === "here" || this.where === "quoted-here";
  }

  #isEnd(document: Document): boolean {
    return (document.tabs ? this.#line.replace(/^\t+/, "") : this.#line) === document.word;
  }
}
