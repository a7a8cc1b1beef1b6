import { isSecretReference } from "../model/notification.ts";

/** Data in which each `{ secret: NAME }`, as config writes it, has become what expressions write: `${{ secrets.NAME }}`. */
export function secretMapsRead(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(secretMapsRead);
  if (typeof value !== "object" || value === null) return value;
  if (isSecretReference(value) && Object.keys(value).length === 1 && /^[A-Za-z_]\w*$/.test(value.secret))
    return `\${{ secrets.${value.secret} }}`;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, secretMapsRead(each)]));
}
