import type { Content } from "./content.ts";
import { cut, plain } from "./cut.ts";
import { excerpt } from "./excerpt.ts";
import { COLOURS } from "./words.ts";

/** Escapes what HTML reads as markup, also inside attributes. */
function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (each) => entities[each] ?? each);
}

const PRE = "background:#f6f8fa;padding:8px;white-space:pre-wrap;font-family:monospace";

/** An alert as HTML: one table, inline styles, nothing fetched from elsewhere. */
export function emailHtml(content: Content): string {
  const e = (text: string): string => escapeHtml(plain(text));
  const rows = content.facts.map(
    ([label, value]) => `<tr><th align="left" style="padding-right:16px">${e(label)}</th><td>${e(value)}</td></tr>`,
  );
  const shown = content.detail === null ? [] : [`<pre style="${PRE}">${e(excerpt(content.detail, 8000))}</pre>`];
  const links = content.links.map(({ label, url }) => `<p><a href="${e(url)}">${e(cut(label, 75))}</a></p>`);
  const next = content.next.length === 0 ? [] : [`<pre style="${PRE}">${e(content.next.join("\n"))}</pre>`];
  return [
    `<div style="font-family:sans-serif;border-left:4px solid ${COLOURS[content.tone]};padding-left:12px">`,
    `<h2>${e(content.title)}</h2>`,
    ...content.what.map((line) => `<p>${e(line)}</p>`),
    `<table>${rows.join("")}</table>`,
    ...shown,
    ...links,
    ...next,
    `<p style="color:#666;font-size:small">${e(content.small)}</p></div>`,
  ].join("\n");
}
