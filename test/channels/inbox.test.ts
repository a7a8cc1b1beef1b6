import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inbox } from "../../src/channels/inbox.ts";
import { clearInbox, readInbox } from "../../src/channels/read-inbox.ts";
import { systemFiles } from "../../src/host/files.ts";
import { alertOf, deliveryOf, text } from "./delivery.ts";

const definition = { type: "inbox" };
const files = systemFiles();
let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "flowctl-inbox-"));
});
afterEach(() => {
  rmSync(state, { recursive: true });
});

describe("inbox", () => {
  it("keeps each message in a private file and reads them back in order", async () => {
    const later = deliveryOf({ definition, id: "n_a", createdAt: 2000, stateDirectory: state, message: alertOf() });
    const first = deliveryOf({ definition, id: "n_b", createdAt: 1000, stateDirectory: state, message: text("hello") });
    expect(await inbox.send(later)).toEqual({ outcome: "delivered" });
    expect(await inbox.send(first)).toEqual({ outcome: "delivered" });
    const read = readInbox(files, state);
    expect(read.map(({ id }) => id)).toEqual(["n_b", "n_a"]);
    expect(read[0]).toMatchObject({ title: "hello", text: "hello", at: "1970-01-01T00:00:01.000Z" });
    expect(read[1]?.text).toContain(
      "Flow failed: nightly-etl\nload: connect ECONNREFUSED 10.0.0.5:5432\nState: Running → Failed",
    );
    expect(statSync(join(state, "inbox", "n_a.json")).mode & 0o777).toBe(0o600);
  });

  it("holds a repeated message once", async () => {
    const delivery = deliveryOf({ definition, stateDirectory: state });
    await inbox.send(delivery);
    await inbox.send({ ...delivery, attempt: 2, repeat: true });
    expect(readInbox(files, state)).toHaveLength(1);
    expect(readdirSync(join(state, "inbox"))).toHaveLength(1);
  });

  it("is empty where nothing was delivered, passes over what is no message, and can be emptied", async () => {
    expect(readInbox(files, state)).toEqual([]);
    await inbox.send(deliveryOf({ definition, environment: { FLOWCTL_STATE_DIR: state } }));
    writeFileSync(join(state, "inbox", "torn.json"), '{"id":');
    expect(readInbox(files, state)).toHaveLength(1);
    clearInbox(files, state);
    expect(readInbox(files, state)).toEqual([]);
  });

  it("can be tried again where the disk refuses", async () => {
    writeFileSync(join(state, "inbox"), "a file in the way");
    const outcome = await inbox.send(deliveryOf({ definition, stateDirectory: state }));
    expect(outcome).toMatchObject({ outcome: "transient", code: "EEXIST" });
    expect(await inbox.send(deliveryOf({ definition }))).toMatchObject({ outcome: "permanent" });
  });
});
