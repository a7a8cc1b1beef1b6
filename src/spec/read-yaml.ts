import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
  type ParsedNode,
} from "yaml";
import type { Diagnostic } from "../model/error.ts";
import { writtenNumber } from "../model/written-number.ts";
import { diagnose, type Path, type Source, type Span } from "./source.ts";

/** The largest file that is read, in UTF-16 code units. */
const LARGEST = 20 * 1024 * 1024;
/** How deep values may be nested: deeper ones would exhaust the stack of every reader. */
const DEEPEST = 100;
/** How many nodes all aliases together may stand for. */
const MOST_ALIASED = 10_000;

/**
 * Reads one document of YAML 1.2 (core schema) or JSON, and keeps every place.
 *
 * Refused, each with its position: duplicate keys, several documents, a document
 * that is not a map, keys that are not text, aliases that multiply without
 * measure, too deep nesting. A byte order mark and Windows line ends are accepted.
 *
 * @returns the source where the text can be used at all
 */
export function readYaml(
  file: string,
  text: string,
): { readonly source?: Source; readonly diagnostics: readonly Diagnostic[] } {
  const report = (span: Span, code: string, message: string, help?: string): Diagnostic =>
    diagnose(file, text, span, { code, message, help });
  if (text.length > LARGEST)
    return { diagnostics: [report({ start: 0, end: 1 }, "YAML_TOO_LARGE", "the file is larger than 20 MB")] };
  const nul = text.indexOf("\0");
  if (nul !== -1)
    return { diagnostics: [report({ start: nul, end: nul + 1 }, "YAML_SYNTAX", "this is not a text file")] };
  const deep = tooDeep(text);
  if (deep !== undefined)
    return { diagnostics: [report(deep, "YAML_TOO_DEEP", `values are nested deeper than ${String(DEEPEST)} levels`)] };
  const documents = parseAllDocuments(text, { uniqueKeys: true, merge: true, version: "1.2", prettyErrors: false });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (document === undefined) return { diagnostics: [report({ start: 0, end: 1 }, "YAML_EMPTY", "the file is empty")] };
  const problems = document.errors.map((error) =>
    report(
      { start: error.pos[0], end: error.pos[1] },
      codeOf(error.code),
      sentence(error.code, error.message),
      helpOf(error.code),
    ),
  );
  if (second !== undefined && problems.length === 0) {
    const marker = text.lastIndexOf("---", second.range[0]);
    const start = marker < document.range[1] - 3 ? second.range[0] : marker;
    problems.push(
      report(
        { start, end: start + 3 },
        "YAML_SEVERAL_DOCUMENTS",
        "there is a second document in this file",
        "keep one document in a file: move the rest to files of their own",
      ),
    );
  }
  if (problems.length > 0) return { diagnostics: problems.slice(0, 20) };
  problems.push(...checkNodes(document, report));
  if (problems.length > 0) return { diagnostics: problems };
  const root = document.contents;
  if (!isMap(root)) {
    const empty = root === null || (isScalar(root) && root.value === null);
    const span = root?.range ? { start: root.range[0], end: root.range[1] } : { start: 0, end: 1 };
    const found = empty ? "is empty" : `holds a ${isSeq(root) ? "list" : "single value"}, not a map of keys`;
    return { diagnostics: [report(span, empty ? "YAML_EMPTY" : "YAML_NOT_A_MAP", `the file ${found}`)] };
  }
  return { source: sourceOf(file, text, document), diagnostics: [] };
}

/** Nesting in flow style is counted before parsing: the parser itself calls itself for each level. */
function tooDeep(text: string): Span | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 0x5b || char === 0x7b) {
      depth += 1;
      if (depth > 500) return { start: at, end: at + 1 };
    } else if (char === 0x5d || char === 0x7d) depth = Math.max(0, depth - 1);
  }
  const indent = /^(?: *- ){100,}|^(?:- ){100,}/m.exec(text) ?? /^(?:[ ]*(?:\? |- )){100,}/m.exec(text);
  return indent === null ? undefined : { start: indent.index, end: indent.index + 1 };
}

