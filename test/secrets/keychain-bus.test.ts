import { expect, test } from "vitest";
import type { FileStat, Files } from "../../src/host/files.ts";
import type { Environment } from "../../src/host/host.ts";
import { findBus } from "../../src/secrets/keychain-bus.ts";

function look(platform: NodeJS.Platform, address: string | undefined, sockets: Readonly<Record<string, number>>) {
  const environment = { platform, uid: 1000, variables: { DBUS_SESSION_BUS_ADDRESS: address } };
  const stat = (path: string): FileStat | undefined => {
    const uid = sockets[path];
    return uid === undefined ? undefined : { kind: "other", uid, size: 0, mode: 0o600, modifiedMs: 0 };
  };
  return findBus(environment as unknown as Environment, { stat } as unknown as Files);
}

test("cron has no address: the user's own socket at its usual place is taken", () => {
  expect(look("linux", undefined, { "/run/user/1000/bus": 1000 })).toEqual({
    reachable: true,
    address: "unix:path=/run/user/1000/bus",
  });
});

test("a socket of another user is not", () => {
  expect(look("linux", undefined, { "/run/user/1000/bus": 0 })).toMatchObject({ reachable: false });
});

test("a machine without a bus is told by one look", () => {
  expect(look("linux", undefined, {})).toEqual({ reachable: false, why: "there is no D-Bus session on this machine" });
});

test("an address that is given is used as it is, where its socket exists", () => {
  expect(look("linux", "unix:path=/tmp/dbus%2dx,guid=12", { "/tmp/dbus-x": 1000 })).toEqual({ reachable: true });
  expect(look("linux", "unix:path=/tmp/dbus-x,guid=12", {})).toMatchObject({ reachable: false });
  expect(look("linux", "unix:abstract=/tmp/dbus-x", {})).toEqual({ reachable: true });
});

test("other systems need no bus", () => {
  expect(look("darwin", undefined, {})).toEqual({ reachable: true });
  expect(look("win32", undefined, {})).toEqual({ reachable: true });
});
