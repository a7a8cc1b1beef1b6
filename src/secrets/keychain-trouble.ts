/** Why a keychain did not do what it was asked. */
export interface KeychainTrouble {
  readonly code: "NO_BUS" | "NO_MODULE" | "NO_SERVICE" | "NO_KEYRING" | "LOCKED" | "TIMEOUT" | "CRASH" | "ERROR";
  /** A phrase for people. */
  readonly message: string;
  /** What to do about it. */
  readonly help?: string;
}

const UNLOCK = "unlock the keychain (log in to the desktop, or start gnome-keyring-daemon --unlock) and try again";

/** What the texts of keytar and of the systems' keychains mean. */
const KNOWN: readonly (readonly [RegExp, KeychainTrouble])[] = [
  [/locked collection|IsLocked|prompt was dismissed/i, { code: "LOCKED", message: "it is locked", help: UNLOCK }],
  [
    /Object does not exist at path|no such collection/i,
    {
      code: "NO_KEYRING",
      message: "it holds no keyring yet",
      help: "create a keyring named login, for example by logging in to the desktop once",
    },
  ],
  [
    /autolaunch D-Bus|spawn a message bus|Could not connect|connection is closed|Failed to connect/i,
    { code: "NO_BUS", message: "the D-Bus session does not answer" },
  ],
  [
    /was not provided by any \.service|ServiceUnknown/i,
    {
      code: "NO_SERVICE",
      message: "no program on this session's D-Bus keeps secrets",
      help: "apt-get install gnome-keyring, or use the encrypted file: flowctl secrets keygen",
    },
  ],
  [/Timeout was reached|Did not receive a reply/i, { code: "TIMEOUT", message: "it did not answer" }],
  [
    /User interaction is not allowed|-25308/,
    { code: "LOCKED", message: "it is locked for this session", help: "run: security unlock-keychain" },
  ],
  [
    /specified logon session does not exist/i,
    {
      code: "LOCKED",
      message: "this kind of logon has no keychain (Windows, network logon)",
      help: "run it in an interactive or batch logon, or use FLOWCTL_SECRET_<NAME>",
    },
  ],
];

/** Makes sense of an error text; it is kept only as far as it is not understood. */
export function troubleOf(message: string): KeychainTrouble {
  const known = KNOWN.find(([pattern]) => pattern.test(message));
  return known?.[1] ?? { code: "ERROR", message: message.split("\n")[0] ?? "" };
}

/** For a child that could not load keytar. */
export function moduleTrouble(message: string, platform: NodeJS.Platform): KeychainTrouble {
  const help =
    platform === "linux"
      ? "apt-get install libsecret-1-0; if keytar itself is missing: npm install --include=optional"
      : "npm install --include=optional";
  return { code: "NO_MODULE", message: `keytar cannot be loaded (${message.split("\n")[0] ?? ""})`, help };
}
