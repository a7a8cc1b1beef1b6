import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { cliHome } from "../rig/cli.ts";

test("a message that is held for a 403 is delivered once when its secret is set anew", async () => {
  const taken: string[] = [];
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      taken.push(request.url ?? "");
      response.writeHead(request.url === "/new-address" ? 200 : 403).end("ok");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await using home = cliHome();
  try {
    await home.run(["secrets", "keygen"]);
    await home.run(["secrets", "set", "HOOK_URL"], { input: `${base}/old-address` });
    home.write(
      "flowctl.config.yaml",
      "channels: { team: { type: slack, url: { secret: HOOK_URL } } }\nhooks: [{ name: told, states: [Failed], to: [team] }]\n",
    );
    const flow = home.write("fails.yaml", "flow: fails\ntasks:\n  broken: { run: exit 1 }\n");
    expect((await home.run(["run", flow])).code).toBe(1);
    expect(taken).toEqual(["/old-address"]);
    const other = await home.run(["secrets", "set", "OTHER"], { input: "other value" });
    expect(other.stderr).not.toContain("held");
    const set = await home.run(["secrets", "set", "HOOK_URL", "--yes"], { input: `${base}/new-address` });
    expect(set.code).toBe(0);
    expect(set.stderr).toContain("Delivered 1 held message that waited for HOOK_URL.");
    expect(taken).toEqual(["/old-address", "/new-address"]);
    const again = await home.run(["secrets", "set", "HOOK_URL", "--yes"], { input: `${base}/new-address` });
    expect(again.stderr).not.toContain("held");
    expect(taken).toHaveLength(2);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("a fallback's delivery is not counted as the delivery of the held message", async () => {
  await using home = cliHome();
  await home.run(["secrets", "keygen"]);
  home.write(
    "flowctl.config.yaml",
    "channels: { team: { type: slack, url: { secret: HOOK_URL }, fallback: inbox } }\n" +
      "hooks: [{ name: failures, states: [Failed], to: [team] }]\n",
  );
  const flow = home.write("fails.yaml", "flow: fails\ntasks:\n  broken: { run: exit 1 }\n");
  await home.run(["run", flow]);
  expect((await home.run(["inbox"])).stdout).toContain("fails");
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const set = await home.run(["secrets", "set", "HOOK_URL"], { input: `http://127.0.0.1:${port}/hook` });
  expect(set.stderr).toContain("Released 1 held message that waited for HOOK_URL; delivered 0.");
  expect(set.stderr).not.toContain("Delivered");
});
