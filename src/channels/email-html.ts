import type { Content } from "./content.ts";
import { cut, plain } from "./cut.ts";
import { excerpt } from "./excerpt.ts";
import { escapeHtml } from "./markup.ts";
import { COLOURS } from "./words.ts";

// Its own colours, both of them: a reader in the dark would set light text on a light ground.
const PRE =
  "background:#f6f8fa;color:#1f2328;padding:8px;margin:12px 0;font-family:monospace;font-size:13px;white-space:pre-wrap;overflow-wrap:anywhere";
const LINE = "margin:0 0 6px;overflow-wrap:anywhere";
const CELL = "padding:2px 16px 2px 0;vertical-align:top";

/** An alert as HTML: one table, inline styles, nothing fetched from elsewhere. It is as wide as there is room. */
export function emailHtml(content: Content): string {
  const e = (text: string): string => escapeHtml(plain(text));
  const rows = content.facts.map(
    ([label, value]) =>
      `<tr><th align="left" style="${CELL}">${e(label)}</th><td style="${CELL};overflow-wrap:anywhere">${e(value)}</td></tr>`,
  );
  const [first, ...others] = content.what.map(e);
  const shown = content.detail === null ? [] : [`<pre style="${PRE}">${e(excerpt(content.detail, 8000))}</pre>`];
  const links = content.links.map(
    ({ label, url }) => `<p style="${LINE}"><a href="${e(url)}">${e(cut(label, 75))}</a></p>`,
  );
  const next =
    content.next.length === 0
      ? []
      : [`<p style="${LINE}">What to do next:</p>`, `<pre style="${PRE}">${e(content.next.join("\n"))}</pre>`];
  return [
    `<div style="font-family:sans-serif;border-left:4px solid ${COLOURS[content.tone]};padding-left:12px">`,
    `<h2 style="margin:0 0 12px;font-size:20px;overflow-wrap:anywhere">${e(content.title)}</h2>`,
    ...(first === undefined ? [] : [`<p style="${LINE}"><strong>${first}</strong></p>`]),
    ...others.map((line) => `<p style="${LINE}">${line}</p>`),
    `<table cellspacing="0" style="border-collapse:collapse;margin:12px 0">${rows.join("")}</table>`,
    ...shown,
    ...links,
    ...next,
    `<p style="color:#666;font-size:small;overflow-wrap:anywhere">${e(content.small)}</p></div>`,
  ].join("\n");
}
