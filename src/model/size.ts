/**
 * A number of bytes as people write it: a whole number, or a text with a unit. `KB`, `MB` and `GB` count in thousands,
 * `KiB`, `MiB` and `GiB` in 1024.
 */
export type Size = number | `${number}${"B" | "KB" | "KiB" | "MB" | "MiB" | "GB" | "GiB"}`;

const SHAPE = /^(\d+(?:\.\d+)?)\s*(B|KB|KiB|MB|MiB|GB|GiB)?$/;
const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1000,
  KiB: 1024,
  MB: 1000 ** 2,
  MiB: 1024 ** 2,
  GB: 1000 ** 3,
  GiB: 1024 ** 3,
};

/** @returns bytes, 1 or more; `undefined` if the value is not a size */
export function parseSize(value: unknown): number | undefined {
  const [, digits, unit = "B"] =
    typeof value === "number" ? [value, value] : typeof value === "string" ? (SHAPE.exec(value.trim()) ?? []) : [];
  const bytes = Number(digits) * (UNITS[unit] ?? 1);
  return Number.isSafeInteger(Math.round(bytes)) && bytes >= 1 ? Math.round(bytes) : undefined;
}

/** A number of bytes for people: `1MiB`, `64KiB`, `20 bytes`. */
export function writtenSize(bytes: number): string {
  const units = ["GiB", "MiB", "KiB"] as const;
  const unit = units.find((each) => bytes % (UNITS[each] ?? 1) === 0);
  return unit === undefined || bytes === 0 ? `${bytes} bytes` : `${bytes / (UNITS[unit] ?? 1)}${unit}`;
}
