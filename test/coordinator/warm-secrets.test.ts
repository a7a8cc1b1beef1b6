import { describe, expect, test } from "vitest";
import type { BegunRun } from "../../src/coordinator/begin-run.ts";
import type { CommandContext } from "../../src/coordinator/context.ts";
import { warmSecrets } from "../../src/coordinator/warm-secrets.ts";

const FLOW = 'task("load", { secrets: ["API_TOKEN", "DB_URL"] }, load);';

describe("what the keychain's child is started for while the flow loads", () => {
  test("stored secrets whose names stand in the flow's file", async () => {
    const rig = warming(FLOW, [entry("API_TOKEN"), entry("OTHER"), entry("API")]);
    expect(await rig.warmed()).toEqual(["API_TOKEN"]);
  });

  test("not those of the encrypted file, which needs no child", async () => {
    expect(await warming(FLOW, [{ ...entry("DB_URL"), store: "file" }]).warmed()).toEqual([]);
  });

  test("nothing, where the file speaks of no secret, cannot be read, or nothing was ever stored", async () => {
    expect(await warming("run(API_TOKEN)", [entry("API_TOKEN")]).warmed()).toEqual([]);
    expect(await warming(undefined, [entry("API_TOKEN")]).warmed()).toEqual([]);
    expect(await warming(FLOW, []).warmed()).toEqual([]);
  });

  test("and it is ended where nobody asks it", async () => {
    const rig = warming(FLOW, [entry("API_TOKEN")]);
    const coolDown = await rig.warm();
    expect(rig.closed()).toBe(0);
    coolDown();
    expect(rig.closed()).toBe(1);
  });
});

function entry(name: string) {
  return { name, namespace: "", store: "keychain", updatedAt: "2026-01-01T00:00:00.000Z" };
}

/** @param text the flow file's; `undefined` for one that cannot be read */
function warming(text: string | undefined, entries: readonly object[]) {
  const asked: string[] = [];
  let closed = 0;
  const secrets = {
    warm: (names: readonly string[]) => Promise.resolve(void asked.push(...names)),
    close: () => {
      closed += 1;
    },
  };
  const begun = {
    place: { file: "/flow.ts" },
    run: { will: { hooks: [] } },
    services: { config: {}, stateDirectory: "/state", secrets: () => Promise.resolve(secrets) },
  } as unknown as BegunRun;
  const read = (path: string): string => {
    if (path !== "/flow.ts") return JSON.stringify({ version: 1, entries });
    if (text === undefined) throw new Error("EACCES");
    return text;
  };
  const warm = () => warmSecrets(begun, { host: { files: { read } } } as unknown as CommandContext);
  const warmed = async (): Promise<readonly string[]> => {
    (await warm())();
    return asked;
  };
  return { warm, warmed, closed: () => closed };
}