function checkNodes(
  document: Document.Parsed,
  report: (span: Span, code: string, message: string, help?: string) => Diagnostic,
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const sizes = new Map<Node, number>();
  const sizeOf = (node: unknown): number => {
    if (isAlias(node)) return sizeOf(node.resolve(document));
    if (!isMap(node) && !isSeq(node)) return 1;
    const known = sizes.get(node);
    if (known !== undefined) return known;
    sizes.set(node, Infinity); // an alias inside of what it stands for never ends
    const total = node.items.reduce(
      (sum: number, item) => sum + (isPair(item) ? 1 + sizeOf(item.value) : sizeOf(item)),
      1,
    );
    sizes.set(node, total);
    return total;
  };
  let aliased = 0;
  visit(document, {
    Alias(_key, node) {
      if (node.resolve(document) === undefined) {
        found.push(
          report(spanOf(node), "YAML_ALIAS_UNKNOWN", `there is no anchor "&${node.source}" before this alias`),
        );
        return undefined;
      }
      const size = sizeOf(node);
      aliased += size;
      if (aliased <= MOST_ALIASED) return undefined;
      const text =
        size === Infinity
          ? `the alias "*${node.source}" stands inside of what it stands for`
          : "aliases stand for far too many values";
      found.push(report(spanOf(node), "YAML_ALIASES", text));
      return visit.BREAK;
    },
    Node(_key, node, path) {
      if (path.length <= DEEPEST * 2) return undefined;
      found.push(
        report(
          { start: spanOf(node).start, end: spanOf(node).start + 1 },
          "YAML_TOO_DEEP",
          `values are nested deeper than ${String(DEEPEST)} levels`,
        ),
      );
      return visit.BREAK;
    },
    Pair(_key, pair) {
      const key = pair.key as Node;
      if (
        isScalar(key) &&
        (typeof key.value === "string" || typeof key.value === "number" || typeof key.value === "boolean")
      )
        return;
      if (isScalar(key) && typeof key.value === "symbol") {
        const merged = isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
        const parts = isSeq(merged)
          ? merged.items.map((item) => (isAlias(item) ? item.resolve(document) : item))
          : [merged];
        if (!parts.every(isMap))
          found.push(report(spanOf(key), "YAML_MERGE", "<< takes the keys of a map, such as *anchor"));
        return;
      }
      const isTemplate = isMap(key) && key.flow === true;
      const help = isTemplate ? 'an expression is written "${{ … }}"' : undefined;
      found.push(report(spanOf(key), "YAML_KEY", "a key must be text", help));
    },
  });
  return found;
}

function spanOf(node: Node | ParsedNode | null | undefined): Span {
  const range = node?.range;
  return range ? { start: range[0], end: range[1] } : { start: 0, end: 1 };
}

/**
 * Gives each number of a document the spelling it was written with.
 *
 * @returns whether there is a number whose spelling is not its own
 */
export function spellNumbers(document: Document): boolean {
  let isSpelled = false;
  visit(document, {
    Scalar(key, node) {
      if (typeof node.value !== "number" || node.type !== "PLAIN" || node.source === undefined || key === "key") return;
      const written = writtenNumber(node.source, node.value);
      if (typeof written === "number") return;
      (node as { value: unknown }).value = written;
      isSpelled = true;
    },
  });
  return isSpelled;
}

function sourceOf(file: string, text: string, document: Document.Parsed): Source {
  const find = (path: Path): { key: Node | undefined; value: Node | undefined } => {
    let key: Node | undefined;
    let value: Node | undefined = document.contents ?? undefined;
    for (const part of path) {
      if (isAlias(value)) value = value.resolve(document);
      if (isMap(value)) {
        const pair: { key: unknown; value: unknown } | undefined = value.items.find(
          (item) => isScalar(item.key) && String(item.key.value) === String(part),
        );
        if (pair === undefined) return { key, value };
        key = pair.key as Node;
        value = (pair.value ?? pair.key) as Node;
      } else if (isSeq(value)) {
        const item = value.items[Number(part)] as Node | undefined;
        if (item === undefined) return { key, value };
        key = item;
        value = item;
      } else return { key, value };
    }
    return { key, value };
  };
  const value: unknown = document.toJS({ maxAliasCount: -1 });
  const written: unknown = spellNumbers(document) ? document.toJS({ maxAliasCount: -1 }) : value;
  return {
    file,
    text,
    value,
    written,
    valueAt: (path) => spanOf(find(path).value),
    keyAt: (path) => spanOf(find(path).key ?? find(path).value),
    scalarAt(path) {
      const { value } = find(path);
      if (!isScalar(value) || typeof value.value !== "string" || !value.range) return undefined;
      const start = value.range[0];
      if (value.type === "BLOCK_LITERAL") {
        const content = text.indexOf("\n", start) + 1;
        const indent = /^(?:[ \t]*\r?\n)*( *)/.exec(text.slice(content))?.[1]?.length ?? 0;
        return { start: content, verbatim: false, indent };
      }
      const quote = value.type === "QUOTE_DOUBLE" || value.type === "QUOTE_SINGLE" ? 1 : 0;
      const written = text.slice(start + quote, start + quote + value.value.length);
      return { start: start + quote, verbatim: written === value.value, indent: 0 };
    },
  };
}

function codeOf(code: string): string {
  return code === "DUPLICATE_KEY" ? "YAML_DUPLICATE_KEY" : code === "TAB_AS_INDENT" ? "YAML_TAB" : "YAML_SYNTAX";
}

function sentence(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "this key stands twice in the same map";
  if (code === "TAB_AS_INDENT") return "lines are indented with tabs, which YAML does not allow";
  const first = message.split("\n")[0] ?? message;
  return `this is not valid YAML: ${first.charAt(0).toLowerCase()}${first.slice(1)}`;
}

function helpOf(code: string): string | undefined {
  if (code === "TAB_AS_INDENT") return "indent with spaces";
  return code === "DUPLICATE_KEY" ? "remove one of the two" : undefined;
}
