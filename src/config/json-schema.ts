import { z } from "zod";
import { flowSchema } from "../spec/flow-schema.ts";
import { configSchema } from "./schema.ts";

/** The JSON Schema (draft-7) of a flow spec or a config file, with descriptions, for editors. */
export function jsonSchema(of: "flow" | "config"): Readonly<Record<string, unknown>> {
  const schema = of === "flow" ? flowSchema : configSchema;
  return z.toJSONSchema(schema, { io: "input", target: "draft-7" });
}
