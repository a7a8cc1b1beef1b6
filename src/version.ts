import manifest from "../package.json" with { type: "json" };

/** The version of this flowctl. */
export const VERSION: string = manifest.version;
