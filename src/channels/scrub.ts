import type { DeliveryRequest } from "../outbox/channel.ts";
import { cut, oneLine } from "./cut.ts";

/** Characters of a service's own text that are shown. */
const MAX_QUOTE = 160;

/** A service's own text, safe to show: masked before it is cut, clean, on one line. */
export function quote(text: string, { redact }: Pick<DeliveryRequest, "redact">): string {
  return cut(oneLine(redact(text)), MAX_QUOTE);
}
