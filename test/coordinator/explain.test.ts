import { describe, expect, it } from "vitest";
import { explain } from "../../src/coordinator/explain.ts";
import type { Host } from "../../src/host/host.ts";
import { systemFiles } from "../../src/host/files.ts";
import { openStateDirectory } from "../../src/runs/state-directory.ts";

const forbidden = (path: string): Error =>
  Object.assign(new Error(`EACCES: permission denied, open '${path}'`), { code: "EACCES", path });

function host() {
  let text = "";
  const environment = { cwd: "/srv", home: "/root", user: "www", variables: {} };
  const terminal = { stderr: { write: (part: string) => (text += part) } };
  return { host: { environment, terminal } as unknown as Host, shown: () => text };
}

describe("a file of another user's", () => {
  it("is no bug of flowctl: it is named, with what to do where it is below a HOME that is another's", () => {
    const { host: given, shown } = host();
    expect(explain(forbidden("/root/.config/flowctl"), given, { redact: (text) => text })).toBe(2);
    expect(shown()).toBe(
      "error[NO_PERMISSION]: /root/.config/flowctl: permission denied\n" +
        '  help: HOME is /root, and the user is "www": say HOME=/a/directory/of/theirs flowctl …\n',
    );
  });

  it("is named without that elsewhere", () => {
    const { host: given, shown } = host();
    expect(explain(forbidden("/data/x.json"), given, { redact: (text) => text })).toBe(2);
    expect(shown()).toBe("error[NO_PERMISSION]: /data/x.json: permission denied\n");
  });

  it("as the state directory is refused as one that cannot be used", () => {
    const files = {
      ...systemFiles(),
      stat: (path: string) => {
        throw forbidden(path);
      },
    };
    const environment = { ...host().host.environment, variables: { FLOWCTL_STATE_DIR: "/root/state" } };
    expect(() => openStateDirectory({ environment, files })).toThrow(
      "The state directory /root/state (FLOWCTL_STATE_DIR) cannot be used: permission denied.",
    );
  });
});

it("masks a bug of flowctl's in the file that is to be reported", () => {
  const { host: given } = host();
  const written: string[] = [];
  const files = { makeDirectory: () => undefined, create: (_: string, text: string) => written.push(text) > 0 };
  const clock = { now: () => 0 };
  const bug = new Error("cannot read tok-live-1234");
  const redact = (text: string): string => text.replaceAll("tok-live-1234", "***");
  expect(explain(bug, { ...given, files, clock } as unknown as Host, { redact })).toBe(70);
  expect(written.join("")).toContain("cannot read ***");
  expect(written.join("")).not.toContain("tok-live-1234");
});
