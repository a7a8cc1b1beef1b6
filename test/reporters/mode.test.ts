import { describe, expect, it } from "vitest";
import type { Environment, Screen, Terminal } from "../../src/host/host.ts";
import { decideMode, type Mode, type ModeRequest } from "../../src/reporters/mode.ts";

const request: ModeRequest = { color: "auto", quiet: false, stdoutIsData: false, input: true };
const tty: Screen = { isTTY: true, columns: 80, rows: 24, write: () => undefined };
const pipe: Screen = { isTTY: false, columns: 0, rows: 0, write: () => undefined };
const narrow: Screen = { ...tty, columns: 0 };

function decide(
  variables: Environment["variables"],
  screens: { readonly out?: Screen; readonly err?: Screen; readonly stdinIsTTY?: boolean } = {},
  asked: Partial<ModeRequest> = {},
  platform: NodeJS.Platform = "linux",
): Mode {
  const environment = { variables, platform } as Environment;
  const terminal: Terminal = {
    stdout: screens.out ?? tty,
    stderr: screens.err ?? tty,
    stdinIsTTY: screens.stdinIsTTY ?? true,
  };
  return decideMode({ ...request, ...asked }, environment, terminal);
}

const xterm = { TERM: "xterm" };

describe("how a run is shown", () => {
  it.each<[string, string, Mode]>([
    ["a terminal", "live", decide(xterm)],
    ["a pipe", "plain", decide(xterm, { out: pipe })],
    ["a terminal of no columns", "plain", decide(xterm, { out: narrow })],
    ["a dumb terminal", "plain", decide({ TERM: "dumb" })],
    ["CI with a terminal", "plain", decide({ ...xterm, CI: "true" })],
    ["CI=false", "live", decide({ ...xterm, CI: "false" })],
    ["CI=0", "live", decide({ ...xterm, CI: "0" })],
    ["Azure, which sets no CI", "plain", decide({ ...xterm, TF_BUILD: "True" })],
    ["TeamCity, which sets no CI", "plain", decide({ ...xterm, TEAMCITY_VERSION: "2026.1" })],
    ["CI=false in a CI", "live", decide({ ...xterm, TF_BUILD: "True", CI: "false" })],
    ["CI empty", "live", decide({ ...xterm, CI: "" })],
    ["--ui plain", "plain", decide(xterm, {}, { ui: "plain" })],
    ["--ui json", "json", decide(xterm, {}, { ui: "json" })],
    ["--ui live in CI", "live", decide({ ...xterm, CI: "1" }, {}, { ui: "live" })],
    ["--ui live into a pipe", "plain", decide(xterm, { out: pipe }, { ui: "live" })],
    ["FLOWCTL_UI=plain", "plain", decide({ ...xterm, FLOWCTL_UI: "plain" })],
    ["--ui over FLOWCTL_UI", "json", decide({ ...xterm, FLOWCTL_UI: "plain" }, {}, { ui: "json" })],
    ["--ui auto with FLOWCTL_UI", "plain", decide({ ...xterm, FLOWCTL_UI: "plain" }, {}, { ui: "auto" })],
    ["--quiet", "quiet", decide(xterm, {}, { quiet: true })],
    ["cron", "plain", decide({}, { out: pipe, err: pipe, stdinIsTTY: false })],
    ["data on standard output, terminal on the other", "live", decide(xterm, { out: pipe }, { stdoutIsData: true })],
    ["data on standard output, both pipes", "plain", decide(xterm, { out: pipe, err: pipe }, { stdoutIsData: true })],
  ])("%s: %s", (_name, ui, mode) => {
    expect(mode.ui).toBe(ui);
  });

  it("goes to standard error when standard output is taken by data", () => {
    expect(decide(xterm).log).toBe("stdout");
    expect(decide(xterm, {}, { stdoutIsData: true }).log).toBe("stderr");
  });
});

describe("colour", () => {
  const piped = { out: pipe, err: pipe };
  it.each<[string, number, Mode]>([
    ["a terminal", 1, decide(xterm)],
    ["256 colours", 2, decide({ TERM: "xterm-256color" })],
    ["all colours", 3, decide({ ...xterm, COLORTERM: "truecolor" })],
    ["a pipe", 0, decide(xterm, piped)],
    ["NO_COLOR", 0, decide({ ...xterm, NO_COLOR: "1" })],
    ["NO_COLOR empty", 1, decide({ ...xterm, NO_COLOR: "" })],
    ["FORCE_COLOR into a pipe", 1, decide({ ...xterm, FORCE_COLOR: "1" }, piped)],
    ["FORCE_COLOR=3 into a pipe", 3, decide({ ...xterm, FORCE_COLOR: "3" }, piped)],
    ["FORCE_COLOR=0 on a terminal", 0, decide({ ...xterm, FORCE_COLOR: "0" })],
    ["CLICOLOR_FORCE into a pipe", 1, decide({ ...xterm, CLICOLOR_FORCE: "1" }, piped)],
    ["NO_COLOR before FORCE_COLOR", 0, decide({ ...xterm, NO_COLOR: "1", FORCE_COLOR: "1" })],
    ["--color always before NO_COLOR", 1, decide({ ...xterm, NO_COLOR: "1" }, piped, { color: "always" })],
    ["--color never before FORCE_COLOR", 0, decide({ ...xterm, FORCE_COLOR: "1" }, {}, { color: "never" })],
    ["a dumb terminal", 0, decide({ TERM: "dumb" })],
    ["GitHub Actions, whose log shows colours", 1, decide({ GITHUB_ACTIONS: "true", CI: "true" }, piped)],
    ["GitLab, too", 1, decide({ GITLAB_CI: "true", CI: "true" }, piped)],
    ["another CI", 0, decide({ CI: "true" }, piped)],
  ])("%s: %i", (_name, level, mode) => {
    expect(mode.color).toBe(level);
  });

  it("is never put into data that a CI's program reads", () => {
    expect(decide({ GITHUB_ACTIONS: "true" }, piped).dataColor).toBe(0);
  });

  it("is decided for each stream", () => {
    const mode = decide(xterm, { out: pipe });
    expect([mode.color, mode.dataColor, mode.errorColor]).toEqual([0, 0, 1]);
  });
});

describe("the rest", () => {
  it("asks a person only where there is one", () => {
    expect(decide(xterm).prompts).toBe(true);
    expect(decide(xterm, { stdinIsTTY: false }).prompts).toBe(false);
    expect(decide(xterm, { err: pipe }).prompts).toBe(false);
    expect(decide({ ...xterm, CI: "true" }).prompts).toBe(false);
    expect(decide(xterm, {}, { input: false }).prompts).toBe(false);
  });

  it("uses ASCII where that is all there is, or asked for", () => {
    expect(decide(xterm).unicode).toBe(true);
    expect(decide({ TERM: "linux" }).unicode).toBe(false);
    expect(decide(xterm, {}, { ascii: true }).unicode).toBe(false);
    expect(decide({}, {}, {}, "win32").unicode).toBe(false);
    expect(decide({ WT_SESSION: "1" }, {}, {}, "win32").unicode).toBe(true);
  });

  it("speaks to GitHub only under GitHub Actions, unless told not to", () => {
    expect(decide({ GITHUB_ACTIONS: "true" }).github).toBe(true);
    expect(decide({ GITHUB_ACTIONS: "true" }, {}, { annotations: false }).github).toBe(false);
    expect(decide({ CI: "true" }).github).toBe(false);
  });
});
