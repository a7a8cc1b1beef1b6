import { execFileSync } from "node:child_process";

/** The CLI's tests drive the real binary, so what is in `dist/` must be what is in `src/`. */
export default function build(): void {
  if (process.env["FLOWCTL_TEST_NO_BUILD"] !== undefined) return;
  execFileSync("npm", ["run", "--silent", "bundle"], { stdio: "inherit" });
}
